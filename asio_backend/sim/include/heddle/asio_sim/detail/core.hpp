// SPDX-License-Identifier: BSL-1.0
//
// What a sim_context consists of: the functions that were given to its executors and have not run,
// and the count of its outstanding work.
//
// A function is one event of the loop (a `posted`), free of all others: the explorer may run any
// that is ready. What keeps an order is a strand_state, which lets one of its functions at a time
// into the loop's queue.
//
// A posted belongs to the core from post() or hold() until it has run, also where the loop has
// thrown it out of its queue because it closes: functions own strands, channels and frames of
// coroutines, and those are destroyed when the context shuts its services down, one after the
// other, never from within one another.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

#include <heddle/detail/close_hook.hpp>
#include <heddle/detail/intrusive_ptr.hpp>
#include <heddle/detail/waiter.hpp>
#include <heddle/event_loop.hpp>
#include <heddle/runnable.hpp>

namespace heddle::asio_sim {

/// What `dispatch` does within a function that the context runs.
enum class dispatching : std::uint8_t {
    inside,  ///< runs the function at once, as an io_context does
    posts,   ///< posts it: each dispatch is a point at which something else may run
};

namespace detail {

class core;
class posted;

/// What the structural ids of events are made of: the sorts that call_soon and call_at use. (A task
/// counts by sort, in an array.)
enum : std::uint64_t { function_ids = 1, timer_ids = 2 };

/// Who has something to do, under one name; the empty name is everybody else's.
struct work_source {
    std::string name;
    std::uint64_t work = 0;   // tracked executors and functions that have not run
    std::uint64_t posts = 0;  // functions so far
    std::uint64_t id = 0;     // structural; 0 without a name
};

/// A strand: functions in the order in which they came, one of them in the loop's queue.
class strand_state {
public:
    void add_ref() noexcept { ++owners_; }
    void release() noexcept {
        if (--owners_ == 0) {
            delete this;
        }
    }
    /// One of its functions is being run now.
    [[nodiscard]] bool running() const noexcept { return running_; }

private:
    friend class core;
    posted* first_ = nullptr;  // behind the one that is in the loop's queue
    posted* last_ = nullptr;
    std::uint32_t owners_ = 1;
    bool busy_ = false;  // one is in the loop's queue, or running
    bool running_ = false;
};
using strand_pointer = heddle::detail::intrusive_ptr<strand_state>;

/// A function that was given to an executor, or the completion of an operation.
class posted : public runnable {
public:
    void run() final;
    /// The loop closes: it has left the queue, and is destroyed with the context.
    void drop() noexcept final { queued_ = false; }
    [[nodiscard]] event_kind kind() const noexcept final { return event_kind::callback; }
    [[nodiscard]] std::uint64_t event_id() const noexcept final { return id_; }
    [[nodiscard]] std::string label() const override;
    [[nodiscard]] std::source_location place() const noexcept override { return {}; }

protected:
    posted(core& home, work_source& source, strand_pointer strand);
    ~posted() = default;

    [[nodiscard]] core& home() const noexcept { return core_; }
    [[nodiscard]] const work_source& source() const noexcept { return source_; }

private:
    friend class core;
    /// What it throws goes to the loop's exception handler.
    virtual void call() = 0;
    /// Destroys this.
    virtual void destroy() noexcept = 0;

    core& core_;
    work_source& source_;
    strand_pointer strand_;
    std::uint64_t id_;
    std::uint64_t ordinal_;
    posted* previous_ = nullptr;  // among those of the core
    posted* following_ = nullptr;
    posted* behind_ = nullptr;  // in the strand
    bool queued_ = false;       // in the loop's queue
};

class core final : heddle::detail::close_hook {
public:
    /// Of the simulation that runs on this thread. Throws usage_error if there is none.
    core(boost::asio::execution_context& context, dispatching policy);
    ~core();

    /// The loop is gone: nothing can be made here any more.
    [[nodiscard]] bool closed() const noexcept { return loop_ == nullptr; }
    /// What is held from now on is destroyed, at once or soon.
    [[nodiscard]] bool shut() const noexcept { return shut_; }
    [[nodiscard]] event_loop& loop() const noexcept { return *loop_; }
    [[nodiscard]] boost::asio::execution_context& context() const noexcept { return context_; }

    /// Whether a function that is given to an executor now may run within the call.
    [[nodiscard]] bool runs_inside(const strand_state* strand) const noexcept {
        return policy_ == dispatching::inside && depth_ != 0 &&
               (strand == nullptr || strand->running());
    }
    /// Whether one of its functions is being run now.
    [[nodiscard]] bool inside() const noexcept { return depth_ != 0; }

    /// Takes `function` over; its turn comes.
    void post(posted& function) {
        hold(function);
        start(function);
    }
    /// Takes `operation` over; it begins now and is started, or run, when it is complete.
    void hold(posted& operation);
    void start(posted& operation);
    /// Within an event of the loop that is not the operation's own.
    void run_now(posted& operation) { operation.run(); }

    /// The one of that name; throws usage_error where there are too many.
    [[nodiscard]] work_source& source(std::string_view name);
    [[nodiscard]] work_source& unnamed() noexcept { return unnamed_; }
    void work_started(work_source& source) noexcept {
        ++source.work;
        ++work_;
    }
    void work_finished(work_source& source) noexcept {
        --source.work;
        if (--work_ == 0) {
            waiters_.wake_all();
        }
    }
    [[nodiscard]] std::uint64_t work() const noexcept { return work_; }
    /// "2 of 'consumer', 1 without a name".
    [[nodiscard]] std::string text_of_work() const;
    [[nodiscard]] heddle::detail::waiter_list& waiters() noexcept { return waiters_; }

    /// Destroys what has not run, without running it.
    void shut_down() noexcept;
    /// Fails the run if there is a service in the context that does real input or output.
    void check_services();
    /// In a catch clause: tells the loop's exception handler.
    void report_error(const std::string& who) noexcept;

private:
    friend class posted;
    void loop_closes() noexcept override;
    void link(posted& newcomer) noexcept;
    void unlink(posted& left) noexcept;
    void run(posted& function);
    void advance(strand_state& strand);
    void push(posted& function);
    void drain() noexcept;
    void discard(posted& function) noexcept;

    boost::asio::execution_context& context_;
    event_loop* loop_;  // null once that is closed
    dispatching policy_;
    bool shut_ = false;
    bool draining_ = false;
    bool reported_ = false;
    std::uint32_t depth_ = 0;  // functions that are being run
    posted* first_ = nullptr;  // oldest first
    posted* last_ = nullptr;
    std::uint64_t work_ = 0;
    work_source unnamed_;
    std::map<std::string, std::unique_ptr<work_source>, std::less<>> named_;
    heddle::detail::waiter_list waiters_{"outstanding work of an Asio context"};
};

/// A posted of what is called without arguments.
template <class F>
class posted_function final : public posted {
public:
    template <class G>
    [[nodiscard]] static posted& make(core& home, work_source& source, strand_pointer strand,
                                      G&& function) {
        static_assert(alignof(posted_function) <= alignof(std::max_align_t),
                      "over-aligned functions do not fit");
        heddle::detail::frame_pool& pool = home.loop().pool();
        void* const memory = pool.allocate(sizeof(posted_function));
        try {
            return *::new (memory)
                posted_function(home, source, std::move(strand), std::forward<G>(function), pool);
        } catch (...) {
            pool.deallocate(memory, sizeof(posted_function));
            throw;
        }
    }

private:
    template <class G>
    posted_function(core& home, work_source& source, strand_pointer strand, G&& function,
                    heddle::detail::frame_pool& pool)
        : posted(home, source, std::move(strand)),
          pool_(pool),
          function_(std::forward<G>(function)) {}

    void call() override { function_(); }
    void destroy() noexcept override {
        heddle::detail::frame_pool& pool = pool_;
        this->~posted_function();
        pool.deallocate(this, sizeof(posted_function));
    }

    heddle::detail::frame_pool& pool_;
    F function_;
};

/// The names of the services in `context` that are not for a simulation, with what to use
/// instead; empty if there is none.
[[nodiscard]] std::string foreign_services(boost::asio::execution_context& context);
/// Of a sim_context; throws usage_error if `context` is none.
[[nodiscard]] core& core_of(boost::asio::execution_context& context);
/// Puts into `context` what keeps Asio's own timers and sockets from starting a thread there.
void prevent_threads(boost::asio::execution_context& context);

}  // namespace detail
}  // namespace heddle::asio_sim

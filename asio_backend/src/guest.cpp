// SPDX-License-Identifier: BSL-1.0
//
// At each time at most one "turn" of a guest is queued in its host; a turn is one iteration, and as
// many more as there is something ready for, but few and short ones (see below). At its end the loop
// says when it next wants to run: at once (the turn queues itself again, behind all that is ready in
// the host), at a deadline (the timer is armed), or when something happens.
// Something happens: the loop, told to by wake_backend_when_idle, calls wake_up(), which queues a
// turn unless one is queued. A queued turn and an armed timer keep the host going by themselves;
// for tasks that wait for something else the guest holds work.
//
// The order of an iteration holds: what other handlers schedule between two turns lands behind
// the old ready queue and, since the loop looks at its timers first thing in a turn, before the
// timers due.
#include <heddle/asio/guest.hpp>

#include <algorithm>
#include <bit>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <new>
#include <optional>

#include <heddle/asio/detail/asio_context.hpp>
#include <heddle/asio/detail/real_clock.hpp>
#include <heddle/asio/detail/signals.hpp>
#include <heddle/asio/executor.hpp>
#include <heddle/errors.hpp>

namespace heddle::asio_backend {

namespace detail {

// Queueing a turn costs as much as some four callbacks and, in a host with timers or sockets, a
// question to the system. A turn of several iterations shares that among them; it ends early enough
// for the others in the host not to feel it.
constexpr unsigned most_iterations_a_turn = 16;
constexpr duration longest_turn = std::chrono::microseconds(20);

/// Where the queued turn lies: one at a time, so that waking up allocates nothing and cannot fail.
/// Asio gives the memory back before it calls the handler.
class turn_memory {
public:
    void* allocate(std::size_t size) {
        if (size <= sizeof(space_) && !used_) {
            used_ = true;
            return space_;
        }
        return ::operator new(size);
    }
    void deallocate(void* memory) noexcept {
        if (memory == space_) {
            used_ = false;
        } else {
            ::operator delete(memory);
        }
    }

private:
    alignas(std::max_align_t) std::byte space_[192];
    bool used_ = false;  // as guest_backend::turn_queued_
};

template <class T>
class turn_allocator {
public:
    using value_type = T;
    explicit turn_allocator(turn_memory& memory) noexcept : memory_(&memory) {}
    template <class U>
    turn_allocator(const turn_allocator<U>& other) noexcept : memory_(other.memory_) {}

    T* allocate(std::size_t count) { return static_cast<T*>(memory_->allocate(count * sizeof(T))); }
    void deallocate(T* memory, std::size_t) noexcept { memory_->deallocate(memory); }
    friend bool operator==(const turn_allocator&, const turn_allocator&) noexcept = default;

private:
    template <class U>
    friend class turn_allocator;
    turn_memory* memory_;
};

class guest_backend final : public backend,
                            public has_asio_context,
                            public std::enable_shared_from_this<guest_backend> {
public:
    explicit guest_backend(boost::asio::io_context& host) : host_(host) {}

    [[nodiscard]] time_point now() override { return clock_.now(); }
    time_point wait_until(time_point) override { refuse(); }
    void poll() override { refuse(); }
    void wake_up() noexcept override;
    [[nodiscard]] std::unique_ptr<executor> make_default_executor() override {
        return std::make_unique<pool_executor>(default_pool_size());
    }
    [[nodiscard]] std::unique_ptr<signal_watch> watch_signal(
        int number, std::function<void()> on_signal) override {
        return detail::watch_signal(host_, number, std::move(on_signal));
    }

    [[nodiscard]] boost::asio::io_context& asio_context() noexcept override { return host_; }

    void adopt(event_loop& loop) noexcept {
        loop_ = &loop;
        loop.wake_backend_when_idle();
    }
    /// The guest goes: nothing is queued any more, and what is queued does nothing.
    void retire() noexcept {
        {
            const std::scoped_lock lock(mutex_);
            turn_queued_ = true;
        }
        loop_ = nullptr;
        work_.reset();
        timer_.reset();
    }
    [[nodiscard]] bool resting() const noexcept { return resting_; }
    void resume() noexcept {
        resting_ = false;
        wake_up();
    }

private:
    struct queued_turn;

    [[noreturn]] static void refuse() {
        throw usage_error("this event loop is a guest: the io_context that it lives in runs it");
    }
    void begin_queued_turn();
    void take_turn();
    time_point run_iterations();
    void rest_until(time_point deadline);
    void hold_work(bool hold);

    boost::asio::io_context& host_;
    real_clock clock_;
    event_loop* loop_ = nullptr;    // null when the guest is gone
    std::optional<timer> timer_;    // made when first needed: with it, the host asks the system
    time_point armed_for_ = never;  // `never`: not armed
    bool resting_ = false;
    std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;

    // Whoever finds a turn queued relies on it, also for keeping the host going: so the flag and
    // the queueing are one for other threads.
    std::mutex mutex_;
    bool turn_queued_ = false;
    turn_memory turn_memory_;
};

struct guest_backend::queued_turn {
    using allocator_type = turn_allocator<void>;
    [[nodiscard]] allocator_type get_allocator() const noexcept {
        return allocator_type(self->turn_memory_);
    }
    void operator()() const {
        if (self->loop_ != nullptr) {
            self->begin_queued_turn();
        }
    }
    std::shared_ptr<guest_backend> self;
};

void guest_backend::wake_up() noexcept {
    const std::scoped_lock lock(mutex_);
    if (!turn_queued_) {
        boost::asio::post(host_, queued_turn{shared_from_this()});
        turn_queued_ = true;
    }
}

void guest_backend::begin_queued_turn() {
    {
        const std::scoped_lock lock(mutex_);
        turn_queued_ = false;
    }
    take_turn();
}

void guest_backend::take_turn() {
    if (loop_->is_closed() || resting_) {
        rest_until(never);
        hold_work(false);
        return;
    }
    time_point next = at_once;
    try {
        next = run_iterations();
    } catch (...) {
        wake_up();
        throw;
    }
    if (loop_->take_stop_request()) {
        resting_ = true;
        rest_until(never);
        hold_work(false);
    } else if (next == at_once) {
        wake_up();
    } else {
        rest_until(next);
        hold_work(loop_->has_tasks() || loop_->has_jobs());
    }
}

/// When the loop wants to run next.
time_point guest_backend::run_iterations() {
    const time_point end = clock_.now() + longest_turn;
    for (unsigned iterations = 1;; ++iterations) {
        const time_point next = loop_->run_one_iteration();
        if (next != at_once || loop_->stop_requested() || iterations == most_iterations_a_turn) {
            return next;
        }
        // Reading the clock costs as much as a callback: after 1, 2, 4, 8 iterations.
        if (std::has_single_bit(iterations) && clock_.now() >= end) {
            return next;
        }
    }
}

void guest_backend::rest_until(time_point deadline) {
    if (deadline == armed_for_) {
        return;
    }
    armed_for_ = never;
    if (deadline == never) {
        if (timer_) {
            timer_->cancel();
        }
        return;
    }
    if (!timer_) {
        timer_.emplace(host_);
    }
    const time_point now = clock_.now();
    timer_->expires_at(clock_.when(std::max(deadline, now), now));
    timer_->async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (error || self->loop_ == nullptr) {
            return;
        }
        // (If this wait had ended well already when another took its place, the turn comes early,
        // and sets the timer anew.)
        self->armed_for_ = never;
        self->take_turn();
    });
    armed_for_ = deadline;
}

void guest_backend::hold_work(bool hold) {
    if (!hold) {
        work_.reset();
    } else if (!work_) {
        work_.emplace(host_.get_executor());
    }
}

}  // namespace detail

guest::guest(boost::asio::io_context& host, const loop_options& options)
    : backend_(std::make_shared<detail::guest_backend>(host)), loop_(*backend_, options) {
    backend_->adopt(loop_);
}

guest::~guest() { backend_->retire(); }

bool guest::resting() const noexcept { return backend_->resting(); }

void guest::resume() noexcept { backend_->resume(); }

}  // namespace heddle::asio_backend

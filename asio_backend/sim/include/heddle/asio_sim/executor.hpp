// SPDX-License-Identifier: BSL-1.0
//
// sim_executor: the executor of a sim_context, which gives functions to the loop of the simulation.
//
// It has the properties that any_io_executor asks for: context, blocking (possibly and never),
// outstanding_work. Two functions given to it have no order between them at level `any`, as they
// have none on a thread pool, whoever gave them and in whatever order; under `fifo` and `timing` the
// first comes first. What wants an order there uses asio::strand or sim_strand.
#pragma once

#include <boost/asio/execution.hpp>
#include <cstdint>
#include <exception>
#include <string_view>
#include <type_traits>
#include <utility>

#include <heddle/asio_sim/detail/core.hpp>

namespace heddle::asio_sim {

class sim_context;

class sim_executor {
public:
    sim_executor(const sim_executor& other) noexcept
        : core_(other.core_),
          source_(other.source_),
          strand_(other.strand_),
          never_blocks_(other.never_blocks_),
          tracks_work_(other.tracks_work_) {
        start_work();
    }
    sim_executor(sim_executor&& other) noexcept
        : core_(std::exchange(other.core_, nullptr)),
          source_(other.source_),
          strand_(std::move(other.strand_)),
          never_blocks_(other.never_blocks_),
          tracks_work_(std::exchange(other.tracks_work_, false)) {}
    sim_executor& operator=(sim_executor other) noexcept {
        std::swap(core_, other.core_);
        std::swap(source_, other.source_);
        std::swap(strand_, other.strand_);
        std::swap(never_blocks_, other.never_blocks_);
        std::swap(tracks_work_, other.tracks_work_);
        return *this;
    }
    ~sim_executor() {
        if (tracks_work_) {
            core_->work_finished(*source_);
        }
    }

    /// Calls `function()` as an event of the loop; or now, if the executor may block and a function
    /// of the context is being run (see dispatching). What it throws goes to the loop's exception
    /// handler in both cases, which fails the run. Destroyed uncalled if the context goes first.
    template <class F>
    void execute(F&& function) const {
        using function_type = std::decay_t<F>;
        if (core_->closed()) {
            return;
        }
        if (!never_blocks_ && core_->runs_inside(strand_.get())) {
            function_type called(std::forward<F>(function));
            try {
                called();
            } catch (...) {
                core_->report_error("function dispatched in the context");
            }
            return;
        }
        core_->post(detail::posted_function<function_type>::make(*core_, *source_, strand_,
                                                                 std::forward<F>(function)));
    }

    [[nodiscard]] sim_context& context() const noexcept;
    /// What names this executor's functions and work in reports; empty for none.
    [[nodiscard]] std::string_view name() const noexcept { return source_->name; }
    /// Whether a function of the context (of the strand, if this is a strand's) is being run now.
    [[nodiscard]] bool running_in_this_thread() const noexcept {
        return strand_ ? strand_->running() : core_->inside();
    }

    [[nodiscard]] sim_context& query(boost::asio::execution::context_t) const noexcept {
        return context();
    }
    [[nodiscard]] boost::asio::execution::blocking_t query(
        boost::asio::execution::blocking_t) const noexcept {
        using boost::asio::execution::blocking;
        return never_blocks_ ? boost::asio::execution::blocking_t(blocking.never)
                             : boost::asio::execution::blocking_t(blocking.possibly);
    }
    [[nodiscard]] boost::asio::execution::outstanding_work_t query(
        boost::asio::execution::outstanding_work_t) const noexcept {
        using boost::asio::execution::outstanding_work;
        using result = boost::asio::execution::outstanding_work_t;
        return tracks_work_ ? result(outstanding_work.tracked) : result(outstanding_work.untracked);
    }
    [[nodiscard]] sim_executor require(boost::asio::execution::blocking_t::never_t) const noexcept {
        return sim_executor(*core_, *source_, strand_, true, tracks_work_);
    }
    [[nodiscard]] sim_executor require(
        boost::asio::execution::blocking_t::possibly_t) const noexcept {
        return sim_executor(*core_, *source_, strand_, false, tracks_work_);
    }
    [[nodiscard]] sim_executor require(
        boost::asio::execution::outstanding_work_t::tracked_t) const noexcept {
        return sim_executor(*core_, *source_, strand_, never_blocks_, true);
    }
    [[nodiscard]] sim_executor require(
        boost::asio::execution::outstanding_work_t::untracked_t) const noexcept {
        return sim_executor(*core_, *source_, strand_, never_blocks_, false);
    }

    /// Whether they do the same with the same function.
    friend bool operator==(const sim_executor& a, const sim_executor& b) noexcept {
        return a.source_ == b.source_ && a.strand_ == b.strand_ &&
               a.never_blocks_ == b.never_blocks_ && a.tracks_work_ == b.tracks_work_;
    }
    friend bool operator!=(const sim_executor& a, const sim_executor& b) noexcept {
        return !(a == b);
    }

    /// For the library's own operations.
    [[nodiscard]] detail::work_source& source() const noexcept { return *source_; }

protected:
    /// The same behind a strand of its own.
    sim_executor(const sim_executor& inner, detail::strand_pointer strand) noexcept
        : sim_executor(*inner.core_, *inner.source_, std::move(strand), inner.never_blocks_,
                       inner.tracks_work_) {}
    [[nodiscard]] sim_executor without_strand() const noexcept {
        return sim_executor(*core_, *source_, nullptr, never_blocks_, tracks_work_);
    }

private:
    friend class sim_context;

    sim_executor(detail::core& core, detail::work_source& source, detail::strand_pointer strand,
                 bool never_blocks, bool tracks_work) noexcept
        : core_(&core),
          source_(&source),
          strand_(std::move(strand)),
          never_blocks_(never_blocks),
          tracks_work_(tracks_work) {
        start_work();
    }
    void start_work() noexcept {
        if (tracks_work_) {
            core_->work_started(*source_);
        }
    }

    detail::core* core_;  // null once moved from
    detail::work_source* source_;
    detail::strand_pointer strand_;
    bool never_blocks_ = false;
    bool tracks_work_ = false;
};

}  // namespace heddle::asio_sim

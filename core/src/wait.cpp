// SPDX-License-Identifier: BSL-1.0
#include <heddle/wait.hpp>

#include <heddle/errors.hpp>
#include <heddle/event_loop.hpp>

namespace heddle::detail {

namespace {

/// Counts the ends, and wakes the waiting task when they are enough.
class waiting final : public future_watch {
public:
    waiting(event_loop& loop, futures watched, return_when how)
        : future_watch(loop, std::move(watched)),
          woken_(loop.create_future<void>("the first or all of several")),
          missing_(this->watched().size()),
          how_(how) {}

    [[nodiscard]] const future<void>& woken() const noexcept { return woken_; }
    void give_up_after(duration length) {
        // The scope that waits cancels the timer, so this is alive whenever it runs.
        timer_ = loop().call_later(length, [this] { wake(); });
    }
    void stop() noexcept {
        timer_.cancel();
        end();
    }

private:
    void future_done(std::size_t index) override {
        --missing_;
        if (missing_ == 0 || how_ == return_when::first_completed ||
            (how_ == return_when::first_exception && failed(*watched()[index]))) {
            timer_.cancel();
            wake();
        }
    }
    [[nodiscard]] const future_base* awaited() const noexcept override {
        return woken_.shared_state().get();
    }
    static bool failed(future_base& done) {
        return !done.cancelled() && done.exception() != nullptr;
    }
    void wake() {
        if (!woken_.done()) {
            woken_.set_result();
        }
    }

    future<void> woken_;
    timer_handle timer_;
    std::size_t missing_;
    return_when how_;
};

/// However the wait ends, also by destruction: nothing stays registered.
struct stop_waiting {
    waiting& state;
    ~stop_waiting() { state.stop(); }
};

}  // namespace

coro<wait_result<std::size_t>> wait_places(future_watch::futures given, return_when how,
                                           std::optional<duration> timeout) {
    if (given.empty()) {
        throw value_error("wait: there is nothing to wait for");
    }
    event_loop& loop = get_running_loop();
    const std::vector<std::size_t> places = distinct(given, loop, "wait");
    future_watch::futures watched;
    watched.reserve(places.size());
    for (const std::size_t i : places) {
        watched.push_back(given[i]);
    }
    {
        const auto state =
            intrusive_ptr<waiting>::adopt(new waiting(loop, std::move(watched), how));
        const stop_waiting end{*state};
        if (timeout) {
            state->give_up_after(*timeout);
        }
        state->begin();
        co_await state->woken();
    }
    wait_result<std::size_t> result;
    for (const std::size_t i : places) {
        (given[i]->done() ? result.done : result.pending).push_back(i);
    }
    co_return result;
}

}  // namespace heddle::detail

// SPDX-License-Identifier: BSL-1.0
//
// Lesson 7: concurrency by yield from. Coroutines are not needed for it: here, tasks are generators
// that yield what they wait for, and twenty lines make them overlap. This is how asyncio began.
//
//     07_concurrency_by_yield_from [--backend=sim|asio]
//
// Two tasks that sleep 2 s and 1 s take 2 s in all: in real time with asio, in no time with sim.
#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>

#include "on_backend.hpp"

using namespace std::chrono_literals;

// A step of a task: "call me again in ...".
using steps = heddle::generator<heddle::duration>;

steps sleep_for(heddle::duration length) { co_yield length; }

steps request(heddle::duration length) { co_yield heddle::yield_from(sleep_for(length)); }

// What a loop's task is at heart: it runs the generator to its next yield, and asks the loop to be
// called when what was yielded is over.
class generator_task {
public:
    explicit generator_task(steps body)
        : body_(std::move(body)), done_(heddle::get_running_loop().create_future<void>()) {
        go_on();
    }
    generator_task(const generator_task&) = delete;
    generator_task& operator=(const generator_task&) = delete;
    ~generator_task() { timer_.cancel(); }

    [[nodiscard]] heddle::future<void> done() const { return done_; }

private:
    void go_on() {
        const std::optional<heddle::duration> pause = body_.next();
        if (pause.has_value()) {
            timer_ = heddle::get_running_loop().call_later(*pause, [this] { go_on(); });
        } else {
            done_.set_result();
        }
    }

    steps body_;
    heddle::future<void> done_;
    heddle::timer_handle timer_;
};

heddle::coro<void> program() {
    heddle::event_loop& loop = heddle::get_running_loop();
    const heddle::time_point start = loop.time();

    const generator_task first(request(2s));
    const generator_task second(request(1s));
    co_await first.done();
    co_await second.done();

    const auto taken = std::chrono::floor<std::chrono::seconds>(loop.time() - start);
    std::printf("%lld s in all, not 3\n", static_cast<long long>(taken.count()));
}

int main(int argc, char** argv) {
    return run_on_backend("07_concurrency_by_yield_from", argc, argv, program);
}

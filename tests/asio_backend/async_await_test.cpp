// SPDX-License-Identifier: BSL-1.0
//
// Tasks of heddle as asynchronous operations of Asio.
#include <heddle/asio/async_await.hpp>

#include <atomic>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <heddle/asio_backend.hpp>
#include <heddle/heddle.hpp>

#include "loop_elsewhere.hpp"
#include "sealed_clock.hpp"
#include "threads.hpp"

namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using heddle::async_await;
using heddle::coro;
using heddle_test::loop_elsewhere;

coro<int> answer(int value) {
    co_await heddle::sleep(1ms);
    co_return value;
}

/// In one step, which is so long that it ends a guest's turn.
coro<int> answer_in_a_turn(int value) {
    heddle::event_loop& loop = heddle::get_running_loop();
    for (const heddle::time_point end = loop.time() + 50us; loop.time() < end;) {
    }
    co_return value;
}

coro<void> nothing() { co_await heddle::sleep(0ns); }

coro<int> fail() {
    co_await heddle::sleep(0ns);
    throw std::out_of_range("far");
}

/// Waits for ever; cleans up for a while when it is cancelled.
coro<int> tidy(std::string& log) {
    try {
        co_await heddle::sleep(24h);
    } catch (const heddle::cancelled_error&) {
        log += "cancelled ";
    }
    co_await heddle::sleep(1ms);
    log += "tidied ";
    throw heddle::cancelled_error();
}

bool is_aborted(const std::exception_ptr& error) {
    if (!error) {
        return false;
    }
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& found) {
        return found.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

/// What a handler was called with.
template <class T>
struct told {
    int calls = 0;
    std::exception_ptr error;
    T value{};
    bool on_loop = false;

    auto handler() {
        return [this](std::exception_ptr failure, T result) {
            ++calls;
            error = std::move(failure);
            value = std::move(result);
            on_loop = heddle::detail::this_thread.running != nullptr;
        };
    }
};

struct host {
    asio::io_context io{1};
    std::optional<heddle::asio_backend::guest> guest{io};
    heddle::event_loop& loop = guest->loop();

    host() {
        // Before its first run a loop is no thread's.
        loop.call_soon([] {});
        io.run();
        io.restart();
    }
};

template <class T>
struct counting_allocator {
    using value_type = T;
    explicit counting_allocator(int& count) noexcept : made(&count) {}
    template <class U>
    counting_allocator(const counting_allocator<U>& other) noexcept : made(other.made) {}
    T* allocate(std::size_t count) {
        ++*made;
        return std::allocator<T>().allocate(count);
    }
    void deallocate(T* memory, std::size_t count) noexcept {
        std::allocator<T>().deallocate(memory, count);
    }
    friend bool operator==(const counting_allocator&, const counting_allocator&) = default;
    int* made;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(async_await_test)

BOOST_FIXTURE_TEST_CASE(a_callback_gets_the_result_on_the_loop, host) {
    told<int> one;
    async_await(loop, answer(42), one.handler());
    BOOST_TEST(one.calls == 0);
    io.run();
    BOOST_TEST(one.calls == 1);
    BOOST_TEST(one.value == 42);
    BOOST_TEST(!one.error);
    BOOST_TEST(one.on_loop);
}

BOOST_FIXTURE_TEST_CASE(an_error_comes_beside_a_value_that_says_nothing, host) {
    told<int> one;
    async_await(loop, fail(), one.handler());
    std::exception_ptr error;
    async_await(
        loop,
        []() -> coro<void> {
            throw std::logic_error("x");
            co_return;
        },
        [&](std::exception_ptr failure) { error = std::move(failure); });
    io.run();
    BOOST_TEST(one.value == 0);
    BOOST_CHECK_THROW(std::rethrow_exception(one.error), std::out_of_range);
    BOOST_CHECK_THROW(std::rethrow_exception(error), std::logic_error);
}

BOOST_FIXTURE_TEST_CASE(a_coroutine_that_is_none_is_an_error_too, host) {
    coro<int> spent = answer(1);
    const auto task = loop.create_task(std::move(spent));
    told<int> one;
    BOOST_CHECK_THROW(async_await(loop, std::move(spent), one.handler()), heddle::usage_error);
    told<int> two;
    async_await(loop, std::move(spent), asio::bind_executor(io, two.handler()));
    io.run();
    BOOST_TEST(one.calls == 0);
    BOOST_CHECK_THROW(std::rethrow_exception(two.error), heddle::usage_error);
}

BOOST_AUTO_TEST_CASE(a_loop_that_has_not_run_yet_is_used_as_from_another_thread) {
    asio::io_context io{1};
    heddle::asio_backend::guest guest(io);
    const auto work = asio::make_work_guard(io);
    BOOST_TEST(!guest.loop().on_own_thread());
    auto result = async_await(guest.loop(), [] { return answer(3); }, asio::use_future);
    BOOST_TEST(!guest.loop().has_tasks());  // it is made by whoever runs the loop
    std::thread other([&] { io.run(); });
    BOOST_TEST(result.get() == 3);
    io.stop();
    other.join();
}

BOOST_FIXTURE_TEST_CASE(a_handler_that_throws_is_told_to_the_loop, host) {
    std::string told;
    loop.set_exception_handler([&](heddle::event_loop&, const heddle::exception_context& what) {
        told = heddle::describe(what.error);
    });
    async_await(loop, nothing(), [](std::exception_ptr) { throw std::logic_error("handler"); });
    io.run();
    BOOST_TEST(told == "std::logic_error: handler");
}

BOOST_FIXTURE_TEST_CASE(a_native_coroutine_awaits_it_in_every_way, host) {
    std::string log;
    const auto native = [&]() -> asio::awaitable<void> {
        log += std::to_string(co_await async_await(loop, answer(1))) + " ";
        log += std::to_string(co_await async_await(loop, answer(2), asio::use_awaitable)) + " ";
        co_await async_await(loop, nothing());
        const auto make = [held = std::make_shared<int>(3)]() -> coro<std::unique_ptr<int>> {
            co_await heddle::sleep(0ns);
            co_return std::make_unique<int>(*held);
        };
        auto moved = co_await async_await(loop, make);
        log += std::to_string(*moved) + " ";
        const auto running = loop.create_task(answer(4));
        log += std::to_string(co_await async_await(running)) + " ";
        auto [error, value] =
            co_await async_await(loop, fail(), asio::as_tuple(asio::use_awaitable));
        log += error && value == 0 ? "failed " : "? ";
        try {
            co_await async_await(loop, fail());
        } catch (const std::out_of_range& found) {
            log += found.what();
        }
    };
    asio::co_spawn(io, native(), [](std::exception_ptr error) { BOOST_TEST(!error); });
    io.run();
    BOOST_TEST(log == "1 2 3 4 failed far");
}

BOOST_FIXTURE_TEST_CASE(nothing_begins_before_it_is_awaited, host) {
    bool begun = false;
    const auto body = [&]() -> coro<void> {
        begun = true;
        co_return;
    };
    {
        [[maybe_unused]] const auto never = async_await(loop, body);
        [[maybe_unused]] const auto neither = async_await(loop, body, asio::deferred);
    }
    io.run();
    BOOST_TEST(!begun);
    auto later = async_await(loop, body, asio::deferred);
    std::move(later)(asio::detached);
    io.restart();
    io.run();
    BOOST_TEST(begun);
}

BOOST_FIXTURE_TEST_CASE(a_task_that_others_hold_gives_a_copy, host) {
    const auto make = []() -> coro<std::string> { co_return "a text that is longer than short"; };
    const auto running = loop.create_task(make());
    told<std::string> one;
    told<std::string> two;
    async_await(running, one.handler());
    async_await(running, two.handler());
    io.run();
    BOOST_TEST(one.value == running.result());
    BOOST_TEST(two.value == running.result());
    BOOST_TEST(running.result().size() > 20U);
}

BOOST_AUTO_TEST_SUITE(executors)

BOOST_FIXTURE_TEST_CASE(the_handler_runs_there_and_the_executor_has_work_meanwhile, host) {
    asio::io_context other;
    told<int> one;
    async_await(loop, answer(5), asio::bind_executor(other, one.handler()));
    BOOST_TEST(other.poll() == 0U);
    BOOST_TEST(!other.stopped());  // it has work, though nothing to do
    io.run();
    BOOST_TEST(one.calls == 0);
    other.run();
    BOOST_TEST(one.value == 5);
    BOOST_TEST(!one.on_loop);
    BOOST_TEST(other.stopped());
}

BOOST_FIXTURE_TEST_CASE(on_the_hosts_own_executor_it_is_a_handler_of_its_own, host) {
    told<int> one;
    async_await(loop, answer(5), asio::bind_executor(io, one.handler()));
    io.run();
    BOOST_TEST(one.value == 5);
    BOOST_TEST(!one.on_loop);
}

BOOST_FIXTURE_TEST_CASE(the_handlers_allocator_is_used, host) {
    int made = 0;
    told<int> one;
    async_await(loop, answer(5),
                asio::bind_allocator(counting_allocator<void>(made),
                                     asio::bind_executor(io.get_executor(), one.handler())));
    io.run();
    BOOST_TEST(one.value == 5);
    BOOST_TEST(made == 1);
}

BOOST_FIXTURE_TEST_CASE(erased_handlers_with_and_without_one, host) {
    using erased = asio::any_completion_handler<void(std::exception_ptr, int)>;
    told<int> one;
    told<int> two;
    async_await(loop, answer(5), erased(one.handler()));
    async_await(loop, answer(6), erased(asio::bind_executor(io, two.handler())));
    io.run();
    BOOST_TEST(one.value == 5);
    BOOST_TEST(one.on_loop);
    BOOST_TEST(two.value == 6);
    BOOST_TEST(two.calls == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(cancellation)

BOOST_FIXTURE_TEST_CASE(it_is_a_request_and_ends_when_the_task_has_ended, host) {
    for (const auto type : {asio::cancellation_type::terminal, asio::cancellation_type::partial,
                            asio::cancellation_type::all}) {
        asio::cancellation_signal signal;
        std::string log;
        told<int> one;
        async_await(loop, tidy(log), asio::bind_cancellation_slot(signal.slot(), one.handler()));
        asio::steady_timer timer(io, 1ms);
        timer.async_wait([&](auto) { signal.emit(type); });
        io.restart();
        io.run();
        BOOST_TEST(log == "cancelled tidied ");
        BOOST_TEST(one.calls == 1);
        BOOST_TEST(is_aborted(one.error));
        BOOST_TEST(!signal.slot().has_handler());
    }
}

BOOST_FIXTURE_TEST_CASE(total_alone_is_more_than_a_task_can_promise, host) {
    asio::cancellation_signal signal;
    told<int> one;
    async_await(loop, answer(5), asio::bind_cancellation_slot(signal.slot(), one.handler()));
    asio::post(io, [&] { signal.emit(asio::cancellation_type::total); });
    io.run();
    BOOST_TEST(one.value == 5);
}

BOOST_FIXTURE_TEST_CASE(a_task_that_returns_all_the_same_gives_its_result, host) {
    asio::cancellation_signal signal;
    told<int> one;
    const auto stubborn = []() -> coro<int> {
        try {
            co_await heddle::sleep(24h);
        } catch (const heddle::cancelled_error&) {
        }
        co_return 7;
    };
    async_await(loop, stubborn, asio::bind_cancellation_slot(signal.slot(), one.handler()));
    loop.call_soon([&] { signal.emit(asio::cancellation_type::terminal); });
    io.run();
    BOOST_TEST(!one.error);
    BOOST_TEST(one.value == 7);
}

BOOST_FIXTURE_TEST_CASE(a_task_that_others_cancel_is_aborted_as_well, host) {
    const auto running = loop.create_task(answer(1));
    told<int> one;
    async_await(running, one.handler());
    running.cancel();
    io.run();
    BOOST_TEST(is_aborted(one.error));
}

BOOST_FIXTURE_TEST_CASE(once_it_has_ended_the_signal_does_nothing, host) {
    asio::cancellation_signal signal;
    told<int> one;
    async_await(
        loop, answer_in_a_turn(5),
        asio::bind_executor(io, asio::bind_cancellation_slot(signal.slot(), one.handler())));
    bool emitted_between = false;
    while (one.calls == 0) {
        io.run_one();
        if (one.calls == 0 && !loop.has_tasks()) {  // between its end and the handler
            signal.emit(asio::cancellation_type::terminal);
            emitted_between = true;
        }
    }
    BOOST_TEST(emitted_between);
    signal.emit(asio::cancellation_type::terminal);
    BOOST_TEST(one.value == 5);
    BOOST_TEST(!one.error);
}

BOOST_FIXTURE_TEST_CASE(the_loser_of_a_race_tidies_up_before_the_winner_is_told, host) {
    using namespace asio::experimental::awaitable_operators;
    std::string log;
    const auto native = [&]() -> asio::awaitable<void> {
        asio::steady_timer timer(io, 1ms);
        const auto first =
            co_await (timer.async_wait(asio::use_awaitable) || async_await(loop, tidy(log)));
        log += std::to_string(first.index());
    };
    asio::co_spawn(io, native(), [](std::exception_ptr error) { BOOST_TEST(!error); });
    io.run();
    BOOST_TEST(log == "cancelled tidied 0");
}

BOOST_FIXTURE_TEST_CASE(deferred_in_a_parallel_group, host) {
    std::string log;
    asio::experimental::make_parallel_group(async_await(loop, tidy(log), asio::deferred),
                                            async_await(loop, answer(5), asio::deferred))
        .async_wait(asio::experimental::wait_for_one(),
                    asio::bind_executor(io, [&](auto order, std::exception_ptr error, int,
                                                std::exception_ptr, int value) {
                        log += std::to_string(order[0]) + " " + std::to_string(value) +
                               (is_aborted(error) ? " aborted" : " ?");
                    }));
    io.run();
    BOOST_TEST(log == "cancelled tidied 1 5 aborted");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(threads)

BOOST_FIXTURE_TEST_CASE(a_future_from_another_thread, loop_elsewhere) {
    // (Boost.Test's macros are for one thread.)
    const auto body = [&]() -> coro<int> {
        co_return &heddle::get_running_loop() == &loop ? 42 : 0;
    };
    std::future<int> one = async_await(loop, body, asio::use_future);
    std::future<int> two = async_await(loop, answer(43), asio::use_future);
    std::future<int> three = async_await(loop, fail(), asio::use_future);
    BOOST_TEST(one.get() == 42);
    BOOST_TEST(two.get() == 43);
    BOOST_CHECK_THROW(three.get(), std::out_of_range);
}

BOOST_FIXTURE_TEST_CASE(a_native_coroutine_on_another_thread, loop_elsewhere) {
    asio::io_context io;
    const auto thread = std::this_thread::get_id();
    std::string log;
    const auto native = [&]() -> asio::awaitable<void> {
        using namespace asio::experimental::awaitable_operators;
        for (int i = 0; i < 100; ++i) {
            BOOST_TEST(co_await async_await(loop, answer(i)) == i);
            BOOST_TEST((std::this_thread::get_id() == thread));
        }
        asio::steady_timer timer(io, 1ms);
        co_await (timer.async_wait(asio::use_awaitable) || async_await(loop, tidy(log)));
    };
    asio::co_spawn(io, native(), [](std::exception_ptr error) { BOOST_TEST(!error); });
    io.run();
    BOOST_TEST(log == "cancelled tidied ");
}

BOOST_AUTO_TEST_CASE(cancelled_before_the_loop_heard_of_it_it_is_never_made) {
    heddle::asio_backend::own_context backend;
    heddle::event_loop loop(backend);
    bool made = false;
    told<int> one;
    asio::cancellation_signal signal;
    std::thread other([&] {
        const auto make = [&]() -> coro<int> {
            made = true;
            return answer(1);
        };
        async_await(loop, make, asio::bind_cancellation_slot(signal.slot(), one.handler()));
    });
    other.join();
    signal.emit(asio::cancellation_type::terminal);  // on the loop's thread, which has not heard
    for (int i = 0; i < 5; ++i) {
        loop.run_one_iteration();
    }
    BOOST_TEST(!made);
    BOOST_TEST(is_aborted(one.error));
}

BOOST_AUTO_TEST_CASE(cancelling_while_the_loop_closes) {
    for (int round = 0; round < 100; ++round) {
        loop_elsewhere server;
        asio::io_context io;
        told<int> one;
        asio::cancellation_signal signal;
        async_await(
            server.loop, answer(1),
            asio::bind_executor(io, asio::bind_cancellation_slot(signal.slot(), one.handler())));
        std::thread other([&] { server.stop(); });
        signal.emit(asio::cancellation_type::terminal);
        other.join();
        io.run();  // ends when the handler has been called
        BOOST_TEST(one.calls == 1);
        BOOST_TEST((is_aborted(one.error) || one.value == 1));
    }
}

BOOST_AUTO_TEST_CASE(a_loop_that_takes_nothing_from_outside_says_so) {
    heddle_test::sealed_clock clock;
    heddle::event_loop loop(clock);
    std::thread other([&] {
        BOOST_CHECK_THROW(async_await(loop, nothing(), asio::detached), heddle::usage_error);
        asio::io_context io;
        BOOST_CHECK_THROW(
            async_await(loop, nothing(), asio::bind_executor(io, [](std::exception_ptr) {})),
            heddle::usage_error);
    });
    other.join();
    bool done = false;
    async_await(loop, nothing(), [&](std::exception_ptr) { done = true; });
    for (int i = 0; i < 5; ++i) {
        loop.run_one_iteration();
    }
    BOOST_TEST(done);
}

BOOST_FIXTURE_TEST_CASE(no_thread_is_started, host) {
    const auto before = heddle_test::thread_count();
    asio::any_completion_handler<void(std::exception_ptr, int)> erased = [](std::exception_ptr,
                                                                            int) {};
    async_await(loop, answer(1), std::move(erased));
    async_await(loop, answer(1), asio::detached);
    auto later = async_await(loop, answer(1), asio::use_future);
    asio::co_spawn(
        io,
        [&]() -> asio::awaitable<void> {
            co_await async_await(loop, answer(1));
            BOOST_TEST(heddle_test::thread_count() == before);
        },
        asio::detached);
    io.run();
    BOOST_TEST(later.get() == 1);
    BOOST_TEST(heddle_test::thread_count() == before);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(closing)

BOOST_FIXTURE_TEST_CASE(a_handler_with_an_executor_is_aborted_behind_the_frames, host) {
    std::string log;
    struct noisy {
        std::string& out;
        ~noisy() { out += "frame "; }
    };
    const auto body = [&]() -> coro<int> {
        const noisy local{log};
        co_await heddle::sleep(24h);
        co_return 1;
    };
    async_await(loop, body, asio::bind_executor(io, [&](std::exception_ptr error, int) {
                    log += is_aborted(error) ? "aborted" : "?";
                }));
    io.run_for(5ms);
    guest->close();
    BOOST_TEST(log == "frame ");
    io.restart();
    io.run();
    BOOST_TEST(log == "frame aborted");
}

BOOST_FIXTURE_TEST_CASE(one_without_is_destroyed, host) {
    told<int> one;
    const auto token = std::make_shared<int>(0);
    async_await(loop, answer(1),
                [held = token, call = one.handler()](std::exception_ptr error, int value) {
                    call(std::move(error), value);
                });
    auto later = async_await(loop, answer(1), asio::use_future);
    asio::any_completion_handler<void(std::exception_ptr, int)> erased =
        [held = token](std::exception_ptr, int) { BOOST_TEST(false); };
    async_await(loop, answer(1), std::move(erased));
    BOOST_TEST(token.use_count() == 3);
    guest.reset();
    BOOST_TEST(token.use_count() == 1);
    BOOST_TEST(one.calls == 0);
    BOOST_CHECK_THROW(later.get(), boost::system::system_error);
}

BOOST_FIXTURE_TEST_CASE(a_native_coroutine_goes_on_with_an_error, host) {
    bool aborted = false;
    asio::co_spawn(
        io,
        [&]() -> asio::awaitable<void> {
            try {
                co_await async_await(loop, answer(1));
            } catch (const boost::system::system_error& error) {
                aborted = error.code() == asio::error::operation_aborted;
            }
        },
        asio::detached);
    asio::post(io, [&] { guest->close(); });
    io.run();
    BOOST_TEST(aborted);
}

BOOST_FIXTURE_TEST_CASE(a_closed_loop_takes_nothing, host) {
    guest->close();
    told<int> one;
    BOOST_CHECK_THROW(async_await(loop, answer(1), one.handler()), heddle::usage_error);
    told<int> two;
    async_await(loop, answer(1), asio::bind_executor(io, two.handler()));
    told<int> three;
    std::thread other([&] {
        BOOST_CHECK_THROW(async_await(loop, answer(1), one.handler()), heddle::usage_error);
        async_await(loop, answer(1), asio::bind_executor(io, three.handler()));
    });
    other.join();
    io.run();
    BOOST_TEST(one.calls == 0);
    BOOST_TEST(is_aborted(two.error));
    BOOST_TEST(is_aborted(three.error));
}

BOOST_FIXTURE_TEST_CASE(a_result_that_was_not_handed_over_is_lost_with_the_loop, host) {
    told<int> one;
    async_await(loop, answer_in_a_turn(1), asio::bind_executor(io, one.handler()));
    io.run_one();  // the task's only step
    BOOST_TEST(!loop.has_tasks());
    guest->close();
    io.run();
    BOOST_TEST(is_aborted(one.error));
}

BOOST_FIXTURE_TEST_CASE(the_host_may_go_first_of_all_that_is_queued, host) {
    const auto token = std::make_shared<int>(0);
    async_await(loop, answer(1),
                asio::bind_executor(io, [held = token](std::exception_ptr, int) {}));
    guest.reset();
    BOOST_TEST(token.use_count() == 2);  // in a handler that the host does not run any more
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: BSL-1.0
//
// Tasks that are cancelled, or destroyed, while they wait for Asio operations. Most of what these
// tests find, they find under AddressSanitizer.
#include <heddle/asio/use_task.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <heddle/heddle.hpp>

#include "io_runners.hpp"

namespace {

using namespace std::chrono_literals;
using asio_cancellation = boost::asio::cancellation_type;
using boost::system::error_code;
using boost::system::system_error;
using heddle::coro;
using heddle::use_task;
using heddle_test::both;
namespace asio = boost::asio;
using asio::ip::tcp;

/// An operation that ends when the test says, and notes what it is asked for.
struct operation_by_hand {
    std::function<void(error_code, int)> complete;
    std::vector<boost::asio::cancellation_type_t> asked_for;
    int initiated = 0;

    auto begin(heddle::use_task_t token = use_task) {
        return asio::async_initiate<heddle::use_task_t, void(error_code, int)>(
            [this](auto handler) {
                ++initiated;
                asio::get_associated_cancellation_slot(handler).assign(
                    [this](boost::asio::cancellation_type_t type) { asked_for.push_back(type); });
                complete = [kept = std::make_shared<decltype(handler)>(std::move(handler))](
                               error_code error, int value) { (*kept)(error, value); };
            },
            token);
    }
};

/// How a task ended: its result, or what it threw.
template <class T>
std::string ending(const heddle::task<T>& task) {
    if (!task.done()) {
        return "not done";
    }
    try {
        if constexpr (std::is_void_v<T>) {
            task.result();
            return "done";
        } else {
            return std::to_string(task.result());
        }
    } catch (const heddle::cancelled_error& error) {
        return "cancelled: " + std::string(error.message());
    } catch (const std::exception& error) {
        return error.what();
    }
}

struct fixture : heddle_test::on_own_context {
    operation_by_hand operation;
    std::string log;

    /// Awaits the operation, says what came of it, then awaits something else.
    coro<int> await_both() {
        try {
            const int value = co_await operation.begin();
            log += "got " + std::to_string(value);
        } catch (const heddle::cancelled_error& error) {
            log += "cancelled " + std::string(error.message());
            throw;
        } catch (const system_error& error) {
            log += error.code() == asio::error::operation_aborted ? "aborted" : "failed";
        }
        try {
            co_await heddle::sleep(0ns);
        } catch (const heddle::cancelled_error& error) {
            log += ", then cancelled " + std::string(error.message());
            throw;
        }
        co_return 1;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(use_task_cancel_test, fixture)

BOOST_AUTO_TEST_CASE(cancelling_asks_the_operation_to_end_and_waits_until_it_has) {
    const auto task = loop().create_task(await_both());
    run_some();
    BOOST_TEST(task.cancel("enough"));
    BOOST_TEST((operation.asked_for == std::vector{asio_cancellation::terminal}));
    run_some();
    BOOST_TEST(!task.done());
    operation.complete(asio::error::operation_aborted, 0);
    run_some();
    BOOST_TEST(ending(task) == "cancelled: enough");
    BOOST_TEST(log == "cancelled enough");
}

BOOST_AUTO_TEST_CASE(an_operation_that_succeeds_although_cancelled_delivers_its_result) {
    const auto task = loop().create_task(await_both());
    run_some();
    task.cancel("late");
    operation.complete({}, 7);
    run_some();
    BOOST_TEST(log == "got 7, then cancelled late");
    BOOST_TEST(ending(task) == "cancelled: late");
}

BOOST_AUTO_TEST_CASE(also_one_that_had_ended_before_but_was_not_delivered) {
    const auto task = loop().create_task(await_both());
    run_some();
    operation.complete({}, 7);
    task.cancel("late");
    BOOST_TEST(operation.asked_for.empty());
    run_some();
    BOOST_TEST(log == "got 7, then cancelled late");
}

BOOST_AUTO_TEST_CASE(an_operation_that_fails_for_another_reason_delivers_that) {
    const auto task = loop().create_task(await_both());
    run_some();
    task.cancel("late");
    operation.complete(asio::error::connection_reset, 0);
    run_some();
    BOOST_TEST(log == "failed, then cancelled late");
}

BOOST_AUTO_TEST_CASE(a_foreign_abort_is_an_error) {
    const auto task = loop().create_task(await_both());
    run_some();
    operation.complete(asio::error::operation_aborted, 0);
    run_some();
    BOOST_TEST(log == "aborted");
    BOOST_TEST(ending(task) == "1");
}

BOOST_AUTO_TEST_CASE(a_foreign_abort_stays_one_if_the_cancellation_comes_after_it) {
    const auto task = loop().create_task(await_both());
    run_some();
    operation.complete(asio::error::operation_aborted, 0);
    task.cancel("late");
    run_some();
    BOOST_TEST(log == "aborted, then cancelled late");
}

BOOST_AUTO_TEST_CASE(each_cancel_asks_again_and_is_counted) {
    const auto task = loop().create_task(await_both());
    run_some();
    task.cancel("first");
    task.cancel("second");
    BOOST_TEST(operation.asked_for.size() == 2u);
    BOOST_TEST(task.cancelling() == 2u);
    operation.complete(asio::error::operation_aborted, 0);
    run_some();
    BOOST_TEST(ending(task) == "cancelled: second");
}

BOOST_AUTO_TEST_CASE(an_await_may_ask_for_less_than_terminal) {
    const auto wait = [&]() -> coro<int> {
        co_return co_await operation.begin(use_task(asio_cancellation::total));
    };
    const auto task = loop().create_task(wait());
    run_some();
    task.cancel();
    BOOST_TEST((operation.asked_for == std::vector{asio_cancellation::total}));
    operation.complete({}, 0);
    run_some();
}

BOOST_AUTO_TEST_CASE(what_a_cancelled_task_awaits_next_is_not_initiated) {
    const auto wait = [&]() -> coro<int> {
        heddle::current_task().request_cancel(heddle::cancel_message("before"));
        co_return co_await operation.begin();
    };
    const auto task = loop().create_task(wait());
    run_some();
    BOOST_TEST(operation.initiated == 0);
    BOOST_TEST(ending(task) == "cancelled: before");
}

BOOST_AUTO_TEST_CASE(an_operation_that_is_abandoned_when_cancelled_is_cancelled) {
    const auto task = loop().create_task(await_both());
    run_some();
    task.cancel("gone");
    operation.complete = nullptr;
    run_some();
    BOOST_TEST(log == "cancelled gone");
}

BOOST_AUTO_TEST_CASE(a_cancellation_that_was_taken_back_does_not_come) {
    const auto task = loop().create_task(await_both());
    run_some();
    task.cancel("mistake");
    task.uncancel();
    operation.complete({}, 7);
    run_some();
    BOOST_TEST(log == "got 7");
    BOOST_TEST(ending(task) == "1");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_cancellation_is_thrown_with_as_tuple_and_in_an_exception_too,
                              Runner, both) {
    Runner runner;
    asio::steady_timer timer(runner.io(), 1h);
    const auto as_tuple = [&]() -> coro<void> {
        co_await timer.async_wait(asio::as_tuple(use_task));
    };
    const auto as_exception = [&]() -> coro<void> {
        co_await asio::async_initiate<const heddle::use_task_t&, void(std::exception_ptr)>(
            [&](auto handler) {
                const auto slot = asio::get_associated_cancellation_slot(handler);
                timer.async_wait(asio::bind_cancellation_slot(
                    slot, [kept = std::move(handler)](error_code error) mutable {
                        std::move(kept)(std::make_exception_ptr(system_error(error)));
                    }));
            },
            use_task);
    };
    asio::experimental::channel<void(error_code, int)> channel(runner.io(), 1);
    const auto from_channel = [&]() -> coro<void> {
        static_cast<void>(co_await channel.async_receive(use_task));
    };
    const auto main = [&]() -> coro<void> {
        const std::vector tasks{heddle::create_task(as_tuple()),
                                heddle::create_task(as_exception()),
                                heddle::create_task(from_channel())};
        co_await heddle::sleep(1ms);
        for (const auto& task : tasks) {
            task.cancel("so");
        }
        co_await heddle::sleep(1ms);
        for (const auto& task : tasks) {
            BOOST_TEST(ending(task) == "cancelled: so");
        }
    };
    runner.run(main());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_timeout_ends_a_read_and_the_socket_can_be_used_again, Runner,
                              both) {
    Runner runner;
    const auto main = [&]() -> coro<void> {
        tcp::acceptor listening(runner.io(), {asio::ip::address_v4::loopback(), 0});
        tcp::socket client(runner.io());
        co_await client.async_connect(listening.local_endpoint(), use_task);
        tcp::socket server = co_await listening.async_accept(use_task);
        char got = 0;
        const auto read_one = [&]() -> coro<void> {
            co_await asio::async_read(client, asio::buffer(&got, 1), use_task);
        };
        BOOST_CHECK_THROW(co_await heddle::wait_for(read_one(), 2ms), heddle::timeout_error);
        co_await asio::async_write(server, asio::buffer("x", 1), use_task);
        co_await heddle::wait_for(read_one(), 10s);
        BOOST_TEST(got == 'x');
    };
    runner.run(main());
}

BOOST_AUTO_TEST_CASE(a_cancellation_is_delivered_once) {
    const auto wait = [&]() -> coro<int> {
        try {
            co_await operation.begin();
        } catch (const heddle::cancelled_error&) {
            log = "suppressed";
        }
        co_await heddle::sleep(0ns);
        co_return 2;
    };
    const auto task = loop().create_task(wait());
    run_some();
    task.cancel();
    operation.complete(asio::error::operation_aborted, 0);
    run_some();
    BOOST_TEST(log == "suppressed");
    BOOST_TEST(ending(task) == "2");
}

// ---- destroyed -----------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_task_that_is_destroyed_has_its_operation_cancelled) {
    const auto wait = [&]() -> coro<int> {
        co_return co_await operation.begin(use_task(asio_cancellation::total));
    };
    const auto task = loop().create_task(wait());
    run_some();
    destroy_loop();
    BOOST_TEST((operation.asked_for == std::vector{asio_cancellation::terminal}));
    operation.complete({}, 1);  // nobody hears of it
}

BOOST_AUTO_TEST_CASE(a_handler_that_is_called_after_its_task_was_destroyed_does_nothing) {
    const auto wait = [&]() -> coro<int> { co_return co_await operation.begin(); };
    const auto main = [&]() -> coro<void> {
        {
            heddle::task_group left_without_join;
            left_without_join.create_task(wait());
            co_await heddle::sleep(1ms);
        }
        operation.complete({}, 1);
        co_await heddle::sleep(1ms);
    };
    run(main());
    BOOST_TEST(operation.initiated == 1);
}

BOOST_AUTO_TEST_CASE(no_read_goes_into_a_frame_that_was_destroyed) {
    heddle_test::on_guest runner;
    tcp::acceptor listening(runner.io(), {asio::ip::address_v4::loopback(), 0});
    tcp::socket writing(runner.io());
    writing.connect(listening.local_endpoint());
    tcp::socket reading = listening.accept();
    const auto wait = [&]() -> coro<void> {
        std::string bytes(5'000, ' ');
        co_await asio::async_read(reading, asio::buffer(bytes), use_task);
    };
    runner.loop().create_task(wait());
    runner.run_some();
    runner.destroy_loop();
    asio::write(writing, asio::buffer("too late", 8));
    runner.run_host();
    BOOST_TEST(reading.available() == 8u);  // where they were before, not in the frame
}

BOOST_AUTO_TEST_CASE_TEMPLATE(no_step_runs_when_the_task_is_gone_and_its_loop_goes_on, Runner,
                              both) {
    Runner runner;
    int steps = 0;
    const auto wait = [&]() -> coro<void> {
        co_await asio::async_compose<const heddle::use_task_t&, void()>(
            [&](auto& self) {
                ++steps;
                asio::post(runner.io(), std::move(self));
            },
            use_task, runner.io());
    };
    const auto main = [&]() -> coro<void> {
        {
            heddle::task_group left_without_join;
            left_without_join.create_task(wait());
            while (steps < 3) {
                co_await heddle::sleep(0ns);
            }
        }
        const int before = steps;
        co_await heddle::sleep(1ms);
        BOOST_TEST(steps == before);
    };
    runner.run(main());
}

// ---- everywhere ----------------------------------------------------------------------------

namespace {

constexpr std::size_t volume = 400'000;  // does not go through a socket at once

/// A client and a server; together they wait for each sort of operation.
struct exchange {
    explicit exchange(asio::io_context& where)
        : io(where), listening(where, {asio::ip::address_v4::loopback(), 0}) {}

    coro<void> client() {
        asio::steady_timer timer(io, 1us);
        co_await timer.async_wait(use_task);
        tcp::socket socket(io);
        co_await socket.async_connect(listening.local_endpoint(), use_task);
        const std::string question(volume, '?');
        co_await asio::async_write(socket, asio::buffer(question), use_task);
        std::string answer;
        co_await asio::async_read_until(socket, asio::dynamic_buffer(answer), '!', use_task);
        client_done = answer.size() == volume + 1;
    }
    coro<void> server() {
        tcp::socket socket = co_await listening.async_accept(use_task);
        std::string question(volume, ' ');
        co_await asio::async_read(socket, asio::buffer(question), use_task);
        const std::string answer = std::string(volume, '.') + '!';
        for (std::size_t sent = 0; sent < answer.size();) {
            sent += co_await socket.async_write_some(asio::buffer(answer) + sent, use_task);
        }
        char end = 0;
        server_done = std::get<0>(co_await socket.async_read_some(
                          asio::buffer(&end, 1), asio::as_tuple(use_task))) == asio::error::eof;
    }

    asio::io_context& io;
    tcp::acceptor listening;
    bool client_done = false;
    bool server_done = false;
};

/// Counts the suspensions of the task 'victim'.
class suspensions final : public heddle::loop_observer {
public:
    void on_event(const heddle::loop_event& event) noexcept override {
        count +=
            event.kind == heddle::loop_event_kind::task_blocked && event.task->name() == "victim"
                ? 1
                : 0;
    }
    int count = 0;
};

/// Cancels the client, or the server, some iterations after a suspension of it. Says how it ended.
coro<std::string> disturb(exchange& both_sides, bool client_is_victim, const suspensions& seen,
                          int suspension, int iterations) {
    const auto victim =
        heddle::create_task(client_is_victim ? both_sides.client() : both_sides.server(), "victim");
    const auto other =
        heddle::create_task(client_is_victim ? both_sides.server() : both_sides.client());
    while (!victim.done() && seen.count < suspension) {
        co_await heddle::sleep(0ns);
    }
    for (int i = 0; i < iterations && !victim.done(); ++i) {
        co_await heddle::sleep(0ns);
    }
    victim.cancel("everywhere");
    while (!victim.done()) {
        co_await heddle::sleep(0ns);
    }
    // What the other side may wait for still.
    both_sides.listening.close();
    while (!other.done()) {
        co_await heddle::sleep(0ns);
    }
    BOOST_TEST(ending(other).find("cancelled") == std::string::npos);
    co_return ending(victim);
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(cancelling_at_each_step_leaves_nothing_behind, Runner, both) {
    for (const bool client_is_victim : {true, false}) {
        for (const int iterations : {0, 1, 2, 5, 20, 100}) {
            std::string end;
            int suspension = 1;
            for (; end != "done"; ++suspension) {
                Runner runner;
                suspensions seen;
                runner.loop().set_observer(&seen);
                exchange both_sides(runner.io());
                const auto main = [&]() -> coro<void> {
                    end = co_await disturb(both_sides, client_is_victim, seen, suspension,
                                           iterations);
                };
                runner.run(main());
                BOOST_TEST((end == "done" || end == "cancelled: everywhere"));
                // (What its last operation gave counts for nothing if it is cancelled then.)
                BOOST_TEST((end != "done" ||
                            (client_is_victim ? both_sides.client_done : both_sides.server_done)));
                runner.destroy_loop();
            }
            // A timer, a connect, a write and a read; an accept, a read, some writes and a read.
            BOOST_TEST((iterations > 0 || suspension > 4));
        }
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_loop_may_go_at_each_step_and_its_io_context_go_on, Runner, both) {
    bool done = false;
    for (int step = 0; !done; ++step) {
        Runner runner;
        exchange both_sides(runner.io());
        runner.loop().create_task(both_sides.client());
        runner.loop().create_task(both_sides.server());
        for (int i = 0; i < step; ++i) {
            runner.run_one();
        }
        done = both_sides.client_done && both_sides.server_done;
        runner.destroy_loop();
        runner.run_host();
        BOOST_TEST_REQUIRE(step < 100'000);
    }
}

BOOST_AUTO_TEST_CASE(nothing_of_a_composed_operation_runs_when_its_task_is_gone) {
    // Its next step would use the frame: the first one is over when the loop goes.
    heddle_test::on_guest runner;
    int steps = 0;
    const auto wait = [&]() -> coro<void> {
        co_await asio::async_compose<const heddle::use_task_t&, void()>(
            [&](auto& self) {
                ++steps;
                asio::post(runner.io(), std::move(self));
            },
            use_task, runner.io());
    };
    runner.loop().create_task(wait());
    while (steps == 0) {
        runner.run_one();
    }
    const int before = steps;
    runner.destroy_loop();
    runner.run_host();
    BOOST_TEST(steps == before);
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: BSL-1.0
//
// What an awaited Asio operation gives, in each form that a completion can have.
#include <heddle/asio/use_task.hpp>

#include <array>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <heddle/heddle.hpp>

#include "io_runners.hpp"

namespace {

using namespace std::chrono_literals;
using boost::system::error_code;
using boost::system::system_error;
using heddle::coro;
using heddle::use_task;
using heddle_test::both;
using heddle_test::complete_later;
namespace asio = boost::asio;
using asio::ip::tcp;

const error_code refused = asio::error::connection_refused;

/// The operation's handler is called by `initiating` itself.
template <class... Signatures, class F>
auto initiate_by(F initiating) {
    return asio::async_initiate<const heddle::use_task_t&, Signatures...>(std::move(initiating),
                                                                          use_task);
}

/// What `operation` throws, as text.
template <class Operation>
coro<std::string> error_of(Operation operation) {
    try {
        co_await std::move(operation);
    } catch (const std::exception& error) {
        co_return error.what();
    }
    co_return "nothing";
}

std::exception_ptr oops() { return std::make_exception_ptr(std::runtime_error("oops")); }

}  // namespace

BOOST_AUTO_TEST_SUITE(use_task_test)

// ---- signatures ----------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE_TEMPLATE(each_signature_gives_its_result, Runner, both) {
    Runner runner;
    asio::io_context& io = runner.io();
    const auto main = [&]() -> coro<void> {
        co_await complete_later<void()>(io, use_task);
        co_await complete_later<void(error_code)>(io, use_task, error_code());
        co_await complete_later<void(std::exception_ptr)>(io, use_task, std::exception_ptr());

        const int one = co_await complete_later<void(int)>(io, use_task, 1);
        BOOST_TEST(one == 1);
        const int two =
            co_await complete_later<void(error_code, int)>(io, use_task, error_code(), 2);
        BOOST_TEST(two == 2);
        const int three = co_await complete_later<void(std::exception_ptr, int)>(
            io, use_task, std::exception_ptr(), 3);
        BOOST_TEST(three == 3);

        const std::tuple<int, std::string> pair =
            co_await complete_later<void(int, std::string)>(io, use_task, 4, std::string("four"));
        BOOST_TEST(std::get<1>(pair) == "four");
        const auto [number, text] = co_await complete_later<void(error_code, int, std::string)>(
            io, use_task, error_code(), 5, std::string("five"));
        BOOST_TEST(number == 5);
        BOOST_TEST(text == "five");
        const auto [six, seven] = co_await complete_later<void(std::exception_ptr, int, int)>(
            io, use_task, std::exception_ptr(), 6, 7);
        BOOST_TEST(six * seven == 42);
    };
    runner.run(main());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(errors_are_thrown, Runner, both) {
    Runner runner;
    asio::io_context& io = runner.io();
    const auto main = [&]() -> coro<void> {
        try {
            co_await complete_later<void(error_code, int)>(io, use_task, refused, 0);
            BOOST_ERROR("no error");
        } catch (const system_error& error) {
            BOOST_TEST(error.code() == refused);
        }
        const std::string text =
            co_await error_of(complete_later<void(std::exception_ptr)>(io, use_task, oops()));
        BOOST_TEST(text == "oops");
    };
    runner.run(main());
}

BOOST_AUTO_TEST_CASE(as_tuple_gives_errors_as_values) {
    heddle_test::on_own_context runner;
    asio::io_context& io = runner.io();
    const auto main = [&]() -> coro<void> {
        auto [error, value] = co_await complete_later<void(error_code, std::unique_ptr<int>)>(
            io, asio::as_tuple(use_task), refused, std::make_unique<int>(3));
        BOOST_TEST(error == refused);
        BOOST_TEST(*value == 3);
        auto [thrown] =
            co_await complete_later<void(std::exception_ptr)>(io, asio::as_tuple(use_task), oops());
        BOOST_TEST(bool(thrown));
        const auto nothing = co_await complete_later<void()>(io, asio::as_tuple(use_task));
        static_assert(std::same_as<decltype(nothing), const std::tuple<>>);
    };
    runner.run(main());
}

BOOST_AUTO_TEST_CASE(a_result_may_be_movable_only_and_is_not_copied) {
    heddle_test::on_own_context runner;
    const auto main = [&]() -> coro<void> {
        const std::unique_ptr<int> value =
            co_await complete_later<void(error_code, std::unique_ptr<int>)>(
                runner.io(), use_task, error_code(), std::make_unique<int>(5));
        BOOST_TEST(*value == 5);
    };
    runner.run(main());
}

BOOST_AUTO_TEST_CASE(what_an_operation_calls_with_need_only_convert) {
    heddle_test::on_own_context runner;
    const auto main = [&]() -> coro<void> {
        const std::string text = co_await initiate_by<void(error_code, const std::string&)>(
            [](auto handler) { std::move(handler)(asio::error::basic_errors{}, "literal"); });
        BOOST_TEST(text == "literal");
    };
    try {
        runner.run(main());
    } catch (const system_error&) {  // basic_errors{} is the value 0: no error
        BOOST_ERROR("an enum of 0 is no error");
    }
}

BOOST_AUTO_TEST_CASE(a_result_whose_move_throws_surfaces_as_that_error) {
    struct immovable {
        immovable() = default;
        immovable(immovable&&) { throw std::runtime_error("it does not move"); }
    };
    heddle_test::on_own_context runner;
    const auto main = [&]() -> coro<void> {
        const std::string text = co_await error_of(
            initiate_by<void(immovable)>([](auto handler) { std::move(handler)(immovable()); }));
        BOOST_TEST(text == "it does not move");
    };
    runner.run(main());
}

BOOST_AUTO_TEST_CASE(several_signatures_give_a_variant_or_what_they_have_in_common) {
    heddle_test::on_own_context runner;
    asio::io_context& io = runner.io();
    const auto main = [&]() -> coro<void> {
        // A channel of two messages: a word, and two numbers.
        asio::experimental::channel<void(error_code, std::string), void(error_code, int, int)>
            mixed(io, 2);
        BOOST_TEST(mixed.try_send(error_code(), std::string("word")));
        BOOST_TEST(mixed.try_send(error_code(), 7, 8));
        std::variant<std::string, std::tuple<int, int>> first =
            co_await mixed.async_receive(use_task);
        BOOST_TEST(std::get<std::string>(first) == "word");
        const auto second = co_await mixed.async_receive(use_task);
        BOOST_TEST(std::get<1>(std::get<1>(second)) == 8);

        const auto nothing =
            co_await initiate_by<void(error_code), void(error_code, int), void(int)>(
                [](auto handler) { std::move(handler)(error_code()); });
        static_assert(std::same_as<decltype(nothing), const std::variant<std::monostate, int>>);
        BOOST_TEST(nothing.index() == 0u);

        const int nine = co_await initiate_by<void(error_code, int), void(int)>(
            [](auto handler) { std::move(handler)(9); });
        BOOST_TEST(nine == 9);
        const auto failed = co_await error_of(initiate_by<void(int), void(std::exception_ptr, int)>(
            [](auto handler) { std::move(handler)(oops(), 9); }));
        BOOST_TEST(failed == "oops");
    };
    runner.run(main());
}

// ---- when it begins, when it ends ----------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_operation_that_is_not_awaited_is_not_initiated) {
    heddle_test::on_own_context runner;
    int initiated = 0;
    const auto main = [&]() -> coro<void> {
        auto operation = initiate_by<void()>([&](auto handler) {
            ++initiated;
            std::move(handler)();
        });
        co_await heddle::sleep(0ns);
        BOOST_TEST(initiated == 0);
        co_await std::move(operation);
        BOOST_TEST(initiated == 1);
        static_cast<void>(initiate_by<void()>([&](auto) { ++initiated; }));
    };
    runner.run(main());
    BOOST_TEST(initiated == 1);
}

BOOST_AUTO_TEST_CASE(
    a_task_is_suspended_before_its_operation_begins_and_goes_on_an_iteration_later) {
    heddle_test::on_own_context runner;
    std::string log;
    const auto main = [&]() -> coro<void> {
        const heddle::task_base& self = heddle::current_task();
        const int value = co_await initiate_by<void(int)>([&](auto handler) {
            BOOST_TEST((self.waiting_on() != nullptr));
            runner.loop().call_soon([&] { log += "callback "; });
            std::move(handler)(3);  // inline
            log += "initiated ";
        });
        BOOST_TEST(value == 3);
        log += "resumed";
    };
    runner.run(main());
    BOOST_TEST(log == "initiated callback resumed");
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_inline_completions_use_no_stack) {
    heddle_test::on_own_context runner;
    const auto main = [&]() -> coro<void> {
        for (int i = 0; i < 100'000; ++i) {
            co_await initiate_by<void()>([](auto handler) { std::move(handler)(); });
        }
    };
    runner.run(main());
}

BOOST_AUTO_TEST_CASE(a_handler_that_is_called_twice_completes_once) {
    heddle_test::on_own_context runner;
    const auto main = [&]() -> coro<void> {
        const int value = co_await initiate_by<void(int)>([](auto handler) {
            handler(1);
            handler(2);
        });
        BOOST_TEST(value == 1);
        co_await heddle::sleep(0ns);
    };
    runner.run(main());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_initiating_throws_surfaces_from_the_await, Runner, both) {
    Runner runner;
    const auto main = [&]() -> coro<void> {
        std::string text = co_await error_of(
            initiate_by<void(int)>([](auto) { throw std::runtime_error("cannot begin"); }));
        BOOST_TEST(text == "cannot begin");
        // Whatever has become of the handler.
        text = co_await error_of(initiate_by<void(int)>([](auto handler) {
            std::move(handler)(1);
            throw std::runtime_error("too late");
        }));
        BOOST_TEST(text == "too late");
        std::function<void()> later;
        text = co_await error_of(initiate_by<void(int)>([&](auto handler) {
            later = [kept = std::make_shared<decltype(handler)>(std::move(handler))] {
                (*kept)(1);
            };
            throw std::runtime_error("kept it");
        }));
        BOOST_TEST(text == "kept it");
        later();
    };
    runner.run(main());
}

// ---- abandoned handlers --------------------------------------------------------------------

BOOST_AUTO_TEST_CASE_TEMPLATE(a_handler_that_is_destroyed_ends_the_wait_with_one_clear_line, Runner,
                              both) {
    Runner runner;
    const auto main = [&]() -> coro<void> {
        const std::string expected =
            "the Asio operation was abandoned: its handler was destroyed without being called";
        std::string text = co_await error_of(initiate_by<void(int)>([](auto) {}));
        BOOST_TEST(text == expected);
        text = co_await error_of(initiate_by<void()>(
            [&](auto handler) { asio::post(runner.io(), [kept = std::move(handler)] {}); }));
        BOOST_TEST(text == expected);
        BOOST_CHECK_THROW(co_await initiate_by<void()>([](auto) {}), heddle::operation_abandoned);
    };
    runner.run(main());
}

BOOST_AUTO_TEST_CASE(an_io_context_that_is_destroyed_abandons_what_waits_on_it) {
    heddle_test::on_own_context runner;
    auto other = std::make_unique<asio::io_context>(1);
    const auto wait = [&]() -> coro<std::string> {
        co_return co_await error_of(complete_later<void()>(*other, use_task));
    };
    const auto main = [&]() -> coro<void> {
        const auto waiting = heddle::create_task(wait());
        co_await heddle::sleep(1ms);
        other.reset();
        const std::string text = co_await waiting;
        BOOST_TEST(text.find("abandoned") != std::string::npos);
    };
    runner.run(main());
}

BOOST_AUTO_TEST_CASE(a_handler_may_outlive_its_loop) {
    std::function<void()> call;
    std::function<void()> forget;
    {
        heddle_test::on_own_context runner;
        const auto wait = [&](std::function<void()>& last) -> coro<void> {
            co_await initiate_by<void(int)>([&](auto handler) {
                last = [kept = std::make_shared<decltype(handler)>(std::move(handler))] {
                    (*kept)(1);
                };
            });
        };
        runner.loop().create_task(wait(call));
        runner.loop().create_task(wait(forget));
        runner.run_some();
    }
    BOOST_REQUIRE(call);
    call();
    forget = nullptr;
}

// ---- what goes with a handler --------------------------------------------------------------

BOOST_AUTO_TEST_CASE_TEMPLATE(a_handler_has_executor_allocator_and_slot, Runner, both) {
    Runner runner;
    std::string log;
    const auto main = [&]() -> coro<void> {
        co_await initiate_by<void()>([&](auto handler) {
            const auto executor = asio::get_associated_executor(handler);
            static_assert(std::is_convertible_v<decltype(executor), asio::any_io_executor>);
            BOOST_TEST(&asio::query(asio::any_io_executor(executor), asio::execution::context) ==
                       &runner.io());
            asio::dispatch(executor, [&] { log += "dispatched "; });
            asio::post(executor, [&] { log += "posted "; });
            log += "inside ";

            BOOST_TEST(asio::get_associated_cancellation_slot(handler).is_connected());
            auto allocator = asio::get_associated_allocator(handler);
            using bytes =
                typename std::allocator_traits<decltype(allocator)>::template rebind_alloc<char>;
            bytes memory(allocator);
            char* small = memory.allocate(100);
            char* second = memory.allocate(100);  // while the block's memory is in use
            char* large = memory.allocate(5'000);
            BOOST_TEST((small != second));
            memory.deallocate(small, 100);
            char* again = memory.allocate(100);
            BOOST_TEST((again == small));
            memory.deallocate(second, 100);
            memory.deallocate(large, 5'000);
            memory.deallocate(again, 100);
            asio::post(runner.io(), std::move(handler));
        });
    };
    runner.run(main());
    BOOST_TEST(log == "dispatched inside posted ");
}

BOOST_AUTO_TEST_CASE(the_token_can_be_bound_and_erased) {
    heddle_test::on_own_context runner;
    const auto main = [&]() -> coro<void> {
        asio::io_context& io = runner.io();
        auto strand = asio::make_strand(io);
        asio::steady_timer timer(io, 1us);
        co_await timer.async_wait(asio::bind_executor(strand, use_task));
        // The type of the handler is hidden from the operation.
        const int value =
            co_await initiate_by<void(int)>([&](asio::any_completion_handler<void(int)> handler) {
                asio::post(io, [kept = std::move(handler)]() mutable { std::move(kept)(8); });
            });
        BOOST_TEST(value == 8);
        const std::string text = co_await error_of(
            initiate_by<void(int)>([](asio::any_completion_handler<void(int)>) {}));
        BOOST_TEST(text.find("abandoned") != std::string::npos);
    };
    runner.run(main());
}

BOOST_AUTO_TEST_CASE(it_can_be_the_default_token_of_an_io_object) {
    heddle_test::on_own_context runner;
    const auto main = [&]() -> coro<void> {
        using default_socket = heddle::use_task_t::as_default_on_t<tcp::socket>;
        tcp::acceptor listening(runner.io(), {asio::ip::address_v4::loopback(), 0});
        default_socket client(runner.io());
        co_await client.async_connect(listening.local_endpoint());
        auto server = use_task.as_default_on(co_await listening.async_accept(use_task));
        static_assert(std::same_as<decltype(server), default_socket>);
        co_await asio::async_write(client, asio::buffer("abc", 3));
        std::array<char, 3> got{};
        co_await asio::async_read(server, asio::buffer(got));
        BOOST_TEST(got[2] == 'c');
    };
    runner.run(main());
}

BOOST_AUTO_TEST_CASE(a_task_that_waits_says_so) {
    heddle_test::on_own_context runner;
    const auto main = [&]() -> coro<void> {
        asio::steady_timer timer(runner.io(), 1h);
        const auto wait = [&]() -> coro<void> { co_await timer.async_wait(use_task); };
        const auto waiting = heddle::create_task(wait(), "reader");
        co_await heddle::sleep(0ns);
        const std::string text = heddle::describe_blocked(waiting.base());
        BOOST_TEST(text.find("'reader' waits for an Asio operation at use_task_test.cpp:") == 0u);
        timer.cancel();
        BOOST_CHECK_THROW(co_await waiting, system_error);
    };
    runner.run(main());
}

// ---- other threads -------------------------------------------------------------------------

namespace {

/// An io_context that a thread of its own runs.
class context_elsewhere {
public:
    context_elsewhere() : thread_([this] { io_.run(); }) {}
    ~context_elsewhere() {
        work_.reset();
        thread_.join();
    }
    asio::io_context& io() { return io_; }
    std::thread::id id() const { return thread_.get_id(); }

private:
    asio::io_context io_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
    std::thread thread_;
};

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(an_operation_may_complete_on_another_thread, Runner, both) {
    Runner runner;
    context_elsewhere other;
    const auto main = [&]() -> coro<void> {
        const std::thread::id here = std::this_thread::get_id();
        for (int i = 0; i < 200; ++i) {
            // Calls its handler there, whatever executor that has.
            const std::string text = co_await complete_later<void(error_code, std::string)>(
                other.io(), use_task, error_code(), std::to_string(i));
            BOOST_TEST(text == std::to_string(i));
            BOOST_TEST((std::this_thread::get_id() == here));
        }
        BOOST_CHECK_THROW(co_await complete_later<void(error_code)>(other.io(), use_task, refused),
                          system_error);
        std::string text = co_await error_of(initiate_by<void()>(
            [&](auto handler) { asio::post(other.io(), [kept = std::move(handler)] {}); }));
        BOOST_TEST(text.find("abandoned") != std::string::npos);
    };
    runner.run(main());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_steps_of_a_composed_operation_run_on_the_loops_thread, Runner,
                              both) {
    Runner runner;
    context_elsewhere other;
    asio::steady_timer timer(other.io());
    const auto main = [&]() -> coro<void> {
        const std::thread::id here = std::this_thread::get_id();
        int steps = 0;
        const int result = co_await asio::async_compose<const heddle::use_task_t&, void(int)>(
            [&](auto& self, error_code error = {}) {
                BOOST_TEST(!error);
                BOOST_TEST((std::this_thread::get_id() == here));
                if (++steps < 20) {
                    timer.expires_after(10us);
                    timer.async_wait(std::move(self));
                } else {
                    self.complete(steps);
                }
            },
            use_task, timer);
        BOOST_TEST(result == 20);
    };
    runner.run(main());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_loop_may_close_while_other_threads_complete_its_operations, Runner,
                              both) {
    for (int round = 0; round < 50; ++round) {
        context_elsewhere other;
        Runner runner;
        const auto wait = [&]() -> coro<void> {
            asio::steady_timer timer(other.io());
            for (;;) {
                timer.expires_after(std::chrono::microseconds(1));
                co_await timer.async_wait(use_task);
                co_await complete_later<void()>(other.io(), use_task);
            }
        };
        for (int i = 0; i < 5; ++i) {
            runner.loop().create_task(wait());
        }
        for (int i = 0; i < round; ++i) {
            runner.run_some();
        }
        runner.destroy_loop();
    }
}

BOOST_AUTO_TEST_SUITE_END()

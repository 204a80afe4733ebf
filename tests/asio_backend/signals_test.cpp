// SPDX-License-Identifier: BSL-1.0
//
// Signals: handlers of a loop, and what SIGINT does to heddle::run. That is tried on a process of
// its own: this program once more, which is told by its environment which part to play.
#include <heddle/asio/detail/signals.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <heddle/asio_backend.hpp>
#include <heddle/heddle.hpp>

#include "hand_stepped_clock.hpp"
#include "threads.hpp"

namespace {

using namespace std::chrono_literals;
using heddle::coro;

void say(const char* line) { std::printf("%s\n", line), std::fflush(stdout); }

// ---- the parts that the other process plays ------------------------------------------------

coro<void> wait_and_tidy(const char* cancelled, const char* tidied) {
    bool asked = false;
    try {
        co_await heddle::sleep(24h);
    } catch (const heddle::cancelled_error&) {
        asked = true;
    }
    if (asked) {
        say(cancelled);
        co_await heddle::sleep(5ms);
        say(tidied);
        throw heddle::cancelled_error();
    }
}

coro<void> waits() {
    heddle::create_task(wait_and_tidy("child cancelled", "child tidied"));
    co_await heddle::sleep(0ns);
    say("ready");
    co_await wait_and_tidy("main cancelled", "main tidied");
}

coro<void> tidies_for_ever() {
    heddle::get_running_loop().call_soon([] { say("ready"); });
    try {
        co_await heddle::sleep(24h);
    } catch (const heddle::cancelled_error&) {
        say("main cancelled");
    }
    co_await heddle::sleep(24h);
}

coro<void> hangs() {
    say("ready");
    for (const volatile bool hanging = true; hanging;) {
    }
    co_return;
}

coro<int> returns_all_the_same() {
    heddle::get_running_loop().call_soon([] { say("ready"); });
    try {
        co_await heddle::sleep(24h);
    } catch (const heddle::cancelled_error&) {
    }
    co_return 7;
}

coro<void> has_a_handler_of_its_own() {
    heddle::event_loop& loop = heddle::get_running_loop();
    auto told = loop.create_future<void>();
    int count = 0;
    loop.add_signal_handler(SIGINT, [&] {
        say("told");
        if (++count == 2) {
            told.set_result();
        } else {
            say("once more");
        }
    });
    say("ready");
    co_await told;
}

coro<void> has_one_from_the_first_on() {
    try {
        say("ready");
        co_await heddle::sleep(24h);
    } catch (const heddle::cancelled_error&) {
    }
    heddle::event_loop& loop = heddle::get_running_loop();
    auto told = loop.create_future<void>();
    loop.add_signal_handler(SIGINT, [&] { told.set_result(); });
    say("once more");
    co_await told;
    say("told");
}

template <class Program>
int as_a_user_would(Program program) {
    try {
        heddle::run(program());
        return 0;
    } catch (const heddle::interrupted& error) {
        say(error.what());
        return heddle::interrupted::exit_status;
    }
}

int on_another_thread() {
    int status = 1;
    std::thread([&] { status = as_a_user_would(waits); }).join();
    return status;
}

int with_a_handler_before() {
    std::signal(SIGINT, [](int) {
        static_cast<void>(::write(1, "the old handler\n", 16));
        std::_Exit(5);
    });
    return as_a_user_would(waits);
}

int switched_off() {
    heddle::run_options options;
    options.handle_sigint = false;
    heddle::run(waits(), options);
    return 0;
}

int lets_it_pass() noexcept {
    heddle::run(waits());
    return 0;
}

const std::map<std::string, std::function<int()>> parts{
    {"waits", [] { return as_a_user_would(waits); }},
    {"tidies_for_ever", [] { return as_a_user_would(tidies_for_ever); }},
    {"hangs", [] { return as_a_user_would(hangs); }},
    {"returns_all_the_same", [] { return heddle::run(returns_all_the_same()); }},
    {"has_a_handler_of_its_own", [] { return as_a_user_would(has_a_handler_of_its_own); }},
    {"has_one_from_the_first_on", [] { return as_a_user_would(has_one_from_the_first_on); }},
    {"on_another_thread", on_another_thread},
    {"with_a_handler_before", with_a_handler_before},
    {"switched_off", switched_off},
    {"lets_it_pass", lets_it_pass},
};

constexpr const char* part_variable = "HEDDLE_SIGNALS_TEST_PART";

struct plays_its_part {
    plays_its_part() {
        if (const char* part = std::getenv(part_variable)) {
            std::signal(SIGABRT, SIG_DFL);  // Boost.Test's handler is no part of it
            std::exit(parts.at(part)());
        }
    }
};
BOOST_TEST_GLOBAL_CONFIGURATION(plays_its_part);

/// This program once more, playing a part; its output comes through a pipe.
class other_process {
public:
    explicit other_process(const char* part) {
        std::array<int, 2> ends{};
        BOOST_REQUIRE(::pipe(ends.data()) == 0);
        process_ = ::fork();
        BOOST_REQUIRE(process_ >= 0);
        if (process_ == 0) {
            // As a shell starts a program in the foreground, whatever this one was started as.
            std::signal(SIGINT, SIG_DFL);
            ::dup2(ends[1], 1);
            ::close(ends[0]);
            ::close(ends[1]);
            ::setenv(part_variable, part, 1);
            ::execl("/proc/self/exe", "signals_test", static_cast<char*>(nullptr));
            ::_exit(99);
        }
        ::close(ends[1]);
        output_ = ::fdopen(ends[0], "r");
    }
    other_process(const other_process&) = delete;
    other_process& operator=(const other_process&) = delete;
    ~other_process() {
        std::fclose(output_);
        if (process_ > 0) {
            ::kill(process_, SIGKILL);
            ::waitpid(process_, nullptr, 0);
        }
    }

    /// Reads on up to a line, with it.
    std::string up_to(const std::string& wanted) {
        std::string all;
        std::array<char, 200> line{};
        while (std::fgets(line.data(), line.size(), output_) != nullptr) {
            all += line.data();
            if (line.data() == wanted + "\n") {
                break;
            }
        }
        return all;
    }
    void interrupt() const { ::kill(process_, SIGINT); }
    std::string rest() { return up_to("there is no such line"); }
    /// The exit status, or 1000 and the signal.
    int status() {
        int result = 0;
        ::waitpid(std::exchange(process_, -1), &result, 0);
        return WIFEXITED(result) ? WEXITSTATUS(result) : 1000 + WTERMSIG(result);
    }

private:
    pid_t process_ = -1;
    std::FILE* output_ = nullptr;
};

// ---- handlers of a loop --------------------------------------------------------------------

/// SIGUSR1 has its default action before and after.
struct default_action {
    default_action() { std::signal(SIGUSR1, SIG_DFL); }
    ~default_action() {
        BOOST_TEST(heddle::asio_backend::detail::has_default_action(SIGUSR1));
        std::signal(SIGUSR1, SIG_DFL);
    }
};

struct own_loop : default_action {
    heddle::asio_backend::own_context backend;
    heddle::event_loop loop{backend};
};

coro<void> until(const int& count, int wanted) {
    while (count < wanted) {
        co_await heddle::sleep(100us);
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(signals_test)

BOOST_FIXTURE_TEST_CASE(a_callback_is_called_for_each_signal, own_loop) {
    const auto threads = heddle_test::thread_count();
    int count = 0;
    loop.add_signal_handler(SIGUSR1, [&] {
        ++count;
        BOOST_TEST((&heddle::get_running_loop() == &loop));
    });
    const auto program = [&]() -> coro<void> {
        for (int i = 1; i <= 3; ++i) {
            std::raise(SIGUSR1);
            co_await until(count, i);
        }
        std::raise(SIGUSR1);
        std::raise(SIGUSR1);
        BOOST_TEST(count == 3);  // not in the midst of something
        co_await until(count, 5);
    };
    loop.run_until_complete(program());
    BOOST_TEST(count == 5);
    BOOST_TEST(heddle_test::thread_count() == threads);
}

BOOST_FIXTURE_TEST_CASE(it_ends_a_wait_that_nothing_else_would_end, own_loop) {
    auto told = loop.create_future<void>();
    loop.add_signal_handler(SIGUSR1, [&] { told.set_result(); });
    std::thread other([] {
        std::this_thread::sleep_for(5ms);
        ::kill(::getpid(), SIGUSR1);
    });
    loop.run_until_complete(told);
    other.join();
}

BOOST_FIXTURE_TEST_CASE(a_second_handler_replaces_the_first, own_loop) {
    int first = 0;
    int second = 0;
    loop.add_signal_handler(SIGUSR1, [&] { ++first; });
    loop.add_signal_handler(SIGUSR1, [&] { ++second; });
    std::raise(SIGUSR1);
    loop.run_until_complete(until(second, 1));
    BOOST_TEST(first == 0);
    BOOST_TEST(second == 1);
}

BOOST_FIXTURE_TEST_CASE(removing_puts_back_what_was_there, own_loop) {
    static int old_calls = 0;
    old_calls = 0;
    std::signal(SIGUSR1, [](int) { ++old_calls; });
    BOOST_TEST(!loop.remove_signal_handler(SIGUSR1));
    int count = 0;
    loop.add_signal_handler(SIGUSR1, [&] { ++count; });
    {
        heddle::asio_backend::own_context another;
        heddle::event_loop beside(another);
        beside.add_signal_handler(SIGUSR1, [] {});
        BOOST_TEST(loop.remove_signal_handler(SIGUSR1));
        BOOST_TEST(!loop.remove_signal_handler(SIGUSR1));
        std::raise(SIGUSR1);
        BOOST_TEST(old_calls == 0);  // the other loop has it still
    }
    std::raise(SIGUSR1);
    BOOST_TEST(old_calls == 1);
    loop.add_signal_handler(SIGUSR1, [&] { ++count; });
    loop.close();
    std::raise(SIGUSR1);
    BOOST_TEST(old_calls == 2);
    BOOST_TEST(count == 0);
    std::signal(SIGUSR1, SIG_DFL);
}

BOOST_FIXTURE_TEST_CASE(a_signal_set_of_the_programs_own_goes_on, own_loop) {
    boost::asio::io_context io;
    boost::asio::signal_set set(io, SIGUSR1);
    int seen = 0;
    set.async_wait([&](auto error, int) { seen += error ? 0 : 1; });
    int count = 0;
    loop.add_signal_handler(SIGUSR1, [&] { ++count; });
    std::raise(SIGUSR1);
    loop.run_until_complete(until(count, 1));
    io.run();
    BOOST_TEST(seen == 1);
    BOOST_TEST(loop.remove_signal_handler(SIGUSR1));
    set.async_wait([&](auto error, int) { seen += error ? 0 : 1; });
    std::raise(SIGUSR1);
    io.restart();
    io.run();
    BOOST_TEST(seen == 2);
}

BOOST_FIXTURE_TEST_CASE(a_signal_set_that_goes_before_the_handler_does_is_not_put_back, own_loop) {
    {
        boost::asio::io_context io;
        const boost::asio::signal_set set(io, SIGUSR1);
        loop.add_signal_handler(SIGUSR1, [] {});
    }
    BOOST_TEST(loop.remove_signal_handler(SIGUSR1));
    BOOST_TEST(heddle::asio_backend::detail::has_default_action(SIGUSR1));
}

BOOST_FIXTURE_TEST_CASE(a_guest_hears_of_it_and_lets_its_host_go_afterwards, default_action) {
    boost::asio::io_context io;
    heddle::asio_backend::guest guest(io);
    int count = 0;
    guest.loop().add_signal_handler(SIGUSR1, [&] {
        if (++count == 2) {
            guest.loop().remove_signal_handler(SIGUSR1);
        } else {
            std::raise(SIGUSR1);
        }
    });
    boost::asio::post(io, [] { std::raise(SIGUSR1); });
    io.run();
    BOOST_TEST(count == 2);
}

BOOST_FIXTURE_TEST_CASE(it_runs_in_the_context_in_which_it_was_added, own_loop) {
    static heddle::context_var<int> number("number", 0);
    int seen = 0;
    const auto program = [&]() -> coro<void> {
        number.set(5);
        loop.add_signal_handler(SIGUSR1, [&] { seen = number.get(); });
        number.set(6);
        std::raise(SIGUSR1);
        co_await until(seen, 1);
    };
    loop.run_until_complete(program());
    BOOST_TEST(seen == 5);
}

BOOST_FIXTURE_TEST_CASE(errors, own_loop) {
    using heddle::usage_error;
    using heddle::value_error;
    BOOST_CHECK_THROW(loop.add_signal_handler(0, [] {}), value_error);
    BOOST_CHECK_THROW(loop.add_signal_handler(-1, [] {}), value_error);
    BOOST_CHECK_THROW(loop.add_signal_handler(1000, [] {}), value_error);
    BOOST_CHECK_EXCEPTION(loop.add_signal_handler(SIGKILL, [] {}), usage_error,
                          [](const auto& error) {
                              return std::string(error.what())
                                  .starts_with("add_signal_handler: signal 9 cannot be caught: ");
                          });
    BOOST_CHECK_THROW(loop.add_signal_handler(SIGUSR1, nullptr), usage_error);
    std::string told;
    loop.set_exception_handler([&](heddle::event_loop&, const heddle::exception_context& what) {
        told = heddle::describe(what.error);
    });
    int count = 0;
    loop.add_signal_handler(SIGUSR1, [&] {
        ++count;
        throw std::logic_error("in a handler");
    });
    std::raise(SIGUSR1);
    loop.run_until_complete(until(count, 1));
    BOOST_TEST(told == "std::logic_error: in a handler");
    loop.close();
    BOOST_CHECK_THROW(loop.add_signal_handler(SIGUSR1, [] {}), usage_error);
    BOOST_TEST(!loop.remove_signal_handler(SIGUSR1));

    hand_stepped_clock clock;
    heddle::event_loop without(clock);
    BOOST_CHECK_EXCEPTION(without.add_signal_handler(SIGUSR1, [] {}), usage_error,
                          [](const auto& error) {
                              return std::string(error.what()) ==
                                     "add_signal_handler: the backend of this loop has no signals";
                          });
}

BOOST_AUTO_TEST_SUITE(interrupted)

BOOST_AUTO_TEST_CASE(the_first_cancels_main_and_then_all_others_and_run_throws) {
    other_process one("waits");
    BOOST_TEST(one.up_to("ready") == "ready\n");
    one.interrupt();
    BOOST_TEST(one.rest() ==
               "main cancelled\nmain tidied\nchild cancelled\nchild tidied\n"
               "interrupted by SIGINT\n");
    BOOST_TEST(one.status() == 130);
}

BOOST_AUTO_TEST_CASE(one_that_nobody_catches_is_no_success) {
    other_process one("lets_it_pass");
    BOOST_TEST(one.up_to("ready") == "ready\n");
    one.interrupt();
    BOOST_TEST(one.rest() == "main cancelled\nmain tidied\nchild cancelled\nchild tidied\n");
    BOOST_TEST(one.status() == 1000 + SIGABRT);
}

BOOST_AUTO_TEST_CASE(the_second_ends_the_process_while_main_tidies_up) {
    other_process one("tidies_for_ever");
    BOOST_TEST(one.up_to("ready") == "ready\n");
    one.interrupt();
    BOOST_TEST(one.up_to("main cancelled") == "main cancelled\n");
    one.interrupt();
    BOOST_TEST(one.rest() == "");
    BOOST_TEST(one.status() == 1000 + SIGINT);
}

BOOST_AUTO_TEST_CASE(the_second_ends_the_process_while_a_callback_hangs) {
    other_process one("hangs");
    BOOST_TEST(one.up_to("ready") == "ready\n");
    // Two that the process has not had the time to take one by one are one.
    for (int i = 0; i < 2; ++i) {
        one.interrupt();
        std::this_thread::sleep_for(50ms);
    }
    BOOST_TEST(one.rest() == "");
    BOOST_TEST(one.status() == 1000 + SIGINT);
}

BOOST_AUTO_TEST_CASE(a_main_that_returns_all_the_same_gives_its_result) {
    other_process one("returns_all_the_same");
    BOOST_TEST(one.up_to("ready") == "ready\n");
    one.interrupt();
    BOOST_TEST(one.rest() == "");
    BOOST_TEST(one.status() == 7);
}

BOOST_AUTO_TEST_CASE(a_handler_of_the_programs_own_takes_its_place) {
    other_process one("has_a_handler_of_its_own");
    BOOST_TEST(one.up_to("ready") == "ready\n");
    one.interrupt();
    BOOST_TEST(one.up_to("once more") == "told\nonce more\n");
    one.interrupt();
    BOOST_TEST(one.rest() == "told\n");
    BOOST_TEST(one.status() == 0);
}

BOOST_AUTO_TEST_CASE(a_handler_that_is_added_after_the_first_is_told_of_the_second) {
    other_process one("has_one_from_the_first_on");
    BOOST_TEST(one.up_to("ready") == "ready\n");
    one.interrupt();
    BOOST_TEST(one.up_to("once more") == "once more\n");
    one.interrupt();
    BOOST_TEST(one.rest() == "told\n");
    BOOST_TEST(one.status() == 0);
}

BOOST_AUTO_TEST_CASE(elsewhere_the_signal_is_left_as_it_is) {
    for (const char* part : {"on_another_thread", "switched_off"}) {
        other_process one(part);
        BOOST_TEST(one.up_to("ready") == "ready\n");
        one.interrupt();
        BOOST_TEST(one.rest() == "");
        BOOST_TEST(one.status() == 1000 + SIGINT);
    }
    other_process one("with_a_handler_before");
    BOOST_TEST(one.up_to("ready") == "ready\n");
    one.interrupt();
    BOOST_TEST(one.rest() == "the old handler\n");
    BOOST_TEST(one.status() == 5);
}

BOOST_AUTO_TEST_CASE(it_is_taken_over_only_during_the_run) {
    using heddle::asio_backend::detail::has_default_action;
    const auto before = std::signal(SIGINT, SIG_DFL);
    const auto during = []() -> coro<bool> { co_return has_default_action(SIGINT); };
    BOOST_TEST(!heddle::run(during));
    BOOST_TEST(has_default_action(SIGINT));
    const auto fails = []() -> coro<void> {
        throw std::logic_error("main");
        co_return;
    };
    BOOST_CHECK_THROW(heddle::run(fails), std::logic_error);
    BOOST_TEST(has_default_action(SIGINT));
    std::signal(SIGINT, before);
}

BOOST_AUTO_TEST_CASE(a_main_that_was_cancelled_before_is_cancelled_not_interrupted) {
    const auto before = std::signal(SIGINT, SIG_DFL);
    const auto program = []() -> coro<void> {
        heddle::task_base& self = heddle::current_task();
        std::raise(SIGINT);
        self.loop().call_later(20ms, [&] { self.request_cancel({}); });
        try {
            co_await heddle::sleep(24h);
        } catch (const heddle::cancelled_error&) {
        }
        co_await heddle::sleep(24h);
    };
    BOOST_CHECK_THROW(heddle::run(program), heddle::cancelled_error);
    std::signal(SIGINT, before);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

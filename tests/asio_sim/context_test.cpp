// SPDX-License-Identifier: BSL-1.0
#include <heddle/asio_sim/context.hpp>

#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/experimental/promise.hpp>
#include <boost/asio/experimental/use_promise.hpp>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>

#include <boost/test/unit_test.hpp>

#include <heddle/asio_sim/strand.hpp>
#include <heddle/asio_sim/timer.hpp>
#include <heddle/errors.hpp>
#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace sim = heddle::sim;
using boost::system::error_code;
using heddle::coro;
using heddle::asio_sim::dispatching;
using heddle::asio_sim::sim_context;
using heddle::asio_sim::sim_executor;
using heddle::asio_sim::sim_timer;
using channel = asio::experimental::channel<void(error_code, int)>;

static_assert(asio::execution::is_executor_v<sim_executor>);
static_assert(std::is_convertible_v<sim_context::executor_type, asio::any_io_executor>);
static_assert(std::is_convertible_v<heddle::asio_sim::sim_strand, asio::any_io_executor>);
static_assert(std::is_convertible_v<sim_context&, asio::execution_context&>);
static_assert(asio::can_require_v<sim_executor, asio::execution::blocking_t::never_t>);
static_assert(asio::can_prefer_v<sim_executor, asio::execution::outstanding_work_t::tracked_t>);

namespace {

/// What the logs of a program are over many schedules of level `any`.
std::set<std::string> logs_of(const std::function<coro<void>(std::string&)>& body,
                              sim::level allowed = sim::level::any) {
    std::set<std::string> seen;
    sim::explore_options options;
    options.allowed = allowed;
    options.schedules = 500;
    const auto program = [&]() -> coro<void> {
        std::string log;
        co_await body(log);
        seen.insert(log);
    };
    const sim::exploration result = sim::explore(program, options);
    BOOST_TEST(!result.found.has_value(), sim::report(result, ""));
    return seen;
}

sim::failure failure_of(const sim::program& program) {
    sim::explore_options options;
    options.schedules = 1;
    const sim::exploration result = sim::explore(program, options);
    BOOST_REQUIRE(result.found.has_value());
    return result.found->what;
}

asio::awaitable<int> wait_and_give(heddle::duration length, int value) {
    sim_timer timer(co_await asio::this_coro::executor, length);
    co_await timer.async_wait(asio::use_awaitable);
    co_return value;
}

/// Three hops, then the value.
template <class Token>
auto async_count_to_three(asio::any_io_executor executor, Token&& token) {
    return asio::async_compose<Token, void(error_code, int)>(
        [executor, hops = 0](auto& self) mutable {
            if (++hops > 3) {
                self.complete(error_code(), 3);
            } else {
                asio::post(executor, std::move(self));
            }
        },
        token, executor);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(context)

// ---- what runs unchanged -------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(post_dispatch_and_defer) {
    sim::run([]() -> coro<void> {
        sim_context io;
        std::string log;
        asio::post(io, [&] { log += "post "; });
        asio::dispatch(io, [&] { log += "dispatch "; });
        asio::defer(io, [&] { log += "defer "; });
        BOOST_TEST(log.empty());  // the program's own steps are outside of the context
        auto only_moves = std::make_unique<int>(1);
        asio::post(io, [&log, given = std::move(only_moves)] { log += "moved"; });
        co_await io.run();
        BOOST_TEST(log == "post dispatch defer moved");
    });
}

BOOST_AUTO_TEST_CASE(coroutines_and_their_results) {
    sim::run([]() -> coro<void> {
        sim_context io;
        int sum = 0;
        const auto body = [&]() -> asio::awaitable<void> {
            const auto executor = co_await asio::this_coro::executor;
            sum += co_await wait_and_give(3ms, 1);
            sum += co_await asio::co_spawn(executor, wait_and_give(4ms, 10), asio::use_awaitable);
            sum += co_await async_count_to_three(executor, asio::use_awaitable);
            sum += co_await wait_and_give(1ms, 100);
        };
        std::exception_ptr ended = std::make_exception_ptr(0);
        asio::co_spawn(io, body(), [&](std::exception_ptr error) { ended = error; });
        co_await io.run();
        BOOST_TEST(sum == 114);
        BOOST_TEST((ended == nullptr));
        BOOST_TEST((heddle::get_running_loop().time() == heddle::time_point(8ms)));
    });
}

BOOST_AUTO_TEST_CASE(channels) {
    for (const std::size_t room : {0U, 1U, 3U}) {
        sim::run([room]() -> coro<void> {
            sim_context io;
            channel numbers(io.get_executor(), room);
            std::string log;
            const auto produce = [&]() -> asio::awaitable<void> {
                for (int i = 0; i < 5; ++i) {
                    co_await numbers.async_send(error_code(), i, asio::use_awaitable);
                }
                numbers.close();
            };
            const auto consume = [&]() -> asio::awaitable<void> {
                for (;;) {
                    const auto [error, i] =
                        co_await numbers.async_receive(asio::as_tuple(asio::use_awaitable));
                    if (error) {
                        log += error == asio::experimental::error::channel_closed ? "closed" : "?";
                        break;
                    }
                    log += std::to_string(i);
                }
            };
            asio::co_spawn(io, produce(), asio::detached);
            asio::co_spawn(io, consume(), asio::detached);
            co_await io.run();
            BOOST_TEST(log == "01234closed");
        });
    }
}

BOOST_AUTO_TEST_CASE(parallel_groups_and_awaitable_operators) {
    sim::run([]() -> coro<void> {
        sim_context io;
        int sum = 0;
        const auto body = [&]() -> asio::awaitable<void> {
            using namespace asio::experimental::awaitable_operators;
            const auto [a, b] = co_await (wait_and_give(2ms, 1) && wait_and_give(3ms, 20));
            sum += a + b;
            const auto first = co_await (wait_and_give(5ms, 300) || wait_and_give(1h, 0));
            sum += std::get<0>(first);
        };
        asio::co_spawn(io, body(), asio::detached);
        sim_timer slow(io, 1h);
        sim_timer fast(io, 1ms);
        std::string log;
        asio::experimental::make_parallel_group(slow.async_wait(asio::deferred),
                                                fast.async_wait(asio::deferred))
            .async_wait(asio::experimental::wait_for_one(),
                        [&](std::array<std::size_t, 2> order, error_code one, error_code two) {
                            log += std::to_string(order[0]) + (one ? "!" : ".") + (two ? "!" : ".");
                        });
        co_await io.run();
        BOOST_TEST(sum == 321);
        BOOST_TEST(log == "1!.");
        BOOST_TEST((heddle::get_running_loop().time() == heddle::time_point(8ms)));
    });
}

BOOST_AUTO_TEST_CASE(strands_promises_and_composed_operations) {
    sim::run([]() -> coro<void> {
        sim_context io;
        std::string log;
        auto strand = asio::make_strand(io);
        for (const char each : {'a', 'b', 'c'}) {
            asio::post(strand, [&log, &strand, each] {
                log += each;
                BOOST_TEST(strand.running_in_this_thread());
            });
        }
        async_count_to_three(strand, [&](error_code, int value) { log += std::to_string(value); });
        auto promise = async_count_to_three(io.get_executor(), asio::experimental::use_promise);
        std::move(promise)([&](error_code, int value) { log += 'p' + std::to_string(value); });
        co_await io.run();
        BOOST_TEST(log.substr(0, 3) == "abc");
        BOOST_TEST(log.size() == 6U);
        BOOST_TEST(log.find("p3") != std::string::npos);
    });
}

// ---- what is open, and what is inline ------------------------------------------------------

BOOST_AUTO_TEST_CASE(functions_have_no_order_at_level_any) {
    const auto posts = [](std::string& log) -> coro<void> {
        sim_context io;
        for (const char each : {'a', 'b', 'c'}) {
            asio::post(io, [&log, each] { log += each; });
        }
        co_await io.run();
    };
    BOOST_TEST(logs_of(posts).size() == 6U);
    BOOST_TEST((logs_of(posts, sim::level::timing) == std::set<std::string>{"abc"}));
}

BOOST_AUTO_TEST_CASE(coroutines_are_ordered_against_each_other_and_each_goes_its_way) {
    const auto seen = logs_of([](std::string& log) -> coro<void> {
        sim_context io;
        const auto body = [&log](char first, char second) -> asio::awaitable<void> {
            log += first;
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
            log += second;
        };
        asio::co_spawn(io, body('a', 'A'), asio::detached);
        asio::co_spawn(io, body('b', 'B'), asio::detached);
        co_await io.run();
    });
    BOOST_TEST((seen == std::set<std::string>{"aAbB", "abAB", "abBA", "baAB", "baBA", "bBaA"}));
}

BOOST_AUTO_TEST_CASE(functions_that_wait_in_an_asio_strand_run_in_one_step) {
    const auto seen = logs_of([](std::string& log) -> coro<void> {
        sim_context io;
        auto strand = asio::make_strand(io);
        asio::post(strand, [&] { log += 'a'; });
        asio::post(strand, [&] { log += 'b'; });
        asio::post(strand, [&] { log += 'c'; });
        asio::post(io, [&] { log += '.'; });
        co_await io.run();
    });
    BOOST_TEST((seen == std::set<std::string>{"abc.", "a.bc", ".abc"}));
}

BOOST_AUTO_TEST_CASE(dispatch_runs_inside_or_posts_as_one_likes) {
    const auto log_under = [](dispatching policy) {
        std::string log;
        sim::run([&]() -> coro<void> {
            sim_context io(policy);
            asio::post(io, [&] {
                log += '(';
                asio::dispatch(io, [&] {
                    log += 'd';
                    BOOST_TEST(io.get_executor().running_in_this_thread());
                });
                asio::post(io, [&] { log += 'p'; });
                log += ')';
            });
            co_await io.run();
            BOOST_TEST(!io.get_executor().running_in_this_thread());
        });
        return log;
    };
    BOOST_TEST(log_under(dispatching::inside) == "(d)p");
    BOOST_TEST(log_under(dispatching::posts) == "()dp");
}

// ---- errors --------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_a_function_throws_fails_the_run) {
    const auto posted = failure_of([]() -> coro<void> {
        sim_context io;
        asio::post(io.get_executor("thrower"), [] { throw std::runtime_error("boom"); });
        co_await io.run();
    });
    BOOST_TEST((posted.what == sim::failure_class::callback_error));
    BOOST_TEST(posted.message.find("boom (step 1 of 'thrower')") != std::string::npos,
               posted.message);

    bool went_on = false;
    const auto inside = failure_of([&]() -> coro<void> {
        sim_context io;
        asio::post(io, [&io, &went_on] {
            asio::dispatch(io, [] { throw std::runtime_error("boom"); });
            went_on = true;  // as in an io_context, it is not the caller's
        });
        co_await io.run();
    });
    BOOST_TEST((inside.what == sim::failure_class::callback_error));
    BOOST_TEST(went_on);

    const auto unhandled = failure_of([]() -> coro<void> {
        sim_context io;
        const auto body = []() -> asio::awaitable<void> {
            throw std::runtime_error("boom");
            co_return;
        };
        asio::co_spawn(io, body(), [](std::exception_ptr error) {
            if (error) {
                std::rethrow_exception(error);
            }
        });
        co_await io.run();
    });
    BOOST_TEST((unhandled.what == sim::failure_class::callback_error));
}

BOOST_AUTO_TEST_CASE(work_with_nothing_ready_is_a_deadlock_with_names) {
    const auto dead = failure_of([]() -> coro<void> {
        sim_context io;
        channel numbers(io.get_executor("numbers"));
        const auto receive = [&]() -> asio::awaitable<void> {
            co_await numbers.async_receive(asio::use_awaitable);
        };
        asio::co_spawn(io.get_executor("consumer"), receive(), asio::detached);
        auto guard = asio::make_work_guard(io);
        co_await io.run();
    });
    BOOST_TEST((dead.what == sim::failure_class::deadlock));
    BOOST_TEST(dead.message.find("'Task-1' waits for outstanding work of an Asio context: "
                                 "'consumer', 'numbers', 1 without a name at context_test.cpp") !=
                   std::string::npos,
               dead.message);
    BOOST_TEST(dead.file.find("context_test.cpp") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(outstanding_work_is_counted_as_an_io_context_counts_it) {
    sim::run([]() -> coro<void> {
        sim_context io;
        co_await io.run();  // nothing to wait for
        BOOST_TEST(io.describe_work().empty());
        auto guard = asio::make_work_guard(io.get_executor("guard"));
        BOOST_TEST(io.describe_work() == "'guard'");
        asio::any_io_executor copy =
            asio::prefer(guard.get_executor(), asio::execution::outstanding_work.tracked);
        BOOST_TEST(io.outstanding_work() == 2U);
        auto moved = std::move(copy);
        BOOST_TEST(io.outstanding_work() == 2U);
        moved = nullptr;
        bool posted = false;
        asio::post(io, [&] {
            posted = true;
            guard.reset();
        });
        co_await io.run();
        BOOST_TEST(posted);
        BOOST_TEST(io.outstanding_work() == 0U);
        BOOST_TEST((io.get_executor("guard") == io.get_executor("guard")));
        BOOST_TEST((io.get_executor("guard") != io.get_executor()));
    });
}

BOOST_AUTO_TEST_CASE(waiting_for_it_may_be_cancelled) {
    sim::run([]() -> coro<void> {
        sim_context io;
        auto guard = asio::make_work_guard(io);
        auto waiting = heddle::create_task(io.run());
        co_await heddle::sleep(1ms);
        waiting.cancel();
        co_await heddle::sleep(1ms);
        BOOST_TEST(waiting.cancelled());
    });
}

BOOST_AUTO_TEST_CASE(it_needs_a_simulation) {
    BOOST_CHECK_THROW(sim_context(), heddle::usage_error);
    asio::io_context real;
    BOOST_CHECK_THROW(static_cast<void>(heddle::asio_sim::detail::core_of(real)),
                      heddle::usage_error);
}

BOOST_AUTO_TEST_CASE(names_have_a_limit) {
    sim::run([]() -> coro<void> {
        sim_context io;
        for (int i = 0; i < 10'000; ++i) {
            static_cast<void>(io.get_executor(std::to_string(i)));
        }
        BOOST_CHECK_NO_THROW(static_cast<void>(io.get_executor("17")));
        BOOST_CHECK_THROW(static_cast<void>(io.get_executor("more")), heddle::usage_error);
        co_return;
    });
}

// ---- what does not belong there ------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_service_that_does_not_belong_there_is_named_after_its_step) {
    const auto text_of = [](const std::function<void(sim_context&)>& make) {
        bool later = false;
        const auto failed = failure_of([&]() -> coro<void> {
            sim_context io;
            asio::post(io, [&] { make(io); });
            asio::post(io, [&] { later = true; });
            co_await io.run();
        });
        BOOST_TEST(!later);
        BOOST_TEST(failed.sort == "foreign service");
        return failed.message;
    };
    const auto has = [](const std::string& text, const char* part) {
        return text.find(part) != std::string::npos;
    };
    using tcp = asio::ip::tcp;
    const std::string timer = text_of([](sim_context& io) { asio::steady_timer one(io, 1s); });
    BOOST_TEST(has(timer, "asio::steady_timer (use heddle::asio_sim::sim_timer)"), timer);
    BOOST_TEST(has(text_of([](sim_context& io) { asio::system_timer one(io); }), "system_timer"));
    BOOST_TEST(has(text_of([](sim_context& io) { tcp::resolver one(io); }), "ip::tcp::resolver"));
    BOOST_TEST(has(text_of([](sim_context& io) { tcp::socket one(io); }), "of asio::ip::tcp"));
    BOOST_TEST(has(text_of([](sim_context& io) { tcp::acceptor one(io); }), "of asio::ip::tcp"));
    BOOST_TEST(has(text_of([](sim_context& io) { asio::ip::udp::socket one(io); }), "ip::udp"));
    BOOST_TEST(has(text_of([](sim_context& io) { asio::signal_set one(io); }), "signal_set"));
    BOOST_TEST(has(text_of([](sim_context& io) { asio::readable_pipe one(io); }), "asio::posix"));
    const std::string two = text_of([](sim_context& io) {
        asio::steady_timer one(io);
        tcp::resolver other(io);
    });
    BOOST_TEST(has(two, "steady_timer"));
    BOOST_TEST(has(two, "resolver"));
}

BOOST_AUTO_TEST_CASE(one_that_the_program_makes_is_found_when_it_waits) {
    const auto failed = failure_of([]() -> coro<void> {
        sim_context io;
        asio::steady_timer timer(io, 1h);
        timer.async_wait([](error_code) {});
        co_await io.run();
    });
    BOOST_TEST(failed.sort == "foreign service");
}

// ---- the end -------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(functions_and_coroutines_that_are_left_are_destroyed_with_it) {
    const auto alive = std::make_shared<int>();
    sim::run([&]() -> coro<void> {
        {
            sim_context io;
            channel never(io.get_executor());
            asio::post(io, [alive] {});
            asio::post(asio::make_strand(io), [alive] {});
            const auto body = [&never](std::shared_ptr<int>) -> asio::awaitable<void> {
                co_await never.async_receive(asio::use_awaitable);
            };
            asio::co_spawn(io, body(alive), asio::detached);
            asio::co_spawn(io, body(alive), asio::detached);
            co_await heddle::sleep(0s);
            asio::post(io, [alive] {});
            BOOST_TEST(alive.use_count() > 2);
        }
        BOOST_TEST(alive.use_count() == 1);
        co_return;
    });
}

BOOST_AUTO_TEST_CASE(a_function_that_posts_when_it_is_destroyed_is_borne) {
    int destroyed = 0;
    struct poster {
        sim_context* io;
        int* count;
        int depth;
        poster(sim_context& context, int& counter, int levels)
            : io(&context), count(&counter), depth(levels) {}
        poster(poster&& other) noexcept
            : io(std::exchange(other.io, nullptr)), count(other.count), depth(other.depth) {}
        ~poster() {
            if (io != nullptr) {
                ++*count;
                if (depth > 0) {
                    asio::post(*io, poster(*io, *count, depth - 1));
                }
            }
        }
        void operator()() {}
    };
    sim::run([&]() -> coro<void> {
        sim_context io;
        asio::post(io, poster(io, destroyed, 100'000));
        co_return;
    });
    BOOST_TEST(destroyed == 100'001);  // one after the other, not one within another
}

BOOST_AUTO_TEST_CASE(it_may_be_destroyed_after_any_step) {
    const sim::program program = []() -> coro<void> {
        sim_context io;
        channel numbers(io.get_executor());
        auto strand = asio::make_strand(io);
        const auto produce = [&]() -> asio::awaitable<void> {
            for (int i = 0; i < 2; ++i) {
                asio::post(strand, [text = std::string(100, 'x')] {});
                co_await numbers.async_send(error_code(), i, asio::use_awaitable);
            }
            numbers.close();
        };
        const auto consume = [&]() -> asio::awaitable<void> {
            using namespace asio::experimental::awaitable_operators;
            const std::string text(100, 'y');
            for (int i = 0; i < 3; ++i) {
                co_await (wait_and_give(1ms, 1) ||
                          numbers.async_receive(asio::as_tuple(asio::use_awaitable)));
            }
        };
        asio::co_spawn(io, produce(), asio::detached);
        asio::co_spawn(strand, consume(), asio::detached);
        co_await io.run();
    };
    const sim::everywhere_report report = sim::destroy_everywhere(program);
    BOOST_TEST(report.clean(), sim::text_of(report));
    BOOST_TEST(report.points > 10U);
}

BOOST_AUTO_TEST_CASE(one_that_outlives_the_run_is_empty_from_then_on) {
    const auto alive = std::make_shared<int>();
    std::optional<sim_context> io;
    std::optional<sim_timer> timer;
    sim::run([&]() -> coro<void> {
        io.emplace();
        timer.emplace(*io, 1h);
        timer->async_wait([alive](error_code) {});
        co_return;
    });
    BOOST_TEST(alive.use_count() == 1);
    timer->async_wait([alive](error_code) {});
    timer.reset();
    asio::post(*io, [alive] {});
    BOOST_TEST(alive.use_count() == 1);
    io.reset();
}

BOOST_AUTO_TEST_SUITE_END()

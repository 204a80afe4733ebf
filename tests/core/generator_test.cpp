// SPDX-License-Identifier: BSL-1.0
#include <heddle/generator.hpp>

#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using heddle::generator;
using heddle::yield_from;
using heddle_test::words;

namespace {

static_assert(std::ranges::input_range<generator<int>>);
static_assert(std::ranges::view<generator<int>>);

struct fixture {
    words log;
    void note(std::string what) { log.push_back(std::move(what)); }
    /// Notes where it is destroyed.
    struct mark {
        fixture& to;
        std::string name;
        mark(fixture& owner, std::string text) : to(owner), name(std::move(text)) {}
        mark(const mark&) = delete;
        mark& operator=(const mark&) = delete;
        ~mark() { to.note("~" + name); }
    };

    generator<int, int, int> echo(int first) {
        const mark scope(*this, "echo");
        int sum = first;
        while (std::optional<int> sent = co_yield sum) {
            sum += *sent;
        }
        co_return sum;
    }

    /// Stands at one yield, and notes how it is left.
    generator<int, int, int> standing(std::string name) {
        const mark scope(*this, name);
        try {
            co_yield 1;
            note(name + " goes on");
        } catch (const heddle::generator_exit&) {
            note(name + " exits");
            throw;
        } catch (const std::exception& error) {
            note(name + " gets " + error.what());
            throw;
        }
        co_return 2;
    }
    generator<int, int, int> delegating(std::string name, generator<int, int, int> inner) {
        const mark scope(*this, name);
        try {
            const int value = co_yield yield_from(std::move(inner));
            note(name + " got " + std::to_string(value));
            co_return value + 100;
        } catch (const heddle::generator_exit&) {
            note(name + " exits");
            throw;
        } catch (const std::exception& error) {
            note(name + " gets " + error.what());
            throw;
        }
    }
    /// Yields again, or returns, when it is closed.
    generator<int, int, int> ignoring(bool yields_again) {
        bool caught = false;
        try {
            co_yield 1;
        } catch (const heddle::generator_exit&) {
            caught = true;
        }
        if (caught && yields_again) {
            co_yield 2;
        }
        co_return 3;
    }
};

generator<int> up_to(int last) {
    for (int i = 1; i <= last; ++i) {
        co_yield i;
    }
}

generator<int> failing() {
    co_yield 1;
    throw std::runtime_error("no more");
}

std::string what_of(const std::exception_ptr& error) { return heddle::describe(error); }

template <class F>
std::string thrown_by(F&& call) {
    try {
        call();
    } catch (...) {
        return what_of(std::current_exception());
    }
    return "nothing";
}

const std::string ignored = "heddle::usage_error: this generator ignored generator_exit";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(generator_tests, fixture)

BOOST_AUTO_TEST_CASE(nothing_runs_before_the_first_step) {
    auto g = standing("a");
    BOOST_TEST(log.empty());
    BOOST_TEST(!g.done());
    BOOST_TEST(g.next().value() == 1);
}

BOOST_AUTO_TEST_CASE(values_go_out_and_in_and_the_last_is_the_result) {
    auto g = echo(1);
    BOOST_TEST(g.next().value() == 1);
    BOOST_TEST(g.send(10).value() == 11);
    BOOST_TEST(g.send(100).value() == 111);
    BOOST_TEST(!g.has_result());
    BOOST_CHECK_THROW(g.result(), heddle::invalid_state_error);
    BOOST_TEST(!g.next().has_value());  // next() sends nothing: the loop of echo ends
    BOOST_TEST(g.done());
    BOOST_TEST(g.result() == 111);
    BOOST_TEST(log == (words{"~echo"}));
}

BOOST_AUTO_TEST_CASE(sending_nothing_is_next) {
    auto g = echo(1);
    BOOST_TEST(g.send(std::nullopt).value() == 1);
    BOOST_TEST(!g.send(std::nullopt).has_value());
}

BOOST_AUTO_TEST_CASE(after_the_end_there_is_nothing_and_the_result_stays) {
    auto g = echo(1);
    g.next();
    g.next();
    BOOST_TEST(!g.next().has_value());
    BOOST_TEST(!g.send(1).has_value());
    BOOST_TEST(g.result() == 1);
}

BOOST_AUTO_TEST_CASE(a_value_cannot_be_sent_to_one_that_has_not_begun) {
    auto g = echo(1);
    BOOST_CHECK_THROW(g.send(5), heddle::usage_error);
    BOOST_TEST(g.next().value() == 1);  // and nothing was changed by it
}

BOOST_AUTO_TEST_CASE(void_is_yielded_and_returned) {
    const auto body = []() -> generator<void, int> {
        const std::optional<int> sent = co_yield {};
        BOOST_TEST(sent.value() == 4);
    };
    auto g = body();
    BOOST_TEST(g.next());
    BOOST_TEST(!g.send(4));
    g.result();
    BOOST_TEST(g.has_result());
}

BOOST_AUTO_TEST_CASE(move_only_values_pass) {
    using owned = std::unique_ptr<int>;
    const auto body = []() -> generator<owned, owned, owned> {
        std::optional<owned> sent = co_yield std::make_unique<int>(1);
        co_return std::move(*sent);
    };
    auto g = body();
    BOOST_TEST(**g.next() == 1);
    BOOST_TEST(!g.send(std::make_unique<int>(2)).has_value());
    const owned result = std::move(g).result();
    BOOST_TEST(*result == 2);
}

BOOST_AUTO_TEST_CASE(an_error_comes_out_of_the_step_and_ends_it) {
    auto g = failing();
    BOOST_TEST(g.next().value() == 1);
    BOOST_CHECK_THROW(g.next(), std::runtime_error);
    BOOST_TEST(g.done());
    BOOST_TEST(!g.next().has_value());
    BOOST_CHECK_THROW(g.result(), heddle::invalid_state_error);
}

BOOST_AUTO_TEST_CASE(what_is_thrown_in_can_be_answered) {
    const auto body = []() -> generator<int> {
        try {
            co_yield 1;
        } catch (const std::runtime_error&) {
            // Below: a handler cannot yield.
        }
        co_yield 2;
    };
    auto g = body();
    g.next();
    BOOST_TEST(g.throw_in(std::runtime_error("x")).value() == 2);
    BOOST_CHECK_THROW(g.throw_in(std::logic_error("y")), std::logic_error);
    BOOST_TEST(g.done());
}

BOOST_AUTO_TEST_CASE(what_is_thrown_into_one_that_has_not_begun_ends_it) {
    auto g = standing("a");
    BOOST_CHECK_THROW(g.throw_in(std::runtime_error("x")), std::runtime_error);
    BOOST_TEST(g.done());
    BOOST_TEST(!g.next().has_value());
    BOOST_TEST(log.empty());
}

BOOST_AUTO_TEST_CASE(what_is_thrown_into_one_that_has_ended_comes_back) {
    auto g = up_to(0);
    g.next();
    BOOST_CHECK_THROW(g.throw_in(std::runtime_error("x")), std::runtime_error);
    BOOST_TEST(g.has_result());
    BOOST_CHECK_THROW(g.throw_in(std::exception_ptr()), heddle::usage_error);
}

BOOST_AUTO_TEST_CASE(close_throws_generator_exit_at_the_yield) {
    auto g = standing("a");
    g.next();
    g.close();
    BOOST_TEST(log == (words{"a exits", "~a"}));
    BOOST_TEST(g.done());
    BOOST_TEST(!g.has_result());
    BOOST_TEST(!g.next().has_value());
    g.close();
    BOOST_TEST(log.size() == 2u);
}

BOOST_AUTO_TEST_CASE(close_of_one_that_has_not_begun_runs_nothing) {
    auto g = standing("a");
    g.close();
    BOOST_TEST(log.empty());
    BOOST_TEST(g.done());
    BOOST_TEST(!g.next().has_value());
    BOOST_TEST(!g.send(1).has_value());
}

BOOST_AUTO_TEST_CASE(close_lets_it_return) {
    auto g = ignoring(false);
    g.next();
    g.close();
    BOOST_TEST(g.result() == 3);
}

BOOST_AUTO_TEST_CASE(to_yield_again_when_closed_is_an_error) {
    auto g = ignoring(true);
    g.next();
    BOOST_TEST(thrown_by([&] { g.close(); }) == ignored);
    BOOST_TEST(!g.done());
    BOOST_TEST(!g.next().has_value());
    BOOST_TEST(g.result() == 3);
}

BOOST_AUTO_TEST_CASE(another_error_comes_out_of_close) {
    const auto body = []() -> generator<int> {
        try {
            co_yield 1;
        } catch (...) {
            throw std::runtime_error("in place of it");
        }
    };
    auto g = body();
    g.next();
    BOOST_CHECK_THROW(g.close(), std::runtime_error);
    BOOST_TEST(g.done());
}

BOOST_AUTO_TEST_CASE(one_that_is_destroyed_runs_its_destructors_only) {
    {
        auto g = delegating("outer", standing("inner"));
        g.next();
    }
    BOOST_TEST(log == (words{"~inner", "~outer"}));
}

BOOST_AUTO_TEST_CASE(it_cannot_drive_itself) {
    generator<int> g;
    const auto body = [&]() -> generator<int> {
        BOOST_CHECK_THROW(g.next(), heddle::usage_error);
        BOOST_CHECK_THROW(g.close(), heddle::usage_error);
        BOOST_CHECK_THROW(g.throw_in(std::runtime_error("x")), heddle::usage_error);
        co_yield 1;
    };
    g = body();
    BOOST_TEST(g.next().value() == 1);
}

BOOST_AUTO_TEST_CASE(one_that_was_moved_from_is_not_valid) {
    auto g = up_to(3);
    g.next();
    auto other = std::move(g);
    BOOST_TEST(!g.valid());
    BOOST_CHECK_THROW(g.next(), heddle::usage_error);
    BOOST_CHECK_THROW(g.close(), heddle::usage_error);
    BOOST_TEST(other.next().value() == 2);
    other = up_to(1);
    BOOST_TEST(other.next().value() == 1);
}

BOOST_AUTO_TEST_CASE(it_is_a_range) {
    std::vector<int> seen;
    for (const int each : up_to(3)) {
        seen.push_back(each);
    }
    BOOST_TEST(seen == (std::vector<int>{1, 2, 3}), boost::test_tools::per_element());
    auto g = up_to(5);
    for (const int each : g) {
        if (each == 2) {
            break;
        }
    }
    BOOST_TEST(g.next().value() == 3);
    int sum = 0;
    for (const int each : up_to(100) | std::views::take(4)) {
        sum += each;
    }
    BOOST_TEST(sum == 10);
}

BOOST_AUTO_TEST_CASE(frames_may_outlive_the_loop_under_which_they_were_made) {
    generator<int> g;
    {
        heddle_test::virtual_loop owner;
        const auto main = [&]() -> heddle::coro<void> {
            g = up_to(2);
            BOOST_TEST(g.next().value() == 1);
            co_return;
        };
        owner.loop.run_until_complete(main());
    }
    BOOST_TEST(g.next().value() == 2);
}

// ---- delegation (PEP 380) ------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_delegate_gets_what_is_sent_and_gives_its_result) {
    auto g = delegating("outer", echo(1));
    BOOST_TEST(g.next().value() == 1);
    BOOST_TEST(g.send(10).value() == 11);
    BOOST_TEST(!g.next().has_value());
    BOOST_TEST(g.result() == 111);
    BOOST_TEST(log == (words{"~echo", "outer got 11", "~outer"}));
}

BOOST_AUTO_TEST_CASE(one_goes_on_after_its_delegates) {
    const auto body = []() -> generator<int> {
        co_yield yield_from(up_to(2));
        co_yield 10;
        co_yield yield_from(up_to(0));
        co_yield yield_from(up_to(1));
    };
    std::vector<int> seen;
    for (const int each : body()) {
        seen.push_back(each);
    }
    BOOST_TEST(seen == (std::vector<int>{1, 2, 10, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_delegate_that_was_begun_goes_on_from_where_it_stands) {
    auto middle = delegating("middle", echo(1));
    middle.next();
    middle.send(1);
    auto g = delegating("outer", std::move(middle));
    BOOST_TEST(!middle.valid());
    // The first step sends nothing, which ends echo.
    BOOST_TEST(!g.next().has_value());
    BOOST_TEST(g.result() == 202);
}

BOOST_AUTO_TEST_CASE(a_delegate_that_has_ended_gives_its_result) {
    auto inner = echo(4);
    inner.next();
    inner.next();
    auto g = delegating("outer", std::move(inner));
    BOOST_TEST(!g.next().has_value());
    BOOST_TEST(g.result() == 104);
    auto closed = echo(1);
    closed.next();
    closed.close();
    auto other = delegating("other", std::move(closed));
    BOOST_CHECK_THROW(other.next(), heddle::invalid_state_error);
}

BOOST_AUTO_TEST_CASE(errors_reach_the_delegate_and_come_back) {
    auto g = delegating("outer", standing("inner"));
    g.next();
    BOOST_CHECK_THROW(g.throw_in(std::runtime_error("x")), std::runtime_error);
    BOOST_TEST(log == (words{"inner gets x", "~inner", "outer gets x", "~outer"}));
}

BOOST_AUTO_TEST_CASE(close_closes_the_delegate_first) {
    auto g = delegating("a", delegating("b", standing("c")));
    g.next();
    g.close();
    BOOST_TEST(log == (words{"c exits", "~c", "b exits", "~b", "a exits", "~a"}));
}

BOOST_AUTO_TEST_CASE(a_delegate_that_returns_when_closed_does_not_save_the_others) {
    auto g = delegating("a", delegating("b", ignoring(false)));
    g.next();
    g.close();
    BOOST_TEST(log == (words{"b exits", "~b", "a exits", "~a"}));
    BOOST_TEST(!g.has_result());
}

BOOST_AUTO_TEST_CASE(a_delegate_that_yields_when_closed_is_an_error_where_it_is_delegated_to) {
    auto g = delegating("a", delegating("b", ignoring(true)));
    g.next();
    BOOST_TEST(thrown_by([&] { g.close(); }) == ignored);
    BOOST_TEST(log == (words{"b gets this generator ignored generator_exit", "~b",
                             "a gets this generator ignored generator_exit", "~a"}));
    BOOST_TEST(g.done());
}

BOOST_AUTO_TEST_CASE(a_delegate_may_delegate_while_it_is_closed) {
    const auto cleaning = [this](bool to_one_that_yields) -> generator<int, int, int> {
        bool closed = false;
        try {
            co_yield 1;
        } catch (const heddle::generator_exit&) {
            closed = true;
        }
        if (closed) {
            const mark scope(*this, "cleaning");
            auto inner = to_one_that_yields ? echo(0) : ignoring(false);
            if (!to_one_that_yields) {
                inner.next();
            }
            note("cleans " + std::to_string(co_yield yield_from(std::move(inner))));
        }
        co_return 0;
    };
    {
        auto g = delegating("a", cleaning(false));
        g.next();
        g.close();
        BOOST_TEST(log == (words{"cleans 3", "~cleaning", "a exits", "~a"}));
    }
    log.clear();
    auto g = delegating("a", cleaning(true));
    g.next();
    BOOST_TEST(thrown_by([&] { g.close(); }) == ignored);
    BOOST_TEST(log ==
               (words{"~echo", "~cleaning", "a gets this generator ignored generator_exit", "~a"}));
}

BOOST_AUTO_TEST_CASE(generator_exit_thrown_in_closes_the_delegate_but_not_the_outermost) {
    const auto surviving = [this](generator<int, int, int> inner) -> generator<int, int, int> {
        try {
            co_yield yield_from(std::move(inner));
        } catch (const heddle::generator_exit&) {
            note("outer exits");
        }
        co_yield 5;
        co_return 6;
    };
    auto g = surviving(delegating("b", ignoring(false)));
    g.next();
    BOOST_TEST(g.throw_in(heddle::generator_exit()).value() == 5);
    BOOST_TEST(log == (words{"b exits", "~b", "outer exits"}));
    BOOST_CHECK_THROW(g.throw_in(heddle::generator_exit()), heddle::generator_exit);
    BOOST_TEST(g.done());
}

BOOST_AUTO_TEST_CASE(a_delegate_that_is_never_yielded_is_destroyed) {
    auto inner = standing("inner");
    inner.next();
    {
        const auto dropped = yield_from(std::move(inner));
    }
    BOOST_TEST(log == (words{"~inner"}));
    BOOST_CHECK_THROW(static_cast<void>(yield_from(std::move(inner))), heddle::usage_error);
}

BOOST_AUTO_TEST_SUITE_END()

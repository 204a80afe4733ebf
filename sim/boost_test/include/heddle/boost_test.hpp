// SPDX-License-Identifier: BSL-1.0
//
// Coroutines as Boost.Test cases: the body is explored, that is run many times in virtual time,
// each time with another schedule, until one fails.
//
//   #define BOOST_TEST_MODULE cache
//   #include <heddle/boost_test.hpp>
//
//   HEDDLE_TEST_CASE(a_key_is_filled_once, *heddle::schedules(10'000)) {
//       co_await ...;
//       BOOST_TEST(...);
//   }
//
// They stand beside BOOST_AUTO_TEST_CASEs, in suites, with Boost's decorators. Each run is a
// simulation (heddle/sim.hpp) with a fixture of its own; the fixture lives as long as the locals
// of the body. BOOST_TEST and the like count in all tasks of a run, whatever becomes of what
// BOOST_REQUIRE throws. Nothing is printed or counted while exploring. In the end there is one
// failure, in every log, with the report of the minimal schedule and a command that replays it; or
// else the assertions and messages of run 0, the plain FIFO one.
//
// Options behind "--" (and before them those in the environment variable HEDDLE_ARGS): --help
// says which there are. A program that has a log formatter of its own (unit_test_log's
// set_formatter) cannot explore; it can run with --backend. Observers of its own see the
// assertions of all runs.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <heddle/coro.hpp>
#include <heddle/sim/coverage.hpp>
#include <heddle/sim/explore.hpp>
#include <heddle/sim/level.hpp>

/// HEDDLE_TEST_CASE(name, decorators...) { body of a coroutine }
///
/// In a BOOST_FIXTURE_TEST_SUITE it has the suite's fixture.
#define HEDDLE_TEST_CASE(test_name, ...) \
    HEDDLE_FIXTURE_TEST_CASE(test_name, BOOST_AUTO_TEST_CASE_FIXTURE __VA_OPT__(, ) __VA_ARGS__)

/// HEDDLE_FIXTURE_TEST_CASE(name, fixture, decorators...) { body of a coroutine }
///
/// The body is a member of a class derived from `fixture`. A fixture's setup() and teardown(), if
/// it has them, are called in the run; they may be coroutines.
#define HEDDLE_FIXTURE_TEST_CASE(test_name, fixture, ...)                      \
    HEDDLE_DETAIL_TEST_CASE(::heddle::boost_test::detail::add_case, test_name, \
                            fixture __VA_OPT__(, ) __VA_ARGS__)

// The class that has the body, and its registration by `add`.
#define HEDDLE_DETAIL_TEST_CASE(add, test_name, fixture, ...)                                \
    struct test_name : public fixture {                                                      \
        ::heddle::coro<void> test_method();                                                  \
    };                                                                                       \
    [[maybe_unused]] static const ::heddle::boost_test::detail::registered_case BOOST_JOIN(  \
        test_name, _heddle_case)(&add, &::heddle::boost_test::detail::run_body<test_name>,   \
                                 #test_name, __FILE__, __LINE__ __VA_OPT__(, ) __VA_ARGS__); \
    ::heddle::coro<void> test_name::test_method()

namespace heddle {

namespace boost_test::detail {

using case_body = coro<void> (*)();

template <class Case>
coro<void> run_body() {
    Case fresh;
    if constexpr (requires { fresh.setup(); }) {
        if constexpr (std::is_void_v<decltype(fresh.setup())>) {
            fresh.setup();
        } else {
            co_await fresh.setup();
        }
    }
    co_await fresh.test_method();
    if constexpr (requires { fresh.teardown(); }) {
        if constexpr (std::is_void_v<decltype(fresh.teardown())>) {
            fresh.teardown();
        } else {
            co_await fresh.teardown();
        }
    }
}

/// Adds a case to the current suite.
void add_case(case_body body, const char* name, const char* file, std::size_t line);

/// Adds one, by `add`, when it is made. The decorators are in Boost.Test's collector already.
class registered_case {
public:
    template <std::same_as<boost::unit_test::decorator::collector_t>... Collector>
    registered_case(decltype(add_case)* add, case_body body, const char* name, const char* file,
                    std::size_t line, Collector&...) {
        add(body, name, file, line);
    }
};

}  // namespace boost_test::detail

// Decorators. On a suite they hold for each case in it that does not say otherwise; on cases that
// are not heddle's they do nothing.

/// How many schedules are explored at most; sim::default_schedules where nothing is said. One or
/// more.
class schedules final : public boost::unit_test::decorator::base {
public:
    explicit schedules(std::uint64_t most) noexcept : most_(most) {}

private:
    void apply(boost::unit_test::test_unit& unit) override;
    boost::unit_test::decorator::base_ptr clone() const override;
    std::uint64_t most_;
};

/// What may be reordered; sim::level::any where nothing is said.
class at_level final : public boost::unit_test::decorator::base {
public:
    explicit at_level(sim::level allowed) noexcept : allowed_(allowed) {}

private:
    void apply(boost::unit_test::test_unit& unit) override;
    boost::unit_test::decorator::base_ptr clone() const override;
    sim::level allowed_;
};

/// After how many steps of callbacks and tasks a run has failed; one or more.
class step_limit final : public boost::unit_test::decorator::base {
public:
    explicit step_limit(std::uint64_t most) noexcept : most_(most) {}

private:
    void apply(boost::unit_test::test_unit& unit) override;
    boost::unit_test::decorator::base_ptr clone() const override;
    std::uint64_t most_;
};

/// By which strategy; "portfolio" where nothing is said. One of sim::strategy_names(): another one
/// is a failure of the case. With "exhaustive", the message of a case that passes says whether all
/// schedules were run, and `schedules` limits how many runs that may take.
class with_strategy final : public boost::unit_test::decorator::base {
public:
    explicit with_strategy(std::string name) : name_(std::move(name)) {}

private:
    void apply(boost::unit_test::test_unit& unit) override;
    boost::unit_test::decorator::base_ptr clone() const override;
    std::string name_;
};

/// Each run may also cancel one task, at one of its awaits (explore_options::cancellations). Not
/// where nothing is said.
class with_cancellations final : public boost::unit_test::decorator::base {
public:
    explicit with_cancellations(bool on = true) noexcept : on_(on) {}

private:
    void apply(boost::unit_test::test_unit& unit) override;
    boost::unit_test::decorator::base_ptr clone() const override;
    bool on_;
};

/// Points of heddle/sim/coverage.hpp that the runs of a case must have reached, by their labels:
/// those of the case and of all suites around it. A label that no point of the program has is a
/// failure of the case.
class must_see final : public boost::unit_test::decorator::base {
public:
    template <std::convertible_to<std::string>... Labels>
    explicit must_see(const Labels&... labels) : labels_{std::string(labels)...} {}

private:
    void apply(boost::unit_test::test_unit& unit) override;
    boost::unit_test::decorator::base_ptr clone() const override;
    std::vector<std::string> labels_;
};

}  // namespace heddle

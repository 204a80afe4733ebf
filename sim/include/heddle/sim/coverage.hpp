// SPDX-License-Identifier: BSL-1.0
//
// Points of a program that must be seen: what no run of a campaign ever reaches is not tested.
//
//   HEDDLE_REACHABLE("the retry gives up");               // reached in at least one run
//   HEDDLE_SOMETIMES(waiters > 1, "two wait at once");    // held in at least one run
//
// They fail no run: they are judged when a campaign has ended without a failure. It then fails, as
// failure_class::coverage, for each HEDDLE_SOMETIMES that its runs reached and whose condition held
// in none, and for each label in explore_options::must_see that was not seen.
//
// Each point is known before main() begins, wherever it stands, since code that is never reached
// cannot announce itself. A program may hold many campaigns, and what one of them must reach,
// others need not: so a point that no run reaches is asked for by its label, in must_see. A label
// there that no point has is an error. Points of one label count as one.
//
// They are statements, for functions, coroutines and templates (there, each instantiation that the
// program has). The label is a literal. They make no entries on the tape, and outside of a
// simulation they do nothing but evaluate the condition. A run that passes one counts it: a few
// nanoseconds. Where HEDDLE_NO_COVERAGE is defined they are nothing, and the condition is not
// evaluated: code that has them then needs this header, but not the library.
#pragma once

#include <cstdint>

#ifndef HEDDLE_NO_COVERAGE
#define HEDDLE_REACHABLE(label) HEDDLE_COVERAGE_POINT(true, false, label)
#define HEDDLE_SOMETIMES(condition, label) \
    HEDDLE_COVERAGE_POINT(static_cast<bool>(condition), true, label)
#else
#define HEDDLE_REACHABLE(label) static_cast<void>(0)
#define HEDDLE_SOMETIMES(condition, label) static_cast<void>(0)
#endif

// The rest is for these macros. A static member of a template is made before main() begins, even if
// the function around it is never called.
#define HEDDLE_COVERAGE_POINT(holds, has_condition, text)                                   \
    do {                                                                                    \
        struct heddle_coverage_place {                                                      \
            static constexpr ::heddle::sim::detail::coverage_place get() noexcept {         \
                return {"" text, __FILE__, __LINE__, has_condition};                        \
            }                                                                               \
        };                                                                                  \
        ::heddle::sim::detail::coverage_point_at<heddle_coverage_place>::point.pass(holds); \
    } while (false)

namespace heddle::sim::detail {

struct coverage_place {
    const char* label;
    const char* file;
    std::uint32_t line;
    bool conditional;
};

/// One place in the program, in a list of all of them.
class coverage_point {
public:
    explicit coverage_point(const coverage_place& place) noexcept;
    coverage_point(const coverage_point&) = delete;
    coverage_point& operator=(const coverage_point&) = delete;

    /// Tells the simulation whose run is under way on this thread, if there is one.
    void pass(bool held) const;

    [[nodiscard]] const coverage_place& place() const noexcept { return place_; }
    [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
    [[nodiscard]] const coverage_point* next() const noexcept { return next_; }
    /// The latest one that was made.
    [[nodiscard]] static const coverage_point* first() noexcept;

private:
    coverage_place place_;
    std::uint32_t number_;
    const coverage_point* next_;
};

template <class Place>
struct coverage_point_at {
    static inline const coverage_point point{Place::get()};
};

}  // namespace heddle::sim::detail

// SPDX-License-Identifier: BSL-1.0
//
// Lesson 12: delegation by yield from. To return a generator is not to delegate to it: the caller
// gets the generator itself, none of whose values have been asked for.
#include <cstdio>
#include <optional>

#include <heddle/generator.hpp>

using values = heddle::generator<double>;

values inner() { co_yield 1.1; }

heddle::generator<double, void, values> returns_it() { co_return inner(); }

values delegates_to_it() { co_yield heddle::yield_from(inner()); }

int main() {
    auto first = returns_it();
    const std::optional<double> nothing = first.next();
    const values& returned = first.result();
    if (!nothing.has_value() && returned.valid() && !returned.done()) {
        std::puts("the first returns a generator");
    }

    auto second = delegates_to_it();
    const std::optional<double> got = second.next();
    std::printf("the second receives %.1f\n", got.value());
}

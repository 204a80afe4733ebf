// SPDX-License-Identifier: BSL-1.0
//
// The forms of co_await expressions that are safe on every supported compiler, each counted: what
// they make is destroyed exactly once. g++ 12.2 destroys some temporaries of a co_await expression
// twice (a closure with a non-trivial capture, a brace-initialised aggregate), so that the library
// offers no function that needs one; docs/pitfalls.md has the rules for users. Run under
// AddressSanitizer at -O0 and -O2 by the presets.
#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using heddle::coro;

int failures = 0;
int alive = 0;

void expect(bool holds, const char* what) {
    if (!holds) {
        std::printf("failed: %s\n", what);
        ++failures;
    }
}

/// Counts itself, with a non-trivial copy and destructor.
struct counted {
    explicit counted(std::string what) : text(std::make_shared<std::string>(std::move(what))) {
        ++alive;
    }
    counted(const counted& other) : text(other.text) { ++alive; }
    counted(counted&& other) noexcept : text(std::move(other.text)) { ++alive; }
    counted& operator=(const counted&) = default;
    counted& operator=(counted&&) = default;
    ~counted() { --alive; }
    std::shared_ptr<std::string> text;
};

coro<std::size_t> by_value(counted argument) {
    co_await heddle::sleep(0ns);
    co_return argument.text->size();
}

template <class F>
coro<std::size_t> call(F function) {
    co_await heddle::sleep(0ns);
    co_return function();
}

coro<void> temporaries_as_arguments() {
    const std::size_t size = co_await by_value(counted("argument"));
    expect(size == 8, "a temporary of a class with constructors as an argument");
}

coro<void> named_closure() {
    const counted kept("capture");
    const auto closure = [kept] { return kept.text->size(); };
    const std::size_t size = co_await call(closure);
    expect(size == 7, "a closure named in a statement of its own");
}

coro<void> reference_capture() {
    const counted kept("by reference");
    const std::size_t size = co_await call([&] { return kept.text->size(); });
    expect(size == 12, "a closure that captures by reference, inside the expression");
}

coro<void> bound_function() {
    const std::size_t size = co_await call(
        std::bind_front([](const counted& bound) { return bound.text->size(); }, counted("bind")));
    expect(size == 4, "std::bind_front inside the expression");
}

coro<void> moved_operand() {
    auto child = by_value(counted("moved"));
    const std::size_t size = co_await std::move(child);
    expect(size == 5, "a named coroutine, moved");
}

coro<void> variadic_gather() {
    const auto [a, b] = co_await heddle::gather(by_value(counted("a")), by_value(counted("bb")));
    expect(a == 1 && b == 2, "a variadic gather");
}

coro<void> ranged_gather() {
    std::vector<coro<std::size_t>> children;
    children.push_back(by_value(counted("1")));
    children.push_back(by_value(counted("22")));
    const auto sizes = co_await heddle::gather(std::move(children));
    expect(sizes == std::vector<std::size_t>{1, 2}, "a gather of a named range");
}

coro<void> no_locals() { co_await heddle::sleep(0ns); }

coro<void> moved_future() {
    auto slot = heddle::get_running_loop().create_future<counted>();
    slot.set_result(counted("result"));
    const counted taken = co_await std::move(slot);
    expect(*taken.text == "result", "the result of a future, moved out");
}

}  // namespace

int main() {
    for (auto* program :
         {temporaries_as_arguments, named_closure, reference_capture, bound_function, moved_operand,
          variadic_gather, ranged_gather, no_locals, moved_future}) {
        heddle::sim::run(program);
        expect(alive == 0, "what the expression made is destroyed exactly once");
        alive = 0;
    }
    return failures == 0 ? 0 : 1;
}

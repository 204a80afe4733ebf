// SPDX-License-Identifier: BSL-1.0
//
// A reference into the frame of a coroutine that has ended is caught under AddressSanitizer,
// although frames are recycled: by the default policy, and by `poison`. The program asks the
// sanitizer about the address rather than dying of it. Without the sanitizer it checks that
// recycling is what happens by default: the next frame of that size has the same address.
#include <heddle/heddle.hpp>
#include <heddle/sim/virtual_clock.hpp>

#include <chrono>
#include <cstdio>

extern "C" __attribute__((weak)) int __asan_address_is_poisoned(const void* address);

namespace {

using heddle::coro;
using heddle::frame_memory;

const int* leaked = nullptr;

coro<void> leak_a_local() {
    const int local = 42;
    leaked = &local;
    co_await heddle::sleep(std::chrono::nanoseconds(0));
}

struct observed {
    bool poisoned = false;  // the address of the first frame's local, after its end
    bool reused = false;    // the second frame of that size has the same address
};

observed run_twice(frame_memory policy) {
    heddle::sim::virtual_clock clock;
    heddle::loop_options options;
    options.memory.policy = policy;
    heddle::event_loop loop(clock, options);
    observed result;
    const auto main = [&]() -> coro<void> {
        co_await leak_a_local();
        const int* first = leaked;
        result.poisoned =
            __asan_address_is_poisoned != nullptr && __asan_address_is_poisoned(first) != 0;
        co_await leak_a_local();
        result.reused = first == leaked;
    };
    loop.run_until_complete(main());
    return result;
}

int failures = 0;

void expect(bool holds, const char* what) {
    if (!holds) {
        std::printf("failed: %s\n", what);
        ++failures;
    }
}

}  // namespace

int main() {
    expect(!run_twice(frame_memory::never_reuse).reused, "never_reuse gives each address once");
    if (__asan_address_is_poisoned != nullptr) {
        expect(run_twice(frame_memory::automatic).poisoned, "the default catches it");
        expect(run_twice(frame_memory::poison).poisoned, "poison catches it");
        expect(run_twice(frame_memory::never_reuse).poisoned, "never_reuse catches it");
        expect(!run_twice(frame_memory::recycle).poisoned, "recycle, asked for, cannot");
    } else {
        expect(run_twice(frame_memory::automatic).reused, "frames are recycled by default");
        expect(run_twice(frame_memory::poison).reused, "poison reuses what is oldest");
    }
    return failures == 0 ? 0 : 1;
}

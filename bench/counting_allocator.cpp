// SPDX-License-Identifier: BSL-1.0
#include "counting_allocator.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

extern "C" {
void* __real_aligned_alloc(std::size_t alignment, std::size_t size);
void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size);
}

namespace {

// One thread allocates. What runs before main, or on another, may be counted or not.
std::uint64_t count = 0;

void* counted(std::size_t size) {
    ++count;
    void* memory = std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}

void* counted(std::size_t size, std::align_val_t alignment) {
    const auto align = static_cast<std::size_t>(alignment);
    void* memory = std::aligned_alloc(align, (size + align - 1) / align * align);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}

}  // namespace

namespace bench {

std::uint64_t allocations() noexcept { return count; }

}  // namespace bench

void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size) {
    ++count;
    return __real_aligned_alloc(alignment, size);
}

// The array and nothrow forms call these.
void* operator new(std::size_t size) { return counted(size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return counted(size, alignment);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

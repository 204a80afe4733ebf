// SPDX-License-Identifier: BSL-1.0
#include <heddle/frame_memory.hpp>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <new>

// AddressSanitizer's runtime, where the process has it: found when the program is linked, so that
// it works whether or not this file itself was compiled with the sanitizer.
extern "C" {
__attribute__((weak)) void __asan_poison_memory_region(const void* start, std::size_t size);
__attribute__((weak)) void __asan_unpoison_memory_region(const void* start, std::size_t size);
}

namespace heddle::detail {

namespace {

// With what malloc puts in front of a large block, whole pages.
constexpr std::size_t of_malloc = 2 * sizeof(void*);
constexpr std::size_t first_chunk_size = std::size_t{16} * 1024 - of_malloc;
constexpr std::size_t chunk_size = std::size_t{256} * 1024 - of_malloc;

bool under_address_sanitizer() noexcept { return __asan_poison_memory_region != nullptr; }

void poison(const void* start, std::size_t size) noexcept {
    if (under_address_sanitizer()) {
        __asan_poison_memory_region(start, size);
    }
}

void unpoison(const void* start, std::size_t size) noexcept {
    if (under_address_sanitizer()) {
        __asan_unpoison_memory_region(start, size);
    }
}

frame_memory_options resolved(frame_memory_options options) noexcept {
    if (options.policy == frame_memory::automatic) {
        options.policy = under_address_sanitizer() ? frame_memory::heap : frame_memory::recycle;
    }
    return options;
}

}  // namespace

constinit thread_local frame_pool* current_pool = nullptr;

struct frame_pool::chunk {
    chunk* next;
    std::size_t size;
};

frame_pool* frame_pool::create(const frame_memory_options& options) {
    return new frame_pool(options);
}

frame_pool::frame_pool(const frame_memory_options& options)
    : recycles_(resolved(options).policy == frame_memory::recycle && !options.fill.has_value()),
      options_(resolved(options)) {}

frame_pool::~frame_pool() {
    while (chunks_ != nullptr) {
        chunk* next = chunks_->next;
        unpoison(chunks_, chunks_->size);
        ::operator delete(chunks_);
        chunks_ = next;
    }
}

void frame_pool::destroy() noexcept { delete this; }

void frame_pool::orphan() noexcept {
    HEDDLE_INVARIANT(owned_, "a pool is given up once");
    owned_ = false;
    loop_ = nullptr;
    // From here on each block is counted.
    handed_out_ = live_blocks();
    std::fill(std::begin(free_), std::end(free_), nullptr);
    recycles_ = false;
    if (handed_out_ == 0) {
        destroy();
    }
}

std::size_t frame_pool::live_blocks() const noexcept {
    std::size_t live = handed_out_;
    for (const free_block* block : free_) {
        for (; block != nullptr; block = block->next) {
            --live;
        }
    }
    return live;
}

void* frame_pool::carve(std::size_t rounded) {
    constexpr std::size_t header = (sizeof(chunk) + granule - 1) / granule * granule;
    if (static_cast<std::size_t>(end_ - next_) < rounded) {
        std::size_t size = chunks_ == nullptr ? first_chunk_size : chunk_size;
        if (size < rounded + header) {
            size = rounded + header;
        }
        auto* fresh = static_cast<chunk*>(::operator new(size));
        fresh->next = chunks_;
        fresh->size = size;
        chunks_ = fresh;
        next_ = reinterpret_cast<std::byte*>(fresh) + header;
        end_ = reinterpret_cast<std::byte*>(fresh) + size;
    }
    void* memory = next_;
    next_ += rounded;
    return memory;
}

void* frame_pool::allocate_slowly(std::size_t size) {
    const std::size_t index = class_of(size);
    const std::size_t rounded = index * granule;
    void* memory = nullptr;
    switch (options_.policy) {
        case frame_memory::automatic:
        case frame_memory::heap:
            memory = ::operator new(size);
            break;
        case frame_memory::recycle:
            if (index >= class_count) {
                memory = ::operator new(size);
            } else if (free_block* spare = quarantine_[index]; spare != nullptr) {
                quarantine_[index] = spare->next;
                memory = spare;
            } else {
                memory = carve(rounded);
            }
            break;
        case frame_memory::poison:
            if (index >= class_count) {
                memory = ::operator new(size);
            } else if (memory = unquarantine(rounded); memory == nullptr) {
                memory = carve(rounded);
            }
            break;
        case frame_memory::never_reuse:
            memory = carve(rounded);
            break;
    }
    ++handed_out_;
    if (options_.fill.has_value()) {
        std::memset(memory, *options_.fill, size);
    }
    return memory;
}

void frame_pool::deallocate_slowly(void* memory, std::size_t size) noexcept {
    const std::size_t index = class_of(size);
    const bool own_block = index < class_count;
    auto* block = static_cast<free_block*>(memory);
    switch (options_.policy) {
        case frame_memory::automatic:
        case frame_memory::heap:
            ::operator delete(memory);
            break;
        case frame_memory::recycle:
            if (own_block) {
                block->next = quarantine_[index];
                quarantine_[index] = block;
            } else {
                ::operator delete(memory);
            }
            break;
        case frame_memory::poison:
            if (own_block) {
                // A ring whose newest block is known: the oldest is reused first.
                if (quarantine_[index] == nullptr) {
                    block->next = block;
                } else {
                    block->next = quarantine_[index]->next;
                    quarantine_[index]->next = block;
                }
                quarantine_[index] = block;
                constexpr std::size_t link = sizeof(free_block);
                poison(reinterpret_cast<std::byte*>(block) + link, index * granule - link);
            } else {
                ::operator delete(memory);
            }
            break;
        case frame_memory::never_reuse:
            poison(memory, index * granule);
            break;
    }
    --handed_out_;
    if (handed_out_ == 0 && !owned_) {
        destroy();
    }
}

void* frame_pool::unquarantine(std::size_t rounded) noexcept {
    free_block*& newest = quarantine_[rounded / granule];
    if (newest == nullptr) {
        return nullptr;
    }
    free_block* block = newest->next;
    if (block == newest) {
        newest = nullptr;
    } else {
        newest->next = block->next;
    }
    unpoison(block, rounded);
    return block;
}

void* allocate_frame_from_heap(std::size_t size) { return ::operator new(size); }
void deallocate_frame_from_heap(void* memory) noexcept { ::operator delete(memory); }

}  // namespace heddle::detail

// SPDX-License-Identifier: BSL-1.0
//
// Where the memory of coroutine frames, tasks, futures and handles comes from: one pool a loop,
// whose policy is chosen when the loop is made.
//
// The pool outlives its loop for as long as any of its blocks does, so that a task or a future
// that somebody still holds can be destroyed after the loop. It belongs to the loop's thread.
#pragma once

#include <cstddef>
#include <optional>

#include <heddle/detail/invariant.hpp>
#include <heddle/detail/uninstrumented.hpp>

namespace heddle {

class event_loop;

/// What becomes of a block that is given back.
enum class frame_memory {
    automatic,    ///< `heap` in a process that runs under AddressSanitizer, else `recycle`
    recycle,      ///< kept in a list by size and handed out again: the fastest
    heap,         ///< operator new and delete for each block
    poison,       ///< recycled, oldest first, and out of bounds for AddressSanitizer meanwhile
    never_reuse,  ///< no address is handed out twice in the life of the pool; memory only grows
};

struct frame_memory_options {
    frame_memory policy = frame_memory::automatic;
    /// When set, fresh blocks are filled with this byte: what reads uninitialised memory shows.
    std::optional<unsigned char> fill = std::nullopt;
};

namespace detail {

class frame_pool {
public:
    /// A pool with one owner, who gives it up by orphan().
    [[nodiscard]] static frame_pool* create(const frame_memory_options& options);
    /// The owner goes; the pool follows when its last block has come back.
    void orphan() noexcept;

    frame_pool(const frame_pool&) = delete;
    frame_pool& operator=(const frame_pool&) = delete;

    /// Memory for `size` bytes, aligned for any fundamental type. Throws std::bad_alloc.
    [[nodiscard]] HEDDLE_UNINSTRUMENTED void* allocate(std::size_t size) {
        const std::size_t index = class_of(size);
        if (index < class_count && free_[index] != nullptr) {
            free_block* block = free_[index];
            free_[index] = block->next;
            return block;
        }
        return allocate_slowly(size);
    }

    /// A block that was given back, or null: then allocate() has more to do. For those who would
    /// rather do all of it elsewhere.
    [[nodiscard]] HEDDLE_UNINSTRUMENTED void* take_spare(std::size_t size) noexcept {
        const std::size_t index = class_of(size);
        free_block* block = index < class_count ? free_[index] : nullptr;
        if (block != nullptr) [[likely]] {
            free_[index] = block->next;
        }
        return block;
    }

    /// Takes back a block of this pool; `size` as it was asked for.
    HEDDLE_UNINSTRUMENTED void deallocate(void* memory, std::size_t size) noexcept {
        const std::size_t index = class_of(size);
        if (recycles_ && index < class_count) {
            auto* block = static_cast<free_block*>(memory);
            block->next = free_[index];
            free_[index] = block;
            return;
        }
        deallocate_slowly(memory, size);
    }

    /// The loop whose pool this is; null once that loop is gone.
    [[nodiscard]] event_loop* loop() const noexcept { return loop_; }
    void set_loop(event_loop* loop) noexcept { loop_ = loop; }

    /// How many blocks are out: a walk through those that are not.
    [[nodiscard]] std::size_t live_blocks() const noexcept;

private:
    struct free_block {
        free_block* next;
    };
    struct chunk;

    static constexpr std::size_t granule = 16;
    static constexpr std::size_t class_count = 65;  // recycled sizes: 16, 32, ..., 1024 bytes

    // Size 0 shares the class of size 1: every block has room for its link.
    static constexpr std::size_t class_of(std::size_t size) noexcept {
        return (size + granule - 1) / granule + (size == 0 ? 1 : 0);
    }

    explicit frame_pool(const frame_memory_options& options);
    ~frame_pool();
    void destroy() noexcept;
    void* allocate_slowly(std::size_t size);
    void deallocate_slowly(void* memory, std::size_t size) noexcept;
    void* carve(std::size_t rounded);
    void* unquarantine(std::size_t rounded) noexcept;

    // What the quick paths above take from and give to. They count nothing: what lies here counts
    // as handed out. A pool without its owner, which has to know when its last block comes back,
    // takes the slow paths alone, as does one that fills what it hands out: all empty then.
    free_block* free_[class_count] = {};
    event_loop* loop_ = nullptr;
    std::size_t handed_out_ = 0;  // by the slow path, less what the slow path took back
    bool owned_ = true;
    bool recycles_ = false;  // the quick paths apply
    frame_memory_options options_;
    // For the policy `poison`: rings whose newest block is known and followed by the oldest, which
    // is reused first. The link lies outside the poisoned part. For `recycle` on the slow paths:
    // stacks.
    free_block* quarantine_[class_count] = {};
    chunk* chunks_ = nullptr;
    std::byte* next_ = nullptr;
    std::byte* end_ = nullptr;
};

/// The pool that frames of coroutines come from when they are called now, on this thread: that
/// of the running loop, else null (then they come from operator new).
extern constinit thread_local frame_pool* current_pool;

/// Allocation of a coroutine frame. The pool is noted behind the frame, since a frame may be made
/// under one loop (or none) and end under another.
[[nodiscard]] void* allocate_frame_from_heap(std::size_t size);
void deallocate_frame_from_heap(void* memory) noexcept;

constexpr std::size_t frame_tail(std::size_t size) noexcept {
    return (size + alignof(frame_pool*) - 1) / alignof(frame_pool*) * alignof(frame_pool*);
}

// Its size is known where a coroutine is called: inlined there, half of the work is done by the compiler.
[[nodiscard]] HEDDLE_UNINSTRUMENTED_INLINE void* allocate_frame(std::size_t size) {
    const std::size_t tail = frame_tail(size);
    const std::size_t total = tail + sizeof(frame_pool*);
    frame_pool* pool = current_pool;
    void* memory = pool != nullptr ? pool->allocate(total) : allocate_frame_from_heap(total);
    *reinterpret_cast<frame_pool**>(static_cast<std::byte*>(memory) + tail) = pool;
    return memory;
}

HEDDLE_UNINSTRUMENTED inline void deallocate_frame(void* memory, std::size_t size) noexcept {
    const std::size_t tail = frame_tail(size);
    frame_pool* pool = *reinterpret_cast<frame_pool**>(static_cast<std::byte*>(memory) + tail);
    if (pool != nullptr) {
        pool->deallocate(memory, tail + sizeof(frame_pool*));
    } else {
        deallocate_frame_from_heap(memory);
    }
}

}  // namespace detail
}  // namespace heddle

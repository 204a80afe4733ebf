// SPDX-License-Identifier: BSL-1.0
//
// What stands between a task that waits for an Asio operation and the operation's handler. Each
// may go first: the task's frame is destroyed while the operation is under way, or the handler is
// destroyed without being called. So neither points to the other; both keep this block.
//
// The block also has the operation's memory and its cancellation signal. Blocks are recycled, each
// thread keeps a few dozen: so neither a wait nor, as a rule, the operation itself allocates.
//
// Threads: the task, its cancellation, and the signal belong to the loop's thread. Handler,
// executor, allocator and count may be used on any.
#pragma once

#include <atomic>
#include <boost/asio/cancellation_signal.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <heddle/asio/detail/loop_gate.hpp>
#include <heddle/asio/loop_executor.hpp>
#include <heddle/detail/intrusive_ptr.hpp>

namespace heddle::asio_backend::detail {

class operation_base;

class operation_block {
public:
    using ptr = heddle::detail::intrusive_ptr<operation_block>;

    /// For `waiting`, which is about to wait for an operation, on its loop's thread.
    [[nodiscard]] static ptr take(event_loop& loop, operation_base& waiting);
    operation_block(const operation_block&) = delete;
    operation_block& operator=(const operation_block&) = delete;

    void add_ref() noexcept { owners_.fetch_add(1, std::memory_order_relaxed); }
    void release() noexcept {
        if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            recycle();
        }
    }

    [[nodiscard]] const loop_gate::ref& gate() const noexcept { return gate_; }

    // On the loop's thread.

    /// Null if nobody waits: the operation is over for the task, or the task's frame is gone.
    [[nodiscard]] operation_base* waiting() const noexcept { return waiting_; }
    /// Whether the task's frame went while the operation was under way: nothing that belongs to
    /// the operation runs any more, since it may use what was in that frame.
    [[nodiscard]] bool task_is_gone() const noexcept { return task_is_gone_; }
    /// The operation is over for the task.
    void end_wait() noexcept { waiting_ = nullptr; }
    /// The task's frame goes: the operation is told to end.
    void leave() noexcept;

    [[nodiscard]] boost::asio::cancellation_signal& signal() noexcept { return signal_; }

    /// On any thread: the handler was destroyed without being called.
    static void abandon(ptr block) noexcept;

    // For one allocation at a time; null if it does not fit, or the memory is in use. While it is,
    // it keeps the block: some operations free their memory when their handler is gone already.

    [[nodiscard]] void* allocate(std::size_t size) noexcept;
    /// False if `memory` is not from here. (Then the block may be gone.)
    [[nodiscard]] bool deallocate(void* memory) noexcept {
        if (memory != static_cast<void*>(memory_)) {
            return false;
        }
        memory_used_.store(false, std::memory_order_release);
        release();
        return true;
    }

private:
    friend class block_cache;
    // A read or write on a tcp::socket takes some 200 bytes, an accept 300.
    static constexpr std::size_t memory_size = 320;

    operation_block() noexcept = default;
    ~operation_block() = default;
    void recycle() noexcept;

    std::atomic<std::uint32_t> owners_{0};
    std::atomic<bool> memory_used_{false};
    bool task_is_gone_ = false;
    operation_base* waiting_ = nullptr;
    loop_gate::ref gate_;
    boost::asio::cancellation_signal signal_;
    operation_block* next_ = nullptr;  // in a cache
    alignas(std::max_align_t) std::byte memory_[memory_size];
};

/// The allocator of handlers.
template <class T>
class operation_allocator {
public:
    using value_type = T;

    explicit operation_allocator(operation_block& block) noexcept : block_(&block) {}
    template <class U>
    operation_allocator(const operation_allocator<U>& other) noexcept : block_(other.block_) {}

    [[nodiscard]] T* allocate(std::size_t count) {
        if constexpr (alignof(T) <= alignof(std::max_align_t)) {
            if (count <= static_cast<std::size_t>(-1) / sizeof(T)) {
                if (void* memory = block_->allocate(count * sizeof(T))) {
                    return static_cast<T*>(memory);
                }
            }
        }
        return std::allocator<T>().allocate(count);
    }
    void deallocate(T* memory, std::size_t count) noexcept {
        if (!block_->deallocate(memory)) {
            std::allocator<T>().deallocate(memory, count);
        }
    }

    template <class U>
    friend bool operator==(const operation_allocator& a, const operation_allocator<U>& b) noexcept {
        return a.block_ == b.block_;
    }

private:
    template <class U>
    friend class operation_allocator;
    operation_block* block_;
};

/// The executor of handlers: the loop's, but that it runs functions at once wherever the loop's
/// thread calls it (a guest's host does so between turns; no task goes on there), and destroys
/// those of operations whose task is gone.
class operation_target {
public:
    explicit operation_target(operation_block& block) noexcept : block_(&block) {}

    template <class Call>
    void execute(Call&& call, bool may_block) const {
        const place where = block_->gate().where();
        if (where == place::here && may_block) {
            if (!block_->task_is_gone()) {
                std::move(call)();
            }
        } else if (where != place::loop_is_gone) {
            block_->gate().queue([block = block_, moved = std::forward<Call>(call)]() mutable {
                if (!block->task_is_gone()) {
                    std::move(moved)();
                }
            });
        }
    }
    [[nodiscard]] boost::asio::execution_context& context() const {
        return block_->gate().context();
    }

    friend bool operator==(const operation_target&, const operation_target&) noexcept = default;

private:
    operation_block::ptr block_;
};

using operation_executor = basic_loop_executor<operation_target>;

}  // namespace heddle::asio_backend::detail

// SPDX-License-Identifier: BSL-1.0
#include <heddle/asio/detail/operation.hpp>
#include <heddle/asio/detail/operation_block.hpp>

#include <utility>

// Sanitizers see more if each operation has memory of its own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HEDDLE_OPERATION_BLOCKS_KEPT 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define HEDDLE_OPERATION_BLOCKS_KEPT 0
#endif
#endif
#ifndef HEDDLE_OPERATION_BLOCKS_KEPT
#define HEDDLE_OPERATION_BLOCKS_KEPT 64
#endif

namespace heddle::asio_backend::detail {

/// The blocks that a thread keeps for its next operations. Has no destructor: handlers may be
/// destroyed later than whatever the thread owns, with objects of static lifetime.
class block_cache {
public:
    [[nodiscard]] operation_block* take() {
        if (first_ == nullptr) {
            return new operation_block;
        }
        ++room_;
        return std::exchange(first_, first_->next_);
    }
    void give_back(operation_block* block) noexcept {
        if (room_ == 0) {
            delete block;
            return;
        }
        --room_;
        block->next_ = std::exchange(first_, block);
    }
    /// From now on blocks are kept, until close(). (A thread that only gives back keeps none.)
    void open() noexcept { room_ = HEDDLE_OPERATION_BLOCKS_KEPT; }
    /// The thread ends.
    void close() noexcept {
        room_ = 0;
        while (first_ != nullptr) {
            delete std::exchange(first_, first_->next_);
        }
    }

private:
    operation_block* first_ = nullptr;
    std::size_t room_ = 0;
};

namespace {

/// What the last operation left in the slot is destroyed, and its memory kept for the next: asking
/// the signal to cancel nothing does nothing.
struct nothing_to_cancel {
    void operator()(boost::asio::cancellation_type_t) const noexcept {}
};

constinit thread_local block_cache blocks;

struct end_of_thread {
    end_of_thread() noexcept { blocks.open(); }
    ~end_of_thread() { blocks.close(); }
    void expect() const noexcept {}
};
thread_local const end_of_thread thread_end;

}  // namespace

operation_block::ptr operation_block::take(event_loop& loop, operation_base& waiting) {
    const loop_gate::ref gate = loop_gate::of(loop);
    thread_end.expect();  // to use it is what has it destroyed
    ptr block(blocks.take());
    block->gate_ = gate;
    block->waiting_ = &waiting;
    block->task_is_gone_ = false;
    return block;
}

void operation_block::recycle() noexcept {
    if (boost::asio::cancellation_slot slot = signal_.slot(); slot.has_handler()) {
        slot.emplace<nothing_to_cancel>();
    }
    blocks.give_back(this);
}

void* operation_block::allocate(std::size_t size) noexcept {
    if (size > memory_size || memory_used_.exchange(true, std::memory_order_acquire)) {
        return nullptr;
    }
    add_ref();
    return memory_;
}

void operation_block::leave() noexcept {
    waiting_ = nullptr;
    task_is_gone_ = true;
    try {
        signal_.emit(boost::asio::cancellation_type::terminal);
    } catch (...) {
        // There is nobody to hear of it. The operation may go on; none of its handlers runs.
    }
}

void operation_block::abandon(ptr block) noexcept {
    const place where = block->gate_.where();
    if (where == place::here) {
        if (operation_base* const waiting = block->waiting_; waiting != nullptr) {
            waiting->handler_is_gone();
        }
    } else if (where == place::elsewhere) {
        try {
            const loop_gate::ref gate = block->gate_;
            gate.queue([kept = std::move(block)] {
                if (operation_base* const waiting = kept->waiting_; waiting != nullptr) {
                    waiting->handler_is_gone();
                }
            });
        } catch (...) {
            // Out of memory: the task hears of nothing, as if the operation went on.
        }
    }
}

}  // namespace heddle::asio_backend::detail

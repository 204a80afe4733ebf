// SPDX-License-Identifier: BSL-1.0
//
// ring: a queue in one block of memory that doubles when it is full, so that a steady flow of items
// through it allocates nothing (std::deque allocates and frees a node every 512 bytes).
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace heddle::detail {

template <class T>
class ring {
public:
    ring() noexcept = default;
    ring(const ring&) = delete;
    ring& operator=(const ring&) = delete;
    ~ring() {
        while (size_ > 0) {
            drop_front();
        }
        if (slots_ != nullptr) {
            std::allocator<T>().deallocate(slots_, capacity_);
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// If moving an item throws, nothing has changed.
    void push_back(T&& item) {
        if (size_ == capacity_) {
            grow();
        }
        std::construct_at(slot(size_), std::move(item));
        ++size_;
    }
    [[nodiscard]] T pop_front() {
        T item = std::move(*slot(0));
        drop_front();
        return item;
    }
    void drop_front() noexcept {
        T* front = slot(0);
        first_ = (first_ + 1) & (capacity_ - 1);
        --size_;
        std::destroy_at(front);
    }

private:
    static constexpr std::size_t first_capacity = 8;  // powers of two

    [[nodiscard]] T* slot(std::size_t index) const noexcept {
        return slots_ + ((first_ + index) & (capacity_ - 1));
    }
    void grow() {
        const std::size_t capacity = capacity_ == 0 ? first_capacity : capacity_ * 2;
        T* slots = std::allocator<T>().allocate(capacity);
        std::size_t moved = 0;
        try {
            for (; moved < size_; ++moved) {
                std::construct_at(slots + moved, std::move_if_noexcept(*slot(moved)));
            }
        } catch (...) {
            std::destroy_n(slots, moved);
            std::allocator<T>().deallocate(slots, capacity);
            throw;
        }
        for (std::size_t i = 0; i < size_; ++i) {
            std::destroy_at(slot(i));
        }
        if (slots_ != nullptr) {
            std::allocator<T>().deallocate(slots_, capacity_);
        }
        slots_ = slots;
        capacity_ = capacity;
        first_ = 0;
    }

    T* slots_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t first_ = 0;
    std::size_t size_ = 0;
};

}  // namespace heddle::detail

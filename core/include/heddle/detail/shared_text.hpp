// SPDX-License-Identifier: BSL-1.0
//
// An immutable string that copies share, one pointer wide; the empty one allocates nothing. The
// count is atomic, because errors that carry such a text may be passed to other threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::detail {

class shared_text {
public:
    shared_text() noexcept = default;
    explicit shared_text(std::string_view text)
        : block_(text.empty() ? nullptr : new block{1, std::string(text)}) {}
    shared_text(const shared_text& other) noexcept : block_(other.block_) {
        if (block_ != nullptr) {
            block_->owners.fetch_add(1, std::memory_order_relaxed);
        }
    }
    shared_text(shared_text&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    shared_text& operator=(shared_text other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~shared_text() {
        if (block_ != nullptr && block_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            delete block_;
        }
    }

    [[nodiscard]] std::string_view view() const noexcept {
        return block_ != nullptr ? std::string_view(block_->text) : std::string_view();
    }
    [[nodiscard]] bool empty() const noexcept { return block_ == nullptr; }

private:
    struct block {
        std::atomic<std::uint32_t> owners;
        std::string text;
    };
    block* block_ = nullptr;
};

}  // namespace heddle::detail

// SPDX-License-Identifier: BSL-1.0
//
// A pointer to an object that counts its own owners (add_ref, release). The count is not atomic:
// a loop and everything that belongs to it live on one thread.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace heddle::detail {

template <class T>
class intrusive_ptr {
public:
    intrusive_ptr() noexcept = default;
    intrusive_ptr(std::nullptr_t) noexcept {}
    /// Becomes one more owner.
    explicit intrusive_ptr(T* object) noexcept : object_(object) {
        if (object_ != nullptr) {
            object_->add_ref();
        }
    }
    intrusive_ptr(const intrusive_ptr& other) noexcept : intrusive_ptr(other.object_) {}
    intrusive_ptr(intrusive_ptr&& other) noexcept
        : object_(std::exchange(other.object_, nullptr)) {}
    template <class U>
        requires std::is_convertible_v<U*, T*>
    intrusive_ptr(const intrusive_ptr<U>& other) noexcept : intrusive_ptr(other.get()) {}
    template <class U>
        requires std::is_convertible_v<U*, T*>
    intrusive_ptr(intrusive_ptr<U>&& other) noexcept : object_(other.detach()) {}
    intrusive_ptr& operator=(intrusive_ptr other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~intrusive_ptr() {
        if (object_ != nullptr) {
            object_->release();
        }
    }

    /// Takes over a reference that the caller already holds.
    [[nodiscard]] static intrusive_ptr adopt(T* object) noexcept {
        intrusive_ptr pointer;
        pointer.object_ = object;
        return pointer;
    }
    /// Gives the reference back to the caller, who must release it.
    [[nodiscard]] T* detach() noexcept { return std::exchange(object_, nullptr); }

    [[nodiscard]] T* get() const noexcept { return object_; }
    T& operator*() const noexcept { return *object_; }
    T* operator->() const noexcept { return object_; }
    explicit operator bool() const noexcept { return object_ != nullptr; }
    friend bool operator==(const intrusive_ptr&, const intrusive_ptr&) noexcept = default;

private:
    T* object_ = nullptr;
};

}  // namespace heddle::detail

// SPDX-License-Identifier: BSL-1.0
//
// asyncio's Handle and TimerHandle: a callback that a loop will run once, and the right to cancel
// it. Handles are cheap to copy and to throw away; throwing one away does not cancel.
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include <heddle/detail/intrusive_ptr.hpp>
#include <heddle/detail/uninstrumented.hpp>
#include <heddle/frame_memory.hpp>
#include <heddle/runnable.hpp>

namespace heddle {

namespace detail {

[[nodiscard]] std::string label_of_callback(event_kind kind, const std::source_location& place);
/// In a catch clause: tells the exception handler.
void report_callback_error(event_loop& loop, const runnable& callback) noexcept;
void unqueue_cancelled(event_loop* loop, runnable& callback) noexcept;
void unqueue_cancelled(event_loop* loop, timer_entry& timer) noexcept;

/// The part of a callback that does not depend on what is called. Two owners at most times: the
/// queue, and the handle that the user keeps.
template <class Base>
class callback_base : public Base {
public:
    void add_ref() noexcept { ++owners_; }
    HEDDLE_UNINSTRUMENTED void release() noexcept {
        if (--owners_ == 0) {
            destroy();
        }
    }

    /// The first handle is made, of what the queue alone owns so far. A plain store, which the
    /// compiler takes back with the handle where that is thrown away.
    void add_first_handle() noexcept { owners_ = 2; }

    /// Drops the callable now. Only the first call does anything.
    void cancel() noexcept {
        if (cancelled_) {
            return;
        }
        cancelled_ = true;
        const intrusive_ptr<callback_base> keep(this);
        forget();
        unqueue_cancelled(pool_->loop(), *this);
    }
    [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }
    /// For what was made without an id, before anybody has seen it.
    void set_event_id(std::uint64_t id) noexcept { id_ = id; }

    void drop() noexcept final {
        forget();
        release();
    }
    [[nodiscard]] event_kind kind() const noexcept final { return kind_; }
    [[nodiscard]] std::uint64_t event_id() const noexcept final { return id_; }
    [[nodiscard]] std::string label() const final { return label_of_callback(kind_, place_); }
    [[nodiscard]] std::source_location place() const noexcept final { return place_; }

protected:
    template <class... Args>
    callback_base(frame_pool& pool, event_kind kind, std::uint64_t id, std::source_location place,
                  Args... args) noexcept
        : Base(args...), pool_(&pool), id_(id), place_(place), kind_(kind) {}
    ~callback_base() = default;

    virtual void forget() noexcept = 0;  // destroys the callable if it is still there
    virtual void destroy() noexcept = 0;

    frame_pool* pool_;
    std::uint64_t id_;
    std::source_location place_;
    // Eight bytes, so that they are set at once.
    std::uint32_t owners_ = 1;  // the queue
    event_kind kind_;
    bool cancelled_ = false;
    bool holds_callable_ = true;
    [[maybe_unused]] bool unused_ = false;
};

template <class Base, class F>
class callback final : public callback_base<Base> {
public:
    template <class G, class... Args>
    callback(G&& callable, frame_pool& pool, event_kind kind, std::uint64_t id,
             std::source_location place, Args... args)
        : callback_base<Base>(pool, kind, id, place, args...) {
        ::new (static_cast<void*>(storage_)) F(std::forward<G>(callable));
    }

    HEDDLE_UNINSTRUMENTED void run() override {
        // The queue's reference ends here however the callable ends.
        struct run_end {
            callback* self;
            ~run_end() {
                // As drop(), by the class that it is.
                self->callback::forget();
                if (--self->owners_ == 0) {
                    self->callback::destroy();
                }
            }
        } const end{this};
        if (!this->cancelled_) {
            try {
                std::move(callable())();
            } catch (...) {  // here, where it can still say what it was
                report_callback_error(*this->pool_->loop(), *this);
            }
        }
    }

private:
    F& callable() noexcept { return *std::launder(reinterpret_cast<F*>(storage_)); }
    HEDDLE_UNINSTRUMENTED void forget() noexcept override {
        if constexpr (!std::is_trivially_destructible_v<F>) {
            if (this->holds_callable_) {
                this->holds_callable_ = false;
                callable().~F();
            }
        }
    }
    HEDDLE_UNINSTRUMENTED void destroy() noexcept override {
        forget();
        frame_pool* pool = this->pool_;
        this->~callback();
        pool->deallocate(this, sizeof(callback));
    }

    alignas(F) std::byte storage_[sizeof(F)];
};

template <class Base, class F, class... Args>
[[nodiscard]] HEDDLE_UNINSTRUMENTED callback<Base, std::decay_t<F>>* make_callback(
    frame_pool& pool, F&& callable, event_kind kind, std::uint64_t id, std::source_location place,
    Args... args) {
    using node = callback<Base, std::decay_t<F>>;
    static_assert(alignof(node) <= alignof(std::max_align_t), "over-aligned callables do not fit");
    void* memory = pool.allocate(sizeof(node));
    try {
        return ::new (memory) node(std::forward<F>(callable), pool, kind, id, place, args...);
    } catch (...) {
        pool.deallocate(memory, sizeof(node));
        throw;
    }
}

}  // namespace detail

/// A callback given to call_soon.
class handle {
public:
    handle() noexcept = default;

    /// The callback will not run, if it has not run yet; it is destroyed now. Any number of times.
    void cancel() noexcept {
        if (node_) {
            node_->cancel();
        }
    }
    /// True from the first cancel() on, even if the callback had run before.
    [[nodiscard]] bool cancelled() const noexcept { return node_ && node_->cancelled(); }

private:
    friend class event_loop;
    using node = detail::callback_base<runnable>;
    explicit handle(node* object) noexcept : node_(object) {}
    struct first {};
    handle(node* object, first) noexcept : node_(detail::intrusive_ptr<node>::adopt(object)) {
        object->add_first_handle();
    }
    detail::intrusive_ptr<node> node_;
};

/// A callback given to call_later or call_at.
class timer_handle {
public:
    timer_handle() noexcept = default;

    /// As handle::cancel. A cancelled timer leaves the loop at once and never moves its clock.
    void cancel() noexcept {
        if (node_) {
            node_->cancel();
        }
    }
    [[nodiscard]] bool cancelled() const noexcept { return node_ && node_->cancelled(); }
    /// The deadline, on the loop's clock. `never` for a handle of no timer.
    [[nodiscard]] time_point when() const noexcept { return node_ ? node_->when() : never; }

private:
    friend class event_loop;
    using node = detail::callback_base<timer_entry>;
    explicit timer_handle(node* object) noexcept : node_(object) {}
    detail::intrusive_ptr<node> node_;
};

}  // namespace heddle

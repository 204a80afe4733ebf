// SPDX-License-Identifier: BSL-1.0
//
// The part of a gather that does not depend on the types of results: its children, the callbacks that
// hang on them, and when it ends. See <heddle/gather.hpp>.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include <heddle/detail/close_hook.hpp>
#include <heddle/detail/ensure_future.hpp>
#include <heddle/detail/library_callback.hpp>
#include <heddle/future.hpp>

namespace heddle::detail {

class gathering;

/// A child of a gather, which it keeps, and the callback that hangs on it.
class gather_child final : public library_callback {
public:
    void run() override;
    void drop() noexcept override;
    [[nodiscard]] std::string label() const override;
    [[nodiscard]] const future_base* on_behalf_of() const noexcept override;

    /// The child, by the type that the gather's own class knows.
    template <class T>
    [[nodiscard]] future_state<T>& as() const noexcept {
        return static_cast<future_state<T>&>(*child_);
    }

private:
    friend class gathering;
    void run_in_full();

    bool was_done_ = false;       // at the call: nothing hangs on it, begin() counts it
    gathering* owner_ = nullptr;  // set, and kept alive, while the callback is registered
    intrusive_ptr<future_base> child_;
};

/// The part of a gather that does not depend on types. It is a part of the gather's future.
class gathering : private close_hook {
protected:
    gathering(future_base& outer, bool errors_are_results) noexcept
        : outer_(&outer), loop_(outer.loop()), errors_are_results_(errors_are_results) {}
    ~gathering() = default;

    /// Makes child number `index` of `each`, in argument order, and hangs a callback on it unless it
    /// is there already or is done.
    template <class A>
    [[gnu::always_inline]] inline void adopt(event_loop& loop, gather_child* children,
                                             std::size_t index, A&& each) {
        // Of a coroutine that is a fresh task: nowhere else yet, and pending, as it is not started
        // eagerly on such a loop.
        if constexpr (std::derived_from<std::remove_cvref_t<A>, coro<awaited_t<A>>>) {
            if (!loop.instrumented()) [[likely]] {
                children[index].child_ = ensure_future(loop, std::forward<A>(each));
                hang_on(children[index]);
                return;
            }
        }
        children[index].child_ = ensure_future(loop, std::forward<A>(each));
        adopt_any(children, index);
    }
    /// After the last adopt(): counts the children that were done before.
    void begin();
    /// Takes its callbacks from the children that have them still. Nothing comes of it any more.
    void abandon() noexcept;
    bool cancel_children(const cancel_message& message);

    [[nodiscard]] virtual std::span<gather_child> children() noexcept = 0;
    /// All children have results: makes the gather's own.
    virtual void collect() = 0;

private:
    friend class gather_child;
    void hang_on(gather_child& added) {
        ++expected_;
        added.owner_ = this;
        outer_->add_ref();
        added.child_->add_waiter_plainly(added);
    }
    void adopt_any(gather_child* children, std::size_t index);
    /// Whether all there is to do about the end of `child` is to count it.
    [[nodiscard]] bool only_counts(const future_base& child) const noexcept {
        return finished_ + 1 < expected_ && child.has_value() && !outer_->done() &&
               !loop_->instrumented();
    }
    void child_done(future_base& child);
    void loop_closes() noexcept override { abandon(); }

    future_base* outer_;
    event_loop* loop_;  // while it runs the callbacks
    std::size_t expected_ = 0;
    std::size_t finished_ = 0;
    bool cancel_requested_ = false;
    bool errors_are_results_;
};

}  // namespace heddle::detail

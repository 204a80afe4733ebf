// SPDX-License-Identifier: BSL-1.0
//
// shield: asyncio.shield. Lets a task be awaited without a cancellation of whoever awaits reaching
// it. The awaiting task is cancelled all the same; what it awaited goes on.
//
//   co_await shield(save);                  // a cancellation here does not end `save`
//
// What goes on outlives the awaiting coroutine: it must not borrow that one's locals.
#pragma once

#include <new>
#include <string>
#include <utility>

#include <heddle/detail/close_hook.hpp>
#include <heddle/detail/ensure_future.hpp>
#include <heddle/detail/library_callback.hpp>
#include <heddle/future.hpp>

namespace heddle {

namespace detail {

/// The part of a shield that does not depend on types; a part of its outer future. The callback on
/// the inner future keeps the outer one alive; the one on the outer future takes that callback
/// away if the inner one is still pending then.
class shielding : private close_hook {
protected:
    explicit shielding(future_base& outer) noexcept : outer_(&outer) {}
    ~shielding();

    void begin(intrusive_ptr<future_base> inner);
    /// The inner future has a result: it becomes the outer one's.
    virtual void pass_result_on(future_base& inner) = 0;

private:
    class callback final : public library_callback {
    public:
        void run() override;
        void drop() noexcept override;
        [[nodiscard]] std::string label() const override;
        [[nodiscard]] const future_base* on_behalf_of() const noexcept override;
        void add_to(future_base& target, shielding& who);

        shielding* owner = nullptr;
        bool on_inner = false;
        bool registered = false;
    };

    void inner_done();
    void outer_done();
    void loop_closes() noexcept override;

    future_base* outer_;
    intrusive_ptr<future_base> inner_;
    callback on_inner_;
    callback on_outer_;
};

template <class T>
class shield_state final : public future_state<T>, private shielding {
public:
    explicit shield_state(frame_pool& pool) noexcept
        : future_state<T>(pool), shielding(static_cast<future_base&>(*this)) {}
    void start(const intrusive_ptr<future_state<T>>& inner) { this->begin(inner); }
    [[nodiscard]] std::string label() const override { return "a shield"; }

private:
    friend class heddle::future_base;
    void pass_result_on(future_base& inner) override {
        if constexpr (std::is_void_v<T>) {
            this->set_result();
        } else {
            this->set_result(shared_result(static_cast<future_state<T>&>(inner)));
        }
    }
    void destroy() noexcept override { future_base::destroy_in_pool(this); }
};

}  // namespace detail

/// The result of a task, future or coroutine (made a task), which is not cancelled when what this
/// returns is. If the inner one is cancelled by others, so is this. An error that comes after this
/// was cancelled is nobody's, and not reported. If the inner one is done already, this is it.
template <detail::gatherable A>
[[nodiscard("a shield protects what it is awaited for")]] auto shield(A&& awaited) {
    using value = detail::awaited_t<A>;
    event_loop& loop = get_running_loop();
    detail::intrusive_ptr<detail::future_state<value>> inner =
        detail::ensure_future(loop, std::forward<A>(awaited));
    if (inner->done()) {
        return future<value>(std::move(inner));
    }
    using state = detail::shield_state<value>;
    auto* object = ::new (loop.pool().allocate(sizeof(state))) state(loop.pool());
    future<value> outer(detail::intrusive_ptr<detail::future_state<value>>::adopt(object));
    object->start(inner);
    return outer;
}

}  // namespace heddle

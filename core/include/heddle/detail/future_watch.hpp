// SPDX-License-Identifier: BSL-1.0
//
// What wait() and as_completed() have in common: callbacks on several futures at once, and a state
// that outlives whoever began it, for as long as one of them is registered or scheduled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <heddle/detail/close_hook.hpp>
#include <heddle/detail/intrusive_ptr.hpp>
#include <heddle/detail/library_callback.hpp>
#include <heddle/future_base.hpp>
#include <heddle/runnable.hpp>

namespace heddle::detail {

class future_watch : private close_hook {
public:
    using futures = std::vector<intrusive_ptr<future_base>>;

    void add_ref() noexcept { ++owners_; }
    void release() noexcept {
        if (--owners_ == 0) {
            delete this;
        }
    }

    /// Registers a callback on each of them, in their order.
    void begin();
    /// Takes away the callbacks that are not scheduled yet.
    void end() noexcept;

    [[nodiscard]] const futures& watched() const noexcept { return watched_; }

protected:
    /// `watched` holds no future twice, and none of another loop: see distinct().
    future_watch(event_loop& loop, futures watched);
    virtual ~future_watch();

    /// The callback of number `index` runs.
    virtual void future_done(std::size_t index) = 0;
    /// The future that whoever watches waits for, for call graphs; null if there is no one such.
    [[nodiscard]] virtual const future_base* awaited() const noexcept { return nullptr; }
    [[nodiscard]] event_loop& loop() const noexcept { return *loop_; }

private:
    class callback final : public library_callback {
    public:
        void run() override;
        void drop() noexcept override;
        [[nodiscard]] std::string label() const override;
        [[nodiscard]] const future_base* on_behalf_of() const noexcept override {
            return owner->awaited();
        }
        using library_callback::set_id;

        future_watch* owner = nullptr;  // kept alive while this is registered or scheduled
        std::size_t index = 0;
        bool registered = false;
    };

    void loop_closes() noexcept override;

    event_loop* loop_;
    futures watched_;
    std::vector<callback> callbacks_;
    std::uint32_t owners_ = 1;
};

/// Where each of `given` comes first: later occurrences of the same future are left out. Throws
/// usage_error, beginning with `what`, for one of another loop or none.
[[nodiscard]] std::vector<std::size_t> distinct(const future_watch::futures& given,
                                                const event_loop& loop, const char* what);

}  // namespace heddle::detail

// SPDX-License-Identifier: BSL-1.0
//
// What must hear of its loop's end: something that is kept alive by a registration which only the
// end of a future would undo (a gather whose children are futures that nobody completes).
#pragma once

namespace heddle::detail {

class close_hooks;

class close_hook {
public:
    close_hook(const close_hook&) = delete;
    close_hook& operator=(const close_hook&) = delete;

protected:
    close_hook() noexcept = default;
    ~close_hook() { unhook(); }

    /// The loop ends: give up what is registered. Called once; may destroy this.
    virtual void loop_closes() noexcept = 0;
    void unhook() noexcept {
        if (previous_ != nullptr) {
            previous_->next_ = next_;
            next_->previous_ = previous_;
            previous_ = nullptr;
            next_ = nullptr;
        }
    }

private:
    friend class close_hooks;
    struct as_list_head {};
    explicit close_hook(as_list_head) noexcept : previous_(this), next_(this) {}

    close_hook* previous_ = nullptr;
    close_hook* next_ = nullptr;
};

/// The hooks of one loop, in the order in which they were added.
class close_hooks final : private close_hook {
public:
    close_hooks() noexcept : close_hook(as_list_head{}) {}

    void add(close_hook& hook) noexcept {
        hook.previous_ = previous_;
        hook.next_ = this;
        previous_->next_ = &hook;
        previous_ = &hook;
    }
    void close_all() noexcept {
        while (next_ != this) {
            close_hook* first = next_;
            first->unhook();
            first->loop_closes();
        }
    }

private:
    void loop_closes() noexcept override {}
};

}  // namespace heddle::detail

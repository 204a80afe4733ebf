// SPDX-License-Identifier: BSL-1.0
#include <heddle/context.hpp>

#include <algorithm>
#include <utility>
#include <vector>

#include <heddle/detail/invariant.hpp>
#include <heddle/event_loop.hpp>
#include <heddle/task_base.hpp>

namespace heddle {

namespace detail {

namespace {

/// What is set, by variable. Contexts that were copied share it; it is changed by the only context
/// that has it, never while it is shared.
struct context_values {
    struct entry {
        std::uint64_t variable;
        context_value_ptr value;
    };
    std::atomic<std::uint32_t> owners{1};
    std::vector<entry> entries;  // by variable

    void add_ref() noexcept { owners.fetch_add(1, std::memory_order_relaxed); }
    void release() noexcept {
        if (owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            delete this;
        }
    }
    template <class Entries>
    static auto place_of(Entries& all, std::uint64_t variable) noexcept {
        return std::lower_bound(all.begin(), all.end(), variable,
                                [](const entry& e, std::uint64_t id) { return e.variable < id; });
    }
};

/// Numbers for variables and for contexts: they tell things apart and order nothing that shows.
std::uint64_t next_number() noexcept {
    static constinit std::atomic<std::uint64_t> latest{0};
    return latest.fetch_add(1, std::memory_order_relaxed) + 1;
}

constinit thread_local context_scope* innermost_scope = nullptr;
/// This thread's own context, outside of loops.
thread_local context_ptr thread_context;

}  // namespace

class context_state {
public:
    explicit context_state(intrusive_ptr<context_values> values) noexcept
        : values_(std::move(values)) {}

    std::atomic<std::uint32_t> owners{1};
    std::atomic<bool> entered{false};
    const std::uint64_t number = next_number();

    [[nodiscard]] const intrusive_ptr<context_values>& values() const noexcept { return values_; }
    [[nodiscard]] bool empty() const noexcept { return !values_ || values_->entries.empty(); }

    /// Puts `value` (null: none) in the place of what is there, and returns that.
    context_value_ptr exchange(std::uint64_t variable, context_value_ptr value) {
        own_values();
        auto& all = values_->entries;
        const auto place = context_values::place_of(all, variable);
        if (place == all.end() || place->variable != variable) {
            if (value) {
                all.insert(place, {variable, std::move(value)});
            }
            return {};
        }
        context_value_ptr before = std::exchange(place->value, std::move(value));
        if (!place->value) {
            all.erase(place);
        }
        return before;
    }

private:
    void own_values() {
        if (values_ && values_->owners.load(std::memory_order_acquire) == 1) {
            return;
        }
        auto own = intrusive_ptr<context_values>::adopt(new context_values);
        if (values_) {
            own->entries.reserve(values_->entries.size() + 1);
            own->entries = values_->entries;
        }
        values_ = std::move(own);
    }

    intrusive_ptr<context_values> values_;
};

void add_ref_context(context_state& state) noexcept {
    state.owners.fetch_add(1, std::memory_order_relaxed);
}

void release_context(context_state& state) noexcept {
    if (state.owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        delete &state;
    }
}

/// Where the current context is kept. A task that runs has its own; a callback that was registered
/// in an empty context has the loop's, which is emptied when the callback has ended.
struct current_context {
    static const context_ptr& slot() noexcept {
        const event_loop* loop = this_thread.running;
        task_base* task = loop != nullptr ? loop->current_task() : nullptr;
        if (innermost_scope != nullptr && innermost_scope->stands_for(loop, task)) {
            return innermost_scope->context();
        }
        if (task != nullptr) {
            return task->context_slot();
        }
        return loop != nullptr ? loop->callback_context_ : thread_context;
    }
    /// The current context; an empty one is made if there is none.
    static context_state& state() {
        if (context_state* const current = slot().get(); current != nullptr) {
            return *current;
        }
        // Null is never the context of a scope, so that this is a task's, a loop's or ours.
        event_loop* const loop = this_thread.running;
        task_base* const task = loop != nullptr ? loop->current_task() : nullptr;
        context_ptr made(new context_state({}));  // before the loop notes that there is one
        context_ptr& own = task != nullptr   ? task->as_future().own_rare_parts().context
                           : loop != nullptr ? loop->begin_callback_context()
                                             : thread_context;
        own = std::move(made);
        return *own.get();
    }
};

context_ptr capture_context() {
    const context_state* current = current_context::slot().get();
    if (current == nullptr || current->empty()) {
        return {};
    }
    return context_ptr(new context_state(current->values()));
}

context_scope::context_scope(context_ptr entered)
    : context_(std::move(entered)),
      loop_(this_thread.running),
      task_(loop_ != nullptr ? loop_->current_task() : nullptr),
      outer_(innermost_scope) {
    if (context_.get()->entered.exchange(true, std::memory_order_acquire)) {
        throw usage_error("context::run: this context runs something already");
    }
    innermost_scope = this;
}

context_scope::~context_scope() {
    HEDDLE_INVARIANT(innermost_scope == this, "contexts are left in the opposite order");
    innermost_scope = outer_;
    context_.get()->entered.store(false, std::memory_order_release);
}

// ---- variables -----------------------------------------------------------------------------

context_var_base::context_var_base(std::string_view name) : name_(name), id_(next_number()) {}

context_value* context_var_base::find_in(const context_state* state) const noexcept {
    if (state == nullptr || !state->values()) {
        return nullptr;
    }
    const auto& all = state->values()->entries;
    const auto place = context_values::place_of(all, id_);
    return place != all.end() && place->variable == id_ ? place->value.get() : nullptr;
}

context_value* context_var_base::find() const noexcept {
    return contexts_are_in_use() ? find_in(current_context::slot().get()) : nullptr;
}

context_var_base::undo context_var_base::replace(context_value_ptr value) const {
    context_state& current = current_context::state();
    contexts_in_use.store(true, std::memory_order_relaxed);
    return {id_, current.number, current.exchange(id_, std::move(value))};
}

void context_var_base::put_back(undo& last) const {
    if (last.variable != id_) {
        throw usage_error("context variable '" + name_ + "': this token is another variable's");
    }
    const context_state* current = current_context::slot().get();
    if (current == nullptr || current->number != last.context) {
        throw usage_error("context variable '" + name_ +
                          "': this token was made in another context");
    }
    // The value that goes is destroyed after the change, as its destructor may look at variables.
    const context_value_ptr gone = current_context::state().exchange(id_, last.before);
}

void context_var_base::throw_unset() const {
    throw usage_error("context variable '" + name_ + "' is not set here, and has no default");
}

void context_var_base::throw_used() const {
    throw usage_error("context variable '" + name_ + "': this token was used already");
}

}  // namespace detail

// ---- contexts ------------------------------------------------------------------------------

context::context() : state_(new detail::context_state({})) {}

std::size_t context::size() const noexcept {
    const auto& values = state_.get()->values();
    return values ? values->entries.size() : 0;
}

context task_base::get_context() {
    detail::context_ptr& own = as_future().own_rare_parts().context;
    if (!own) {
        own = detail::context_ptr(new detail::context_state({}));
    }
    return context(own);
}

context copy_context() {
    detail::context_ptr captured = detail::capture_context();
    return captured ? context(std::move(captured)) : context();
}

}  // namespace heddle

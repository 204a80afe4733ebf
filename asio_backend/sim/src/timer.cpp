// SPDX-License-Identifier: BSL-1.0
#include <heddle/asio_sim/timer.hpp>

#include <heddle/event_loop.hpp>

namespace heddle::asio_sim {

sim_clock::time_point sim_clock::now() { return get_running_loop().time(); }

namespace detail {

namespace {

std::string named(const char* what, const work_source& source) {
    return source.name.empty() ? what : std::string(what) + " of '" + source.name + "'";
}

}  // namespace

// ---- a wait --------------------------------------------------------------------------------

std::string timer_wait::label() const { return named("wait for a timer", source()); }

timer_wait::~timer_wait() {
    if (link_) {
        link_->wait = nullptr;
    }
    if (due_ != nullptr) {
        due_->leave(*this);
    }
}

void timer_wait::abort() {
    result_ = boost::asio::error::operation_aborted;
    due_->leave(*this);
    home().start(*this);
}

void wait_cancellation::operator()(boost::asio::cancellation_type_t type) {
    using boost::asio::cancellation_type;
    constexpr auto any =
        cancellation_type::terminal | cancellation_type::partial | cancellation_type::total;
    timer_wait* const wait = link_->wait;
    if ((type & any) == cancellation_type::none || wait == nullptr || wait->due_ == nullptr ||
        !wait->due_->pending()) {
        return;
    }
    wait->abort();
}

// ---- a timer of the loop -------------------------------------------------------------------

timer_due::timer_due(core& home, timer_core& owner, time_point when)
    : timer_entry(when, ties::open),
      core_(home),
      owner_(&owner),
      id_(home.loop().new_structural_id(timer_ids)) {}

std::string timer_due::label() const {
    return first_ != nullptr ? first_->timer_wait::label() : "timer that nobody waits for";
}

std::source_location timer_due::place() const noexcept {
    return first_ != nullptr ? first_->place() : std::source_location{};
}

void timer_due::add(timer_wait& wait) noexcept {
    wait.due_ = this;
    wait.before_ = last_;
    (last_ != nullptr ? last_->after_ : first_) = &wait;
    last_ = &wait;
    if (!in_loop_) {
        in_loop_ = true;
        core_.loop().add_timer(*this);
    }
}

void timer_due::unlink(timer_wait& wait) noexcept {
    (wait.before_ != nullptr ? wait.before_->after_ : first_) = wait.after_;
    (wait.after_ != nullptr ? wait.after_->before_ : last_) = wait.before_;
    wait.before_ = nullptr;
    wait.after_ = nullptr;
    wait.due_ = nullptr;
}

void timer_due::leave(timer_wait& wait) noexcept {
    unlink(wait);
    if (first_ == nullptr) {
        destroy();
    }
}

void timer_due::destroy() noexcept {
    if (owner_ != nullptr && owner_->due_ == this) {
        owner_->due_ = nullptr;
    }
    if (in_loop_) {
        core_.loop().remove_timer(*this);
    }
    delete this;
}

/// The first wait completes here; those behind it are ready as of now, in their order.
void timer_due::run() {
    in_loop_ = false;
    timer_wait& first = *first_;
    unlink(first);
    core& home = core_;
    while (first_ != nullptr) {
        timer_wait& next = *first_;
        unlink(next);
        home.start(next);
    }
    destroy();
    home.run_now(first);
}

/// The loop closes. The waits are the context's, and destroyed with it.
void timer_due::drop() noexcept {
    in_loop_ = false;
    while (first_ != nullptr) {
        unlink(*first_);
    }
    destroy();
}

// ---- a timer of a program ------------------------------------------------------------------

timer_due* timer_core::pending_due() noexcept {
    if (due_ != nullptr && !due_->pending()) {
        std::exchange(due_, nullptr)->disown();
    }
    return due_;
}

std::size_t timer_core::cancel() {
    std::size_t cancelled = 0;
    while (cancel_one() != 0) {
        ++cancelled;
    }
    return cancelled;
}

std::size_t timer_core::cancel_one() {
    timer_due* const due = pending_due();
    if (due == nullptr) {
        return 0;
    }
    due->first()->abort();
    return 1;
}

void timer_core::begin(timer_wait& wait) {
    timer_due* due = pending_due();
    if (due == nullptr) {
        due = due_ = new timer_due(core_, *this, expiry_);
    }
    due->add(wait);
}

}  // namespace detail
}  // namespace heddle::asio_sim

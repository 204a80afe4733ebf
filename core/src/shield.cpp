// SPDX-License-Identifier: BSL-1.0
#include <heddle/shield.hpp>

#include <heddle/errors.hpp>
#include <heddle/event_loop.hpp>

namespace heddle::detail {

void shielding::begin(intrusive_ptr<future_base> inner) {
    event_loop& loop = *outer_->loop();
    if (inner->loop() != &loop) {
        throw usage_error("shield: the future belongs to another loop");
    }
    inner_ = std::move(inner);
    loop.add_close_hook(*this);
    on_inner_.on_inner = true;
    outer_->add_ref();
    on_inner_.add_to(*inner_, *this);
    outer_->adopt_callback();
    on_outer_.add_to(*outer_, *this);
}

void shielding::callback::add_to(future_base& target, shielding& who) {
    owner = &who;
    registered = true;
    set_id(target.loop()->new_callback_id());
    target.add_waiter(*this);
}

const future_base* shielding::callback::on_behalf_of() const noexcept {
    return on_inner ? owner->outer_ : nullptr;
}

shielding::~shielding() {
    // Reached by an outer future that nobody completes any more; else neither is registered.
    if (on_outer_.registered) {
        outer_->try_remove_waiter(on_outer_);
        on_outer_.drop();
    }
}

void shielding::callback::run() {
    // The registration kept the outer future alive: that ends with this call.
    const auto keep = intrusive_ptr<future_base>::adopt(owner->outer_);
    registered = false;
    if (on_inner) {
        owner->inner_done();
    } else {
        owner->outer_done();
    }
}

void shielding::callback::drop() noexcept {
    if (!std::exchange(registered, false)) {
        return;
    }
    if (on_inner) {
        owner->outer_->release();
    } else {
        owner->outer_->disown_callback();
    }
}

std::string shielding::callback::label() const {
    return on_inner ? "shield's callback for " + owner->inner_->label() : "shield's own callback";
}

void shielding::inner_done() {
    if (outer_->done()) {
        if (!inner_->cancelled()) {
            inner_->mark_retrieved();
        }
        return;
    }
    if (inner_->cancelled()) {
        outer_->cancel({});
    } else if (std::exception_ptr error = inner_->exception()) {
        outer_->set_exception(std::move(error));
    } else {
        pass_result_on(*inner_);
    }
}

void shielding::outer_done() {
    if (!inner_->done() && on_inner_.registered && inner_->try_remove_waiter(on_inner_)) {
        on_inner_.drop();
    }
}

void shielding::loop_closes() noexcept {
    const intrusive_ptr<future_base> keep(outer_);
    if (on_inner_.registered) {
        inner_->remove_waiter(on_inner_);
        on_inner_.drop();
    }
}

}  // namespace heddle::detail

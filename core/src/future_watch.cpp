// SPDX-License-Identifier: BSL-1.0
#include <heddle/detail/future_watch.hpp>

#include <functional>
#include <set>
#include <utility>

namespace heddle::detail {

future_watch::future_watch(event_loop& loop, futures watched)
    : loop_(&loop), watched_(std::move(watched)), callbacks_(watched_.size()) {}

future_watch::~future_watch() = default;

void future_watch::begin() {
    loop_->add_close_hook(*this);
    for (std::size_t i = 0; i < watched_.size(); ++i) {
        callback& added = callbacks_[i];
        added.owner = this;
        added.index = i;
        added.set_id(loop_->new_callback_id());
        added.registered = true;
        add_ref();
        watched_[i]->add_waiter(added);
    }
}

void future_watch::end() noexcept {
    const intrusive_ptr<future_watch> keep(this);
    for (callback& each : callbacks_) {
        if (each.registered && watched_[each.index]->try_remove_waiter(each)) {
            each.drop();
        }
    }
}

void future_watch::loop_closes() noexcept {
    // Those that are scheduled already are dropped with the loop's queues, before this.
    end();
}

void future_watch::callback::run() {
    const intrusive_ptr<future_watch> kept = intrusive_ptr<future_watch>::adopt(owner);
    registered = false;
    owner->future_done(index);
}

void future_watch::callback::drop() noexcept {
    if (std::exchange(registered, false)) {
        owner->release();
    }
}

std::string future_watch::callback::label() const {
    return "callback for " + owner->watched_[index]->label();
}

std::vector<std::size_t> distinct(const future_watch::futures& given, const event_loop& loop,
                                  const char* what) {
    // The set only answers whether one is there; its order is of no consequence.
    std::set<const future_base*, std::less<>> seen;
    std::vector<std::size_t> first;
    first.reserve(given.size());
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (!given[i] || given[i]->loop() != &loop) {
            throw usage_error(std::string(what) + (given[i] ? ": a future belongs to another loop"
                                                            : ": a future was moved from"));
        }
        if (seen.insert(given[i].get()).second) {
            first.push_back(i);
        }
    }
    return first;
}

}  // namespace heddle::detail

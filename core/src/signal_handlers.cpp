// SPDX-License-Identifier: BSL-1.0
#include "signal_handlers.hpp"

#include <utility>

#include <heddle/detail/context_binding.hpp>
#include <heddle/errors.hpp>

namespace heddle {

namespace detail {

void signal_handlers::add(event_loop& loop, int number, std::function<void()> callback,
                          std::source_location place) {
    auto watch = loop.clock_and_executor().watch_signal(
        number, [&loop, place, call = std::move(callback), context = capture_context()] {
            // Copies: what is queued runs even if the handler is removed meanwhile.
            if (context) {
                loop.call_soon(context_bound<std::function<void()>>(context, call), place);
            } else {
                loop.call_soon(call, place);
            }
        });
    if (!watch) {
        throw usage_error("add_signal_handler: the backend of this loop has no signals");
    }
    // The new one watches before the old one goes: no signal falls between them.
    handlers_[number] = std::move(watch);
}

}  // namespace detail

std::unique_ptr<signal_watch> backend::watch_signal(int, std::function<void()>) { return nullptr; }

void event_loop::add_signal_handler(int number, std::function<void()> callback,
                                    std::source_location place) {
    if (closed_) {
        throw usage_error("add_signal_handler: the loop is closed");
    }
    if (!callback) {
        throw usage_error("add_signal_handler: there is no callback");
    }
    if (!signal_handlers_) {
        signal_handlers_ = std::make_unique<detail::signal_handlers>();
    }
    signal_handlers_->add(*this, number, std::move(callback), place);
}

bool event_loop::remove_signal_handler(int number) {
    return signal_handlers_ && signal_handlers_->remove(number);
}

}  // namespace heddle

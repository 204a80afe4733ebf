// SPDX-License-Identifier: BSL-1.0
#include <heddle/asio/detail/signals.hpp>

#include <boost/asio/signal_set.hpp>
#include <boost/system/error_code.hpp>
#include <csignal>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#if defined(__linux__)
#include <unistd.h>
#endif

#include <heddle/errors.hpp>

namespace heddle::asio_backend::detail {

namespace {

struct sigaction action_of(int number) noexcept {
    struct sigaction now{};
    ::sigaction(number, nullptr, &now);
    return now;
}

bool is_default(const struct sigaction& action) noexcept {
    return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL;
}

bool same_handler(const struct sigaction& a, const struct sigaction& b) noexcept {
    return ((a.sa_flags | b.sa_flags) & SA_SIGINFO) == 0 && a.sa_handler == b.sa_handler;
}

void set_flag(int number, int flag, bool on) noexcept {
    struct sigaction action = action_of(number);
    action.sa_flags = on ? action.sa_flags | flag : action.sa_flags & ~flag;
    ::sigaction(number, &action, nullptr);
}

/// What is to be put back, for each signal that heddle's loops watch. One in a process, as what is
/// done with a signal is.
class saved_actions {
public:
    /// Throws what backend::watch_signal does.
    void watch(boost::asio::signal_set& set, int number) {
        const std::scoped_lock lock(mutex_);
        const struct sigaction before = action_of(number);
        boost::system::error_code error;
        set.add(number, error);
        if (error) {
            throw usage_error("add_signal_handler: signal " + std::to_string(number) +
                              " cannot be caught: " + error.message());
        }
        entry& saved = entries_[number];
        if (saved.watches++ == 0) {
            saved.before = before;
            // Somebody's signal_set has it: whoever of us is the last leaves the default action.
            saved.is_ours = !same_handler(before, action_of(number));
            saved.installed = action_of(number);
        } else if (is_default(action_of(number))) {
            // Told once (SA_RESETHAND), which it was. Asio believes that it still has the signal.
            ::sigaction(number, &saved.installed, nullptr);
        }
        if (saved.is_ours) {
            set_flag(number, SA_RESTART, true);
        }
        set_flag(number, static_cast<int>(SA_RESETHAND), false);
    }
    void unwatch(boost::asio::signal_set& set, int number) noexcept {
        const std::scoped_lock lock(mutex_);
        boost::system::error_code ignored;
        set.clear(ignored);
        const auto found = entries_.find(number);
        if (--found->second.watches > 0) {
            return;
        }
        if (found->second.is_ours && is_default(action_of(number))) {
            ::sigaction(number, &found->second.before, nullptr);
        }
        entries_.erase(found);
    }

private:
    struct entry {
        unsigned watches = 0;
        bool is_ours = false;
        struct sigaction before{};
        struct sigaction installed{};
    };
    std::mutex mutex_;
    std::map<int, entry> entries_;
};

saved_actions& actions() {
    static saved_actions one;
    return one;
}

class watched_signal final : public signal_watch {
public:
    watched_signal(boost::asio::io_context& context, int number, std::function<void()> on_signal)
        : state_(std::make_shared<state>(context, std::move(on_signal))), number_(number) {
        actions().watch(state_->set, number);
        state::wait(state_);
    }
    ~watched_signal() override {
        actions().unwatch(state_->set, number_);
        state_->on_signal = nullptr;
        state_->set.cancel();
    }

private:
    // Shared with the wait that is queued, which may outlive the watch.
    struct state {
        state(boost::asio::io_context& context, std::function<void()> call)
            : set(context), on_signal(std::move(call)) {}
        static void wait(const std::shared_ptr<state>& self) {
            self->set.async_wait([self](const boost::system::error_code& error, int) {
                if (!error && self->on_signal) {
                    wait(self);
                    self->on_signal();
                }
            });
        }
        boost::asio::signal_set set;
        std::function<void()> on_signal;  // empty when the watch is gone
    };

    std::shared_ptr<state> state_;
    int number_;
};

}  // namespace

std::unique_ptr<signal_watch> watch_signal(boost::asio::io_context& context, int number,
                                           std::function<void()> on_signal) {
    if (number < 1 || number >= NSIG) {
        throw value_error("add_signal_handler: there is no signal " + std::to_string(number));
    }
    return std::make_unique<watched_signal>(context, number, std::move(on_signal));
}

bool has_default_action(int number) noexcept { return is_default(action_of(number)); }

void tell_once(int number) noexcept { set_flag(number, static_cast<int>(SA_RESETHAND), true); }

bool on_main_thread() noexcept {
#if defined(__linux__)
    return ::gettid() == ::getpid();
#else
    return true;
#endif
}

}  // namespace heddle::asio_backend::detail

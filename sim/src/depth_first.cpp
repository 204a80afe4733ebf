// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/depth_first.hpp>

#include <heddle/detail/mix.hpp>
#include <heddle/sim/failure.hpp>

#include "examine.hpp"

namespace heddle::sim {

namespace {

using heddle::detail::mix;

failure nondeterminism(const std::string& seen) {
    return {failure_class::nondeterminism, detail::text_of_nondeterminism(seen), {}, 0, {}};
}

/// Cheaper than mixing each: ids are mixed themselves, and take() mixes the whole.
constexpr std::uint64_t followed_by(std::uint64_t digest, std::uint64_t id) noexcept {
    return digest * 0x9e3779b97f4a7c15U + id;
}

std::string text_of(choice_kind kind, std::size_t options) {
    return "'" + std::string(name_of(kind)) + "' among " + std::to_string(options);
}

std::string choice_number(std::size_t position) { return "choice " + std::to_string(position + 1); }

}  // namespace

void depth_first::restart(std::uint32_t most_deviations) noexcept {
    most_deviations_ = most_deviations;
    path_.clear();
    cut_ = false;
    strayed_ = false;
    deviations_ = 0;
    history_ = 0;
    given_ = 0;
    position_ = 0;
    settled_ = 0;
}

// ---- one run -------------------------------------------------------------------------------

std::size_t depth_first::take(choice_kind kind, std::size_t options, std::uint64_t seen) {
    if (strayed_) {
        return 0;
    }
    seen = mix(history_, seen);
    if (position_ == path_.size()) {
        path_.push_back({seen, static_cast<std::uint32_t>(options), 0, kind});
        ++position_;
        return 0;
    }
    const entry& expected = path_[position_];
    if (expected.kind != kind || expected.options != options) {
        return stray("it is " + text_of(kind, options));
    }
    if (expected.seen != seen) {
        return stray("other events run before it, or are its options");
    }
    return path_[position_++].taken;
}

std::size_t depth_first::stray(const std::string& found) {
    strayed_ = true;
    const entry& expected = path_[position_];
    fail(nondeterminism("The first step that differs is at " + choice_number(position_) +
                        " of the schedule: it was " + text_of(expected.kind, expected.options) +
                        ", and with the same choices before it now " + found));
    return 0;
}

std::size_t depth_first::order(std::span<runnable* const> options) {
    std::uint64_t seen = 0;
    for (const runnable* each : options) {
        seen = followed_by(seen, each->event_id());
    }
    return take(choice_kind::order, options.size(), seen);
}

std::size_t depth_first::stall(const runnable& next, std::size_t options) {
    return order_only_ ? 0 : take(choice_kind::stall, options, next.event_id());
}

std::size_t depth_first::oversleep(std::uint64_t wait, std::size_t options) {
    return order_only_ ? 0 : take(choice_kind::oversleep, options, wait);
}

std::size_t depth_first::finish(const finish_options& options) {
    std::uint64_t seen = options.idle ? 1 : 0;
    for (const runnable* each : options.pending) {
        seen = followed_by(seen, each->event_id());
    }
    return take(choice_kind::finish, options.count(), seen);
}

std::size_t depth_first::cancel(const runnable& next, std::size_t options) {
    return take(choice_kind::cancel, options, next.event_id());
}

void depth_first::ran(const runnable& next) {
    history_ = followed_by(history_, next.event_id());
    settled_ = position_;
}

void depth_first::end_run() {
    if (position_ < given_ && !strayed_) {
        stray("the program has ended");
    }
}

// ---- from run to run -----------------------------------------------------------------------

bool depth_first::reached_all_given(const run_record& failed) const noexcept {
    // A run that fails asks once more before it ends: that choice has no effect. But what reaches a
    // limit may do so by the choice itself.
    const bool by_choice = failed.failed && failed.failed->what == failure_class::limit;
    return (by_choice ? position_ : settled_) >= given_;
}

failure depth_first::verdict(const run_record& failed) const {
    if (strayed_ || reached_all_given(failed)) {
        return *failed.failed;
    }
    return nondeterminism(
        "A run failed before it came to " + choice_number(given_ - 1) +
        " of the schedule, and with the same choices did not fail before. It said: " +
        failed.failed->message);
}

bool depth_first::advance(const run_record& run) {
    strayed_ = strayed_ || (run.failed && !reached_all_given(run));
    if (strayed_) {
        return false;
    }
    if (run.failed && run.failed->what != failure_class::limit) {
        path_.resize(settled_);
    }
    position_ = 0;
    settled_ = 0;
    history_ = 0;
    for (; !path_.empty(); path_.pop_back()) {
        entry& last = path_.back();
        if (last.taken == 0 && deviations_ == most_deviations_) {
            cut_ = true;
        } else if (last.taken + 1 < last.options) {
            deviations_ += last.taken == 0 ? 1 : 0;
            ++last.taken;
            given_ = path_.size();
            return true;
        } else {
            deviations_ -= last.taken != 0 ? 1 : 0;
        }
    }
    given_ = 0;
    return false;
}

}  // namespace heddle::sim

// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/strategy.hpp>

#include <string>

namespace heddle::sim {

const choice* exact_replay::take(choice_kind kind, std::size_t options) {
    if (position_ == tape_.choices.size()) {
        return nullptr;
    }
    const choice& expected = tape_.choices[position_];
    if (expected.kind != kind || expected.options != options) {
        disagree(expected, "the program has '" + std::string(name_of(kind)) + "' among " +
                               std::to_string(options));
    }
    ++position_;
    return &expected;
}

void exact_replay::disagree(const choice& expected, const std::string& found) const {
    throw replay_error("the tape of '" + tape_.program + "' does not fit this program: at entry " +
                       std::to_string(position_ + 1) + " of " +
                       std::to_string(tape_.choices.size()) + " it expects '" +
                       std::string(name_of(expected.kind)) + "' among " +
                       std::to_string(expected.options) + ", but " + found);
}

std::size_t exact_replay::order(std::span<runnable* const> options) {
    const choice* expected = take(choice_kind::order, options.size());
    if (expected == nullptr) {
        return 0;
    }
    check(*expected, *options[expected->taken]);
    return expected->taken;
}

std::size_t exact_replay::order_crowd(crowd& options) {
    const choice* expected = take(choice_kind::order, options.size());
    if (expected == nullptr) {
        return 0;
    }
    check(*expected, options[expected->taken]);
    return expected->taken;
}

void exact_replay::check(const choice& expected, const runnable& chosen) {
    if (label_of(chosen) != expected.label) {
        --position_;
        disagree(expected, "the event at that option is another one: " + chosen.label());
    }
}

std::size_t exact_replay::stall(const runnable& next, std::size_t options) {
    return of_event(choice_kind::stall, next, options);
}

std::size_t exact_replay::cancel(const runnable& next, std::size_t options) {
    return of_event(choice_kind::cancel, next, options);
}

std::size_t exact_replay::of_event(choice_kind kind, const runnable& next, std::size_t options) {
    const choice* expected = take(kind, options);
    if (expected == nullptr) {
        return 0;
    }
    if (label_of(next) != expected->label) {
        --position_;
        disagree(*expected, "the event that runs is another one: " + next.label());
    }
    return expected->taken;
}

std::size_t exact_replay::oversleep(std::uint64_t wait, std::size_t options) {
    const choice* expected = take(choice_kind::oversleep, options);
    if (expected == nullptr) {
        return 0;
    }
    if (static_cast<std::uint32_t>(wait) != expected->label) {
        --position_;
        disagree(*expected, "this is wait number " + std::to_string(wait));
    }
    return expected->taken;
}

std::size_t exact_replay::finish(const finish_options& options) {
    const choice* expected = take(choice_kind::finish, options.count());
    if (expected == nullptr) {
        return 0;
    }
    const runnable* finished = options.at(expected->taken);
    if ((finished != nullptr ? label_of(*finished) : 0) != expected->label) {
        --position_;
        disagree(*expected, finished != nullptr ? "the operation at that option is another one: " +
                                                      finished->label()
                                                : std::string("that option finishes none"));
    }
    return expected->taken;
}

void exact_replay::end_run() {
    if (position_ < tape_.choices.size()) {
        disagree(tape_.choices[position_], "the program has ended");
    }
}

}  // namespace heddle::sim

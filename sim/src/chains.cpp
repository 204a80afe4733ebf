// SPDX-License-Identifier: BSL-1.0
#include "chains.hpp"

#include <algorithm>
#include <string_view>
#include <typeinfo>

#include <heddle/detail/mix.hpp>
#include <heddle/task_base.hpp>

namespace heddle::sim::detail {

namespace {

using heddle::detail::mix;

[[nodiscard]] bool is_step(const runnable& event) noexcept {
    const event_kind kind = event.kind();
    return kind == event_kind::step || kind == event_kind::wakeup;
}

std::uint64_t key_of(const void* identity) noexcept {
    return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(identity));
}

std::uint64_t position_of(const std::source_location& site) noexcept {
    return (static_cast<std::uint64_t>(site.line()) << 16) ^ site.column();
}

/// The functions of a task's chain and where each is suspended. More frames than these tell no
/// more sites apart that matter, and cost more.
std::uint64_t key_of_chain(const task_base& task) {
    constexpr int most_frames = 8;
    std::uint64_t key = 0;
    int frames = 0;
    task.for_each_frame([&](const heddle::detail::promise_base& frame) {
        key = mix(key ^ key_of(frame.function()), position_of(frame.site()));
        return ++frames < most_frames;
    });
    return key;
}

std::uint64_t key_of_place(const runnable& event) {
    const std::source_location site = event.place();
    const std::string_view file = site.line() != 0 ? site.file_name() : "";
    // Not the whole path: the name's end tells files apart well enough.
    std::uint64_t text = 0;
    for (const char c : file.substr(file.size() - std::min<std::size_t>(file.size(), 16))) {
        text = text * 31 + static_cast<unsigned char>(c);
    }
    return mix(key_of(&typeid(event)) ^ text, position_of(site));
}

}  // namespace

std::uint32_t chain_numbers::of(runnable& event) {
    if (event.mark() == 0) {
        event.set_mark(number(event) + 1);
    }
    return event.mark() - 1;
}

std::uint32_t chain_numbers::number(runnable& event) {
    if (!is_step(event)) {
        return count_++;
    }
    const std::size_t task = static_cast<const task_base&>(event).number();
    if (of_task_.size() <= task) {
        of_task_.resize(task + 1);
    }
    if (of_task_[task] == 0) {
        of_task_[task] = ++count_;
    }
    return of_task_[task] - 1;
}

std::uint64_t site_key(const runnable& event) {
    return is_step(event) ? key_of_chain(static_cast<const task_base&>(event))
                          : key_of_place(event);
}

}  // namespace heddle::sim::detail

// SPDX-License-Identifier: BSL-1.0
#include "chains.hpp"

#include <algorithm>
#include <string_view>
#include <typeinfo>
#include <utility>

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
    // Sums of products: enough to tell addresses and lines apart, and made for each event.
    constexpr std::uint64_t of_functions = 0x9e3779b97f4a7c15U;
    constexpr std::uint64_t of_frames = 0xbf58476d1ce4e5b9U;
    constexpr int most_frames = 8;
    std::uint64_t key = 0;
    int frames = 0;
    task.for_each_frame([&](const heddle::detail::promise_base& frame) {
        key =
            (key + key_of(frame.function()) + position_of(frame.site()) * of_functions) * of_frames;
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

std::uint32_t chain_numbers::number(runnable& event) {
    if (!is_step(event)) {
        return count_++;
    }
    std::uint32_t& number =
        entry_of_run<std::uint32_t{0}>(of_task_, static_cast<const task_base&>(event).number());
    if (number == 0) {
        number = ++count_;
    }
    return number - 1;
}

void site_numbers::restart() noexcept {
    count_ = 0;
    if (++run_ == 0) {  // those of 2^32 runs ago would be taken for this one's
        std::fill(slots_.begin(), slots_.end(), slot());
        run_ = 1;
    }
}

std::uint32_t site_numbers::add(std::uint64_t key, std::size_t place) {
    const std::uint32_t number = count_++;
    slots_[place] = {key, run_, number};
    if (2 * std::size_t{count_} > slots_.size()) {
        grow();
    }
    return number;
}

void site_numbers::grow() {
    std::vector<slot> wider(2 * slots_.size());
    for (const slot& each : slots_) {
        if (each.run == run_) {
            std::size_t place = static_cast<std::size_t>(each.key >> 32) & (wider.size() - 1);
            while (wider[place].run == run_) {
                place = (place + 1) & (wider.size() - 1);
            }
            wider[place] = each;
        }
    }
    slots_ = std::move(wider);
}

std::uint64_t site_key(const runnable& event) {
    return is_step(event) ? key_of_chain(static_cast<const task_base&>(event))
                          : key_of_place(event);
}

}  // namespace heddle::sim::detail

// SPDX-License-Identifier: BSL-1.0
#include "fuzz_strategy.hpp"

#include <algorithm>

#include <heddle/detail/mix.hpp>
#include <heddle/task_base.hpp>

#include "chains.hpp"

namespace heddle::sim::detail {

namespace {

using heddle::detail::mix;

[[nodiscard]] bool is_step(event_kind kind) noexcept {
    return kind == event_kind::step || kind == event_kind::wakeup;
}

/// The earliest timer, offered though it is not due.
[[nodiscard]] bool is_not_due(const runnable& event) noexcept {
    return event.kind() == event_kind::timer && static_cast<const timer_entry&>(event).in_heap();
}

}  // namespace

bool fuzz_slot::is(const runnable& event) const {
    return by_site ? site_key(event) == site && ran >= skipped : fuzz_key(event.event_id()) == key;
}

// ---- what is watched -----------------------------------------------------------------------

std::uint64_t fuzz_watcher::number_of_site(const runnable& event) {
    return numbers_.try_emplace(site_key(event), numbers_.size() + 1).first->second;
}

void fuzz_watcher::saw_choice(std::span<runnable* const> options, std::size_t taken) {
    constexpr std::size_t most_pairs = 4;
    for (std::size_t i = 1; i < options.size() && i <= most_pairs; ++i) {
        pairs_.note(options.front()->event_id(), options[i]->event_id());
    }
    if (taken > 0) {
        const std::uint64_t first = number_of_site(*options.front());
        count(mix(mix(first, 0x70617373U), number_of_site(*options[taken])));
    }
}

void fuzz_watcher::saw_run(const runnable& next) {
    const std::uint64_t site = number_of_site(next);
    count(mix(site_before_, site));
    site_before_ = site;
    if (is_step(next.kind()) && static_cast<const task_base&>(next).cancelling() > 0) {
        count(mix(site, 0x63616e63656cU));
    }
}

// ---- records -------------------------------------------------------------------------------

record_strategy::record_strategy(const fuzz_input& input, const sightings& known, explorer* base,
                                 fuzz_watcher& watcher, bool again)
    : base_(base), watcher_(watcher), again_(again) {
    for (const fuzz_record& each : input.records) {
        add(each, known);
    }
    const auto by_key = [](const unknown_name& a, const unknown_name& b) { return a.key < b.key; };
    std::sort(unknown_.begin(), unknown_.end(), by_key);
}

void record_strategy::add(const fuzz_record& record, const sightings& known) {
    fuzz_rule rule;
    rule.what = record.operation();
    rule.arg = record.arg;
    const bool a_by_site = (record.op & fuzz_record::site_a) != 0;
    const bool b_by_site = (record.op & fuzz_record::site_b) != 0;
    switch (rule.what) {
        case fuzz_operation::none:
        case fuzz_operation::value:
            return;
        case fuzz_operation::oversleep:
            rule.a.key = record.a;  // a number
            break;
        case fuzz_operation::hold:
        case fuzz_operation::fire:
        case fuzz_operation::complete:
            if (!resolve(record.b, record.b_next, b_by_site, fuzz_operation::none, known, rule.b)) {
                return;
            }
            [[fallthrough]];
        case fuzz_operation::hold_idle:
        case fuzz_operation::boost:
        case fuzz_operation::stall:
            if (!resolve(record.a, record.a_next, a_by_site, rule.what, known, rule.a)) {
                return;
            }
    }
    rules_.push_back(rule);
}

/// False if it can name nothing.
bool record_strategy::resolve(std::uint16_t key, std::uint8_t next, bool by_site,
                              fuzz_operation what, const sightings& known, fuzz_slot& slot) {
    const bool timer = what == fuzz_operation::fire;
    const bool operation = what == fuzz_operation::complete;
    const sighting* named = known.find(key);
    // An event of another kind is no answer, and nor will one of this run be.
    bool another = again_ || by_site;
    if (named != nullptr && ((timer && named->kind != event_kind::timer) ||
                             (operation && named->kind != event_kind::completion))) {
        named = nullptr;
        another = true;
    }
    if (named == nullptr && another) {
        const auto of_kind = timer ? known.timers() : known.operations();
        if (timer || operation) {
            named = of_kind.empty() ? nullptr : &known.all()[of_kind[key % of_kind.size()]];
        } else if (!known.all().empty()) {
            named = &known.all()[key % known.all().size()];
        }
        if (named == nullptr) {
            return false;
        }
    }
    slot.by_site = by_site;
    if (by_site) {
        slot.site = named->site;
        slot.skipped = next;
    } else if (named == nullptr) {
        slot.key = key;
        unknown_.push_back({key, false});
    } else if (next > 0 && is_step(named->kind)) {
        // As task_base::event_id() has it.
        slot.key = fuzz_key(mix(named->task, named->step + next));
    } else {
        slot.key = fuzz_key(named->event);
    }
    return true;
}

bool record_strategy::has_unknown_names() const noexcept {
    return std::any_of(unknown_.begin(), unknown_.end(),
                       [](const unknown_name& each) { return !each.seen; });
}

void record_strategy::see(const runnable& event) {
    if (unknown_.empty()) {
        return;
    }
    const std::uint16_t key = fuzz_key(event.event_id());
    auto place = std::lower_bound(
        unknown_.begin(), unknown_.end(), key,
        [](const unknown_name& each, std::uint16_t wanted) { return each.key < wanted; });
    for (; place != unknown_.end() && place->key == key; ++place) {
        place->seen = true;
    }
}

// ---- choices -------------------------------------------------------------------------------

/// Whether a record has it wait; `but_idle`: those that let it go when nothing else is ready do not
/// count.
bool record_strategy::held(const runnable& event, bool but_idle) const {
    return std::any_of(rules_.begin(), rules_.end(), [&](const fuzz_rule& rule) {
        switch (rule.what) {
            case fuzz_operation::hold:
                return !rule.over && rule.a.is(event);
            case fuzz_operation::hold_idle:
                return !but_idle && rule.a.is(event);
            case fuzz_operation::fire:
            case fuzz_operation::complete:
                return !rule.over && rule.b.is(event);
            default:
                return false;
        }
    });
}

/// Is there an a that is to come before a b, and both are here?
bool record_strategy::first_of_two(std::span<runnable* const> options, std::size_t& taken) const {
    for (const fuzz_rule& rule : rules_) {
        if (rule.over ||
            (rule.what != fuzz_operation::fire && rule.what != fuzz_operation::complete)) {
            continue;
        }
        const auto find = [&](const fuzz_slot& slot) {
            return std::find_if(options.begin(), options.end(),
                                [&](const runnable* each) { return slot.is(*each); });
        };
        if (const auto a = find(rule.a); a != options.end() && find(rule.b) != options.end()) {
            taken = static_cast<std::size_t>(a - options.begin());
            return true;
        }
    }
    return false;
}

/// Where all that is ready is held, and time would have to pass: the first that is held only until
/// then; no place if there is none.
std::size_t record_strategy::first_when_idle(std::span<runnable* const> options) const {
    for (std::size_t i = 0; i < options.size(); ++i) {
        if (!is_not_due(*options[i]) && !held(*options[i], true)) {
            return i;
        }
    }
    return options.size();
}

std::size_t record_strategy::choose(std::span<runnable* const> options) {
    if (rules_.empty()) {
        return base_ != nullptr ? base_->order(options) : 0;
    }
    std::size_t taken = 0;
    if (first_of_two(options, taken)) {
        return taken;
    }
    free_.clear();
    bool boosted = false;
    for (std::size_t i = 0; i < options.size(); ++i) {
        if (held(*options[i], false)) {
            continue;
        }
        const bool boost = std::any_of(rules_.begin(), rules_.end(), [&](const fuzz_rule& rule) {
            return rule.what == fuzz_operation::boost && rule.a.is(*options[i]);
        });
        if (boost && !boosted) {
            free_.clear();
            boosted = true;
        }
        if (boost || !boosted) {
            free_.push_back(i);
        }
    }
    if (free_.empty() || is_not_due(*options[free_.front()])) {
        const std::size_t idle = boosted ? options.size() : first_when_idle(options);
        if (idle < options.size()) {
            return idle;
        }
    }
    if (free_.empty()) {
        return 0;  // all wait for something that cannot come
    }
    if (base_ == nullptr || free_.size() == 1) {
        return free_.front();
    }
    offered_.clear();
    for (const std::size_t place : free_) {
        offered_.push_back(options[place]);
    }
    return free_[base_->order(offered_)];
}

std::size_t record_strategy::order(std::span<runnable* const> options) {
    for (const runnable* each : options) {
        see(*each);
    }
    std::size_t taken = choose(options);
    // As explorers do: no task starves for ever.
    constexpr std::uint64_t most_passed_over = 500;
    if (taken == 0 || ++passed_over_ > most_passed_over + 16 * options.size()) {
        passed_over_ = 0;
        taken = 0;
    }
    watcher_.saw_choice(options, taken);
    return taken;
}

std::size_t record_strategy::stall(const runnable& next, std::size_t options) {
    for (const fuzz_rule& rule : rules_) {
        if (rule.what == fuzz_operation::stall && rule.a.is(next)) {
            return 1 + rule.arg % (options - 1);
        }
    }
    return base_ != nullptr ? base_->stall(next, options) : 0;
}

std::size_t record_strategy::oversleep(std::uint64_t wait, std::size_t options) {
    for (const fuzz_rule& rule : rules_) {
        if (rule.what == fuzz_operation::oversleep && rule.a.key == wait) {
            return 1 + rule.arg % (options - 1);
        }
    }
    return base_ != nullptr ? base_->oversleep(wait, options) : 0;
}

std::size_t record_strategy::finish(const finish_options& options) {
    for (const runnable* each : options.pending) {
        see(*each);
    }
    if (rules_.empty()) {
        return base_ != nullptr ? base_->finish(options) : 0;
    }
    bool all_held = options.idle;
    for (std::size_t i = 0; i < options.pending.size(); ++i) {
        const runnable& each = *options.pending[i];
        for (const fuzz_rule& rule : rules_) {
            if (!rule.over && rule.what == fuzz_operation::complete && rule.a.is(each)) {
                return options.option_of(i);
            }
        }
        all_held = all_held && held(each, false);
    }
    if (all_held) {
        return options.must ? 0 : options.count() - 1;  // none, rather
    }
    const std::size_t taken = base_ != nullptr ? base_->finish(options) : 0;
    if (const runnable* one = options.at(taken); one == nullptr || !held(*one, false)) {
        return taken;
    }
    for (std::size_t i = 0; options.idle && i < options.pending.size(); ++i) {
        if (!held(*options.pending[i], false)) {
            return options.option_of(i);
        }
    }
    return 0;
}

void record_strategy::ran(const runnable& next) {
    see(next);
    if (base_ != nullptr) {
        base_->ran(next);
    }
    for (fuzz_rule& rule : rules_) {
        const bool first =
            rule.what == fuzz_operation::fire || rule.what == fuzz_operation::complete;
        if (!rule.over && (first || rule.what == fuzz_operation::hold)) {
            rule.over = (first ? rule.a : rule.b).is(next);
        }
        for (fuzz_slot* each : {&rule.a, &rule.b}) {
            if (each->by_site && site_key(next) == each->site) {
                ++each->ran;
            }
        }
    }
    watcher_.saw_run(next);
}

}  // namespace heddle::sim::detail

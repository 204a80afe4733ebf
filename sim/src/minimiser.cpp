// SPDX-License-Identifier: BSL-1.0
#include "minimiser.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "constrained_fifo.hpp"
#include "describe.hpp"

namespace heddle::sim::detail {

namespace {

using deviations = std::vector<deviation>;

deviations derive_picks(const std::vector<choice>& choices) {
    deviations result;
    for (std::size_t i = 0; i < choices.size(); ++i) {
        if (choices[i].taken != 0) {
            result.push_back(make_deviation(deviation::sort::pick, i, 0, choices[i].taken));
        }
    }
    return result;
}

class search {
public:
    search(runner& runs, level allowed, const failure& wanted, std::uint64_t most_replays)
        : runs_(runs), allowed_(allowed), wanted_(wanted), most_(most_replays) {}

    /// Whether the plain order with these deviations fails as wanted.
    bool fails(const deviations& tried) {
        if (replays_ >= most_) {
            return false;
        }
        ++replays_;
        constrained_fifo chooser(tried);
        const run_record& run = runs_.run(chooser, allowed_);
        return run.failed && run.failed->same_as(wanted_);
    }

    /// Delta debugging by complements: what is left fails, and no part of it can go.
    deviations reduce(deviations all) {
        std::size_t parts = 2;
        while (all.size() >= 2) {
            bool shrunk = false;
            const std::size_t length = (all.size() + parts - 1) / parts;
            for (std::size_t start = 0; start < all.size() && !shrunk; start += length) {
                deviations rest = without(all, start, length);
                if (fails(rest)) {
                    all = std::move(rest);
                    parts = std::max<std::size_t>(parts - 1, 2);
                    shrunk = true;
                }
            }
            if (!shrunk) {
                if (parts >= all.size()) {
                    break;
                }
                parts = std::min(parts * 2, all.size());
            }
        }
        if (all.size() == 1 && fails({})) {
            all.clear();
        }
        return all;
    }

    /// A single one of `candidates` that fails alone, where there is one; the later ones, which
    /// are nearer to the failure, first.
    std::optional<deviations> single(const deviations& candidates, std::size_t most) {
        for (std::size_t i = 0; i < std::min(candidates.size(), most); ++i) {
            if (deviations one{candidates[candidates.size() - 1 - i]}; fails(one)) {
                return one;
            }
        }
        return std::nullopt;
    }

    /// Holds of several events of one site become one hold of the site, where that fails as well.
    deviations merge_sites(deviations all, const run_trace& trace) {
        std::set<std::uint64_t> tried;
        for (std::size_t i = 0; i < all.size(); ++i) {
            const std::uint64_t site = site_of(all[i], trace);
            if (site == 0 || !tried.insert(site).second) {
                continue;
            }
            if (auto merged = merge_site(all, site, trace)) {
                all = std::move(*merged);
                i = 0;
            }
        }
        return all;
    }

    /// A site's hold becomes that of one of its events, where that is enough.
    void name_events(deviations& all, const deviations& candidates, const run_trace& trace) {
        constexpr std::size_t most_tries = 4;
        for (deviation& each : all) {
            if (each.what != deviation::sort::hold_site) {
                continue;
            }
            const deviation site = each;
            std::size_t tries = 0;
            for (auto one = candidates.rbegin(); one != candidates.rend(); ++one) {
                if (site_of(*one, trace) != site.site || ++tries > most_tries) {
                    continue;
                }
                each = *one;
                if (fails(all)) {
                    break;
                }
                each = site;
            }
        }
    }

    /// The fewest deviations. Where there are many, those of one site are taken together first.
    deviations shrink(deviations all, const deviations& constraints, const run_trace& trace) {
        constexpr std::size_t many = 8;
        constexpr std::size_t most_small = 150;
        constexpr std::size_t most_singles = 24;
        if (all.size() > many) {
            all = merge_sites(std::move(all), trace);
        }
        all = reduce(std::move(all));
        if (all.size() > 1) {
            if (auto alone = single(constraints, most_singles)) {
                return *alone;
            }
            if (auto alone = single(small_deviations(), most_small)) {
                return *alone;
            }
            if (deviations merged = merge_sites(all, trace); merged.size() < all.size()) {
                all = reduce(std::move(merged));
            }
        }
        name_events(all, constraints, trace);
        return all;
    }

    /// The shortest delays that still fail.
    void shorten_delays(deviations& all) {
        for (std::size_t i = 0; i < all.size(); ++i) {
            while ((all[i].what == deviation::sort::stall ||
                    all[i].what == deviation::sort::oversleep) &&
                   all[i].option > 1) {
                deviations shorter = all;
                --shorter[i].option;
                if (!fails(shorter)) {
                    break;
                }
                all = std::move(shorter);
            }
        }
    }

    [[nodiscard]] std::uint64_t replays() const noexcept { return replays_; }

private:
    /// Ways in which the plain run could have gone a little differently: each delay of a step that
    /// it leaves open, or each event held until one of the next few has run.
    deviations small_deviations() {
        constexpr std::size_t how_far = 4;
        constrained_fifo chooser({});
        ++replays_;
        const run_record& run = runs_.run(chooser, allowed_, true);
        const std::vector<step_record>& steps = run.trace->steps;
        std::map<std::uint32_t, std::uint32_t> delays;  // by label: how many options
        for (const choice& each : run.choices) {
            if (each.kind == choice_kind::stall) {
                delays[each.label] = each.options;
            }
        }
        deviations result;
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const auto found = delays.find(static_cast<std::uint32_t>(steps[i].event >> 32));
            for (std::uint32_t j = 1; found != delays.end() && j < found->second; ++j) {
                result.push_back(make_deviation(deviation::sort::stall, steps[i].event, 0, j));
            }
            for (std::size_t j = i + 1;
                 allowed_ == level::any && j < steps.size() && j <= i + how_far; ++j) {
                result.push_back(
                    make_deviation(deviation::sort::hold, steps[i].event, steps[j].event, 0));
            }
        }
        return result;
    }

    /// The site of the event that is held; 0 if this is no hold of one event.
    static std::uint64_t site_of(const deviation& each, const run_trace& trace) {
        const auto held = trace.seen.find(each.event);
        return each.what == deviation::sort::hold && held != trace.seen.end() ? held->second.site
                                                                              : 0;
    }

    std::optional<deviations> merge_site(const deviations& all, std::uint64_t site,
                                         const run_trace& trace) {
        deviation merged;
        deviations others;
        std::size_t members = 0;
        std::vector<std::uint64_t> untils;  // what the site may wait for: not itself
        for (const deviation& each : all) {
            if (site_of(each, trace) != site) {
                others.push_back(each);
                continue;
            }
            merged = each;
            ++members;
            const auto until = trace.seen.find(each.until);
            if (until != trace.seen.end() && until->second.site != site &&
                std::find(untils.begin(), untils.end(), each.until) == untils.end()) {
                untils.push_back(each.until);
            }
        }
        if (members < 2) {
            return std::nullopt;
        }
        merged.what = deviation::sort::hold_site;
        merged.site = site;
        constexpr std::size_t most_tries = 4;
        for (std::size_t i = 0; i < std::min(untils.size(), most_tries); ++i) {
            merged.until = untils[untils.size() - 1 - i];
            deviations tried = others;
            tried.push_back(merged);
            if (fails(tried)) {
                return tried;
            }
        }
        return std::nullopt;
    }

    static deviations without(const deviations& all, std::size_t start, std::size_t length) {
        deviations rest;
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (i < start || i >= start + length) {
                rest.push_back(all[i]);
            }
        }
        return rest;
    }

    runner& runs_;
    level allowed_;
    const failure& wanted_;
    std::uint64_t most_;
    std::uint64_t replays_ = 0;
};

/// The same for a tape. Sites have no names there: a site's hold is written as one of each event.
deviations by_event(const deviations& all, const run_trace& trace) {
    deviations result;
    for (const deviation& each : all) {
        if (each.what != deviation::sort::hold_site) {
            result.push_back(each);
            continue;
        }
        for (const auto& [event, seen] : trace.seen) {
            if (seen.site == each.site && event != each.until) {
                result.push_back(make_deviation(deviation::sort::hold, event, each.until, 0));
            }
        }
    }
    return result;
}

}  // namespace

std::optional<minimal_schedule> minimise(runner& runs, const tape& failing, const failure& wanted,
                                         std::uint64_t most_replays) {
    run_trace trace;
    try {
        exact_replay chooser(failing);
        const run_record& run = runs.run(chooser, failing.allowed, true);
        if (!run.failed || !run.failed->same_as(wanted) || run.choices != failing.choices) {
            return std::nullopt;
        }
        trace = *run.trace;
    } catch (const replay_error&) {
        // Not even the choices are the same ones.
        return std::nullopt;
    }
    search finder(runs, failing.allowed, wanted, most_replays);
    const deviations constraints = derive_constraints(trace);
    deviations left = constraints;
    if (!finder.fails(left)) {
        left = derive_picks(failing.choices);
    }
    left = finder.shrink(std::move(left), constraints, trace);
    finder.shorten_delays(left);

    constrained_fifo chooser(left);
    const run_record& run = runs.run(chooser, failing.allowed, true);
    sort_by_time(left, *run.trace);
    if (!run.failed || !run.failed->same_as(wanted)) {
        return std::nullopt;
    }
    describe_deviations(left, *run.trace, run.choices);
    const deviations departures = by_event(left, *run.trace);
    minimal_schedule result;
    result.exact = failing;
    result.exact.choices = run.choices;
    result.failed = *run.failed;
    result.run = last_steps(run);
    if (departures.size() == left.size() || finder.fails(departures)) {
        result.exact.departures.assign(departures.begin(), departures.end());
    }
    result.deviations = std::move(left);
    result.replays = finder.replays() + 2;
    return result;
}

}  // namespace heddle::sim::detail

// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/campaign_state.hpp>

#include <algorithm>
#include <limits>

#include "coverage.hpp"
#include "text_file.hpp"

namespace heddle::sim {

namespace {

constexpr std::string_view magic = "heddle-campaign 1";

using reader = detail::text_reader<campaign_error>;
using detail::next_word;

std::string text_of(const run_totals& all) {
    return std::to_string(all.runs) + ' ' + std::to_string(all.steps) + ' ' +
           detail::hexadecimal(all.digest);
}

run_totals read_totals(const reader& in, std::string_view& line) {
    run_totals result;
    result.runs = in.number<std::uint64_t>(next_word(line), "a number of runs");
    result.steps = in.number<std::uint64_t>(next_word(line), "a number of steps");
    result.digest = in.number<std::uint64_t>(next_word(line), "a digest", 16);
    if (!line.empty()) {
        in.complain("nothing behind the digest");
    }
    return result;
}

std::uint64_t read_number(reader& in, std::string_view key) {
    const std::string expected = "'" + std::string(key) + "' and a number";
    return in.number<std::uint64_t>(in.value_of(key, expected.c_str()), expected.c_str());
}

duration read_duration(reader& in, std::string_view key) {
    const std::string expected = "'" + std::string(key) + "' and nanoseconds, zero or more";
    const auto count =
        in.number<std::int64_t>(in.value_of(key, expected.c_str()), expected.c_str());
    if (count < 0) {
        in.complain(expected);
    }
    return duration(count);
}

level read_level(reader& in) {
    const std::string_view found = in.value_of("level", "'level' and fifo, timing or any");
    for (const level each : {level::fifo, level::timing, level::any}) {
        if (name_of(each) == found) {
            return each;
        }
    }
    in.complain("'level' and fifo, timing or any");
}

shard read_shard(reader& in) {
    constexpr const char* expected = "'shard', its number and how many there are";
    std::string_view line = in.value_of("shard", expected);
    shard result;
    result.number = in.number<std::uint64_t>(next_word(line), expected);
    result.of = in.number<std::uint64_t>(next_word(line), expected);
    if (!line.empty() || result.of < 1 || result.of > most_shards || result.number < 1 ||
        result.number > result.of) {
        in.complain(expected);
    }
    return result;
}

/// How many blocks the shard has.
std::uint64_t blocks_of(const campaign_state& state) noexcept {
    const std::uint64_t all = state.schedules / campaign_block +
                              (state.schedules % campaign_block != 0 ? std::uint64_t{1} : 0);
    const std::uint64_t before = state.part.number - 1;
    return all <= before ? 0 : (all - before - 1) / state.part.of + 1;
}

void read_ahead(reader& in, campaign_state& result) {
    const std::uint64_t blocks = blocks_of(result);
    const std::uint64_t count = read_number(in, "ahead");
    std::uint64_t before = result.blocks;
    for (std::uint64_t i = 0; i < count; ++i) {
        constexpr const char* expected = "a block: its number, runs, steps, digest";
        std::string_view line = in.next_line(expected);
        const auto block = in.number<std::uint64_t>(next_word(line), expected);
        if (block <= before || block >= blocks) {
            in.complain("blocks in order, behind those that are done");
        }
        before = block;
        result.ahead.emplace(block, read_totals(in, line));
    }
}

void read_coverage(reader& in, campaign_state& result) {
    const std::uint64_t count = read_number(in, "coverage");
    for (std::uint64_t i = 0; i < count; ++i) {
        constexpr const char* expected = "a point: in how many runs, held, passed, its label";
        std::string_view line = in.next_line(expected);
        covered_point point;
        point.runs = in.number<std::uint64_t>(next_word(line), expected);
        point.held = in.number<std::uint64_t>(next_word(line), expected);
        point.passed = in.number<std::uint64_t>(next_word(line), expected);
        point.label = line;
        if (!result.coverage.empty() && point.label <= result.coverage.back().label) {
            in.complain("points in the order of their labels");
        }
        result.coverage.push_back(std::move(point));
    }
}

void read_failure(reader& in, campaign_state& result) {
    constexpr const char* expected = "'failure' and none, or a schedule and what it was";
    std::string_view line = in.value_of("failure", expected);
    if (line == "none") {
        return;
    }
    result.failing = in.number<std::uint64_t>(next_word(line), expected);
    result.failure_text = line;
}

}  // namespace

std::uint64_t campaign_state::passed_below() const noexcept {
    if (blocks >= blocks_of(*this)) {
        return schedules;
    }
    return std::min(schedules, block_of(part, blocks) * campaign_block);
}

std::string to_text(const campaign_state& state) {
    std::string text(magic);
    const auto add = [&text](std::string_view key, const std::string& value) {
        text.append("\n").append(key).append(" ").append(value);
    };
    const auto number = [&add](std::string_view key, std::uint64_t value) {
        add(key, std::to_string(value));
    };
    add("program", detail::line_of(state.program));
    number("seed", state.seed);
    add("strategy", detail::line_of(state.strategy));
    add("level", std::string(name_of(state.allowed)));
    add("cancellations", state.cancellations ? "yes" : "no");
    number("step-limit", state.limits.steps);
    add("time-limit", std::to_string(state.limits.time.count()));
    add("longest-stall", std::to_string(state.limits.longest_stall.count()));
    number("schedules", state.schedules);
    add("shard", std::to_string(state.part.number) + ' ' + std::to_string(state.part.of));
    number("block", campaign_block);
    add("first-run", detail::hexadecimal(state.first_run));
    add("done", std::to_string(state.blocks) + ' ' + text_of(state.done));
    number("ahead", state.ahead.size());
    for (const auto& [block, totals] : state.ahead) {
        text += '\n' + std::to_string(block) + ' ' + text_of(totals);
    }
    std::vector<covered_point> coverage;
    for (covered_point each : state.coverage) {
        each.label = detail::line_of(each.label);  // which may be another's
        detail::merge_coverage(coverage, {each});
    }
    number("coverage", coverage.size());
    for (const covered_point& each : coverage) {
        text += '\n' + std::to_string(each.runs) + ' ' + std::to_string(each.held) + ' ' +
                std::to_string(each.passed) + ' ' + each.label;
    }
    add("failure", state.failing
                       ? std::to_string(*state.failing) + ' ' + detail::line_of(state.failure_text)
                       : "none");
    text += '\n';
    text += "end " + detail::hexadecimal(detail::checksum(text)) + '\n';
    return text;
}

campaign_state campaign_state_from_text(std::string_view text, std::string_view name) {
    reader in(text, name);
    if (text.empty()) {
        throw campaign_error(std::string(name) +
                             ": expected a campaign's state, found an empty file");
    }
    if (in.next_line("'heddle-campaign 1'") != magic) {
        in.complain("'heddle-campaign 1': this is no campaign's state, or one of another version");
    }
    campaign_state result;
    result.program = in.value_of("program", "'program' and a name");
    result.seed = read_number(in, "seed");
    result.strategy = in.value_of("strategy", "'strategy' and a name");
    result.allowed = read_level(in);
    const std::string_view cancellations =
        in.value_of("cancellations", "'cancellations' and yes or no");
    result.cancellations = cancellations == "yes";
    if (!result.cancellations && cancellations != "no") {
        in.complain("'cancellations' and yes or no");
    }
    result.limits.steps = read_number(in, "step-limit");
    result.limits.time = read_duration(in, "time-limit");
    result.limits.longest_stall = read_duration(in, "longest-stall");
    result.schedules = read_number(in, "schedules");
    result.part = read_shard(in);
    if (read_number(in, "block") != campaign_block) {
        in.complain("'block " + std::to_string(campaign_block) + "'");
    }
    result.first_run = in.number<std::uint64_t>(
        in.value_of("first-run", "'first-run' and a digest"), "a digest", 16);
    std::string_view line = in.value_of("done", "'done', blocks, runs, steps, digest");
    result.blocks = in.number<std::uint64_t>(next_word(line), "a number of blocks");
    if (result.blocks > blocks_of(result)) {
        in.complain("at most " + std::to_string(blocks_of(result)) + " blocks");
    }
    result.done = read_totals(in, line);
    read_ahead(in, result);
    read_coverage(in, result);
    read_failure(in, result);
    in.end();
    return result;
}

void write_campaign_state(const std::string& path, const campaign_state& state) {
    if (const std::string why = detail::write_text_file(path, to_text(state)); !why.empty()) {
        throw campaign_error(why);
    }
}

campaign_state read_campaign_state(const std::string& path) {
    std::string text;
    if (const std::string why = detail::read_text_file(path, "a campaign's state", text);
        !why.empty()) {
        throw campaign_error(why);
    }
    return campaign_state_from_text(text, path);
}

std::string difference(const campaign_state& expected, const campaign_state& found,
                       std::string_view name) {
    const auto says = [&](std::string_view what, const std::string& there,
                          const std::string& here) {
        return there == here ? std::string()
                             : std::string(name) + ": this is the state of another campaign: its " +
                                   std::string(what) + " is " + there + ", not " + here;
    };
    const auto number = [](auto value) { return std::to_string(value); };
    const auto quoted = [](std::string_view text) { return "'" + detail::line_of(text) + "'"; };
    for (const std::string& each :
         {says("program", quoted(found.program), quoted(expected.program)),
          says("seed", number(found.seed), number(expected.seed)),
          says("number of schedules", number(found.schedules), number(expected.schedules)),
          says("strategy", quoted(found.strategy), quoted(expected.strategy)),
          says("level", std::string(name_of(found.allowed)),
               std::string(name_of(expected.allowed))),
          says("choice of cancellations", found.cancellations ? "yes" : "no",
               expected.cancellations ? "yes" : "no"),
          says("limit of steps", number(found.limits.steps), number(expected.limits.steps)),
          says("limit of time", number(found.limits.time.count()),
               number(expected.limits.time.count())),
          says("longest stall", number(found.limits.longest_stall.count()),
               number(expected.limits.longest_stall.count()))}) {
        if (!each.empty()) {
            return each;
        }
    }
    return {};
}

merged_campaign merge(std::span<const named_state> shards) {
    merged_campaign result;
    if (shards.empty()) {
        throw campaign_error("there are no states to merge");
    }
    const campaign_state& first = shards.front().state;
    std::map<std::uint64_t, const named_state*> by_number;
    for (const named_state& each : shards) {
        if (const std::string what = difference(first, each.state, each.name); !what.empty()) {
            throw campaign_error(what);
        }
        if (each.state.part.of != first.part.of) {
            throw campaign_error(each.name + ": this is one of " +
                                 std::to_string(each.state.part.of) + " shards, not of " +
                                 std::to_string(first.part.of));
        }
        const auto [place, fresh] = by_number.emplace(each.state.part.number, &each);
        if (!fresh) {
            throw campaign_error(each.name + ": this is shard " +
                                 std::to_string(each.state.part.number) + " once more, as " +
                                 place->second->name);
        }
        if (each.state.first_run != 0 && first.first_run != 0 &&
            each.state.first_run != first.first_run) {
            throw campaign_error(each.name + ": its program is not that of " + shards.front().name +
                                 ": run 0 is another one");
        }
        run_totals all = each.state.done;
        for (const auto& [block, totals] : each.state.ahead) {
            all += totals;
        }
        result.runs += all.runs;
        result.steps += all.steps;
        detail::merge_coverage(result.coverage, each.state.coverage);
        if (each.state.failing && (!result.failing || *each.state.failing < *result.failing)) {
            result.failing = each.state.failing;
            result.where = each.state.part;
            result.failure_text = each.state.failure_text;
        }
    }
    const std::uint64_t needed = result.failing.value_or(first.schedules);
    for (std::uint64_t i = 1; i <= first.part.of && result.missing.empty(); ++i) {
        const auto place = by_number.find(i);
        const std::string which =
            "shard " + std::to_string(i) + "/" + std::to_string(first.part.of);
        if (place == by_number.end()) {
            result.missing = which + " is missing";
        } else if (const campaign_state& one = place->second->state;
                   one.passed_below() < needed &&
                   !(one.failing && *one.failing == *result.failing)) {
            result.missing = which + " has come as far as schedule " +
                             std::to_string(one.passed_below()) + " only";
        }
    }
    result.complete = result.missing.empty();
    return result;
}

}  // namespace heddle::sim

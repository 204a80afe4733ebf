// SPDX-License-Identifier: BSL-1.0
#include "tape_rules.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <vector>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

namespace heddle_fuzz {

namespace {

namespace sim = heddle::sim;
using namespace std::chrono_literals;

/// Small, and has choices of every kind: order, stall, oversleep, finish.
heddle::coro<void> program() {
    int sum = 0;
    const auto sleeper = [&](heddle::duration length) -> heddle::coro<void> {
        co_await heddle::sleep(length);
        ++sum;
        co_await heddle::sleep(1ms);
    };
    const auto reader = [&]() -> heddle::coro<void> {
        sim::completion<int> first(1, "the first read");
        sim::completion<int> second(2, "the second read");
        sum += co_await second;
        sum += co_await first;
    };
    heddle::task_group group;
    group.create_task(sleeper(1ms));
    group.create_task(sleeper(2ms));
    group.create_task(reader());
    heddle::get_running_loop().call_soon([] {});
    co_await group.join();
    sim::check(sum == 5, "sum == 5");
}

std::string broken_rule_of_message(const std::string& message, const char* whose) {
    if (message.empty() || message.find('\n') != std::string::npos) {
        return std::string(whose) + " is not one line: " + message;
    }
    return {};
}

std::string broken_rule_of_replay(const sim::tape& recorded) {
    sim::explore_options options;
    options.name = recorded.program;
    options.limits.steps = 10'000;
    try {
        static_cast<void>(sim::replay(program, recorded, options));
    } catch (const sim::replay_error& error) {
        if (std::string broken = broken_rule_of_message(error.what(), "a replay_error");
            !broken.empty()) {
            return broken;
        }
    }
    try {
        static_cast<void>(sim::replay_departures(program, recorded, options));
    } catch (const sim::replay_error& error) {
        return broken_rule_of_message(error.what(), "a replay_error");
    }
    return {};
}

// ---- mutation ------------------------------------------------------------------------------

/// As docs/tape_format.md says it, and on purpose not by the library's own code.
std::uint64_t finalised(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}
std::uint64_t check_sum(std::string_view text) {
    std::uint64_t sum = text.size();
    for (const char c : text) {
        sum = finalised(sum * 0x9e3779b97f4a7c15U + static_cast<unsigned char>(c) +
                        0x632be59bd9b4e019U);
    }
    return sum;
}

std::string hexadecimal(std::uint64_t value) {
    std::string text;
    do {
        text.insert(text.begin(), "0123456789abcdef"[value % 16]);
        value /= 16;
    } while (value != 0);
    return text;
}

using lines = std::vector<std::string>;

lines lines_of(std::string_view text) {
    lines result;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        result.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return result;
}

std::string text_of(const lines& all) {
    std::string text;
    for (const std::string& each : all) {
        text += each + '\n';
    }
    return text;
}

/// Words that stand in tapes, and numbers at which something may break.
std::string odd_word(heddle::random_stream& random) {
    static constexpr std::array words{"0",
                                      "1",
                                      "2",
                                      "3",
                                      "-1",
                                      "4294967295",
                                      "4294967296",
                                      "9223372036854775807",
                                      "9223372036854775808",
                                      "-9223372036854775808",
                                      "18446744073709551615",
                                      "18446744073709551616",
                                      "00000000000000000000001",
                                      "ffffffff",
                                      "FFFFFFFF",
                                      "0x1",
                                      "1e9",
                                      "+1",
                                      "",
                                      " ",
                                      "order",
                                      "stall",
                                      "oversleep",
                                      "finish",
                                      "cancel",
                                      "hold",
                                      "early",
                                      "pick",
                                      "departures",
                                      "fifo",
                                      "timing",
                                      "any",
                                      "end",
                                      "choices",
                                      "heddle-tape",
                                      "\r",
                                      "\t",
                                      "%s%n",
                                      "\xff\xfe",
                                      "\xc3\xa9",
                                      "100000000"};
    if (random.chance(1, 6)) {
        return std::to_string(random.next() >> random.below(64));
    }
    if (random.chance(1, 40)) {
        return std::string(random.below(9'000), 'n');
    }
    if (random.chance(1, 20)) {
        return std::string(1, '\0');
    }
    return words[random.below(words.size())];
}

/// Where a line begins with `key`, from `first` on; behind the last one if none does.
std::size_t line_with(const lines& all, std::string_view key, std::size_t first) {
    while (first < all.size() && !all[first].starts_with(key)) {
        ++first;
    }
    return first;
}

/// Replaces the last line by the right one, and the numbers of choices and of departures, now and
/// then.
void mend(lines& all, heddle::random_stream& random) {
    if (all.size() < 8) {
        return;
    }
    if (!random.chance(1, 8)) {
        const std::size_t middle = line_with(all, "departures", 8);
        const std::size_t end = line_with(all, "end", 8);
        all[7] = "choices " + std::to_string(std::min(middle, end) - 8);
        if (middle < end) {
            all[middle] = "departures " + std::to_string(end - middle - 1);
        }
    }
    if (!random.chance(1, 8)) {
        if (all.back().starts_with("end")) {
            all.pop_back();
        }
        all.push_back("end " + hexadecimal(check_sum(text_of(all))));
    }
    if (random.chance(1, 60)) {
        all.push_back(odd_word(random));
    }
}

void change_word(std::string& line, heddle::random_stream& random) {
    const std::size_t words =
        1 + static_cast<std::size_t>(std::count(line.begin(), line.end(), ' '));
    std::size_t begin = 0;
    for (std::size_t skip = random.below(words); skip > 0; --skip) {
        begin = line.find(' ', begin) + 1;
    }
    const std::size_t end = std::min(line.find(' ', begin), line.size());
    line.replace(begin, end - begin, odd_word(random));
}

void change_byte(std::string& line, heddle::random_stream& random) {
    const std::size_t place = random.below(line.size() + 1);
    const char byte = static_cast<char>(random.below(256));
    switch (random.below(3)) {
        case 0:
            line.insert(line.begin() + static_cast<std::ptrdiff_t>(place), byte);
            break;
        case 1:
            line.resize(place);
            break;
        default:
            if (place < line.size()) {
                line[place] = byte;
            }
    }
}

void mutate(lines& all, heddle::random_stream& random) {
    if (all.empty()) {
        all.emplace_back();
    }
    const std::size_t line = random.chance(1, 4)
                                 ? random.below(std::min<std::size_t>(all.size(), 8))
                                 : random.below(all.size());
    const auto place = all.begin() + static_cast<std::ptrdiff_t>(line);
    switch (random.below(8)) {
        case 0:
            all.erase(place);
            break;
        case 1: {
            const std::string copied = *place;
            all.insert(all.begin() + static_cast<std::ptrdiff_t>(random.below(all.size() + 1)),
                       copied);
            break;
        }
        case 2:
            std::swap(*place, all[random.below(all.size())]);
            break;
        case 3:
        case 4:
            change_byte(*place, random);
            break;
        default:
            change_word(*place, random);
    }
}

}  // namespace

std::string valid_tape(std::uint64_t which) {
    sim::explore_options options;
    options.name = "program";
    options.allowed = which % 3 == 0 ? sim::level::timing : sim::level::any;
    options.seed = which;
    options.cancellations = which % 4 == 0;
    const sim::run_record run = sim::run_schedule(program, which % 17, options);
    sim::tape recorded;
    recorded.program = options.name;
    recorded.seed = which;
    recorded.schedule = which % 17;
    recorded.allowed = options.allowed;
    recorded.longest_stall = options.limits.longest_stall;
    recorded.cancellations = options.cancellations;
    recorded.choices = run.choices;
    for (const sim::deviation& each : sim::deviations_of(*run.trace)) {
        recorded.departures.push_back(each);
    }
    return sim::to_text(recorded);
}

std::string mutated_tape(std::string_view text, std::uint64_t seed) {
    heddle::random_stream random(seed);
    lines all = lines_of(text);
    for (std::uint64_t left = 1 + random.below(4); left > 0; --left) {
        mutate(all, random);
    }
    mend(all, random);
    return text_of(all);
}

std::string broken_rule_of_tape(std::string_view text) {
    try {
        sim::tape recorded;
        try {
            recorded = sim::tape_from_text(text, "fuzzed.tape");
        } catch (const sim::tape_error& error) {
            const std::string message = error.what();
            return message.starts_with("fuzzed.tape:")
                       ? broken_rule_of_message(message, "a tape_error")
                       : "a tape_error without the file: " + message;
        }
        const std::string written = sim::to_text(recorded);
        const sim::tape again = sim::tape_from_text(written, "written.tape");
        if (again != recorded || sim::to_text(again) != written) {
            return "it is another tape when it is written and read again";
        }
        return broken_rule_of_replay(recorded);
    } catch (const std::exception& error) {
        return std::string("an exception of another kind: ") + error.what();
    }
}

}  // namespace heddle_fuzz

// SPDX-License-Identifier: BSL-1.0
#include "driver_options.hpp"

#include <algorithm>
#include <array>

#include <heddle/sim/command_line.hpp>
#include <heddle/sim/explorers.hpp>
#include <heddle/sim/reports.hpp>

#include "exhaustive_runs.hpp"

namespace heddle::sim::detail {

namespace {

constexpr std::array<level, 3> levels{level::any, level::timing, level::fifo};

level level_of(const option& given) {
    std::vector<std::string_view> names;
    for (const level each : levels) {
        names.push_back(name_of(each));
    }
    const std::string_view name = given.one_of(names, "level");
    return *std::find_if(levels.begin(), levels.end(),
                         [&](level each) { return name_of(each) == name; });
}

shard shard_of(const option& given) {
    const std::string_view text = given.value();
    const std::size_t slash = text.find('/');
    shard result;
    try {
        const auto number = [&](std::string_view digits, std::uint64_t most) {
            return option("=" + std::string(digits)).number(1, most);
        };
        result.of =
            number(slash == std::string_view::npos ? "" : text.substr(slash + 1), most_shards);
        result.number = number(text.substr(0, slash), result.of);
    } catch (const option_error&) {
        throw option_error("--shard: expected i/n, with i from 1 to n and n at most " +
                           std::to_string(most_shards) + ", found '" + std::string(text) + "'");
    }
    return result;
}

struct entry {
    std::string_view name;
    std::string_view value;  // as the help shows it; empty if it has none
    std::string help;
    void (*take)(driver_options&, const option&);
};

const std::vector<entry>& table() {
    static const std::vector<entry> all{
        {"--program", "NAME", "only this program; else each in turn",
         [](driver_options& to, const option& given) { to.program = given.value(); }},
        {"--schedules", "N",
         "how many runs at most (what the program says, or " + std::to_string(default_schedules) +
             ";\nno limit if only --time is given)",
         [](driver_options& to, const option& given) { to.schedules = given.number(1); }},
        {"--time", "SECONDS", "begin no more runs after that",
         [](driver_options& to, const option& given) { to.time_limit = given.seconds(); }},
        {"--seed", "N", "another campaign (" + std::to_string(default_seed) + ")",
         [](driver_options& to, const option& given) { to.seed = given.number(0); }},
        {"--strategy", "NAME", "one of " + joined(strategy_names()),
         [](driver_options& to, const option& given) {
             to.strategy = given.one_of(strategy_names(), "strategy");
         }},
        {"--level", "LEVEL",
         "what is open: any (of the order), timing (what a real loop could do), fifo",
         [](driver_options& to, const option& given) { to.allowed = level_of(given); }},
        {"--cancellations", "yes|no",
         "whether each run may also cancel one task, at an await (what the program says, or no)",
         [](driver_options& to, const option& given) { to.cancellations = given.yes_or_no(); }},
        {"--jobs", "N", "worker processes (1); the first failure is the same for any number",
         [](driver_options& to, const option& given) { to.jobs = given.number(1, most_jobs); }},
        {"--shard", "I/N", "the runs of machine I (from 1) of N; --merge puts them together",
         [](driver_options& to, const option& given) { to.part = shard_of(given); }},
        {"--state", "FILE", "write there what has been done",
         [](driver_options& to, const option& given) { to.state_file = given.value(); }},
        {"--resume", "FILE", "go on from there, and write there what has been done",
         [](driver_options& to, const option& given) { to.resume_file = given.value(); }},
        {"--merge", "FILE", "the state of a shard; once for each: says which has the first failure",
         [](driver_options& to, const option& given) { to.merged.emplace_back(given.value()); }},
        {"--minimise", "yes|no", "make a failure minimal (yes)",
         [](driver_options& to, const option& given) { to.minimise = given.yes_or_no(); }},
        {"--tape-folder", "FOLDER", "where tapes of failures are written (the current folder)",
         [](driver_options& to, const option& given) { to.tape_folder = given.value(); }},
        {"--report", "FILE",
         "write a report too, of the last program that fails, or else of the last one. The end\n"
         "of the name says how: .html is a page with a picture, .json is for other programs,\n"
         ".trace.json for ui.perfetto.dev. May be given more than once",
         [](driver_options& to, const option& given) {
             try {
                 check_report_name(to.report_files.emplace_back(given.value()));
             } catch (const report_error& error) {
                 throw option_error("--report: " + std::string(error.what()));
             }
         }},
        {"--hang", "SECONDS",
         "a callback that takes longer than that, in real time, hangs (60). The only\n"
         "verdict that depends on the real clock",
         [](driver_options& to, const option& given) { to.hang = given.seconds(); }},
        {"--check-determinism", "",
         "make every run twice, in two processes with other addresses: they must agree",
         [](driver_options& to, const option& given) {
             given.has_none();
             to.check_determinism = true;
         }},
        {"--replay", "TAPE", "make only the run of this tape, in this process",
         [](driver_options& to, const option& given) { to.replay_file = given.value(); }},
        {"--log", "", "with --replay: print each step of the run",
         [](driver_options& to, const option& given) {
             given.has_none();
             to.log = true;
         }},
        {"--break-at", "STEP",
         "with --replay: stop (SIGTRAP) right before this step, from 1. Under a debugger:\n"
         "without one, that ends the process",
         [](driver_options& to, const option& given) { to.break_at = given.number(1); }},
        {"--list", "", "the programs, a name a line",
         [](driver_options& to, const option& given) {
             given.has_none();
             to.list = true;
         }},
        {"--help", "", "this text",
         [](driver_options& to, const option& given) {
             given.has_none();
             to.help = true;
         }},
    };
    return all;
}

void require(bool holds, const char* what) {
    if (!holds) {
        throw option_error(what);
    }
}

/// What cannot be asked for at once.
void check(const driver_options& all) {
    const bool explores = all.schedules || all.seed || all.strategy || all.allowed ||
                          all.cancellations || all.part || all.check_determinism ||
                          all.time_limit != duration::zero() || !all.state_file.empty() ||
                          !all.resume_file.empty();
    require(all.replay_file.empty() || (!explores && all.merged.empty()),
            "--replay: a tape says all that is needed: leave out what describes a campaign");
    require(all.break_at == 0 || !all.replay_file.empty(), "--break-at: only with --replay=TAPE");
    require(!all.log || !all.replay_file.empty(), "--log: only with --replay=TAPE");
    require(all.merged.empty() || !explores,
            "--merge: the states say all that is needed: leave out what describes a campaign");
}

}  // namespace

void check_exhaustive(std::string_view strategy, const driver_options& all) {
    require(!is_exhaustive(strategy) ||
                (all.jobs == 1 && !all.part && !all.check_determinism && all.minimise &&
                 all.hang == driver_options{}.hang && all.time_limit == duration::zero() &&
                 all.state_file.empty() && all.resume_file.empty()),
            "--strategy: an exhaustive search makes its runs one after the other, in this process: "
            "only --schedules, --seed, --level, --cancellations and --report go with it");
}

driver_options parse_driver_options(std::span<const std::string_view> arguments) {
    driver_options result;
    for (const std::string_view argument : arguments) {
        const option given(argument);
        const auto place = std::find_if(table().begin(), table().end(), [&](const entry& each) {
            return each.name == given.name();
        });
        if (place == table().end()) {
            throw option_error("unknown option '" + std::string(argument) + "' (try --help)");
        }
        place->take(result, given);
    }
    if (!result.help) {
        check(result);
    }
    return result;
}

std::string driver_help(std::string_view command) {
    constexpr std::size_t column = 24;
    std::string text = "usage: " + std::string(command) +
                       " [option]...\n"
                       "\n"
                       "Explores schedules of a program in virtual time, until a run fails or all "
                       "have passed.\n"
                       "\n";
    for (const entry& each : table()) {
        std::string line = "  " + std::string(each.name) +
                           (each.value.empty() ? "" : "=" + std::string(each.value));
        line.resize(std::max(line.size() + 2, column), ' ');
        for (const char c : each.help) {
            line += c;
            if (c == '\n') {
                line.append(column, ' ');
            }
        }
        text += line + "\n";
    }
    return text +
           "\n"
           "Exit status: 0 if nothing failed, 1 if a run failed, 2 if the command line or a file\n"
           "cannot be used, 3 if it was stopped (an interrupt) before anything had failed. With\n"
           "--merge: 1 if a shard has a failure, 3 if none has and runs are missing.\n";
}

}  // namespace heddle::sim::detail

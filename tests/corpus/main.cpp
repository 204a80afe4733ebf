// SPDX-License-Identifier: BSL-1.0
//
// corpus: explores one of the programs with a planted bug. See --help, and program.hpp.
#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include <heddle/sim.hpp>

#include "constrained_fifo.hpp"
#include "numbered_runs.hpp"
#include "options.hpp"
#include "program.hpp"

namespace {

namespace sim = heddle::sim;
using clock_type = std::chrono::steady_clock;

struct measured {
    sim::exploration result;
    double executions_per_second = 0;
};

std::string_view variant_of(const corpus::options& options) {
    return options.fixed ? "fixed" : "failing";
}

const corpus::entry& find(const corpus::entries& all, const std::string& name) {
    const auto place = std::find_if(all.begin(), all.end(),
                                    [&](const corpus::entry& each) { return each.name == name; });
    if (place == all.end()) {
        throw corpus::usage_error("--program=" + name + ": there is no such program (try --list)");
    }
    return *place;
}

sim::explore_options explore_options_of(const corpus::entry& chosen,
                                        const corpus::options& options) {
    sim::explore_options result;
    result.name = chosen.name;
    result.strategy = options.strategy;
    result.schedules = options.schedules;
    result.seed = options.seed;
    if (options.json || options.check) {
        result.timing_schedules = 0;
    }
    return result;
}

/// Explores, and takes the time of the runs until the failure alone, without minimising.
measured explore_timed(const sim::program& program, const sim::explore_options& options) {
    measured outcome;
    std::uint64_t begun = 0;
    std::uint64_t counted = 0;
    const auto start = clock_type::now();
    auto last = start;
    const sim::program counting = [&] {
        // The clock is read at doubling distances: what is found early is timed well enough.
        ++begun;
        if (std::has_single_bit(begun) || begun % 1'024 == 0) {
            last = clock_type::now();
            counted = begun - 1;
        }
        return program();
    };
    outcome.result = sim::explore(counting, options);
    if (!outcome.result.found) {
        last = clock_type::now();
        counted = outcome.result.schedules;
    }
    const std::chrono::duration<double> took = last - start;
    if (counted > 0 && took.count() > 0) {
        outcome.executions_per_second = static_cast<double>(counted) / took.count();
    }
    return outcome;
}

std::string hexadecimal(std::uint64_t digest) {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016" PRIx64, digest);
    return text.data();
}

void print_json(const corpus::entry& chosen, const corpus::options& options,
                const measured& outcome) {
    const sim::exploration& result = outcome.result;
    boost::json::object line;
    line["program"] = boost::json::string_view(chosen.name.data(), chosen.name.size());
    line["variant"] = std::string(variant_of(options));
    line["strategy"] = options.strategy;
    line["seed"] = options.seed;
    line["found"] = result.found.has_value();
    line["runs_to_first_failure"] = nullptr;
    line["runs"] = result.schedules;
    line["steps"] = result.steps;
    line["executions_per_second"] = static_cast<std::uint64_t>(outcome.executions_per_second);
    line["digest"] = nullptr;
    line["constraints"] = nullptr;
    line["replays"] = nullptr;
    if (result.found) {
        line["runs_to_first_failure"] = result.schedules;
        line["digest"] = hexadecimal(result.found->digest);
        line["constraints"] = result.found->minimal.size();
        line["replays"] = result.found->replays;
    }
    std::cout << boost::json::serialize(line) << '\n';
}

/// What one run did, as one line: the same in every process, from its seed or from its tape.
void print_run(const corpus::entry& chosen, std::uint64_t schedule, const sim::run_record& run) {
    boost::json::object line;
    line["program"] = boost::json::string_view(chosen.name.data(), chosen.name.size());
    line["run"] = schedule;
    line["digest"] = hexadecimal(run.digest);
    line["steps"] = run.steps;
    line["choices"] = run.choices.size();
    line["ended"] = run.ended.time_since_epoch().count();
    line["failure"] = nullptr;
    if (run.failed) {
        line["failure"] = run.failed->message;
    }
    std::cout << boost::json::serialize(line) << '\n';
}

void make_one_run(const corpus::entry& chosen, const corpus::options& options,
                  const sim::explore_options& how) {
    const sim::run_record run =
        sim::run_schedule(options.fixed ? chosen.fixed : chosen.failing, *options.run, how);
    if (!options.tape.empty()) {
        sim::tape recorded;
        recorded.program = how.name;
        recorded.seed = how.seed;
        recorded.schedule = *options.run;
        recorded.allowed = how.allowed;
        recorded.longest_stall = how.limits.longest_stall;
        recorded.choices = run.choices;
        sim::write_tape(options.tape, recorded);
    }
    print_run(chosen, *options.run, run);
}

void make_run_of_tape(const corpus::entry& chosen, const corpus::options& options,
                      const sim::explore_options& how) {
    const sim::tape recorded = sim::read_tape(options.replay);
    print_run(chosen, recorded.schedule,
              sim::replay(options.fixed ? chosen.fixed : chosen.failing, recorded, how));
}

void print_report(const corpus::entry& chosen, const corpus::options& options,
                  const measured& outcome) {
    const sim::exploration& result = outcome.result;
    std::cout << chosen.name << " (" << variant_of(options) << "): " << chosen.what << '\n';
    if (result.found) {
        const std::string command = "corpus --program=" + std::string(chosen.name) +
                                    " --strategy=" + options.strategy +
                                    " --seed=" + std::to_string(options.seed);
        std::cout << sim::report(result, command) << '\n';
    } else {
        std::cout << "no failure in " << result.schedules << " schedules (strategy "
                  << options.strategy << ", seed " << options.seed << ")\n";
    }
    std::cout << static_cast<std::uint64_t>(outcome.executions_per_second)
              << " executions a second\n";
}

/// What the tests ask of every program; says on standard error what does not hold.
class checking {
public:
    checking(const corpus::entry& chosen, sim::explore_options options)
        : chosen_(chosen), options_(std::move(options)) {}

    bool all_well() {
        passes_under_fifo("failing", chosen_.failing);
        passes_under_fifo("fixed", chosen_.fixed);
        if (chosen_.within != 0) {
            is_found();
        }
        fixed_holds();
        return well_;
    }

private:
    void expect(bool holds, const std::string& text) {
        if (!holds) {
            std::cerr << "corpus: " << chosen_.name << ": " << text << '\n';
            well_ = false;
        }
    }
    [[nodiscard]] sim::explore_options with(std::uint64_t schedules) const {
        sim::explore_options options = options_;
        options.schedules = schedules;
        return options;
    }
    void passes_under_fifo(const std::string& variant, const sim::program& program) {
        for (const sim::level allowed : {sim::level::fifo, sim::level::any}) {
            sim::explore_options once = with(1);
            once.allowed = allowed;
            const auto result = sim::explore(program, once);
            expect(!result.found, "the " + variant + " variant fails under FIFO: " +
                                      (result.found ? result.found->what.message : std::string()));
        }
    }
    void is_found() {
        const auto result = sim::explore(chosen_.failing, with(chosen_.within));
        if (!result.found) {
            expect(false, "not found within " + std::to_string(chosen_.within) + " schedules");
            return;
        }
        const sim::finding& found = *result.found;
        expect(!found.minimal.empty(), "the minimal schedule is FIFO itself");
        const auto again = sim::replay(chosen_.failing, found.minimal_tape, options_);
        expect(again.failed && again.failed->same_as(found.what),
               "the minimal tape does not replay the failure");
        for (std::size_t i = 0; i < found.minimal.size(); ++i) {
            expect(!fails_without(i, found),
                   "without '" + found.minimal[i].text + "' the minimal schedule fails as well");
        }
    }
    /// Whether the other deviations of the minimal schedule fail in the same way by themselves.
    [[nodiscard]] bool fails_without(std::size_t left_out, const sim::finding& found) const {
        std::vector<sim::deviation> others = found.minimal;
        others.erase(others.begin() + static_cast<std::ptrdiff_t>(left_out));
        sim::simulation one(options_.limits);
        sim::detail::seed_values(one, found.minimal_tape.seed, found.minimal_tape.schedule);
        sim::detail::constrained_fifo chooser(others);
        const sim::run_record& run = one.run(chosen_.failing, chooser, found.minimal_tape.allowed);
        return run.failed && run.failed->same_as(found.what);
    }
    void fixed_holds() {
        constexpr std::uint64_t runs = 2'000;
        const auto result = sim::explore(chosen_.fixed, with(runs));
        expect(!result.found, "the fixed variant fails: " +
                                  (result.found ? result.found->what.message : std::string()));
    }

    const corpus::entry& chosen_;
    sim::explore_options options_;
    bool well_ = true;
};

int run(const corpus::options& options) {
    if (options.help) {
        std::cout << corpus::help();
        return 0;
    }
    const corpus::entries all = corpus::all();
    if (options.list) {
        for (const corpus::entry& each : all) {
            std::cout << each.name << '\n';
        }
        return 0;
    }
    const corpus::entry& chosen = find(all, options.program);
    const sim::explore_options how = explore_options_of(chosen, options);
    if (options.check) {
        return checking(chosen, how).all_well() ? 0 : 1;
    }
    if (options.run) {
        make_one_run(chosen, options, how);
        return 0;
    }
    if (!options.replay.empty()) {
        make_run_of_tape(chosen, options, how);
        return 0;
    }
    const measured outcome = explore_timed(options.fixed ? chosen.fixed : chosen.failing, how);
    if (options.json) {
        print_json(chosen, options, outcome);
    } else {
        print_report(chosen, options, outcome);
    }
    return options.fixed && outcome.result.found ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const int status = run(corpus::parse(argc, argv));
        std::cout.flush();
        return std::cout ? status : 1;
    } catch (const corpus::usage_error& error) {
        std::cerr << "corpus: " << error.what() << '\n';
        return 2;
    } catch (const std::exception& error) {
        std::cerr << "corpus: " << error.what() << '\n';
        return 1;
    }
}

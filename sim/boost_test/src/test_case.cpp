// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/cstdlib.hpp>
#include <boost/test/execution_monitor.hpp>
#include <boost/test/framework.hpp>

#include <heddle/backend_registry.hpp>
#include <heddle/boost_test.hpp>
#include <heddle/conformance.hpp>
#include <heddle/errors.hpp>
#include <heddle/sim/command_line.hpp>
#include <heddle/sim/explore.hpp>
#include <heddle/sim/explorers.hpp>
#include <heddle/sim/replayed.hpp>
#include <heddle/sim/report.hpp>
#include <heddle/sim/reports.hpp>
#include <heddle/sim/traced_run.hpp>

#include "listener.hpp"
#include "observations.hpp"
#include "options.hpp"
#include "settings.hpp"

namespace heddle::boost_test::detail {

namespace bt = boost::unit_test;

namespace {

constexpr std::uint64_t fewest_to_search = 1'000;
constexpr std::uint64_t most_to_search = 1'000'000;

std::vector<bt::test_unit_id>& registered_ids() {
    static std::vector<bt::test_unit_id> all;
    return all;
}

// ---- options -------------------------------------------------------------------------------

std::string program_path() {
    const auto& suite = bt::framework::master_test_suite();
    return suite.argc > 0 ? suite.argv[0] : "program";
}

/// Ends the program before any test has run. Boost.Test's main catches this and nothing else of it
/// is printed.
[[noreturn]] void refuse(const std::string& line) {
    std::cout.flush();
    std::cerr << program_path() << ": " << line << std::endl;
    throw bt::framework::nothing_to_test(boost::exit_exception_failure);
}

std::vector<std::string_view> backend_names() {
    std::vector<std::string_view> names{"sim"};
    for (const auto* each = backend_registration::first(); each != nullptr; each = each->next()) {
        names.push_back(each->name());
    }
    return names;
}

options read_options() {
    const auto& suite = bt::framework::master_test_suite();
    std::vector<std::string_view> arguments;
    for (int i = 1; i < suite.argc; ++i) {
        arguments.emplace_back(suite.argv[i]);
    }
    std::vector<std::string> cases;
    for (const bt::test_unit_id each : registered_ids()) {
        cases.push_back(bt::framework::get(each, bt::TUT_CASE).full_name());
    }
    const char* const environment = std::getenv("HEDDLE_ARGS");
    try {
        options result = parse_options(environment != nullptr ? environment : "", arguments,
                                       backend_names(), cases);
        if (result.help) {
            std::cout << usage(program_path(), backend_names()) << std::flush;
            throw bt::framework::nothing_to_test(boost::exit_success);
        }
        return result;
    } catch (const option_error& error) {
        refuse(error.what());
    } catch (const sim::tape_error& error) {
        refuse(error.what());
    }
}

const options& asked() {
    static const options one = read_options();
    return one;
}

/// A tape that is not replayed must not pass for one that was.
boost::test_tools::assertion_result replayed_case_is_selected(bt::test_unit_id) {
    const auto& recorded = asked().recorded;
    const std::string wanted = recorded ? recorded->program : std::string();
    for (const bt::test_unit_id id : registered_ids()) {
        const auto& unit = bt::framework::get(id, bt::TUT_CASE);
        if (unit.full_name() == wanted && unit.is_enabled()) {
            return true;
        }
    }
    refuse(asked().replay_file + ": this tape is of '" + wanted +
           "', which is disabled or left out by --run_test");
}

/// Makes Boost.Test read heddle's options before anything runs: decorators are applied first.
class options_decorator final : public bt::decorator::base {
    void apply(bt::test_unit&) override {
        static const bool replaying = [] {
            const bool any = asked().recorded.has_value();
            if (any) {
                bt::framework::master_test_suite().add_precondition(replayed_case_is_selected);
            }
            return any;
        }();
        static_cast<void>(replaying);
    }
    bt::decorator::base_ptr clone() const override {
        return bt::decorator::base_ptr(new options_decorator(*this));
    }
};

// ---- one case ------------------------------------------------------------------------------

void log_message(const std::string& text) { issue({bt::log_messages, {}, 0, text, {}}); }

/// At its own place, or at the case's where it has none.
void issue_failure_at(const sim::failure& what, const std::string& text,
                      const std::vector<std::string>& contexts = {}) {
    const bt::test_unit& unit = bt::framework::current_test_unit();
    if (what.file.empty()) {
        issue_failure({unit.p_file_name.begin(), unit.p_file_name.size()}, unit.p_line_num, text,
                      contexts);
    } else {
        issue_failure(what.file, what.line, text, contexts);
    }
}

std::string command(const std::string& name, const std::string& option) {
    std::string text =
        sim::quoted(program_path()) + " --run_test=" + sim::quoted(name) + " -- " + option;
    if (const auto& schedules = asked().schedules) {
        text += " --schedules=" + std::to_string(*schedules);
    }
    if (const auto& strategy = asked().strategy) {
        text += " --strategy=" + *strategy;
    }
    if (const auto cancellations = asked().cancellations) {
        text += *cancellations ? " --cancellations=yes" : " --cancellations=no";
    }
    return text;
}

std::string seed_command(const std::string& name, std::uint64_t seed) {
    return command(name, "--seed=" + std::to_string(seed));
}

/// Boost.Test writes "error: " itself.
std::string without_prefix(const std::string& text) {
    constexpr std::string_view prefix = "error: ";
    return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

/// Where that cannot be done, `problem` says why.
void write_reports(const sim::exploration& result, const std::string& again, std::string& problem) {
    for (const std::string& file : asked().report_files) {
        try {
            sim::write_report(file, result, again);
        } catch (const sim::report_error& error) {
            problem += "\n  no report: " + std::string(error.what());
        }
    }
}

class simulated_case {
public:
    /// `observed` is null but for a conformance case.
    simulated_case(case_body body, observation_log* observed)
        : body_(body), observed_(observed), name_(bt::framework::current_test_unit().full_name()) {
        const case_settings said = settings_of(bt::framework::current_test_unit());
        options_.name = name_;
        options_.allowed = said.allowed.value_or(options_.allowed);
        options_.schedules =
            asked().schedules.value_or(said.schedules.value_or(sim::default_schedules));
        options_.seed = asked().seed.value_or(options_.seed);
        options_.strategy = asked().strategy.value_or(said.strategy.value_or(options_.strategy));
        options_.cancellations =
            asked().cancellations.value_or(said.cancellations.value_or(options_.cancellations));
        options_.must_see = said.must_see;
        options_.limits.steps = said.step_limit.value_or(options_.limits.steps);
        if (observed_ != nullptr) {
            // A real loop does no more.
            options_.allowed = std::min(options_.allowed, sim::level::timing);
            options_.cancellations = false;
        }
        if (options_.allowed == sim::level::fifo) {
            options_.schedules = 1;  // all others would be the same
        }
    }

    /// Nothing, if it has issued a failure; else the number of runs.
    std::optional<std::uint64_t> explore();
    /// Further runs of a conformance case, until one has observed `wanted`.
    std::optional<std::uint64_t> search(const observed_lines& wanted);
    void replay(const sim::tape& recorded, const std::string& file);
    [[nodiscard]] std::uint64_t seed() const noexcept { return options_.seed; }

private:
    coro<void> begin(quiet& scope, bool kept) const;
    bool explore(const sim::explore_options& options, sim::exploration& result, heard& said);
    sim::run_record rerun(const sim::tape& recorded, quiet& scope, bool kept) const;
    [[nodiscard]] sim::run_record rerun_departures(const sim::tape& recorded, quiet& scope,
                                                   std::string& why) const;
    void report_finding(const sim::exploration& result, const sim::finding& found);
    [[nodiscard]] std::string replay_command(const sim::tape& minimal, std::string& problem) const;

    case_body body_;
    observation_log* observed_;
    std::string name_;
    sim::explore_options options_;
};

coro<void> simulated_case::begin(quiet& scope, bool kept) const {
    scope.begin_run(kept);
    if (observed_ != nullptr) {
        observed_->begin_simulated_run();
    }
    return body_();
}

/// Run 0 is kept: should all be well, its messages and counts are what the case has to say. False
/// if it has issued a failure.
bool simulated_case::explore(const sim::explore_options& options, sim::exploration& result,
                             heard& said) {
    const auto names = sim::strategy_names();
    if (std::find(names.begin(), names.end(), options.strategy) == names.end()) {
        issue_failure_at({}, "heddle::with_strategy: there is no strategy '" + options.strategy +
                                 "', only: " + sim::joined(names));
        return false;
    }
    std::optional<log_entry> stray;
    try {
        quiet scope("this was in run % of an exploration; again: " +
                    seed_command(name_, options.seed));
        bool first = true;
        result = sim::explore([&] { return begin(scope, std::exchange(first, false)); }, options);
        said = scope.kept();
        stray = scope.stray();
    } catch (const std::exception& error) {
        const std::string seed = std::to_string(options.seed);
        issue_failure_at({}, name_ + " could not be explored (seed " + seed + "): " + error.what() +
                                 "\n  again:  " + seed_command(name_, options.seed));
        return false;
    }
    if (stray) {
        issue_failure(stray->file, stray->line, stray->text, stray->contexts);
    }
    if (result.found) {
        report_finding(result, *result.found);
        return false;
    }
    return true;
}

std::optional<std::uint64_t> simulated_case::explore() {
    sim::exploration result;
    heard said;
    if (!explore(options_, result, said)) {
        return {};
    }
    issue(said);
    const std::string coverage = sim::text_of_coverage(result);
    // A search makes some schedules more than once.
    const bool exhaustive = sim::is_exhaustive(options_.strategy);
    std::string text = name_ + ": no failure in " +
                       sim::counted(result.schedules, exhaustive ? "run" : "schedule",
                                    exhaustive ? "runs" : "schedules") +
                       " (seed " + std::to_string(result.seed) + ")";
    if (exhaustive) {
        text += result.exhausted ? ": exhausted, there are no other schedules"
                                 : ": not exhausted, there are more schedules";
    }
    log_message(text + (coverage.empty() ? "" : "\n" + coverage));
    return result.schedules;
}

std::optional<std::uint64_t> simulated_case::search(const observed_lines& wanted) {
    sim::explore_options further = options_;
    if (further.allowed == sim::level::fifo) {
        return 0;
    }
    further.seed = options_.seed + 1;
    further.schedules =
        std::max(std::min(options_.schedules, most_to_search / 10) * 10, fewest_to_search);
    further.must_see.clear();
    further.stop = [&] {
        return observed_->was_simulated(wanted) || !observed_->has_room_for(wanted);
    };
    sim::exploration result;
    heard unused;
    if (!explore(further, result, unused)) {
        return {};
    }
    static_cast<void>(observed_->end_run());
    return result.schedules;
}

sim::run_record simulated_case::rerun(const sim::tape& recorded, quiet& scope, bool kept) const {
    return sim::replay([&] { return begin(scope, kept); }, recorded, options_);
}

/// The program was edited since the tape was made: what the tape amounts to may still be replayed.
sim::run_record simulated_case::rerun_departures(const sim::tape& recorded, quiet& scope,
                                                 std::string& why) const {
    return sim::replay_edited([&] { return begin(scope, true); }, recorded, options_, why);
}

/// Runs the minimal schedule once more, for what it says beside its failure, and to be sure that
/// the tape that is handed out does fail.
void simulated_case::report_finding(const sim::exploration& result, const sim::finding& found) {
    if (!found.replayable()) {
        const std::string again = seed_command(name_, result.seed);
        std::string problem;
        write_reports(result, again, problem);
        return issue_failure_at(found.what, without_prefix(sim::report(result, again)) + problem);
    }
    std::string problem;
    std::string again = replay_command(found.minimal_tape, problem);
    heard said;
    try {
        quiet scope("this was in the replay of a failure; again: " + again);
        const sim::run_record run = rerun(found.minimal_tape, scope, true);
        if (!run.failed || !run.failed->same_as(found.minimal_failure)) {
            problem +=
                "\n  it did not fail in this way when it was run again: the program depends "
                "on something that the simulation does not control";
        }
        said = scope.kept();
    } catch (const std::exception& error) {
        problem += "\n  it could not be run again: " + std::string(error.what());
    }
    issue(said);
    write_reports(result, again, problem);
    issue_failure_at(found.minimal_failure, without_prefix(sim::report(result, again)) + problem,
                     said.failure ? said.failure->contexts : std::vector<std::string>());
}

/// Writes the tape. Where that cannot be done, `problem` says why, and the command explores again.
std::string simulated_case::replay_command(const sim::tape& minimal, std::string& problem) const {
    const std::string file = sim::tape_file(asked().tape_folder, name_);
    try {
        sim::write_tape(file, minimal);
        return command(name_, "--replay=" + sim::quoted(file));
    } catch (const sim::tape_error& error) {
        problem = "\n  no tape: " + std::string(error.what());
        return seed_command(name_, minimal.seed);
    }
}

void simulated_case::replay(const sim::tape& recorded, const std::string& file) {
    const std::string again = command(name_, "--replay=" + sim::quoted(file));
    sim::run_record run;
    sim::run_record plain;
    heard said;
    std::string edited;
    try {
        quiet scope("this was in a replay; again: " + again);
        try {
            run = rerun(recorded, scope, true);
        } catch (const sim::replay_error& error) {
            edited = error.what();
            run = rerun_departures(recorded, scope, edited);
        }
        said = scope.kept();
        if (run.failed) {
            plain = rerun(sim::fifo_tape(recorded), scope, false);
        }
    } catch (const std::exception& error) {
        return issue_failure_at({}, file + ": " + error.what());
    }
    issue(said);
    if (asked().log) {
        std::cout << sim::log_of(run) << std::flush;
    }
    if (!run.failed) {
        return log_message(name_ + ": replayed from " + file + ", no failure" +
                           (edited.empty() ? "" : " (" + edited + ")"));
    }
    const sim::exploration result = sim::as_found(recorded, run, &plain, options_.schedules);
    std::string problem;
    write_reports(result, again, problem);
    if (!edited.empty()) {
        problem += "\n  " + edited;
    }
    issue_failure_at(*run.failed, without_prefix(sim::report(result, again)) + problem,
                     said.failure ? said.failure->contexts : std::vector<std::string>());
}

// ---- other backends ------------------------------------------------------------------------

/// What BOOST_REQUIRE throws has been counted where it was thrown.
bool is_from_a_check(const std::exception_ptr& error) {
    try {
        if (error) {
            std::rethrow_exception(error);
        }
    } catch (const boost::execution_aborted&) {
        return true;
    } catch (...) {
        return false;
    }
    return false;
}

/// Errors that nobody awaits.
void take_lost_error(event_loop&, const exception_context& context) {
    if (is_from_a_check(context.error)) {
        return;
    }
    issue_failure_at({}, std::string(context.message) + ": " + describe(context.error) + " (" +
                             context.source + ")");
}

void run_for_real(case_body body, const backend_registration& backend) {
    try {
        backend.runner()(body, take_lost_error);
    } catch (const cancelled_error&) {
        issue_failure_at({}, "the body was cancelled");
    }
}

void run_for_real(case_body body, std::string_view backend) {
    for (const auto* each = backend_registration::first(); each != nullptr; each = each->next()) {
        if (each->name() == backend) {
            return run_for_real(body, *each);
        }
    }
}

// ---- conformance ---------------------------------------------------------------------------

/// One run on `backend`, whose observations must have been made in the simulation.
void compare(case_body body, simulated_case& simulated, observation_log& observed,
             std::uint64_t& schedules, const backend_registration& backend) {
    const std::string name = bt::framework::current_test_unit().full_name();
    const std::string real(backend.name());
    observed.begin_real_run();
    run_for_real(body, backend);
    const observed_lines lines = observed.end_run();
    const auto agrees = [](const std::string& text) {
        bt::framework::assertion_result(bt::AR_PASSED);
        log_message(text);
    };
    if (lines == observed.first_simulated()) {
        return agrees(name + ": " + real + " observed what the plain simulation did");
    }
    if (!observed.was_simulated(lines)) {
        const auto further = simulated.search(lines);
        if (!further) {
            return;
        }
        schedules += *further;
    }
    if (observed.was_simulated(lines)) {
        return agrees(name + ": " + real + " observed what one of " + std::to_string(schedules) +
                      " simulated schedules did");
    }
    if (observed.lacks_some()) {
        return issue_failure_at(
            {}, name + ": what was observed on '" + real +
                    "' cannot be compared: the simulated schedules have observed more lines than "
                    "are kept (a million that differ); observe less, or simulate fewer schedules");
    }
    issue_failure_at({}, name + ": unfaithful simulation: what was observed on '" + real +
                             "' was observed in none of " + std::to_string(schedules) +
                             " simulated schedules (seed " + std::to_string(simulated.seed()) +
                             ")" + observed.difference(lines, real) +
                             "\n  again:   " + seed_command(name, simulated.seed()));
}

void explore_and_compare(case_body body, simulated_case& simulated, observation_log& observed) {
    auto schedules = simulated.explore();
    static_cast<void>(observed.end_run());
    if (!schedules) {
        return;
    }
    if (backend_registration::first() == nullptr) {
        return issue_failure_at(
            {},
            "nothing to compare the simulation with: this program has no other backend; link "
            "it with heddle::asio_backend");
    }
    for (const auto* each = backend_registration::first(); each != nullptr; each = each->next()) {
        compare(body, simulated, observed, *schedules, *each);
    }
}

/// `observed` is null but for a conformance case.
void run_case(case_body body, observation_log* observed) {
    if (asked().backend != "sim") {
        return run_for_real(body, asked().backend);
    }
    if (const auto& crashed = crashed_before()) {
        return issue_failure_at(
            {}, "not run: '" + *crashed + "' has crashed in this process, inside of a loop");
    }
    simulated_case one(body, observed);
    const auto& recorded = asked().recorded;
    if (!recorded && observed != nullptr) {
        return explore_and_compare(body, one, *observed);
    }
    if (!recorded) {
        static_cast<void>(one.explore());
        return;
    }
    if (recorded->program == bt::framework::current_test_unit().full_name()) {
        return one.replay(*recorded, asked().replay_file);
    }
    log_message("not run: only '" + recorded->program + "' is replayed");
}

void register_unit(const std::function<void()>& run, const char* name, const char* file,
                   std::size_t line) {
    bt::test_case* const unit = bt::make_test_case(run, name, file, line);
    bt::ut_detail::auto_test_unit_registrar(
        unit, bt::decorator::collector_t::instance() * options_decorator());
    registered_ids().push_back(unit->p_id);
}

}  // namespace

void add_case(case_body body, const char* name, const char* file, std::size_t line) {
    register_unit([body] { run_case(body, nullptr); }, name, file, line);
}

void add_conformance_case(case_body body, const char* name, const char* file, std::size_t line) {
    register_unit(
        [body] {
            observation_log observed;
            run_case(body, &observed);
        },
        name, file, line);
}

}  // namespace heddle::boost_test::detail

// SPDX-License-Identifier: BSL-1.0
#include "listener.hpp"

#include <array>
#include <cstddef>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <boost/test/framework.hpp>
#include <boost/test/results_collector.hpp>
#include <boost/test/tree/observer.hpp>
#include <boost/test/tree/test_unit.hpp>
#include <boost/test/unit_test_log_formatter.hpp>

#include <heddle/sim/failure.hpp>
#include <heddle/sim/simulation.hpp>

namespace heddle::boost_test::detail {

namespace bt = boost::unit_test;

namespace {

/// What a run says beyond this is not kept. Whether any log shows it is not known here: the JUnit
/// log does not tell its level.
constexpr std::size_t most_entries = 10'000;

constexpr std::array built_in_formats{bt::OF_CLF, bt::OF_XML, bt::OF_JUNIT};

/// The check's text without the values that it found: "check a == b".
std::string sort_of(const std::string& text) {
    const std::size_t end = text.find(" has failed");
    return end == std::string::npos ? std::string() : text.substr(0, end);
}

/// By the base's function: JUnit's own takes `nothing` for `errors`, and keeps it elsewhere.
void set_level(bt::output_format format, bt::log_level level) {
    bt::unit_test_log.get_formatter(format)->bt::unit_test_log_formatter::set_log_level(level);
}

class listener_t final : public bt::test_observer {
public:
    void begin(std::string if_it_crashes);
    void end();
    void begin_run(bool kept);

    // Boost.Test tells the observers of lower priority first: before the log, 2, and the counts, 3.
    int priority() override { return 1; }
    void assertion_result(bt::assertion_result result) override;
    void exception_caught(const boost::execution_exception& error) override;

    /// Called by the formatter below.
    void take(log_entry entry);

    [[nodiscard]] const heard& kept() const noexcept { return kept_; }
    [[nodiscard]] const std::optional<log_entry>& stray() const noexcept { return stray_; }
    [[nodiscard]] const std::optional<std::string>& crashed() const noexcept { return crashed_; }

private:
    void note_failure();

    bool listening_ = false;
    bool keeping_ = false;
    std::array<bt::log_level, built_in_formats.size()> saved_levels_{};
    std::ostringstream nowhere_;
    log_entry last_;
    heard kept_;
    std::optional<log_entry> stray_;
    std::uint64_t runs_ = 0;
    std::string if_it_crashes_;
    std::optional<std::string> crashed_;
};

listener_t& listener() {
    static listener_t one;
    return one;
}

/// The one log that is on while the listener listens. It prints nothing.
class listening_formatter final : public bt::unit_test_log_formatter {
public:
    void log_entry_start(std::ostream&, const bt::log_entry_data& data, log_entry_types) override {
        entry_ = {data.m_level, data.m_file_name, data.m_line_num, {}, {}};
    }
    using bt::unit_test_log_formatter::log_entry_value;
    void log_entry_value(std::ostream&, bt::const_string value) override {
        entry_.text.append(value.begin(), value.size());
    }
    void log_entry_context(std::ostream&, bt::log_level, bt::const_string value) override {
        entry_.contexts.emplace_back(value.begin(), value.size());
    }
    void log_entry_finish(std::ostream&) override { listener().take(std::move(entry_)); }

    void entry_context_start(std::ostream&, bt::log_level) override {}
    void entry_context_finish(std::ostream&, bt::log_level) override {}
    void log_start(std::ostream&, bt::counter_t) override {}
    void log_finish(std::ostream&) override {}
    void log_build_info(std::ostream&, bool) override {}
    void test_unit_start(std::ostream&, const bt::test_unit&) override {}
    void test_unit_finish(std::ostream&, const bt::test_unit&, unsigned long) override {}
    void log_exception_start(std::ostream&, const bt::log_checkpoint_data&,
                             const boost::execution_exception&) override {}
    void log_exception_finish(std::ostream&) override {}

private:
    log_entry entry_;
};

void listener_t::begin(std::string if_it_crashes) {
    if (bt::unit_test_log.get_formatter(bt::OF_CUSTOM_LOGGER) != nullptr) {
        throw std::runtime_error(
            "heddle cannot explore in a program that has set a log formatter of its own");
    }
    if_it_crashes_ = std::move(if_it_crashes);
    runs_ = 0;
    kept_ = {};
    stray_.reset();
    keeping_ = false;
    for (std::size_t i = 0; i < built_in_formats.size(); ++i) {
        saved_levels_[i] = bt::unit_test_log.get_formatter(built_in_formats[i])->get_log_level();
        set_level(built_in_formats[i], bt::log_nothing);
    }
    bt::unit_test_log.add_formatter(new listening_formatter);
    bt::unit_test_log.set_stream(bt::OF_CUSTOM_LOGGER, nowhere_);
    bt::unit_test_log.configure();
    bt::framework::deregister_observer(bt::results_collector);
    bt::framework::register_observer(*this);
    listening_ = true;
}

void listener_t::end() {
    listening_ = false;
    bt::unit_test_log << bt::log::end();
    bt::unit_test_log.add_formatter(nullptr);
    for (std::size_t i = 0; i < built_in_formats.size(); ++i) {
        set_level(built_in_formats[i], saved_levels_[i]);
    }
    bt::unit_test_log.configure();
    // The listener itself stays among the observers: this may be called while they are told.
    bt::framework::register_observer(bt::results_collector);
}

void listener_t::begin_run(bool kept) {
    ++runs_;
    keeping_ = kept;
    set_level(bt::OF_CUSTOM_LOGGER, kept ? bt::log_successful_tests : bt::log_all_errors);
}

void listener_t::take(log_entry entry) {
    if (entry.level >= bt::log_all_errors) {
        last_ = std::move(entry);  // the tool that wrote it says at once whether it counts
    } else if (keeping_) {
        kept_.entries.push_back(std::move(entry));
        if (kept_.entries.size() == most_entries) {
            kept_.entries.push_back(
                {bt::log_messages, {}, 0, "what this run says from here on is not kept", {}});
            set_level(bt::OF_CUSTOM_LOGGER, bt::log_all_errors);
        }
    }
}

void listener_t::assertion_result(bt::assertion_result result) {
    if (!listening_) {
        return;
    }
    if (result == bt::AR_FAILED) {
        note_failure();
    } else if (keeping_) {
        ++(result == bt::AR_PASSED ? kept_.passed : kept_.warnings);
    }
}

void listener_t::note_failure() {
    log_entry failed = std::exchange(last_, {});
    if (failed.text.empty()) {
        failed.text = "a check has failed";
    }
    sim::simulation* const run = sim::simulation::current();
    if (run == nullptr) {
        if (!stray_) {
            stray_ = std::move(failed);
        }
        return;
    }
    run->note({sim::failure_class::check, failed.text, failed.file,
               static_cast<std::uint32_t>(failed.line), sort_of(failed.text)});
    if (keeping_ && !kept_.failure) {
        kept_.failure = std::move(failed);
    }
}

void listener_t::exception_caught(const boost::execution_exception&) {
    if (!listening_) {
        return;
    }
    // Only a jump out of a signal handler gets here: an exception has passed ~quiet.
    end();
    crashed_ = bt::framework::current_test_unit().full_name();
    std::string text = std::move(if_it_crashes_);
    constexpr std::string_view before = "in run ";
    if (const std::size_t place = text.find("in run %"); place != std::string::npos) {
        text.replace(place + before.size(), 1, std::to_string(runs_));
    }
    issue({bt::log_all_errors, {}, 0, std::move(text), {}});
}

}  // namespace

quiet::quiet(std::string if_it_crashes) { listener().begin(std::move(if_it_crashes)); }
quiet::~quiet() { listener().end(); }
void quiet::begin_run(bool kept) { listener().begin_run(kept); }
const heard& quiet::kept() const noexcept { return listener().kept(); }
const std::optional<log_entry>& quiet::stray() const noexcept { return listener().stray(); }

const std::optional<std::string>& crashed_before() noexcept { return listener().crashed(); }

void issue(const log_entry& entry) {
    for (const std::string& context : entry.contexts) {
        bt::framework::add_context(BOOST_TEST_LAZY_MSG(context), false);
    }
    // An empty file's name would be that of an entry without a place.
    bt::unit_test_log << bt::log::begin(entry.file, entry.line) << entry.level
                      << bt::const_string(entry.text) << bt::log::end();
}

void issue_failure(std::string_view file, std::size_t line, std::string_view text,
                   const std::vector<std::string>& contexts) {
    issue({bt::log_all_errors, std::string(file), line, std::string(text), contexts});
    bt::framework::assertion_result(bt::AR_FAILED);
}

void issue(const heard& what) {
    for (const log_entry& each : what.entries) {
        issue(each);
    }
    // To the counts alone: other observers have heard of each when it was made.
    for (std::uint64_t i = 0; i < what.passed; ++i) {
        bt::results_collector.assertion_result(bt::AR_PASSED);
    }
    for (std::uint64_t i = 0; i < what.warnings; ++i) {
        bt::results_collector.assertion_result(bt::AR_TRIGGERED);
    }
}

}  // namespace heddle::boost_test::detail

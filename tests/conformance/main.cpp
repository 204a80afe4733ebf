// SPDX-License-Identifier: BSL-1.0
//
// conformance_runner: programs of the conformance language on standard input, one line of JSON
// each; their traces on standard output, in the same order.
//
// Exit status 0 if all programs ran, 1 if a line is no program or a run broke off (one line on
// standard error says so, and there is no trace for it), 2 for a wrong command line.
#include <atomic>
#include <condition_variable>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "backends.hpp"
#include "options.hpp"
#include "program.hpp"

namespace {

using namespace conformance;

/// What became of one line.
struct output {
    std::string line;     // empty: there is no trace
    std::string problem;  // empty: there is none
    std::string too_close;
};

/// Once more, if it was too close to call: the machine may have had other things to do.
run_result run_in_real_time(const program& what, const options& chosen) {
    run_result result;
    for (std::size_t tries = 0; tries < chosen.tries; ++tries) {
        result = run_in_real_time(what, chosen.stretch);
        if (!result.too_close_to_call) {
            break;
        }
    }
    return result;
}

run_result run(const program& what, const options& chosen) {
    switch (chosen.on) {
        case options::loop::simulation:
            return run_in_simulation(what);
        case options::loop::asio:
            return run_on_asio(what);
        case options::loop::asio_real:
            return run_in_real_time(what, chosen);
        default:
            return run_in_virtual_time(what);
    }
}

output run_line(const std::string& line, std::size_t number, const options& chosen) {
    output done;
    std::string id;
    try {
        const program what = read_program(line);
        id = what.id;
        const run_result result = run(what, chosen);
        done.line = trace_as_json(id, result.trace);
        if (result.too_close_to_call) {
            done.too_close = id;
        }
    } catch (const std::exception& error) {
        done.problem =
            "line " + std::to_string(number) + (id.empty() ? "" : ", " + id) + ": " + error.what();
    }
    return done;
}

/// Reads lines and writes what became of them, in the order of the lines; from any thread.
class files {
public:
    explicit files(const options& chosen) {
        if (!chosen.report.empty()) {
            report_.open(chosen.report);
            if (!report_) {
                throw bad_option("--report: '" + chosen.report + "' cannot be written");
            }
        }
    }

    /// The next line that is not empty, and its number, from 1.
    std::optional<std::pair<std::string, std::size_t>> next() {
        const std::scoped_lock lock(mutex_);
        std::string line;
        while (std::getline(std::cin, line)) {
            ++lines_read_;
            if (line.find_first_not_of(" \t\r") != line.npos) {
                return std::pair(std::move(line), lines_read_);
            }
            waiting_[lines_read_] = {};
        }
        return std::nullopt;
    }

    void put(std::size_t number, output done) {
        const std::scoped_lock lock(mutex_);
        waiting_[number] = std::move(done);
        for (auto first = waiting_.begin();
             first != waiting_.end() && first->first == lines_written_ + 1;
             first = waiting_.erase(first)) {
            write(first->second);
            ++lines_written_;
        }
    }

    [[nodiscard]] bool all_well() const { return all_well_; }

private:
    void write(const output& done) {
        if (!done.line.empty()) {
            std::cout << done.line << std::endl;  // a crash must not lose what is done
        }
        if (!done.problem.empty()) {
            std::cerr << "conformance_runner: " << done.problem << std::endl;
            all_well_ = false;
        }
        if (!done.too_close.empty()) {
            (report_.is_open() ? report_ : std::cerr)
                << "too close to call: " << done.too_close << std::endl;
        }
    }

    std::mutex mutex_;
    std::map<std::size_t, output> waiting_;
    std::size_t lines_read_ = 0;
    std::size_t lines_written_ = 0;
    bool all_well_ = true;
    std::ofstream report_;
};

bool run_all(const options& chosen) {
    files io(chosen);
    const auto work = [&] {
        while (const auto line = io.next()) {
            io.put(line->second, run_line(line->first, line->second, chosen));
        }
    };
    const std::size_t jobs = chosen.jobs != 0                        ? chosen.jobs
                             : chosen.on == options::loop::asio_real ? 64
                                                                     : 1;
    // A loop stays on its thread, so many at a time are many threads; in real time they sleep.
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < jobs; ++i) {
        others.emplace_back(work);
    }
    work();
    others.clear();
    return io.all_well();
}

}  // namespace

int main(int count, char** words) {
    std::ios::sync_with_stdio(false);
    try {
        const options chosen = read_options(count, words);
        if (chosen.help) {
            std::cout << usage();
            return 0;
        }
        return run_all(chosen) ? 0 : 1;
    } catch (const bad_option& error) {
        std::cerr << "conformance_runner: " << error.what() << std::endl;
        return 2;
    }
}

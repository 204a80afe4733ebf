// SPDX-License-Identifier: BSL-1.0
//
// What HEDDLE_FUZZ_PROGRAM makes an executable of, whoever drives it.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <heddle/sim/fuzz.hpp>
#include <heddle/sim/report.hpp>

namespace heddle::sim::detail {

namespace {

using bytes = std::vector<std::uint8_t>;
constexpr std::size_t largest_input = std::size_t{1} << 20;

/// Of this process: the callbacks of a fuzzer know nothing but an input.
struct command_line {
    std::string path = "program";
    std::string tape_folder;
};
command_line& asked() {
    static command_line one;
    return one;
}

[[noreturn]] void refuse(const std::string& line) {
    std::fprintf(stderr, "%s: %s\n", asked().path.c_str(), line.c_str());
    std::exit(2);
}

std::string help() {
    return "usage: " + asked().path +
           " [OPTION] [what the fuzzer takes, or FILE... and FOLDER... of inputs]\n"
           "\n"
           "  --replay=TAPE     makes the run that a tape has\n"
           "  --tape-of=INPUT   writes the tape of an input, also if its run kills the process\n"
           "  --tapes=FOLDER    where tapes are written; default: here\n"
           "  --runs=N          fuzzes by itself, for at most N runs\n"
           "  --seed=K          of --runs; default: 1\n"
           "\n"
           "Linked with libFuzzer, it is libFuzzer's (-help=1) but for these. Else the inputs "
           "named\n"
           "are run, or one from the standard input.\n";
}

bytes read_input(const std::string& path) {
    std::FILE* const file = path == "-" ? stdin : std::fopen(path.c_str(), "rb");
    if (file == nullptr) {
        refuse(path + ": cannot be read: " + std::strerror(errno));
    }
    bytes data(largest_input + 1);
    data.resize(std::fread(data.data(), 1, data.size(), file));
    const bool failed = std::ferror(file) != 0;
    const std::string why = failed ? std::strerror(errno) : "";
    if (file != stdin) {
        std::fclose(file);
    }
    if (failed) {
        refuse(path + ": cannot be read: " + why);
    }
    if (data.size() > largest_input) {
        refuse(path + ": expected an input of at most 1 MiB");
    }
    return data;
}

std::string tape_path(const fuzz_target& target) {
    std::string name = target.options().name;
    for (char& c : name) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '_' || c == '-';
        c = plain ? c : '_';
    }
    const std::string& folder = asked().tape_folder;
    return (folder.empty() ? "" : folder + "/") + name + ".tape";
}

/// The command that replays it; what went wrong, if it could not be written.
std::string written(const fuzz_target& target, const tape& recorded) {
    const std::string path = tape_path(target);
    try {
        write_tape(path, recorded);
        return asked().path + " --replay=" + path;
    } catch (const tape_error& error) {
        return "no tape: " + std::string(error.what());
    }
}

/// Says what is to be said of the latest run, which failed.
void explain_failure(fuzz_target& target) {
    // The whole tape first: should the program crash in a schedule like this one, it is there.
    std::string command = written(target, target.recorded());
    const exploration result = target.explain();
    if (!result.found) {
        return;
    }
    if (result.found->what.what != failure_class::nondeterminism) {
        command = written(target, result.found->minimal_tape);
    }
    std::string text = report(result, command);
    text.replace(0, text.find('\n'), "error: " + result.name + " failed on a fuzzed schedule");
    std::fprintf(stderr, "%s\n", text.c_str());
    std::fflush(stderr);
}

// ---- --replay ------------------------------------------------------------------------------

int replay_tape(const fuzz_target& target, const std::string& path) {
    try {
        const run_record run = replay(target.main(), read_tape(path), target.options());
        if (!run.failed) {
            std::printf("%s: replayed from %s, no failure\n", target.options().name.c_str(),
                        path.c_str());
            return 0;
        }
        const failure& what = *run.failed;
        const std::string place =
            what.file.empty() ? "" : " (" + what.file + ":" + std::to_string(what.line) + ")";
        std::printf("%s: replayed from %s: %s%s\n", target.options().name.c_str(), path.c_str(),
                    what.message.c_str(), place.c_str());
        return 1;
    } catch (const tape_error& error) {
        refuse(error.what());
    } catch (const replay_error& error) {
        refuse(path + ": " + error.what());
    }
}

// ---- --tape-of -----------------------------------------------------------------------------

/// The choices of a run in a process of its own, which it may kill.
struct watched_run {
    std::vector<choice> choices;
    int status = 0;  ///< as waitpid gives it
};

// Statuses that nobody else exits with: sanitizers take 1, a program under test 0.
constexpr int ended_well = 97;
constexpr int ended_failed = 98;

[[noreturn]] void run_in_child(fuzz_target& target, const bytes& input, int out) {
    const auto say = [out](const choice& one) {
        // Less than PIPE_BUF, so whole or not at all; should the reader have gone, nobody cares.
        if (::write(out, &one, sizeof one) < 0) {
            _exit(ended_well);
        }
    };
    target.tell([&](const choice* made) { say(made != nullptr ? *made : choice{}); });
    const run_record* const record = target.run(input);
    std::fflush(nullptr);
    _exit(record != nullptr && record->failed ? ended_failed : ended_well);
}

watched_run watch(fuzz_target& target, const bytes& input) {
    int ends[2];
    if (pipe(ends) != 0) {
        refuse(std::string("no pipe: ") + std::strerror(errno));
    }
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) {
        refuse(std::string("no process: ") + std::strerror(errno));
    }
    if (child == 0) {
        close(ends[0]);
        run_in_child(target, input, ends[1]);
    }
    close(ends[1]);
    watched_run seen;
    choice one;
    for (;;) {
        const ssize_t got = read(ends[0], &one, sizeof one);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got != static_cast<ssize_t>(sizeof one)) {
            break;
        }
        if (one.options == 0) {
            seen.choices.clear();  // a run begins
        } else {
            seen.choices.push_back(one);
        }
    }
    close(ends[0]);
    while (waitpid(child, &seen.status, 0) < 0 && errno == EINTR) {
    }
    return seen;
}

int write_tape_of(fuzz_target& target, const std::string& path) {
    const bytes input = read_input(path);
    watched_run seen = watch(target, input);
    const bool exited = WIFEXITED(seen.status);
    const bool to_its_end = exited && (WEXITSTATUS(seen.status) == ended_well ||
                                       WEXITSTATUS(seen.status) == ended_failed);
    if (to_its_end) {
        const run_record* const record = target.run(input);
        if (record == nullptr) {
            refuse(path + ": expected an input of version 0");
        }
        if (record->failed) {
            explain_failure(target);
            return 1;
        }
        seen.choices = record->choices;
        std::printf("%s: no failure\n", path.c_str());
    } else if (exited) {
        std::printf("%s: the run ended the process with status %d\n", path.c_str(),
                    WEXITSTATUS(seen.status));
    } else {
        std::printf("%s: the run ended the process by signal %d\n", path.c_str(),
                    WTERMSIG(seen.status));
    }
    tape recorded = target.tape_of(input);
    recorded.choices = std::move(seen.choices);
    std::printf("  replay:  %s\n", written(target, recorded).c_str());
    return to_its_end ? 0 : 1;
}

// ---- --runs --------------------------------------------------------------------------------

int search(fuzz_target& target, std::uint64_t runs, std::uint64_t seed) {
    const fuzz_target::searched result = target.search(runs, seed);
    if (!result.failing) {
        std::printf("%s: no failure in %llu fuzzed schedules (seed %llu)\n",
                    target.options().name.c_str(), static_cast<unsigned long long>(result.runs),
                    static_cast<unsigned long long>(seed));
        return 0;
    }
    std::printf("%s: schedule %llu failed (seed %llu)\n", target.options().name.c_str(),
                static_cast<unsigned long long>(result.runs),
                static_cast<unsigned long long>(seed));
    std::fflush(stdout);
    explain_failure(target);
    return 1;
}

std::uint64_t number(std::string_view option, std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) {
        refuse(std::string(option) + std::string(text) + ": expected a number");
    }
    return value;
}

/// What one option says, if it is ours.
struct parsed {
    std::string replay;
    std::string tape_of;
    std::uint64_t runs = 0;
    std::uint64_t seed = 1;
};

void parse(std::string_view argument, parsed& result) {
    const auto takes = [&](std::string_view option, std::string& value) {
        if (!argument.starts_with(option)) {
            return false;
        }
        value = argument.substr(option.size());
        if (value.empty()) {
            refuse(std::string(argument) + ": expected a name behind the =");
        }
        return true;
    };
    if (takes("--replay=", result.replay) || takes("--tape-of=", result.tape_of) ||
        takes("--tapes=", asked().tape_folder)) {
        return;
    }
    for (const auto& [option, value] :
         {std::pair<std::string_view, std::uint64_t*>{"--runs=", &result.runs},
          {"--seed=", &result.seed}}) {
        if (argument.starts_with(option)) {
            *value = number(option, argument.substr(option.size()));
            return;
        }
    }
    if (argument == "--help") {
        std::fputs(help().c_str(), stdout);
        std::exit(0);
    }
    refuse(std::string(argument) + ": there is no such option (try --help)");
}

}  // namespace

void fuzz_initialize(fuzz_target& target, int* argc, char*** argv) {
    if (*argc > 0) {
        asked().path = (*argv)[0];
    }
    parsed result;
    int kept = std::min(*argc, 1);
    for (int i = 1; i < *argc; ++i) {
        const std::string_view argument = (*argv)[i];
        if (argument.starts_with("--")) {
            parse(argument, result);
        } else {
            (*argv)[kept++] = (*argv)[i];
        }
    }
    if (kept < *argc) {
        (*argv)[kept] = nullptr;
        *argc = kept;
    }
    if (!result.replay.empty()) {
        std::exit(replay_tape(target, result.replay));
    }
    if (!result.tape_of.empty()) {
        std::exit(write_tape_of(target, result.tape_of));
    }
    if (result.runs != 0) {
        std::exit(search(target, result.runs, result.seed));
    }
}

int fuzz_one_input(fuzz_target& target, const std::uint8_t* data, std::size_t size) {
    const run_record* const record = target.run({data, size});
    if (record == nullptr) {
        return -1;
    }
    if (record->failed) {
        explain_failure(target);
        std::abort();
    }
    return 0;
}

int fuzz_main(fuzz_target& target, int argc, char** argv) {
    std::vector<std::string> files;
    for (int i = 1; i < argc; ++i) {
        std::error_code error;
        if (!std::filesystem::is_directory(argv[i], error)) {
            files.emplace_back(argv[i]);
            continue;
        }
        const std::size_t before = files.size();
        for (const auto& each : std::filesystem::directory_iterator(argv[i], error)) {
            if (each.is_regular_file(error)) {
                files.push_back(each.path().string());
            }
        }
        if (error) {
            refuse(std::string(argv[i]) + ": cannot be read: " + error.message());
        }
        std::sort(files.begin() + static_cast<std::ptrdiff_t>(before), files.end());
    }
    if (argc <= 1) {
        files.emplace_back("-");
    }
    for (const std::string& each : files) {
        const bytes input = read_input(each);
        if (fuzz_one_input(target, input.data(), input.size()) != 0) {
            refuse(each + ": expected an input of version 0");
        }
    }
    std::printf("%s: no failure in %zu %s\n", target.options().name.c_str(), files.size(),
                files.size() == 1 ? "input" : "inputs");
    return 0;
}

}  // namespace heddle::sim::detail

// SPDX-License-Identifier: BSL-1.0
#include "child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <new>
#include <stdexcept>
#include <utility>

#include <heddle/sim/report.hpp>

#include "wall_clock.hpp"

namespace heddle::sim::detail {

namespace {

[[noreturn]] void refuse(const std::string& what) {
    throw std::runtime_error(what + ": " + std::strerror(errno));
}

/// What signals of errors did when the program began: a sanitizer's handlers, if there is one, and
/// not those that a test framework sets later, which would go on in the child with other tests.
class first_handlers {
public:
    first_handlers() noexcept {
        for (std::size_t i = 0; i < signals.size(); ++i) {
            ::sigaction(signals[i], nullptr, &handlers_[i]);
        }
    }
    void restore() const noexcept {
        for (std::size_t i = 0; i < signals.size(); ++i) {
            ::sigaction(signals[i], &handlers_[i], nullptr);
        }
    }

private:
    static constexpr std::array<int, 11> signals{SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
                                                 SIGABRT, SIGTRAP, SIGSYS, SIGTERM,
                                                 SIGALRM, SIGCHLD, SIGPIPE};
    std::array<struct sigaction, signals.size()> handlers_{};
};
const first_handlers at_start;

std::string name_of_signal(int number) {
    static constexpr std::array<std::pair<int, const char*>, 16> names{{{SIGSEGV, "SIGSEGV"},
                                                                        {SIGABRT, "SIGABRT"},
                                                                        {SIGKILL, "SIGKILL"},
                                                                        {SIGBUS, "SIGBUS"},
                                                                        {SIGFPE, "SIGFPE"},
                                                                        {SIGILL, "SIGILL"},
                                                                        {SIGTRAP, "SIGTRAP"},
                                                                        {SIGSYS, "SIGSYS"},
                                                                        {SIGTERM, "SIGTERM"},
                                                                        {SIGINT, "SIGINT"},
                                                                        {SIGPIPE, "SIGPIPE"},
                                                                        {SIGALRM, "SIGALRM"},
                                                                        {SIGHUP, "SIGHUP"},
                                                                        {SIGQUIT, "SIGQUIT"},
                                                                        {SIGXCPU, "SIGXCPU"},
                                                                        {SIGXFSZ, "SIGXFSZ"}}};
    for (const auto& [each, name] : names) {
        if (each == number) {
            return name;
        }
    }
    return "signal " + std::to_string(number);
}

/// The last line of `said` that begins with `prefix` and has more than that, without it.
std::string last_line(std::string_view said, std::string_view prefix) {
    std::string found;
    while (!said.empty()) {
        const std::size_t end = std::min(said.find('\n'), said.size());
        std::string_view line = said.substr(0, end);
        said.remove_prefix(std::min(end + 1, said.size()));
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        if (line.starts_with(prefix) && line.size() > prefix.size()) {
            found = line.substr(prefix.size());
        }
    }
    return found;
}

constexpr std::size_t most_said = std::size_t{64} << 10;

void keep_end(std::string& text) {
    if (text.size() > 2 * most_said) {
        text.erase(0, text.size() - most_said);
    }
}

// What a child's answer begins with.
constexpr char said_all = 'A';
constexpr char said_replay_error = 'R';
constexpr char said_error = 'E';

[[noreturn]] void say(int file, char kind, std::string_view bytes) noexcept {
    const bool sent = write_all(file, std::string_view(&kind, 1)) && write_all(file, bytes);
    std::cout.flush();
    std::fflush(nullptr);
    ::_exit(sent ? 0 : 1);
}

}  // namespace

// ---- memory --------------------------------------------------------------------------------

shared_memory::shared_memory(std::size_t bytes)
    : data_(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)),
      bytes_(bytes) {
    if (data_ == MAP_FAILED) {
        refuse("no memory to share with worker processes");
    }
}

shared_memory::~shared_memory() { ::munmap(data_, bytes_); }

namespace {

std::size_t capacity_for(const run_limits& limits) {
    // An iteration takes a few choices, a step no more than that.
    constexpr std::uint64_t choices_a_step = 6;
    constexpr std::uint64_t most = std::uint64_t{1} << 26;
    return static_cast<std::size_t>(
        std::min(most, choices_a_step * std::min(most, limits.steps) + 1'024));
}

}  // namespace

run_room::run_room(const run_limits& limits)
    : capacity_(capacity_for(limits)),
      memory_(sizeof(run_signs) + capacity_ * sizeof(choice)),
      signs_(new(memory_.data()) run_signs),
      entries_(reinterpret_cast<choice*>(signs_ + 1), capacity_) {
    static_assert(alignof(choice) <= alignof(run_signs));
}

std::vector<choice> run_room::taken() const {
    const auto count = static_cast<std::size_t>(
        std::min<std::uint64_t>(signs_->choices.load(std::memory_order_acquire), entries_.size()));
    return {entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(count)};
}

bool run_room::whole() const noexcept {
    return signs_->choices.load(std::memory_order_acquire) <= entries_.size();
}

// ---- pipes ---------------------------------------------------------------------------------

pipe_ends::pipe_ends() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        refuse("no pipe to a worker process");
    }
    read_end = ends[0];
    write_end = ends[1];
    ::fcntl(read_end, F_SETFL, O_NONBLOCK);
}

pipe_ends::~pipe_ends() {
    close_read();
    close_write();
}

void pipe_ends::close_read() noexcept {
    if (const int file = std::exchange(read_end, -1); file >= 0) {
        ::close(file);
    }
}

void pipe_ends::close_write() noexcept {
    if (const int file = std::exchange(write_end, -1); file >= 0) {
        ::close(file);
    }
}

bool pipe_ends::read(std::string& text) const {
    std::array<char, 65536> buffer;
    for (;;) {
        const ssize_t count = ::read(read_end, buffer.data(), buffer.size());
        if (count > 0) {
            text.append(buffer.data(), static_cast<std::size_t>(count));
        } else if (count == 0) {
            return false;
        } else if (errno != EINTR) {
            return errno == EAGAIN;
        }
    }
}

bool write_all(int file, std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        const ssize_t count = ::write(file, bytes.data(), bytes.size());
        if (count > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (count == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

// ---- processes -----------------------------------------------------------------------------

pid_t start_child(const std::function<int()>& work) {
    // What is in a buffer now would be written by both.
    std::cout.flush();
    std::fflush(nullptr);
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) {
        refuse("a worker process cannot be started");
    }
    if (child > 0) {
        return child;
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
        ::_exit(1);
    }
    // An interrupt from the terminal, or a signal to the whole group, is the parent's: it alone says
    // what follows.
    ::setpgid(0, 0);
    at_start.restore();
    int status = 1;
    try {
        status = work();
    } catch (...) {
        status = 1;
    }
    std::cout.flush();
    std::fflush(nullptr);
    ::_exit(status);
}

std::optional<int> ended(pid_t child) noexcept {
    int status = 0;
    for (;;) {
        const pid_t got = ::waitpid(child, &status, WNOHANG);
        if (got == child) {
            return status;
        }
        if (got == 0 || errno != EINTR) {
            return std::nullopt;
        }
    }
}

int wait_for_end(pid_t child) noexcept {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

void kill_child(pid_t child) noexcept {
    ::kill(child, SIGKILL);
    static_cast<void>(wait_for_end(child));
}

failure death(int status, std::string_view said) {
    failure result;
    result.what = failure_class::crash;
    result.sort = WIFSIGNALED(status) ? "died by " + name_of_signal(WTERMSIG(status))
                                      : "exited with status " + std::to_string(WEXITSTATUS(status));
    const std::string summary = last_line(said, "SUMMARY: ");
    if (!summary.empty()) {
        result.sort += ": " + summary;
    }
    result.message = result.sort;
    // What abort() and its like say last is for people: it may have addresses in it.
    if (const std::string last = last_line(said, ""); summary.empty() && !last.empty()) {
        result.message += ": " + last;
    }
    return result;
}

failure hanging(duration limit) {
    failure result;
    result.what = failure_class::hang;
    result.message = "hung: no callback came back within " + text_of(limit) + " of real time";
    result.sort = "hung";
    return result;
}

bool heartbeat::stands_still(duration limit) noexcept {
    const std::uint64_t runs = signs_->runs.load(std::memory_order_relaxed);
    const std::uint64_t steps = signs_->steps.load(std::memory_order_relaxed);
    // What passes while nobody looks does not count: all of us may have been stopped meanwhile.
    constexpr duration longest_look = std::chrono::milliseconds(200);
    const duration now = real_time();
    if (!looked_ || runs != runs_ || steps != steps_) {
        runs_ = runs;
        steps_ = steps;
        still_ = duration::zero();
    } else {
        still_ += std::min(now - *looked_, longest_look);
    }
    looked_ = now;
    return still_ > limit;
}

// ---- questions -----------------------------------------------------------------------------

void reply::operator()(std::string_view bytes) const noexcept { say(file_, said_all, bytes); }

namespace {

int answer_in_child(const std::function<void(const reply&)>& work, int answers, int errors) {
    ::dup2(errors, STDERR_FILENO);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);  // there may be hundreds of them
    try {
        work(reply(answers));
    } catch (const replay_error& error) {
        say(answers, said_replay_error, error.what());
    } catch (const std::exception& error) {
        say(answers, said_error, error.what());
    }
    return 1;
}

answer understood(std::string text, int status, std::string_view said) {
    answer result;
    if (text.empty() || status != 0) {
        result.died = death(status, said);
        return result;
    }
    const char kind = text.front();
    text.erase(0, 1);
    if (kind == said_replay_error) {
        throw replay_error(text);
    }
    if (kind != said_all) {
        throw std::runtime_error(text);
    }
    result.bytes = std::move(text);
    return result;
}

}  // namespace

answer ask_child(const std::function<void(const reply&)>& work, const run_signs& signs,
                 duration hang) {
    pipe_ends answers;
    pipe_ends errors;
    const pid_t child =
        start_child([&] { return answer_in_child(work, answers.write_end, errors.write_end); });
    answers.close_write();
    errors.close_write();
    std::string text;
    std::string said;
    heartbeat moving(signs);
    std::optional<int> status;
    bool open = true;
    constexpr int milliseconds_between_looks = 20;
    while (open && !status) {
        std::array<pollfd, 2> files{{{answers.read_end, POLLIN, 0}, {errors.read_end, POLLIN, 0}}};
        ::poll(files.data(), files.size(), milliseconds_between_looks);
        open = answers.read(text);
        errors.read(said);
        keep_end(said);
        // A grandchild may hold the pipe open when the child is gone.
        status = open ? ended(child) : std::nullopt;
        if (open && !status && moving.stands_still(hang)) {
            kill_child(child);
            return {std::nullopt, hanging(hang)};
        }
    }
    if (!status) {
        status = wait_for_end(child);
    }
    answers.read(text);
    errors.read(said);
    return understood(std::move(text), *status, said);
}

}  // namespace heddle::sim::detail

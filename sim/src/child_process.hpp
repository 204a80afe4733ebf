// SPDX-License-Identifier: BSL-1.0
//
// Child processes in which runs are made, and memory that is shared with them. A child is a fork of
// this process: it has the program and all that it refers to. It ends by _exit, so that nothing of
// this process is destroyed in it, and it dies when this process does.
//
// Forking copies one thread only: who explores in children has no other threads that hold locks.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <heddle/sim/failure.hpp>
#include <heddle/sim/tape.hpp>
#include <heddle/time.hpp>

#include "run_watch.hpp"

namespace heddle::sim::detail {

/// Memory that this process and all children that it starts later have in common. Zero at first;
/// what is never touched takes nothing.
class shared_memory {
public:
    /// Throws std::runtime_error.
    explicit shared_memory(std::size_t bytes);
    shared_memory(const shared_memory&) = delete;
    shared_memory& operator=(const shared_memory&) = delete;
    ~shared_memory();
    [[nodiscard]] void* data() const noexcept { return data_; }

private:
    void* data_;
    std::size_t bytes_;
};

/// Shared room for what a run_watch notes.
class run_room {
public:
    /// Room for the choices of a run within `limits`, as far as that is bearable.
    explicit run_room(const run_limits& limits);

    [[nodiscard]] run_signs& signs() const noexcept { return *signs_; }
    [[nodiscard]] run_watch watch() const noexcept { return {*signs_, entries_}; }
    /// The choices of the latest run.
    [[nodiscard]] std::vector<choice> taken() const;
    /// Whether taken() is all of them.
    [[nodiscard]] bool whole() const noexcept;

private:
    std::size_t capacity_;
    shared_memory memory_;
    run_signs* signs_;
    std::span<choice> entries_;
};

class pipe_ends {
public:
    /// Throws std::runtime_error.
    pipe_ends();
    pipe_ends(const pipe_ends&) = delete;
    pipe_ends& operator=(const pipe_ends&) = delete;
    ~pipe_ends();
    void close_read() noexcept;
    void close_write() noexcept;
    /// Appends what there is to `text`, without waiting; false at the end.
    bool read(std::string& text) const;

    int read_end = -1;
    int write_end = -1;
};

/// All of `bytes`, however often it takes; false if nobody reads.
bool write_all(int file, std::string_view bytes) noexcept;

/// Starts a child that calls `work`, and ends with the status that it returns. Signals that tell of
/// errors do in it what they did when the program began, not what a test framework wants. Throws
/// std::runtime_error if there can be no more processes.
[[nodiscard]] pid_t start_child(const std::function<int()>& work);

/// The status with which a child has ended; nothing if it runs on.
[[nodiscard]] std::optional<int> ended(pid_t child) noexcept;
[[nodiscard]] int wait_for_end(pid_t child) noexcept;
/// Kills it and waits for its end.
void kill_child(pid_t child) noexcept;

/// What is wrong with a process that ended with `status` before its time. `said` is the end of what
/// it wrote on its standard error: a sanitizer's summary tells one crash from another.
[[nodiscard]] failure death(int status, std::string_view said);
/// ... that was killed because nothing moved for `limit`.
[[nodiscard]] failure hanging(duration limit);

/// Whether a process that notes its runs in `signs` has come on since it was last asked.
class heartbeat {
public:
    explicit heartbeat(const run_signs& signs) noexcept : signs_(&signs) {}
    /// Whether there was no step and no run for `limit`.
    [[nodiscard]] bool stands_still(duration limit) noexcept;

private:
    const run_signs* signs_;
    std::uint64_t runs_ = 0;
    std::uint64_t steps_ = 0;
    std::optional<duration> looked_;  // when last
    duration still_{};                // so long nothing has moved
};

/// How a child answers: it says this, and is over.
class reply {
public:
    explicit reply(int file) noexcept : file_(file) {}
    [[noreturn]] void operator()(std::string_view bytes) const noexcept;

private:
    int file_;
};

struct answer {
    std::optional<std::string> bytes;  ///< what it said
    failure died;                      ///< what it died of, if it said nothing
};

/// Asks a child, whose standard error is not shown, and waits for what it says. A child that makes
/// no step for `hang` is killed. A replay_error in it is thrown here; so is any other error, as a
/// std::runtime_error.
[[nodiscard]] answer ask_child(const std::function<void(const reply&)>& work,
                               const run_signs& signs, duration hang);

}  // namespace heddle::sim::detail

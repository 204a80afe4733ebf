// SPDX-License-Identifier: BSL-1.0
//
// A program's schedules as the input of a fuzzer: libFuzzer, AFL++, or the small one in here.
//
//   heddle::coro<void> transfer();          // makes all it works on, and checks it
//   HEDDLE_FUZZ_PROGRAM(transfer);
//
// makes an executable of this file: of libFuzzer's if it is linked with -fsanitize=fuzzer, one for
// AFL++ if AFL++'s compiler compiles it, else one that runs the inputs it is given. An input is a
// list of records ("hold this event until that one has run"), which docs/fuzzing.md describes; the
// empty one is plain FIFO. A run that fails prints its report, writes a tape, and aborts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <heddle/sim/explore.hpp>
#include <heddle/sim/simulation.hpp>
#include <heddle/sim/tape.hpp>

namespace heddle::sim {

/// A program, and what is known of its events: made once in a process, for many inputs.
///
/// What an input does is a function of program, options and input: the events that it names are
/// looked up among those of run 0, plain FIFO, which is made first.
class fuzz_target {
public:
    /// Of `options`, name, level, limits and how much is spent on minimising are used. Coverage of
    /// interleavings is counted in `counters`, which outlive it; in some of its own if empty.
    explicit fuzz_target(program main, explore_options options = {},
                         std::span<std::uint8_t> counters = {});
    fuzz_target(const fuzz_target&) = delete;
    fuzz_target& operator=(const fuzz_target&) = delete;
    ~fuzz_target();

    /// One run. Null, and nothing has run, if the input has a version that is not known here. The
    /// record is valid until the next run.
    const run_record* run(std::span<const std::uint8_t> input);

    /// The tape of the latest run.
    [[nodiscard]] tape recorded() const;
    /// The head of the tape that a run of `input` would have: all but its choices.
    [[nodiscard]] tape tape_of(std::span<const std::uint8_t> input) const;
    /// What is to be said of the latest run, if it failed: it is made minimal first. There is no
    /// campaign that it has a number in; seed and schedule are those of its random values.
    [[nodiscard]] exploration explain();
    /// From now on `told` hears of each choice as soon as it is taken, and of null when a run
    /// begins: for who wants the tape of a run that takes the process with it.
    void tell(std::function<void(const choice*)> told);

    /// Changes an input of `size` bytes in place, knowing what its records mean; returns its new
    /// size, at most `most`. Draws on what earlier runs of this process have shown.
    std::size_t mutate(std::uint8_t* data, std::size_t size, std::size_t most, std::uint64_t seed);
    /// Writes an input with records of both to `out`; returns its size, at most that of `out`.
    std::size_t cross_over(std::span<const std::uint8_t> first,
                           std::span<const std::uint8_t> second, std::span<std::uint8_t> out,
                           std::uint64_t seed);

    struct searched {
        std::uint64_t runs = 0;  ///< made, the failing one included
        /// The input that failed; run() it again for its record.
        std::optional<std::vector<std::uint8_t>> failing;
    };
    /// Fuzzes by itself, guided by the counters, for at most `runs` runs. A function of program,
    /// options and seed, if it is the first thing that this target does.
    [[nodiscard]] searched search(std::uint64_t runs, std::uint64_t seed);

    [[nodiscard]] const program& main() const noexcept;
    [[nodiscard]] const explore_options& options() const noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

/// How many counters of interleavings HEDDLE_FUZZ_PROGRAM makes.
inline constexpr std::size_t fuzz_counters = 8'192;

namespace detail {

// What HEDDLE_FUZZ_PROGRAM is made of.

[[nodiscard]] inline explore_options fuzz_options_of(std::string name,
                                                     explore_options options = {}) {
    if (options.name == explore_options{}.name) {
        options.name = std::move(name);
    }
    return options;
}

/// For LLVMFuzzerTestOneInput. A run that fails: report, tape, abort. -1: no input of ours.
int fuzz_one_input(fuzz_target& target, const std::uint8_t* data, std::size_t size);

/// Takes heddle's own options ("--...") out of the command line; --replay and the like end the
/// process here.
void fuzz_initialize(fuzz_target& target, int* argc, char*** argv);

/// A main() where neither libFuzzer nor AFL++ has one.
int fuzz_main(fuzz_target& target, int argc, char** argv);

}  // namespace detail

}  // namespace heddle::sim

// AFL++'s compilers define these; the loop runs many inputs in one process, out of shared memory.
// Run 0 is made before it: what the first input covers would else be more than when it comes again.
#if defined(__AFL_FUZZ_TESTCASE_LEN) && defined(__AFL_LOOP)
#define HEDDLE_DETAIL_FUZZ_AFL_DATA __AFL_FUZZ_INIT();
#define HEDDLE_DETAIL_FUZZ_AFL_LOOP(target, count)                                       \
    if ((count) == 1) {                                                                  \
        static_cast<void>((target).run({}));                                             \
        __AFL_INIT();                                                                    \
        const unsigned char* const input = __AFL_FUZZ_TESTCASE_BUF;                      \
        while (__AFL_LOOP(10000)) {                                                      \
            const auto size = static_cast<std::size_t>(__AFL_FUZZ_TESTCASE_LEN);         \
            static_cast<void>(heddle::sim::detail::fuzz_one_input(target, input, size)); \
        }                                                                                \
        return 0;                                                                        \
    }
#else
#define HEDDLE_DETAIL_FUZZ_AFL_DATA
#define HEDDLE_DETAIL_FUZZ_AFL_LOOP(target, count)
#endif

// libFuzzer reads the counters of this section after each run. ELF only; elsewhere they guide
// nothing but search().
#if defined(__ELF__)
#define HEDDLE_DETAIL_FUZZ_COUNTERS [[gnu::section("__libfuzzer_extra_counters"), gnu::used]]
#else
#define HEDDLE_DETAIL_FUZZ_COUNTERS
#endif

/// HEDDLE_FUZZ_PROGRAM(program) or HEDDLE_FUZZ_PROGRAM(program, explore_options): once in an
/// executable, in a file without a main. `program` is a callable that gives a coro<void>; its text
/// is the name in reports and tapes, unless the options have another.
#define HEDDLE_FUZZ_PROGRAM(program_, ...)                                                        \
    HEDDLE_DETAIL_FUZZ_AFL_DATA                                                                   \
    namespace {                                                                                   \
    HEDDLE_DETAIL_FUZZ_COUNTERS std::uint8_t heddle_fuzz_counters[heddle::sim::fuzz_counters];    \
    heddle::sim::fuzz_target& heddle_fuzz_target() {                                              \
        static heddle::sim::fuzz_target one(                                                      \
            program_, heddle::sim::detail::fuzz_options_of(#program_ __VA_OPT__(, ) __VA_ARGS__), \
            heddle_fuzz_counters);                                                                \
        return one;                                                                               \
    }                                                                                             \
    }                                                                                             \
    extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {                                \
        heddle::sim::detail::fuzz_initialize(heddle_fuzz_target(), argc, argv);                   \
        return 0;                                                                                 \
    }                                                                                             \
    extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {           \
        return heddle::sim::detail::fuzz_one_input(heddle_fuzz_target(), data, size);             \
    }                                                                                             \
    extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,          \
                                                   std::size_t most, unsigned int seed) {         \
        return heddle_fuzz_target().mutate(data, size, most, seed);                               \
    }                                                                                             \
    extern "C" std::size_t LLVMFuzzerCustomCrossOver(                                             \
        const std::uint8_t* first, std::size_t first_size, const std::uint8_t* second,            \
        std::size_t second_size, std::uint8_t* out, std::size_t most, unsigned int seed) {        \
        return heddle_fuzz_target().cross_over({first, first_size}, {second, second_size},        \
                                               {out, most}, seed);                                \
    }                                                                                             \
    /* libFuzzer's own main takes the place of this one. */                                       \
    [[gnu::weak]] int main(int argc, char** argv) {                                               \
        heddle::sim::fuzz_target& target = heddle_fuzz_target();                                  \
        heddle::sim::detail::fuzz_initialize(target, &argc, &argv);                               \
        HEDDLE_DETAIL_FUZZ_AFL_LOOP(target, argc)                                                 \
        return heddle::sim::detail::fuzz_main(target, argc, argv);                                \
    }                                                                                             \
    static_assert(true, "a semicolon follows")

// SPDX-License-Identifier: BSL-1.0
//
// Fuzzes the tape reader and the replay of what it reads. Linked with libFuzzer, a fuzzer; without
// it, a test that tries so many mutated tapes:
//
//     tape_reader [--runs=N] [--seed=K]      default: 100,000 and 1
//     tape_reader FILE...                    these files, as libFuzzer does
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>

#include <heddle/random.hpp>
#include <heddle/sim/tape.hpp>

#include "tape_rules.hpp"

namespace {

void insist(std::string_view text) {
    const std::string broken = heddle_fuzz::broken_rule_of_tape(text);
    if (!broken.empty()) {
        std::fprintf(stderr, "tape_reader: %s\n%.*s", broken.c_str(), static_cast<int>(text.size()),
                     text.data());
        std::abort();
    }
}

bool number_of(std::string_view argument, std::string_view option, std::uint64_t& value) {
    if (!argument.starts_with(option)) {
        return false;
    }
    argument.remove_prefix(option.size());
    const auto [end, error] =
        std::from_chars(argument.data(), argument.data() + argument.size(), value);
    return error == std::errc{} && end == argument.data() + argument.size();
}

/// Where a text was refused, or that it was read: the test must reach them all.
std::string fate_of(const std::string& text) {
    try {
        static_cast<void>(heddle::sim::tape_from_text(text, "a"));
        return "read";
    } catch (const heddle::sim::tape_error& error) {
        const std::string message = error.what();
        return message.substr(message.find("expected"));
    }
}

int mutate_many(std::uint64_t runs, std::uint64_t seed) {
    std::map<std::string, std::uint64_t> fates;
    heddle::random_stream random(seed);
    std::string parent;
    for (std::uint64_t i = 0; i < runs; ++i) {
        if (i % 16 == 0) {
            parent = heddle_fuzz::valid_tape(random.below(1'000));
            insist(parent);
        }
        const std::string text = heddle_fuzz::mutated_tape(parent, random.next());
        insist(text);
        const std::string fate = fate_of(text);
        ++fates[fate];
        if (fate == "read") {
            parent = text;  // mutations on top of each other
        }
    }
    for (const auto& [fate, count] : fates) {
        std::printf("%8llu %s\n", static_cast<unsigned long long>(count), fate.c_str());
    }
    // There are some 25 complaints: a mutator that reaches few of them tests nothing.
    constexpr std::size_t fewest_fates = 20;
    if (runs >= 20'000 && (fates.size() < fewest_fates || fates["read"] < runs / 20)) {
        std::fprintf(stderr, "tape_reader: the mutations do not reach enough of the reader\n");
        return 1;
    }
    return 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    insist({reinterpret_cast<const char*>(data), size});
    return 0;
}

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most)
    __attribute__((weak));

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned int seed) {
    heddle::random_stream random(seed);
    if (LLVMFuzzerMutate != nullptr && size > 0 && random.chance(1, 10)) {
        return LLVMFuzzerMutate(data, size, most);
    }
    std::string text(reinterpret_cast<const char*>(data), size);
    if (size < 2 || random.chance(1, 50)) {
        text = heddle_fuzz::valid_tape(random.below(1'000));
    }
    text = heddle_fuzz::mutated_tape(text, random.next());
    const std::size_t length = std::min(text.size(), most);
    std::memcpy(data, text.data(), length);
    return length;
}

// libFuzzer's own takes its place.
[[gnu::weak]] int main(int argc, char** argv) {
    std::uint64_t runs = 100'000;
    std::uint64_t seed = 1;
    bool files = false;
    for (int i = 1; i < argc; ++i) {
        if (number_of(argv[i], "--runs=", runs) || number_of(argv[i], "--seed=", seed)) {
            continue;
        }
        std::ifstream file(argv[i], std::ios::binary);
        if (!file) {
            std::fprintf(stderr, "tape_reader: %s: neither an option nor a file\n", argv[i]);
            return 2;
        }
        insist(std::string(std::istreambuf_iterator<char>(file), {}));
        files = true;
    }
    return files ? 0 : mutate_many(runs, seed);
}

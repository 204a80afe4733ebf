// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <charconv>
#include <string_view>

namespace conformance {

namespace {

/// A whole number from 1 to `most`.
std::size_t number_in(std::string_view option, std::string_view text, std::size_t most) {
    std::size_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end || number < 1 || number > most) {
        throw bad_option(std::string(option) + " wants a number from 1 to " + std::to_string(most) +
                         ", not '" + std::string(text) + "'");
    }
    return number;
}

[[noreturn]] void no_choice(std::string_view option, std::string_view text, const char* choices) {
    throw bad_option(std::string(option) + " wants " + choices + ", not '" + std::string(text) +
                     "'");
}

}  // namespace

const char* usage() noexcept {
    return "usage: conformance_runner [option...] < programs.jsonl > traces.jsonl\n"
           "\n"
           "Runs each program on a new loop, and writes its trace.\n"
           "\n"
           "  --backend=sim        virtual time (the default)\n"
           "  --backend=asio       Boost.Asio\n"
           "  --scheduler=none     sim: a plain loop (the default)\n"
           "  --scheduler=fifo     sim: a simulation that always takes the first option\n"
           "  --clock=injected     asio: a clock that jumps to each deadline (the default)\n"
           "  --clock=real         asio: real time\n"
           "  --stretch=N          real time: a millisecond of a program lasts N ms (20)\n"
           "  --tries=N            real time: so many runs at most, until one was on time (3)\n"
           "  --jobs=N             programs under way at a time (1; in real time 64)\n"
           "  --report=FILE        real time: where the ids of programs go whose callbacks ran so "
           "late\n"
           "                       that their traces are too close to call (standard error)\n";
}

options read_options(int count, const char* const* words) {
    options read;
    std::string_view backend = "sim";
    std::string_view scheduler = "none";
    std::string_view clock = "injected";
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        const std::size_t equals = word.find('=');
        const std::string_view name = word.substr(0, equals);
        const std::string_view text = equals == word.npos ? "" : word.substr(equals + 1);
        if (word == "--help") {
            read.help = true;
        } else if (name == "--backend") {
            if ((backend = text) != "sim" && text != "asio") {
                no_choice(name, text, "sim or asio");
            }
        } else if (name == "--scheduler") {
            if ((scheduler = text) != "none" && text != "fifo") {
                no_choice(name, text, "none or fifo");
            }
        } else if (name == "--clock") {
            if ((clock = text) != "injected" && text != "real") {
                no_choice(name, text, "injected or real");
            }
        } else if (name == "--stretch") {
            read.stretch = std::chrono::milliseconds(number_in(name, text, 1000));
        } else if (name == "--tries") {
            read.tries = number_in(name, text, 100);
        } else if (name == "--jobs") {
            read.jobs = number_in(name, text, 1000);
        } else if (name == "--report" && !text.empty()) {
            read.report = text;
        } else {
            throw bad_option("'" + std::string(word) + "' is no option; see --help");
        }
    }
    if (backend == "sim") {
        if (clock == "real") {
            throw bad_option("--clock=real needs --backend=asio");
        }
        read.on = scheduler == "fifo" ? options::loop::simulation : options::loop::plain;
    } else {
        if (scheduler == "fifo") {
            throw bad_option("--scheduler=fifo needs --backend=sim");
        }
        read.on = clock == "real" ? options::loop::asio_real : options::loop::asio;
    }
    return read;
}

}  // namespace conformance

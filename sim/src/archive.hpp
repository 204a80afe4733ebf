// SPDX-License-Identifier: BSL-1.0
//
// What one process tells another of its runs, as bytes. Both are the same program, so there is no
// version; but the one that tells may have damaged its memory, so what is read is never trusted:
// whatever does not fit is an archive_error.
//
// fields(archive, value) names the members of a type, once for both directions.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <heddle/sim/explore.hpp>

#include "runner.hpp"

namespace heddle::sim::detail {

class archive_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

template <class Archive>
void fields(Archive& a, failure& x) {
    a(x.what, x.message, x.file, x.line, x.sort);
}
template <class Archive>
void fields(Archive& a, choice& x) {
    a(x.kind, x.options, x.taken, x.label);
}
template <class Archive>
void fields(Archive& a, step_record& x) {
    a(x.event, x.site, x.kind, x.label, x.file, x.line, x.when, x.stalled, x.stall_option,
      x.passed_over, x.task, x.woken_by, x.cancelled);
}
template <class Archive>
void fields(Archive& a, oversleep_record& x) {
    a(x.wait, x.option, x.deadline, x.late);
}
template <class Archive>
void fields(Archive& a, early_finish& x) {
    a(x.event, x.after);
}
template <class Archive>
void fields(Archive& a, cancel_record& x) {
    a(x.event, x.task, x.awaits, x.when, x.file, x.line);
}
template <class Archive>
void fields(Archive& a, run_trace& x) {
    a(x.steps, x.oversleeps, x.finished_early, x.cancellations, x.seen);
}
/// Without its exception_ptr, which means nothing elsewhere.
template <class Archive>
void fields(Archive& a, run_record& x) {
    a(x.failed, x.choices, x.digest, x.steps, x.waits, x.ended, x.trace, x.coverage);
}
template <class Archive>
void fields(Archive& a, coverage_hit& x) {
    a(x.point, x.passed, x.held);
}
template <class Archive>
void fields(Archive& a, traced_run& x) {
    a(x.before, x.after, x.steps, x.failed, x.ended);
}
template <class Archive>
void fields(Archive& a, departure& x) {
    a(x.what, x.event, x.until, x.option);
}
template <class Archive>
void fields(Archive& a, tape& x) {
    a(x.program, x.seed, x.schedule, x.allowed, x.longest_stall, x.choices, x.cancellations,
      x.departures);
}
template <class Archive>
void fields(Archive& a, deviation& x) {
    a(x.what, x.event, x.until, x.site, x.option, x.text, x.file, x.line);
}
template <class Archive>
void fields(Archive& a, finding& x) {
    a(x.what, x.schedule, x.strategy, x.digest, x.full, x.reduced, x.as_it_was, x.minimal,
      x.minimal_tape, x.minimal_failure, x.replays, x.timing, x.timing_runs, x.minimal_run,
      x.fifo_run);
}
template <class Archive>
void fields(Archive& a, timing_search& x) {
    a(x.answer, x.runs, x.failing);
}

/// The members common to both directions: how each kind of member is taken apart.
template <class Derived>
class archive {
public:
    template <class... Ts>
    void operator()(Ts&... members) {
        (self().member(members), ...);
    }

protected:
    template <class T>
    void whole(T& value) {
        if constexpr (std::is_same_v<T, bool>) {
            std::uint8_t byte = value ? 1 : 0;
            self().raw(&byte, sizeof byte);
            value = byte != 0;
        } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
            self().raw(&value, sizeof value);
        } else if constexpr (std::is_same_v<T, duration>) {
            auto count = value.count();
            self().raw(&count, sizeof count);
            value = duration(count);
        } else if constexpr (std::is_same_v<T, time_point>) {
            duration since = value.time_since_epoch();
            whole(since);
            value = time_point(since);
        } else {
            fields(self(), value);
        }
    }

private:
    Derived& self() { return static_cast<Derived&>(*this); }
};

class byte_writer : public archive<byte_writer> {
public:
    std::string bytes;

    template <class T>
    void member(T& value) {
        whole(value);
    }
    void member(std::string& text) {
        count(text.size());
        bytes += text;
    }
    template <class T>
    void member(std::vector<T>& all) {
        count(all.size());
        for (T& each : all) {
            member(each);
        }
    }
    template <class T>
    void member(std::optional<T>& one) {
        count(one.has_value() ? 1 : 0);
        if (one) {
            member(*one);
        }
    }
    template <class K, class V>
    void member(std::map<K, V>& all) {
        count(all.size());
        for (auto& [key, value] : all) {
            K copy = key;
            member(copy);
            member(value);
        }
    }
    void raw(const void* data, std::size_t size) {
        bytes.append(static_cast<const char*>(data), size);
    }

private:
    void count(std::uint64_t number) { raw(&number, sizeof number); }
};

class byte_reader : public archive<byte_reader> {
public:
    explicit byte_reader(std::string_view bytes) : rest_(bytes) {}

    template <class T>
    void member(T& value) {
        whole(value);
    }
    void member(std::string& text) {
        const std::size_t size = count();
        text = rest_.substr(0, size);
        rest_.remove_prefix(size);
    }
    template <class T>
    void member(std::vector<T>& all) {
        // Each member has a byte at least: a count that cannot be true was refused.
        const std::size_t size = count();
        all.clear();
        for (std::size_t i = 0; i < size; ++i) {
            member(all.emplace_back());
        }
    }
    template <class T>
    void member(std::optional<T>& one) {
        one.reset();
        if (count() != 0) {
            member(one.emplace());
        }
    }
    template <class K, class V>
    void member(std::map<K, V>& all) {
        const std::size_t size = count();
        all.clear();
        for (std::size_t i = 0; i < size; ++i) {
            K key{};
            member(key);
            member(all[key]);
        }
    }
    void raw(void* data, std::size_t size) {
        if (size > rest_.size()) {
            throw archive_error("what a child process told of its run is cut short");
        }
        std::memcpy(data, rest_.data(), size);
        rest_.remove_prefix(size);
    }

private:
    std::size_t count() {
        std::uint64_t number = 0;
        raw(&number, sizeof number);
        if (number > rest_.size()) {
            throw archive_error("what a child process told of its run is damaged");
        }
        return static_cast<std::size_t>(number);
    }

    std::string_view rest_;
};

template <class T>
[[nodiscard]] std::string to_bytes(T value) {
    byte_writer out;
    out.member(value);
    return std::move(out.bytes);
}

template <class T>
[[nodiscard]] T from_bytes(std::string_view bytes) {
    T value;
    byte_reader in(bytes);
    in.member(value);
    return value;
}

}  // namespace heddle::sim::detail

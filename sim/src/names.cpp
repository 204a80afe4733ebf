// SPDX-License-Identifier: BSL-1.0
//
// The words for what the simulation's enumerations mean: in reports, tapes and messages.
#include <heddle/sim/failure.hpp>
#include <heddle/sim/level.hpp>
#include <heddle/sim/tape.hpp>

namespace heddle::sim {

std::string_view name_of(level which) noexcept {
    switch (which) {
        case level::fifo:
            return "fifo";
        case level::timing:
            return "timing";
        case level::any:
            return "any";
    }
    return "unknown";
}

std::string_view name_of(choice_kind kind) noexcept {
    switch (kind) {
        case choice_kind::order:
            return "order";
        case choice_kind::stall:
            return "stall";
        case choice_kind::oversleep:
            return "oversleep";
        case choice_kind::finish:
            return "finish";
        case choice_kind::cancel:
            return "cancel";
    }
    return "unknown";
}

std::string_view name_of(departure::sort what) noexcept {
    switch (what) {
        case departure::sort::hold:
            return "hold";
        case departure::sort::hold_site:
            return "hold-site";
        case departure::sort::stall:
            return "stall";
        case departure::sort::early:
            return "early";
        case departure::sort::oversleep:
            return "oversleep";
        case departure::sort::pick:
            return "pick";
        case departure::sort::cancel:
            return "cancel";
    }
    return "unknown";
}

std::string_view name_of(failure_class what) noexcept {
    switch (what) {
        case failure_class::check:
            return "check";
        case failure_class::exception:
            return "exception";
        case failure_class::callback_error:
            return "error in a callback";
        case failure_class::deadlock:
            return "deadlock";
        case failure_class::limit:
            return "limit";
        case failure_class::unretrieved:
            return "error never retrieved";
        case failure_class::nondeterminism:
            return "nondeterminism";
        case failure_class::left_task:
            return "task left over";
        case failure_class::crash:
            return "crash";
        case failure_class::hang:
            return "hang";
        case failure_class::coverage:
            return "coverage";
    }
    return "unknown";
}

}  // namespace heddle::sim

// SPDX-License-Identifier: BSL-1.0
//
// pthread_create for programs that run simulations: within simulated code no thread is started; the
// run fails, with a backtrace of who wanted one, and the caller is told that there are no resources for
// it (std::thread and Asio throw a system_error). Outside of simulations it is the C library's.
//
// "Within" is meant by thread: one that runs no simulation may start as many as it likes, so may the
// library itself between two runs.
#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

#include <heddle/sim/failure.hpp>
#include <heddle/sim/simulation.hpp>

extern "C" {

/// What the linker is told to look for.
extern const int heddle_no_threads_linked;
const int heddle_no_threads_linked = 1;

/// A sanitizer that is linked statically has its own under this name.
[[gnu::weak]] int __interceptor_pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*),
                                               void*);
}

namespace {

using create_function = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

create_function real_create() {
    if (__interceptor_pthread_create != nullptr) {
        return __interceptor_pthread_create;
    }
    return reinterpret_cast<create_function>(dlsym(RTLD_NEXT, "pthread_create"));
}

/// "ns::function(int)" of "./program(_ZN...+0x12) [0x5555]"; the whole line where there is no name.
std::string readable(std::string_view line) {
    const std::size_t open = line.find('(');
    const std::size_t plus = line.find('+', open == std::string_view::npos ? 0 : open);
    if (open == std::string_view::npos || plus == std::string_view::npos || plus == open + 1) {
        return std::string(line);
    }
    const std::string mangled(line.substr(open + 1, plus - open - 1));
    int status = 0;
    char* const name = abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status);
    const std::string result = status == 0 ? name : mangled;
    std::free(name);
    return result;
}

/// Of the caller's callers, without those above the simulation's loop.
std::string backtrace_text() {
    constexpr int most = 48;
    constexpr int own = 2;  // this function and pthread_create
    void* frames[most];
    const int count = backtrace(frames, most);
    char** const lines = backtrace_symbols(frames, count);
    std::string text;
    for (int i = own; lines != nullptr && i < count; ++i) {
        const std::string line = readable(lines[i]);
        if (line.find("heddle::event_loop::") != std::string::npos) {
            break;
        }
        text += "\n    " + line;
    }
    std::free(static_cast<void*>(lines));
    return text;
}

}  // namespace

extern "C" [[gnu::visibility("default")]] int pthread_create(pthread_t* thread,
                                                             const pthread_attr_t* attributes,
                                                             void* (*routine)(void*),
                                                             void* argument) noexcept {
    if (heddle::sim::simulation::current() == nullptr) {
        static const create_function real = real_create();
        return real(thread, attributes, routine, argument);
    }
    heddle::sim::fail({heddle::sim::failure_class::check,
                       "simulated code starts a thread, so its runs could not be repeated; it was "
                       "refused, here:" +
                           backtrace_text(),
                       {},
                       0,
                       "a thread"});
    return EAGAIN;
}

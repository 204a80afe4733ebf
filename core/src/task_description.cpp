// SPDX-License-Identifier: BSL-1.0
//
// What a task says about itself to people: its name, where it stands, what it waits for.
#include <string>
#include <string_view>

#include <heddle/task_base.hpp>

namespace heddle {

namespace {

std::string_view base_name(std::string_view path) {
    const std::size_t slash = path.find_last_of('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

bool detail::is_library_site(const std::source_location& site) noexcept {
    // Its sources lie where this file does, its headers in a folder include/heddle.
    const std::string_view own = __FILE__;
    const std::string_view file = site.file_name();
    const std::string_view folder = own.substr(0, own.size() - base_name(own).size());
    return (!folder.empty() && file.substr(0, folder.size()) == folder) ||
           file.find("include/heddle/") != std::string_view::npos;
}

std::string describe_state(const task_base& task) {
    if (task.as_future().done()) {
        return "is done";
    }
    const waitable* const target = task.waiting_on();
    if (target == nullptr) {
        return task.loop().current_task() == &task ? "is running" : "is ready to run";
    }
    std::string text = "waits for " + target->label();
    if (const std::uint32_t number = target->holder(); number != 0) {
        const task_base* holder = nullptr;
        task.loop().for_each_task([&](const task_base& each) {
            if (each.number() == number) {
                holder = &each;
            }
        });
        text += " that " + (holder != nullptr ? holder->label() + " took"
                                              : std::string("a task took that has ended"));
    }
    return text;
}

std::string describe_blocked(const task_base& task) {
    std::string text = task.label() + " " + describe_state(task);
    if (task.as_future().done()) {
        return text;
    }
    constexpr std::size_t most = 12;
    std::size_t count = 0;
    const char* before = " at ";
    task.for_each_site([&](const std::source_location& site) {
        if (site.line() != 0 && !detail::is_library_site(site) && ++count <= most) {
            text.append(before).append(base_name(site.file_name()));
            text += ":" + std::to_string(site.line());
            before = " < ";
        }
    });
    if (count > most) {
        text += " < ... (" + std::to_string(count - most) + " more)";
    }
    return text;
}

std::string task_base::name() const {
    const detail::rare_parts* const parts = as_future().rare_parts();
    return parts == nullptr || parts->name.empty() ? "Task-" + std::to_string(number_)
                                                   : std::string(parts->name.view());
}

std::string task_base::label() const { return "'" + name() + "'"; }

std::source_location task_base::place() const noexcept { return site(); }

std::source_location task_base::site() const noexcept {
    std::source_location found{};
    for_each_site([&](const std::source_location& each) {
        if (found.line() == 0 && each.line() != 0 && !detail::is_library_site(each)) {
            found = each;
        }
    });
    return found;
}

}  // namespace heddle

// SPDX-License-Identifier: BSL-1.0
#include <heddle/errors.hpp>

#include <cxxabi.h>

#include <cstdio>
#include <cstdlib>
#include <typeinfo>

#include <heddle/detail/invariant.hpp>

namespace heddle {

namespace {

std::string readable_name(const std::type_info& type) {
    int status = 0;
    char* text = abi::__cxa_demangle(type.name(), nullptr, nullptr, &status);
    std::string result = status == 0 && text != nullptr ? text : type.name();
    std::free(text);
    return result;
}

std::string text_of_group(const std::vector<std::exception_ptr>& errors) {
    std::string text = std::to_string(errors.size()) + (errors.size() == 1 ? " error" : " errors");
    const char* before = ": ";
    for (const std::exception_ptr& error : errors) {
        text += before + describe(error);
        before = "; ";
    }
    return text;
}

}  // namespace

exception_group::exception_group(std::vector<std::exception_ptr> errors)
    : errors_(std::make_shared<const std::vector<std::exception_ptr>>(std::move(errors))),
      text_(std::make_shared<const std::string>(text_of_group(*errors_))) {
    if (errors_->empty()) {
        throw usage_error("exception_group: it must hold at least one error");
    }
}

std::string describe(const std::exception_ptr& error) {
    if (!error) {
        return "no error";
    }
    try {
        std::rethrow_exception(error);
    } catch (const cancelled_error& cancellation) {
        std::string text = "cancelled_error";
        if (!cancellation.message().empty()) {
            text.append("(").append(cancellation.message()).append(")");
        }
        return text;
    } catch (const std::exception& known) {
        return readable_name(typeid(known)) + ": " + known.what();
    } catch (...) {
        const std::type_info* type = abi::__cxa_current_exception_type();
        return type != nullptr ? readable_name(*type) : "an error of unknown type";
    }
}

namespace detail {

bool handling_cancellation() noexcept {
    // The type of the exception that is being handled, without a rethrow; both standard libraries
    // stand on this interface. cancelled_error is final, so that comparing types is enough.
    const std::type_info* type = abi::__cxa_current_exception_type();
    return type != nullptr && *type == typeid(cancelled_error);
}

bool handling_generator_exit() noexcept {
    const std::type_info* type = abi::__cxa_current_exception_type();
    return type != nullptr && *type == typeid(generator_exit);
}

bool is_cancellation(const std::exception_ptr& error) noexcept {
    if (!error) {
        return false;
    }
    try {
        std::rethrow_exception(error);
    } catch (const cancelled_error&) {
        return true;
    } catch (...) {
        return false;
    }
}

bool is_generator_exit(const std::exception_ptr& error) noexcept {
    if (!error) {
        return false;
    }
    try {
        std::rethrow_exception(error);
    } catch (...) {
        return handling_generator_exit();
    }
}

void broken_invariant(const char* what, const char* file, int line) noexcept {
    std::fprintf(stderr, "heddle: broken invariant: %s (%s:%d)\n", what, file, line);
    std::fflush(stderr);
    std::abort();
}

}  // namespace detail
}  // namespace heddle

// SPDX-License-Identifier: BSL-1.0
//
// Writes JSON, value after value: enough for reports, without a library.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::sim::detail {

/// `text` in quotes. "<", ">" and "&" are escaped too, so that it may stand in a page; what is no
/// UTF-8 becomes U+FFFD, byte by byte.
[[nodiscard]] std::string quoted_json(std::string_view text);
/// `text` for a page, as content or attribute. What is no UTF-8 becomes U+FFFD.
[[nodiscard]] std::string escaped_html(std::string_view text);

/// The commas are its own; the caller closes what it opens.
class json_writer {
public:
    json_writer& open_object() { return begin('{'); }
    json_writer& open_array() { return begin('['); }
    json_writer& close_object() { return end('}'); }
    json_writer& close_array() { return end(']'); }

    /// The next value's name in its object.
    json_writer& key(std::string_view name) {
        separate();
        text_ += quoted_json(name) + ":";
        fresh_ = true;
        return *this;
    }
    json_writer& value(std::string_view text) { return raw(quoted_json(text)); }
    json_writer& value(const char* text) { return value(std::string_view(text)); }
    json_writer& value(std::uint64_t number) { return raw(std::to_string(number)); }
    json_writer& value(bool truth) { return raw(truth ? "true" : "false"); }
    json_writer& null() { return raw("null"); }
    /// A number, as it is to be written.
    json_writer& raw(std::string_view text) {
        separate();
        text_ += text;
        return *this;
    }
    /// A line feed, for people, where the next value will stand.
    json_writer& new_line() {
        broken_ = true;
        return *this;
    }
    template <class Value>
    json_writer& member(std::string_view name, const Value& what) {
        return key(name).value(what);
    }

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    json_writer& begin(char bracket) {
        separate();
        text_ += bracket;
        fresh_ = true;
        return *this;
    }
    json_writer& end(char bracket) {
        text_ += bracket;
        fresh_ = false;
        return *this;
    }
    void separate() {
        if (!fresh_) {
            text_ += ',';
        }
        if (broken_) {
            text_ += '\n';
        }
        fresh_ = broken_ = false;
    }

    std::string text_;
    bool fresh_ = true;  // nothing stands before the next value in what is open
    bool broken_ = false;
};

}  // namespace heddle::sim::detail

// SPDX-License-Identifier: BSL-1.0
//
// A done callback of the library's own, as gather, shield, wait and task groups hang them on futures.
#pragma once

#include <cstdint>

#include <heddle/runnable.hpp>

namespace heddle::detail {

class library_callback : public runnable {
public:
    [[nodiscard]] event_kind kind() const noexcept final { return event_kind::done_callback; }
    [[nodiscard]] std::uint64_t event_id() const noexcept final { return id_; }

protected:
    library_callback() noexcept = default;
    explicit library_callback(std::uint64_t id) noexcept : id_(id) {}
    ~library_callback() = default;

    /// As event_loop::new_callback_id() gives it. Before the callback is added to a future.
    void set_id(std::uint64_t id) noexcept { id_ = id; }

private:
    std::uint64_t id_ = 0;
};

}  // namespace heddle::detail

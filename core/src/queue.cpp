// SPDX-License-Identifier: BSL-1.0
#include <heddle/queue.hpp>

#include <algorithm>

namespace heddle::detail {

void queue_base::refuse_for_good() { throw queue_shut_down(); }

void queue_base::refuse_put() const {
    check_not_shut_down();
    throw queue_full();
}

void queue_base::refuse_get() const {
    check_not_shut_down();
    throw queue_empty();
}

void queue_base::task_done() {
    if (unfinished_ == 0) {
        throw value_error("queue::task_done: called more often than items were put");
    }
    if (--unfinished_ == 0) {
        all_done_.set();
    }
}

void queue_base::begin_shutdown(bool drops_items) noexcept {
    shut_down_ = true;
    if (drops_items) {
        unfinished_ -= std::min(size_, unfinished_);
        size_ = 0;
    }
}

void queue_base::finish_shutdown() {
    if (unfinished_ == 0) {
        all_done_.set();
    }
    getters_.wake_all();
    putters_.wake_all();
}

}  // namespace heddle::detail

// SPDX-License-Identifier: BSL-1.0
//
// queue, priority_queue, lifo_queue: asyncio's queues between tasks. put() waits while the queue is
// full, get() while it is empty.
//
//   heddle::queue<job> jobs(64);
//   co_await jobs.put(job(1));                      // a producer
//   job next = co_await jobs.get();                 // a consumer ...
//   jobs.task_done();                               // ... for those who wait in join()
//
// A wake-up is a hint, as in asyncio: an item is not set aside for the waiter that it wakes. A
// newcomer may take it first; then the waiter waits anew, behind all others. A waiter that cannot
// use its wake-up, because it is cancelled or destroyed, passes it on. No item is lost.
//
// Items are moved in and out; a steady flow allocates nothing but coroutine frames. A queue
// outlives its waiters.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include <heddle/coro.hpp>
#include <heddle/detail/deferred.hpp>
#include <heddle/detail/ring.hpp>
#include <heddle/detail/waiter.hpp>
#include <heddle/errors.hpp>
#include <heddle/event.hpp>

namespace heddle {

namespace detail {

/// What does not depend on the items.
class queue_base {
public:
    queue_base(const queue_base&) = delete;
    queue_base& operator=(const queue_base&) = delete;

    [[nodiscard]] std::size_t qsize() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// Never true of a queue without limit.
    [[nodiscard]] bool full() const noexcept { return size_ >= limit_; }
    /// The limit; 0 is none.
    [[nodiscard]] std::size_t maxsize() const noexcept { return limit_ == unlimited ? 0 : limit_; }

    /// Says that an item that was got has been dealt with. Throws value_error if this was said of
    /// all items that were put already.
    void task_done();

    /// Completes once task_done() was called for every item that was put; at once if that is so.
    [[nodiscard("nothing waits until this is awaited")]] coro<void> join() {
        return all_done_.wait();
    }

protected:
    explicit queue_base(std::ptrdiff_t maxsize) noexcept
        : limit_(maxsize > 0 ? static_cast<std::size_t>(maxsize) : unlimited) {}
    ~queue_base() = default;

    class waiting;
    class getting;
    class putting;

    void check_can_put() const {
        if (shut_down_ || full()) [[unlikely]] {
            refuse_put();
        }
    }
    void check_can_get() const {
        if (empty()) [[unlikely]] {
            refuse_get();
        }
    }
    void check_not_shut_down() const {
        if (shut_down_) [[unlikely]] {
            refuse_for_good();
        }
    }
    void item_added() {
        ++size_;
        ++unfinished_;
        all_done_.clear();
        getters_.wake_first();
    }
    void item_taken() {
        --size_;
        putters_.wake_first();
    }
    void begin_shutdown(bool drops_items) noexcept;
    void finish_shutdown();

private:
    static constexpr std::size_t unlimited = ~std::size_t{0};

    [[noreturn]] void refuse_put() const;
    [[noreturn]] void refuse_get() const;
    [[noreturn]] static void refuse_for_good();

    bool shut_down_ = false;
    std::size_t size_ = 0;
    std::size_t limit_;
    std::size_t unfinished_ = 0;
    waiter_list getters_{"an item of a queue"};
    waiter_list putters_{"room in a queue"};
    event all_done_{"the items of a queue to be done", true};
};

/// A place among those who wait to put or to get.
class queue_base::waiting : public waiter {
public:
    /// After it was awaited: the wake-up is used.
    void went_on() noexcept { used_ = true; }

protected:
    explicit waiting(waiter_list& home) noexcept : waiter(home), queue_list_(home) {}
    ~waiting() = default;
    /// Called by the destructors; `useful`: whether another waiter could do something.
    void leave(bool useful) {
        unlink();
        if (woken() && !used_ && useful) {
            queue_list_.wake_first();
        }
    }

private:
    waiter_list& queue_list_;
    bool used_ = false;
};

class queue_base::getting final : public waiting {
public:
    explicit getting(queue_base& source) noexcept : waiting(source.getters_), source_(source) {}
    ~getting() { leave(!source_.empty()); }

private:
    queue_base& source_;
};

class queue_base::putting final : public waiting {
public:
    explicit putting(queue_base& target) noexcept : waiting(target.putters_), target_(target) {}
    ~putting() { leave(!target_.full()); }

private:
    queue_base& target_;
};

/// What g++ 12 destroys twice where it is made in braces in a co_await expression.
template <class T>
concept wants_a_name = std::is_aggregate_v<T> && !std::is_trivially_destructible_v<T>;

template <class T>
class fifo_items {
public:
    void push(T&& item) { items_.push_back(std::move(item)); }
    [[nodiscard]] T pop() { return items_.pop_front(); }
    void clear() noexcept {
        while (items_.size() > 0) {
            items_.drop_front();
        }
    }

private:
    ring<T> items_;
};

template <class T>
class lifo_items {
public:
    void push(T&& item) { items_.push_back(std::move(item)); }
    [[nodiscard]] T pop() {
        T item = std::move(items_.back());
        items_.pop_back();
        return item;
    }
    void clear() noexcept { items_.clear(); }

private:
    std::vector<T> items_;
};

/// A heap of items in the order of (item, when it was put).
template <class T, class Compare>
class priority_items {
public:
    explicit priority_items(Compare compare) : behind_{std::move(compare)} {}
    void push(T&& item) {
        items_.push_back({std::move(item), next_number_++});
        std::push_heap(items_.begin(), items_.end(), behind_);
    }
    [[nodiscard]] T pop() {
        std::pop_heap(items_.begin(), items_.end(), behind_);
        T item = std::move(items_.back().item);
        items_.pop_back();
        return item;
    }
    void clear() noexcept { items_.clear(); }

private:
    struct entry {
        T item;
        std::uint64_t number;
    };
    struct behind {
        Compare compare;
        bool operator()(const entry& a, const entry& b) const {
            return compare(b.item, a.item) || (!compare(a.item, b.item) && b.number < a.number);
        }
    };
    std::vector<entry> items_;
    std::uint64_t next_number_ = 0;
    [[no_unique_address]] behind behind_;
};

/// A queue whose items are kept, and whose next item is chosen, by `Items`.
template <class T, class Items>
class queue_of : public queue_base {
public:
    using value_type = T;

    /// What put() and get() return is a coro<void>, or coro<T>: await it, make it a task, or give it
    /// to whoever takes a coroutine. Where the queue has room, or an item, awaiting it is a call.
    class put_request;
    class get_request;
    /// A request moves its item into the coroutine's frame, if it needs one, where nothing may throw.
    using put_result =
        std::conditional_t<std::is_nothrow_move_constructible_v<T>, put_request, coro<void>>;

    /// Waits while the queue is full, then puts `item`. Throws queue_shut_down if the queue was
    /// shut down, also meanwhile. A cancellation while waiting puts nothing; `item` is destroyed.
    [[nodiscard("nothing is put until this is awaited")]] put_result put(T item)
        requires(!wants_a_name<T>)
    {
        return request_put(std::move(item));
    }
    /// The same, for an aggregate: not in braces, and (unseen by the compiler) no temporary, since
    /// g++ 12 would destroy it twice. Give it a name first, and move that.
    template <std::same_as<T> U>
    [[nodiscard("nothing is put until this is awaited")]] put_result put(U item)
        requires wants_a_name<T>
    {
        return request_put(std::move(item));
    }

    /// Waits while the queue is empty, then completes with its next item. Throws queue_shut_down
    /// if the queue was shut down and has no item left. A cancellation while waiting takes none.
    [[nodiscard("nothing is taken until this is awaited")]] get_request get() noexcept {
        return get_request(*this);
    }

    /// Throws queue_full, or queue_shut_down.
    void put_nowait(T item) {
        check_can_put();
        add(std::move(item));
    }

    /// Throws queue_empty, or queue_shut_down if it is empty for good.
    [[nodiscard("the item is lost")]] T get_nowait() {
        check_can_get();
        return take();
    }

    /// From now on nothing can be put, and what is there can still be got. With `immediate`, what is
    /// there is dropped, and counts as done. All who wait to put or to get go on: those who have
    /// nothing to get, or want to put, get queue_shut_down.
    void shutdown(bool immediate = false) {
        begin_shutdown(immediate);
        if (immediate) {
            items_.clear();
        }
        finish_shutdown();
    }

protected:
    template <class... Args>
    explicit queue_of(std::ptrdiff_t maxsize, Args&&... args)
        : queue_base(maxsize), items_(std::forward<Args>(args)...) {}
    ~queue_of() = default;

private:
    void add(T&& item) {
        items_.push(std::move(item));
        item_added();
    }
    [[nodiscard]] T take() {
        T item = items_.pop();
        item_taken();
        return item;
    }
    put_result request_put(T&& item) {
        if constexpr (std::is_nothrow_move_constructible_v<T>) {
            return put_request(*this, std::move(item));
        } else {
            return put_item(std::move(item));
        }
    }
    coro<void> put_item(T item) {
        while (full()) {
            check_not_shut_down();
            putting place(*this);
            co_await place;
            place.went_on();
        }
        put_nowait(std::move(item));
    }
    coro<T> get_item() {
        while (empty()) {
            check_not_shut_down();
            getting place(*this);
            co_await place;
            place.went_on();
        }
        co_return get_nowait();
    }

    Items items_;
};

template <class T, class Items>
class queue_of<T, Items>::put_request final : public deferred_coro<void, put_request> {
private:
    friend class queue_of;
    friend class deferred_coro<void, put_request>;
    put_request(queue_of& target, T&& item) : target_(&target), item_(std::move(item)) {}

    [[nodiscard]] bool at_once() const noexcept { return !target_->full(); }
    void finish() {
        target_->check_not_shut_down();
        target_->add(std::move(item_));
    }
    [[nodiscard]] coro<void> in_full() { return target_->put_item(std::move(item_)); }

    queue_of* target_;
    T item_;
};

template <class T, class Items>
class queue_of<T, Items>::get_request final : public deferred_coro<T, get_request> {
private:
    friend class queue_of;
    friend class deferred_coro<T, get_request>;
    explicit get_request(queue_of& source) noexcept : source_(&source) {}

    [[nodiscard]] bool at_once() const noexcept { return !source_->empty(); }
    [[nodiscard]] T finish() { return source_->take(); }
    [[nodiscard]] coro<T> in_full() { return source_->get_item(); }

    queue_of* source_;
};

}  // namespace detail

/// First in, first out. `T` can be moved. A `maxsize` of 0 or less is no limit.
template <class T>
class queue final : public detail::queue_of<T, detail::fifo_items<T>> {
public:
    explicit queue(std::ptrdiff_t maxsize = 0) : queue::queue_of(maxsize) {}
};

/// Smallest first by `Compare`, which must not throw; of equal items, the one put first.
template <class T, class Compare = std::less<T>>
class priority_queue final : public detail::queue_of<T, detail::priority_items<T, Compare>> {
public:
    explicit priority_queue(std::ptrdiff_t maxsize = 0, Compare compare = Compare())
        : priority_queue::queue_of(maxsize, std::move(compare)) {}
};

/// Last in, first out.
template <class T>
class lifo_queue final : public detail::queue_of<T, detail::lifo_items<T>> {
public:
    explicit lifo_queue(std::ptrdiff_t maxsize = 0) : lifo_queue::queue_of(maxsize) {}
};

}  // namespace heddle

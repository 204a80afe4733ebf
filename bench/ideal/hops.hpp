// SPDX-License-Identifier: BSL-1.0
//
// The ideal with hops: every callback in the iteration in which CPython 3.13 runs it, and nothing else.
//
//   iteration   what was ready when it began, and the timers that are due then, moved behind it
//   task        its first step in the next iteration; its end queues who waits for it
//   gather      a callback for each child; the last of them completes a future, which queues the
//               wake-up of who awaits that
//   sleep       a timer, which completes a future, which queues a wake-up; of nothing: the next step
//   queue       who waits is woken, and asks again when its turn comes: an item is not set aside
//
// What it does not have, and a loop that is used must: cancellation and handles to do it by, errors,
// futures with several waiters, names, places in the source, checks of any kind, observers, a scheduler,
// a clock or executor that can be replaced, tasks that outlive who made them.
#pragma once

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "coro.hpp"
#include "loop.hpp"
#include "ready.hpp"
#include "timers.hpp"

namespace ideal {

/// `Ready`: fifo, or pool with a chooser that says which is next.
template <class Ready>
struct hops {
    class loop : public basic_loop<Ready, loop> {
    public:
        /// Until nothing is left.
        void run() {
            for (;;) {
                if (!this->timers_.empty()) {
                    if (this->ready_.empty()) {
                        this->now_ = this->timers_.earliest();
                    }
                    while (!this->timers_.empty() && this->timers_.earliest() <= this->now_) {
                        this->ready_.push(this->timers_.pop());
                    }
                }
                node* next = this->ready_.take_all();
                if (next == nullptr) {
                    return;
                }
                do {
                    node& first = *next;
                    next = first.next;
                    first.run(first);
                } while (next != nullptr);
            }
        }
    };

    using yield = turn<loop>;

    struct sleep : timer {
        std::int64_t length;
        resumption wakeup;
        explicit sleep(std::int64_t nanoseconds) noexcept : length(nanoseconds) {}
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> awaiting) {
            wakeup.set(awaiting);
            this->run = [](node& self) { loop::running->push(static_cast<sleep&>(self).wakeup); };
            this->when = loop::running->now() + length;
            loop::running->add(*this);
        }
        void await_resume() const noexcept {}
    };

    /// Runs coroutines as tasks, and gives their results in argument order. `Coros` is a vector, or an
    /// array, which then takes no memory beside the frame.
    template <class T, class Coros = std::vector<coro<T>>>
    class gather : resumption {
        struct child : node {
            gather* owner;
            typename coro<T>::handle frame;
        };
        template <class Range>
        struct children_of {
            using type = std::vector<child>;
        };
        template <std::size_t n>
        struct children_of<std::array<coro<T>, n>> {
            using type = std::array<child, n>;
        };

    public:
        explicit gather(Coros coros) : left_(coros.size()) {
            if constexpr (requires { children_.resize(left_); }) {
                children_.resize(left_);
            }
            child* added = children_.data();
            for (coro<T>& each : coros) {
                added->owner = this;
                added->frame = each.release();
                added->run = [](node& self) { static_cast<child&>(self).owner->one_ended(); };
                promise<T>& task = added->frame.promise();
                task.owner = static_cast<node*>(added);
                task.ended = [](promise_base& done) {
                    loop::running->push(*static_cast<node*>(done.owner));
                };
                task.set(added->frame);
                loop::running->push(task);
                ++added;
            }
        }
        gather(const gather&) = delete;
        gather& operator=(const gather&) = delete;
        ~gather() {
            for (child& each : children_) {
                each.frame.destroy();
            }
        }

        [[nodiscard]] bool await_ready() const noexcept { return left_ == 0; }
        void await_suspend(std::coroutine_handle<> awaiting) noexcept { this->set(awaiting); }
        auto await_resume() {
            if constexpr (!std::is_void_v<T>) {
                return std::move(results_);
            }
        }

    private:
        struct nothing {};
        using results = std::conditional_t<std::is_void_v<T>, nothing, std::vector<T>>;

        void one_ended() {
            if (--left_ > 0) {
                return;
            }
            if constexpr (!std::is_void_v<T>) {
                results_.reserve(children_.size());
                for (child& each : children_) {
                    results_.push_back(each.frame.promise().value);
                }
            }
            loop::running->push(*this);
        }

        std::size_t left_;
        typename children_of<Coros>::type children_;
        [[no_unique_address]] results results_;
    };

    /// Of a fixed size, for one who puts and one who takes.
    template <class T, std::size_t size>
    class queue {
        /// Waits until `possible`; asked again at each wake-up, by a waiter that goes on waiting if not.
        template <class Self>
        struct place : resumption {
            void await_suspend(std::coroutine_handle<> awaiting) noexcept {
                this->who = awaiting;
                this->run = [](node& node_of_self) {
                    auto& self = static_cast<Self&>(node_of_self);
                    if (self.await_ready()) {
                        self.who.resume();
                    } else {
                        self.waiting() = &self;
                    }
                };
                static_cast<Self&>(*this).waiting() = this;
            }
        };

    public:
        struct putting : place<putting> {
            queue& target;
            T item;
            putting(queue& q, T value) noexcept : target(q), item(value) {}
            [[nodiscard]] bool await_ready() const noexcept { return target.count_ < size; }
            node*& waiting() noexcept { return target.putter_; }
            void await_resume() {
                target.items_[(target.first_ + target.count_++) % size] = item;
                wake(target.getter_);
            }
        };
        struct getting : place<getting> {
            queue& source;
            explicit getting(queue& q) noexcept : source(q) {}
            [[nodiscard]] bool await_ready() const noexcept { return source.count_ > 0; }
            node*& waiting() noexcept { return source.getter_; }
            T await_resume() {
                const T item = source.items_[source.first_];
                source.first_ = (source.first_ + 1) % size;
                --source.count_;
                wake(source.putter_);
                return item;
            }
        };
        [[nodiscard]] putting put(T item) noexcept { return putting(*this, item); }
        [[nodiscard]] getting get() noexcept { return getting(*this); }

    private:
        static void wake(node*& waiting) {
            if (waiting != nullptr) {
                loop::running->push(*std::exchange(waiting, nullptr));
            }
        }
        std::array<T, size> items_;
        std::size_t first_ = 0;
        std::size_t count_ = 0;
        node* putter_ = nullptr;
        node* getter_ = nullptr;
    };
};

}  // namespace ideal

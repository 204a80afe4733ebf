// SPDX-License-Identifier: BSL-1.0
//
// The bare ideal: one queue, run from the front until nothing is left; a timer runs when it is taken
// from the heap; a task's end tells whoever gathers it at once; a queue wakes who waits. Nothing is a
// future, nothing is asked twice. See memory.hpp for what the ideals are.
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
struct bare {
    class loop : public basic_loop<Ready, loop> {
    public:
        /// Until nothing is left.
        void run() {
            for (;;) {
                while (!this->ready_.empty()) {
                    node& next = this->ready_.pop();
                    next.run(next);
                }
                if (this->timers_.empty()) {
                    return;
                }
                timer& next = this->timers_.pop();
                this->now_ = next.when;
                next.run(next);
            }
        }
    };

    using yield = turn<loop>;

    struct sleep : timer {
        std::int64_t length;
        std::coroutine_handle<> who;
        explicit sleep(std::int64_t nanoseconds) noexcept : length(nanoseconds) {}
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> awaiting) {
            who = awaiting;
            this->run = [](node& self) { static_cast<sleep&>(self).who.resume(); };
            this->when = loop::running->now() + length;
            loop::running->add(*this);
        }
        void await_resume() const noexcept {}
    };

    /// Runs coroutines as tasks; those of a value give their results in the order in which they end.
    template <class T>
    class gather : resumption {
    public:
        template <class Coros>
        explicit gather(Coros coros) : left_(coros.size()) {
            if constexpr (!std::is_void_v<T>) {
                results_.reserve(left_);
            }
            for (coro<T>& each : coros) {
                const auto frame = each.release();
                promise<T>& child = frame.promise();
                child.owner = this;
                child.ended = [](promise_base& done) {
                    static_cast<gather*>(done.owner)->one_ended(static_cast<promise<T>&>(done));
                };
                child.set(frame);
                loop::running->push(child);
            }
        }
        gather(const gather&) = delete;
        gather& operator=(const gather&) = delete;
        ~gather() = default;

        [[nodiscard]] bool await_ready() const noexcept { return left_ == 0; }
        void await_suspend(std::coroutine_handle<> awaiting) noexcept { this->set(awaiting); }
        auto await_resume() noexcept {
            if constexpr (!std::is_void_v<T>) {
                return std::move(results_);
            }
        }

    private:
        struct nothing {};
        using results = std::conditional_t<std::is_void_v<T>, nothing, std::vector<T>>;

        void one_ended(promise<T>& child) {
            if constexpr (!std::is_void_v<T>) {
                results_.push_back(child.value);
            }
            std::coroutine_handle<promise<T>>::from_promise(child).destroy();
            if (--left_ == 0) {
                loop::running->push(*this);
            }
        }

        std::size_t left_;
        [[no_unique_address]] results results_;
    };

    /// Of a fixed size, for one who puts and one who takes.
    template <class T, std::size_t size>
    class queue {
        struct place : resumption {
            void await_suspend(std::coroutine_handle<> awaiting) noexcept { this->set(awaiting); }
        };

    public:
        struct putting : place {
            queue& target;
            T item;
            putting(queue& q, T value) noexcept : target(q), item(value) {}
            [[nodiscard]] bool await_ready() const noexcept { return target.count_ < size; }
            void await_suspend(std::coroutine_handle<> awaiting) noexcept {
                place::await_suspend(awaiting);
                target.putter_ = this;
            }
            void await_resume() {
                target.items_[(target.first_ + target.count_++) % size] = item;
                wake(target.getter_);
            }
        };
        struct getting : place {
            queue& source;
            explicit getting(queue& q) noexcept : source(q) {}
            [[nodiscard]] bool await_ready() const noexcept { return source.count_ > 0; }
            void await_suspend(std::coroutine_handle<> awaiting) noexcept {
                place::await_suspend(awaiting);
                source.getter_ = this;
            }
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

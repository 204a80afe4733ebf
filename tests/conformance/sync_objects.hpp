// SPDX-License-Identifier: BSL-1.0
//
// The synchronisation objects of one run. They outlive the loop's tasks.
#pragma once

#include <heddle/heddle.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "program.hpp"

namespace conformance {

/// A queue of any kind, of integers.
class any_queue {
public:
    using item = std::int64_t;
    virtual ~any_queue() = default;
    virtual heddle::coro<void> put(item given) = 0;
    virtual heddle::coro<item> get() = 0;
    virtual heddle::coro<void> join() = 0;
    virtual void put_nowait(item given) = 0;
    virtual item get_nowait() = 0;
    virtual void task_done() = 0;
    /// "<qsize> <empty> <full>"
    [[nodiscard]] virtual std::string info() const = 0;
};

template <class Queue>
class queue_of final : public any_queue {
public:
    explicit queue_of(std::ptrdiff_t maxsize) : queue_(maxsize) {}
    heddle::coro<void> put(item given) override { return queue_.put(given); }
    heddle::coro<item> get() override { return queue_.get(); }
    heddle::coro<void> join() override { return queue_.join(); }
    void put_nowait(item given) override { queue_.put_nowait(given); }
    item get_nowait() override { return queue_.get_nowait(); }
    void task_done() override { queue_.task_done(); }
    [[nodiscard]] std::string info() const override {
        return std::to_string(queue_.qsize()) + " " + text_of(queue_.empty()) + " " +
               text_of(queue_.full());
    }

private:
    Queue queue_;
};

struct sync_objects {
    explicit sync_objects(const objects& wanted)
        : locks(wanted.locks), events(wanted.events), conds(wanted.conds) {
        for (const auto initial : wanted.sems) {
            sems.emplace_back(initial);
        }
        for (const auto initial : wanted.bsems) {
            bsems.emplace_back(initial);
        }
        for (const auto parties : wanted.bars) {
            bars.emplace_back(parties);
        }
        for (const queue_spec& each : wanted.queues) {
            queues.push_back(make_queue(each));
        }
    }

    /// Calls `use` with the lock, condition or semaphore of that name: what can be acquired.
    template <class Use>
    decltype(auto) with_lockable(const object_name& name, Use&& use) {
        switch (name.what) {
            case object_name::sort::cond:
                return use(conds[name.index]);
            case object_name::sort::sem:
                return use(sems[name.index]);
            case object_name::sort::bsem:
                return use(bsems[name.index]);
            default:
                return use(locks.at(name.index));
        }
    }

    std::deque<heddle::lock> locks;
    std::deque<heddle::event> events;
    std::deque<heddle::condition> conds;
    std::deque<heddle::semaphore> sems;
    std::deque<heddle::bounded_semaphore> bsems;
    std::deque<heddle::barrier> bars;
    std::vector<std::unique_ptr<any_queue>> queues;

private:
    static std::unique_ptr<any_queue> make_queue(const queue_spec& wanted) {
        using item = any_queue::item;
        switch (wanted.what) {
            case queue_spec::sort::lifo:
                return std::make_unique<queue_of<heddle::lifo_queue<item>>>(wanted.maxsize);
            case queue_spec::sort::prio:
                return std::make_unique<queue_of<heddle::priority_queue<item>>>(wanted.maxsize);
            default:
                return std::make_unique<queue_of<heddle::queue<item>>>(wanted.maxsize);
        }
    }
};

}  // namespace conformance

// SPDX-License-Identifier: BSL-1.0
//
// How to pick what runs next. Each comment says which bugs a strategy is good at.
#include "order_strategies.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include <heddle/crowd.hpp>
#include <heddle/task_base.hpp>

#include "chains.hpp"

namespace heddle::sim::detail {

namespace {

using options_t = std::span<runnable* const>;
using heddle::detail::key_use;

// From how many that are ready on a tree is quicker than looking at all of them; than closing a gap.
constexpr std::size_t crowd_to_search = 256;
constexpr std::size_t crowd_to_take_from = 4096;

/// Positions in a run, drawn without replacement: where a strategy does something special.
class change_points {
public:
    /// `count` of the choices 1 .. `length`, but not more than an eighth of them: where every
    /// choice is special, none is.
    void draw(random_stream& stream, std::uint64_t count, std::uint64_t length) {
        points_.clear();
        position_ = 0;
        length = std::max<std::uint64_t>(length, 1);
        count = std::min(count, std::max<std::uint64_t>(length / 8, 1));
        while (points_.size() < count) {
            const std::uint64_t point = 1 + stream.below(length);
            if (std::find(points_.begin(), points_.end(), point) == points_.end()) {
                points_.push_back(point);
            }
        }
        find_next();
    }
    /// At each choice: whether this is one of them.
    [[nodiscard]] bool here() {
        if (++position_ != next_) [[likely]] {
            return false;
        }
        find_next();
        return true;
    }

private:
    /// The earliest that is still to come.
    [[gnu::noinline]] void find_next() noexcept {
        next_ = 0;
        for (const std::uint64_t point : points_) {
            if (point > position_ && (next_ == 0 || point < next_)) {
                next_ = point;
            }
        }
    }

    std::vector<std::uint64_t> points_;
    std::uint64_t position_ = 0;
    std::uint64_t next_ = 0;  // 0: there is none
};

/// Priorities that can sink below all others, one for each number. Numbers are given away in order:
/// 0, 1, ...
class priorities {
public:
    void restart() noexcept {
        values_.clear();
        next_lowest_ = first_lowest;
    }
    /// Drawn when it is first asked for: `number` is one that was asked for before, or the next.
    [[nodiscard]] std::uint64_t of(std::uint32_t number, random_stream& stream) {
        return values_.size() != number ? values_[number] : draw(stream);
    }
    /// The same, where it was asked for before.
    [[nodiscard]] std::uint64_t drawn(std::uint32_t number) const noexcept {
        return values_[number];
    }
    void sink(std::uint32_t number) { values_[number] = --next_lowest_; }

private:
    [[gnu::noinline]] std::uint64_t draw(random_stream& stream) {
        return values_.emplace_back(first_lowest + 1 + (stream.next() >> 2));
    }

    static constexpr std::uint64_t first_lowest = std::uint64_t{1} << 62;
    std::vector<std::uint64_t> values_;
    std::uint64_t next_lowest_ = first_lowest;
};

/// A strategy by itself: order() calls the choose() that it knows, which the compiler puts in
/// there. A portfolio calls choose(); of the one that it has drawn, a simulation this.
template <class Self>
// NOLINTNEXTLINE(bugprone-crtp-constructor-accessibility): for this file alone
class single : public explorer {
public:
    std::size_t order(options_t options) final {
        return unless_starved(static_cast<Self*>(this)->choose(options), options.size());
    }
};

/// One that need not hear of what runs.
template <class Self>
// NOLINTNEXTLINE(bugprone-crtp-constructor-accessibility): as above
class by_options_alone : public single<Self> {
public:
    [[nodiscard]] bool watches() const noexcept final { return false; }
};

// ---- without memory ------------------------------------------------------------------------

/// Any ready event, with equal chances. Short races; cancellations that land in a window.
class random_walk final : public by_options_alone<random_walk> {
public:
    [[nodiscard]] std::string_view name() const noexcept override { return "walk"; }
    std::size_t choose(options_t options) override {
        return static_cast<std::size_t>(stream().below(options.size()));
    }
    [[nodiscard]] std::size_t crowds_from() const noexcept override { return crowd_to_take_from; }
    std::size_t choose_crowd(crowd& options) override {
        return static_cast<std::size_t>(stream().below(options.size()));
    }
};

/// The latest ready event first.
class lifo final : public by_options_alone<lifo> {
public:
    [[nodiscard]] std::string_view name() const noexcept override { return "lifo"; }
    std::size_t choose(options_t options) override {
        const event_kind last = options.back()->kind();
        const bool by_itself =
            last == event_kind::timer && static_cast<const timer_entry*>(options.back())->in_heap();
        return options.size() - (by_itself ? 2 : 1);
    }
};

// ---- by priorities -------------------------------------------------------------------------

/// The first option of the highest priority.
template <class Priority>
std::size_t first_of_greatest(crowd& options, Priority priority_of) {
    options.key_new(key_use::greatest,
                    [&](runnable& event, std::uint32_t) { return priority_of(event); });
    std::uint64_t highest = options.greatest();
    std::size_t best = options.option_of_greatest(0);
    for (std::size_t i = 0; i < options.others(); ++i) {
        const std::uint64_t each = priority_of(options.other(i));
        if (each > highest) {
            highest = each;
            best = options.ready() + i;
        }
    }
    return best;
}

/// One random priority for each chain, and d-1 points at which the highest sinks: finds a bug that
/// needs d orderings among n chains and k choices with probability at least 1/(n k^(d-1))
/// (Burckhardt et al., "A randomized scheduler with probabilistic guarantees of finding bugs",
/// 2010). Long runs; starvation. d is drawn for each run, since nobody knows it.
class pct final : public by_options_alone<pct> {
public:
    [[nodiscard]] std::string_view name() const noexcept override { return "pct"; }
    std::size_t choose(options_t options) override {
        std::size_t best = 0;
        std::uint64_t highest = 0;
        for (std::size_t i = 0; i < options.size(); ++i) {
            const std::uint64_t each = priority_of(*options[i]);
            if (each > highest) {
                highest = each;
                best = i;
            }
        }
        if (points_.here()) {
            priorities_.sink(chains_.of(*options[best]));
        }
        return best;
    }
    [[nodiscard]] std::size_t crowds_from() const noexcept override { return crowd_to_search; }
    std::size_t choose_crowd(crowd& options) override {
        const std::size_t best =
            first_of_greatest(options, [this](runnable& event) { return priority_of(event); });
        if (points_.here()) {
            runnable& sunk = options[best];
            priorities_.sink(chains_.of(sunk));
            if (best < options.ready()) {
                options.set_key(best, priority_of(sunk));
            }
        }
        return best;
    }

protected:
    void start(const run_profile& profile) override {
        chains_.restart();
        priorities_.restart();
        constexpr std::array<std::uint64_t, 10> depths{1, 2, 2, 2, 3, 3, 3, 4, 4, 5};
        points_.draw(stream(), depths[stream().below(depths.size())] - 1, profile.choices);
    }

private:
    /// What has a mark has a priority.
    std::uint64_t priority_of(runnable& event) {
        return event.mark() != 0 ? priorities_.drawn(event.mark() - 1)
                                 : priorities_.of(chains_.of(event), stream());
    }

    chain_numbers chains_;
    priorities priorities_;
    change_points points_;
};

/// One random priority for each event, drawn when it becomes ready: samples partial orders more
/// evenly than a walk does (Yuan, Yang and Gu, "Partial order aware concurrency sampling", 2018;
/// the basic form, for which no conflicts need be known).
class partial_order_sampling final : public by_options_alone<partial_order_sampling> {
public:
    [[nodiscard]] std::string_view name() const noexcept override { return "pos"; }
    std::size_t choose(options_t options) override {
        std::size_t best = 0;
        std::uint32_t highest = 0;
        for (std::size_t i = 0; i < options.size(); ++i) {
            const std::uint32_t each = priority_of(*options[i]);
            if (each > highest) {
                highest = each;
                best = i;
            }
        }
        return best;
    }
    [[nodiscard]] std::size_t crowds_from() const noexcept override { return crowd_to_search; }
    std::size_t choose_crowd(crowd& options) override {
        return first_of_greatest(options, [this](runnable& event) { return priority_of(event); });
    }

private:
    std::uint32_t priority_of(runnable& event) {
        if (event.mark() == 0) {
            event.set_mark(static_cast<std::uint32_t>(stream().next() >> 33) + 1);
        }
        return event.mark();
    }
};

/// One random priority for each site of the program, shared by all tasks that come there; ties at
/// random. Bugs that need many tasks in one order, which the others never find. In variants: some
/// points at which the highest site sinks; now and then a step of a random walk.
class site_priorities final : public by_options_alone<site_priorities> {
public:
    enum class variant : std::uint8_t { plain, points, noise };
    explicit site_priorities(variant which) noexcept : variant_(which) {}
    [[nodiscard]] std::string_view name() const noexcept override {
        return variant_ == variant::plain    ? "site"
               : variant_ == variant::points ? "site_points"
                                             : "site_noise";
    }
    std::size_t choose(options_t options) override {
        if (noise_in_64_ != 0 && stream().chance(noise_in_64_, 64)) {
            return static_cast<std::size_t>(stream().below(options.size()));
        }
        std::uint64_t highest = 0;
        std::size_t count = 0;
        std::size_t first = 0;
        for (std::size_t i = 0; i < options.size(); ++i) {
            const std::uint64_t each = priority_of(*options[i]);
            if (each > highest) {
                highest = each;
                count = 1;
                first = i;
            } else if (each == highest) {
                ++count;
            }
        }
        std::size_t best = first;
        if (count > 1) {
            for (std::size_t skip = stream().below(count); skip > 0; --skip) {
                do {
                    ++best;
                } while (priority_of(*options[best]) != highest);
            }
        }
        if (variant_ == variant::points && points_.here()) {
            priorities_.sink(options[best]->mark() - 1);
        }
        return best;
    }
    [[nodiscard]] std::size_t crowds_from() const noexcept override { return crowd_to_search; }
    std::size_t choose_crowd(crowd& options) override {
        if (noise_in_64_ != 0 && stream().chance(noise_in_64_, 64)) {
            return static_cast<std::size_t>(stream().below(options.size()));
        }
        options.key_new(key_use::greatest,
                        [this](runnable& event, std::uint32_t) { return priority_of(event); });
        std::uint64_t highest = options.greatest();
        std::size_t ready = options.greatest_count();  // of the highest, those that are ready
        std::size_t others = 0;                        // ... and those that are not
        for (std::size_t i = 0; i < options.others(); ++i) {
            const std::uint64_t each = priority_of(options.other(i));
            if (each > highest) {
                highest = each;
                ready = 0;
                others = 1;
            } else if (each == highest) {
                ++others;
            }
        }
        const std::size_t count = ready + others;
        std::size_t place = count > 1 ? static_cast<std::size_t>(stream().below(count)) : 0;
        std::size_t best = 0;
        if (place < ready) {
            best = options.option_of_greatest(place);
        } else {
            best = options.ready();
            for (place -= ready; priority_of(options[best]) != highest || place-- > 0;) {
                ++best;
            }
        }
        if (variant_ == variant::points && points_.here()) {
            priorities_.sink(options[best].mark() - 1);
            options.forget_keys();  // of all that are at this site
        }
        return best;
    }

protected:
    void start(const run_profile& profile) override {
        sites_.restart();
        priorities_.restart();
        if (variant_ == variant::points) {
            points_.draw(stream(), stream().below(4), profile.choices);
        }
        constexpr std::array<std::uint64_t, 3> noise{2, 6, 16};
        noise_in_64_ = variant_ == variant::noise ? noise[stream().below(noise.size())] : 0;
    }

private:
    /// The number of its site in this run is noted in the event's mark. What has one has a priority.
    std::uint64_t priority_of(runnable& event) {
        return event.mark() != 0 ? priorities_.drawn(event.mark() - 1) : first_priority_of(event);
    }
    [[gnu::noinline]] std::uint64_t first_priority_of(runnable& event) {
        const std::uint32_t site = sites_.of(event);
        event.set_mark(site + 1);
        return priorities_.of(site, stream());
    }

    variant variant_;
    site_numbers sites_;
    priorities priorities_;
    change_points points_;
    std::uint64_t noise_in_64_ = 0;
};

// ---- by what is left to do -----------------------------------------------------------------

/// A task is the likelier, the more steps it has left, as run 0 counted them: near to uniform over
/// interleavings where nothing blocks (Zhao, Wolff, Mathur and Roychoudhury, "Selectively uniform
/// concurrency testing", 2025; without the selection). Tasks of unequal length.
class uniform_interleaving final : public single<uniform_interleaving> {
public:
    [[nodiscard]] std::string_view name() const noexcept override { return "uniform"; }
    std::size_t choose(options_t options) override {
        std::uint64_t total = 0;
        for (runnable* each : options) {
            total += noted_weight_of(*each);
        }
        std::uint64_t drawn = stream().below(total);
        std::size_t taken = 0;
        while (drawn >= options[taken]->mark()) {
            drawn -= options[taken]->mark();
            ++taken;
        }
        return taken;
    }
    [[nodiscard]] std::size_t crowds_from() const noexcept override { return crowd_to_search; }
    std::size_t choose_crowd(crowd& options) override {
        options.key_new(key_use::sum, [this](runnable& event, std::uint32_t) {
            return std::uint64_t{noted_weight_of(event)};
        });
        std::uint64_t total = options.sum();
        for (std::size_t i = 0; i < options.others(); ++i) {
            total += noted_weight_of(options.other(i));
        }
        std::uint64_t drawn = stream().below(total);
        if (drawn < options.sum()) {
            return options.option_of_sum(drawn);
        }
        drawn -= options.sum();
        std::size_t place = 0;
        while (drawn >= options.other(place).mark()) {
            drawn -= options.other(place).mark();
            ++place;
        }
        return options.ready() + place;
    }
    void ran(const runnable& next) override {
        if (const task_base* task = task_of(next); task != nullptr) {
            --left_of(*task);
        }
    }

protected:
    void start(const run_profile& profile) override {
        profile_ = &profile;
        left_.clear();
    }

private:
    /// Whose step or wake-up it is; null if it is another event.
    static const task_base* task_of(const runnable& event) noexcept {
        const event_kind kind = event.kind();
        return kind == event_kind::step || kind == event_kind::wakeup
                   ? static_cast<const task_base*>(&event)
                   : nullptr;
    }
    std::uint32_t noted_weight_of(runnable& event) {
        if (event.mark() == 0) {
            event.set_mark(weight_of(event));
        }
        return event.mark();
    }
    /// Noted in the event's mark: it stays as it is until the task's step has run.
    std::uint32_t weight_of(const runnable& event) {
        const task_base* task = task_of(event);
        return task != nullptr
                   ? static_cast<std::uint32_t>(std::max<std::int64_t>(left_of(*task), 1))
                   : 1;
    }
    /// How many steps it has in run 0, less those that it has made.
    std::int64_t& left_of(const task_base& task) {
        std::int64_t& left = entry_of_run<unknown>(left_, task.number());
        if (left == unknown) {
            left = profile_->steps_of(task.structural_id());
        }
        return left;
    }

    static constexpr std::int64_t unknown = std::numeric_limits<std::int64_t>::min();
    const run_profile* profile_ = nullptr;
    std::vector<std::int64_t> left_;  // by the task's number
};

// ---- near to FIFO --------------------------------------------------------------------------

/// FIFO, but at a few points what comes first is held until nothing else can run (Emmi, Qadeer and
/// Rakamaric, "Delay-bounded scheduling", 2011). Easy to explain.
class delay_bounding final : public by_options_alone<delay_bounding> {
public:
    [[nodiscard]] std::string_view name() const noexcept override { return "delay"; }
    std::size_t choose(options_t options) override {
        const bool hold = points_.here();
        for (std::size_t i = 0; i < options.size(); ++i) {
            if (options[i]->mark() == held) {
                continue;
            }
            if (!hold) {
                return i;
            }
            options[i]->set_mark(held);
            return first_free(options);
        }
        return 0;
    }

protected:
    void start(const run_profile& profile) override {
        points_.draw(stream(), 1 + stream().below(5), profile.choices);
    }

private:
    static constexpr std::uint32_t held = 1;
    static std::size_t first_free(options_t options) {
        for (std::size_t i = 0; i < options.size(); ++i) {
            if (options[i]->mark() != held) {
                return i;
            }
        }
        return 0;
    }
    change_points points_;
};

/// Stays with one chain for a while: a walk among tasks rather than among steps. Windows in long
/// runs of one task.
class sticky final : public by_options_alone<sticky> {
public:
    [[nodiscard]] std::string_view name() const noexcept override { return "sticky"; }
    std::size_t choose(options_t options) override {
        if (stream().chance(stays_in_64_, 64)) {
            for (std::size_t i = 0; i < options.size(); ++i) {
                if (chains_.of(*options[i]) == last_) {
                    return i;
                }
            }
        }
        const auto picked = static_cast<std::size_t>(stream().below(options.size()));
        last_ = chains_.of(*options[picked]);
        return picked;
    }
    /// A chain has at most one event that is ready: where it is is noted when it comes.
    [[nodiscard]] std::size_t crowds_from() const noexcept override { return crowd_to_search; }
    std::size_t choose_crowd(crowd& options) override {
        if (stream().chance(stays_in_64_, 64)) {
            options.key_new(key_use::greatest, [this](runnable& event, std::uint32_t number) {
                const std::uint32_t chain = chains_.of(event);
                if (numbers_.size() <= chain) {
                    widen(numbers_, chain, none);
                }
                numbers_[chain] = number;
                return std::uint64_t{1};
            });
            if (last_ < numbers_.size() && numbers_[last_] != none) {
                if (const std::size_t place = options.option_of(numbers_[last_]);
                    place < options.ready()) {
                    return place;
                }
            }
            for (std::size_t i = 0; i < options.others(); ++i) {
                if (chains_.of(options.other(i)) == last_) {
                    return options.ready() + i;
                }
            }
        }
        const auto picked = static_cast<std::size_t>(stream().below(options.size()));
        last_ = chains_.of(options[picked]);
        return picked;
    }

protected:
    void start(const run_profile&) override {
        chains_.restart();
        numbers_.clear();
        last_ = none;
        constexpr std::array<std::uint64_t, 3> rates{32, 51, 61};
        stays_in_64_ = rates[stream().below(rates.size())];
    }

private:
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    chain_numbers chains_;
    std::uint32_t last_ = none;
    std::vector<std::uint32_t> numbers_;  // of the chains' latest events: see crowd::key_new
    std::uint64_t stays_in_64_ = 0;
};

}  // namespace

std::unique_ptr<explorer> make_order_strategy(std::string_view name) {
    if (name == "walk") {
        return std::make_unique<random_walk>();
    }
    if (name == "lifo") {
        return std::make_unique<lifo>();
    }
    if (name == "pct") {
        return std::make_unique<pct>();
    }
    if (name == "pos") {
        return std::make_unique<partial_order_sampling>();
    }
    if (name == "site") {
        return std::make_unique<site_priorities>(site_priorities::variant::plain);
    }
    if (name == "site_points") {
        return std::make_unique<site_priorities>(site_priorities::variant::points);
    }
    if (name == "site_noise") {
        return std::make_unique<site_priorities>(site_priorities::variant::noise);
    }
    if (name == "uniform") {
        return std::make_unique<uniform_interleaving>();
    }
    if (name == "delay") {
        return std::make_unique<delay_bounding>();
    }
    if (name == "sticky") {
        return std::make_unique<sticky>();
    }
    return nullptr;
}

}  // namespace heddle::sim::detail

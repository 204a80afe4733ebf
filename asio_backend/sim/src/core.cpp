// SPDX-License-Identifier: BSL-1.0
#include <heddle/asio_sim/detail/core.hpp>

#include <exception>

#include <heddle/detail/invariant.hpp>
#include <heddle/detail/mix.hpp>
#include <heddle/errors.hpp>
#include <heddle/sim/failure.hpp>
#include <heddle/sim/simulation.hpp>

namespace heddle::asio_sim::detail {

namespace {

constexpr std::size_t most_names = 10'000;

/// The n-th function under a name is that, whoever gave it: a coroutine under a name of its own keeps
/// its ids where others take other turns. Without a name it is a function of what gave it.
std::uint64_t next_id(event_loop& loop, work_source& source) {
    ++source.posts;
    return source.id != 0 ? heddle::detail::mix(source.id, source.posts)
                          : loop.new_structural_id(function_ids);
}

event_loop& loop_of_simulation() {
    sim::simulation* const current = sim::simulation::current();
    if (current == nullptr) {
        throw usage_error(
            "sim_context: there is no simulation on this thread; make it within the program that "
            "sim::run or sim::explore runs");
    }
    return current->loop();
}

}  // namespace

// ---- functions -----------------------------------------------------------------------------

posted::posted(core& home, work_source& source, strand_pointer strand)
    : core_(home),
      source_(source),
      strand_(std::move(strand)),
      id_(next_id(home.loop(), source)),
      ordinal_(source.posts) {}

std::string posted::label() const {
    if (source_.name.empty()) {
        return "function " + std::to_string(ordinal_) + " of the context";
    }
    return "step " + std::to_string(ordinal_) + " of '" + source_.name + "'";
}

void posted::run() {
    queued_ = false;
    core_.run(*this);
}

// ---- the core ------------------------------------------------------------------------------

core::core(boost::asio::execution_context& context, dispatching policy)
    : context_(context), loop_(&loop_of_simulation()), policy_(policy) {
    loop_->add_close_hook(*this);
}

core::~core() {
    HEDDLE_INVARIANT(first_ == nullptr, "a context is shut down before it is destroyed");
}

void core::link(posted& newcomer) noexcept {
    newcomer.previous_ = last_;
    (last_ != nullptr ? last_->following_ : first_) = &newcomer;
    last_ = &newcomer;
}

void core::unlink(posted& left) noexcept {
    (left.previous_ != nullptr ? left.previous_->following_ : first_) = left.following_;
    (left.following_ != nullptr ? left.following_->previous_ : last_) = left.previous_;
}

void core::hold(posted& operation) {
    link(operation);
    work_started(operation.source_);
    if (shut_) {
        drain();
    }
}

void core::start(posted& operation) {
    if (shut_) {
        return;  // it is, or will be, destroyed
    }
    if (strand_state* const strand = operation.strand_.get(); strand != nullptr) {
        if (strand->busy_) {
            (strand->last_ != nullptr ? strand->last_->behind_ : strand->first_) = &operation;
            strand->last_ = &operation;
            return;
        }
        strand->busy_ = true;
    }
    push(operation);
}

void core::push(posted& function) {
    function.queued_ = true;
    loop_->push_ready(function);
}

void core::advance(strand_state& strand) {
    posted* const next = strand.first_;
    if (next == nullptr) {
        strand.busy_ = false;
        return;
    }
    strand.first_ = next->behind_;
    if (strand.first_ == nullptr) {
        strand.last_ = nullptr;
    }
    push(*next);
}

void core::run(posted& function) {
    const strand_pointer strand = std::move(function.strand_);
    work_source& source = function.source_;
    const bool outer = strand && std::exchange(strand->running_, true);
    ++depth_;
    try {
        function.call();
    } catch (...) {
        report_error(function.label());
    }
    unlink(function);
    function.destroy();
    --depth_;
    if (strand) {
        strand->running_ = outer;
        advance(*strand);
    }
    work_finished(source);
    check_services();
}

void core::report_error(const std::string& who) noexcept {
    if (loop_ != nullptr) {
        // In the words of the loop's own callbacks, by which a simulation knows what it is.
        loop_->call_exception_handler({"exception in callback", std::current_exception(), who});
    }
}

void core::check_services() {
    if (reported_) {
        return;
    }
    if (std::string names = foreign_services(context_); !names.empty()) {
        reported_ = true;
        sim::fail({sim::failure_class::check, std::move(names), {}, 0, "foreign service"});
    }
}

// ---- work ----------------------------------------------------------------------------------

work_source& core::source(std::string_view name) {
    if (name.empty()) {
        return unnamed_;
    }
    const auto found = named_.find(name);
    if (found != named_.end()) {
        return *found->second;
    }
    if (closed()) {
        return unnamed_;  // of what is given to it, nothing comes
    }
    if (named_.size() >= most_names) {
        throw usage_error("sim_context: more than " + std::to_string(most_names) +
                          " names of executors");
    }
    auto fresh = std::make_unique<work_source>();
    fresh->name = name;
    fresh->id = heddle::detail::mix(loop_->new_structural_id(function_ids), function_ids);
    return *named_.emplace(std::string(name), std::move(fresh)).first->second;
}

std::string core::text_of_work() const {
    constexpr std::size_t most = 32;
    std::string text;
    std::size_t count = 0;
    std::size_t left_out = 0;
    const auto add = [&](const std::string& part) { text += text.empty() ? part : ", " + part; };
    for (const auto& [name, source] : named_) {
        if (source->work != 0 && ++count > most) {
            ++left_out;
        } else if (source->work != 0) {
            add("'" + name + "'");
        }
    }
    if (left_out != 0) {
        add("... and " + std::to_string(left_out) + " more names");
    }
    if (unnamed_.work != 0) {
        add(std::to_string(unnamed_.work) + " without a name");
    }
    return text;
}

// ---- the end -------------------------------------------------------------------------------

void core::shut_down() noexcept {
    shut_ = true;
    drain();
}

void core::loop_closes() noexcept {
    shut_down();
    loop_ = nullptr;
}

/// One after the other: what destroying one adds is destroyed here, too.
void core::drain() noexcept {
    if (std::exchange(draining_, true)) {
        return;
    }
    while (first_ != nullptr) {
        discard(*first_);
    }
    draining_ = false;
}

void core::discard(posted& function) noexcept {
    unlink(function);
    if (std::exchange(function.queued_, false)) {
        loop_->remove_ready(function);
    }
    const strand_pointer strand = std::move(function.strand_);
    if (strand) {
        strand->first_ = nullptr;
        strand->last_ = nullptr;
    }
    work_source& source = function.source_;
    function.destroy();
    work_finished(source);
}

}  // namespace heddle::asio_sim::detail

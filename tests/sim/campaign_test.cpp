// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/campaign.hpp>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;
namespace sim = heddle::sim;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool address_sanitizer = true;
#elif defined(__has_feature)
constexpr bool address_sanitizer = __has_feature(address_sanitizer);
#else
constexpr bool address_sanitizer = false;
#endif

/// Five tasks whose order, when they are done, `look` is shown.
template <class Look>
sim::program five_tasks(Look look) {
    return [look]() -> coro<void> {
        const auto order = std::make_shared<std::string>();
        const auto worker = [order](char name) -> coro<void> {
            for (int i = 0; i < 3; ++i) {
                co_await heddle::sleep(0ns);
            }
            *order += name;
        };
        heddle::task_group group;
        for (const char name : {'a', 'b', 'c', 'd', 'e'}) {
            group.create_task(worker(name));
        }
        co_await group.join();
        look(*order);
    };
}

sim::program on(std::string unlucky, void (*then)()) {
    return five_tasks([unlucky, then](const std::string& order) {
        if (order == unlucky) {
            then();
        }
    });
}

void fail_check() { sim::check(false, "another order"); }

const sim::program passing = five_tasks([](const std::string&) {});
/// One order of 120.
const sim::program failing = on("dbaec", fail_check);

sim::campaign_options named(std::string name, std::uint64_t jobs = 1) {
    sim::campaign_options options;
    options.explore.name = std::move(name);
    options.explore.seed = 42;
    options.jobs = jobs;
    return options;
}

void expect_same(const sim::exploration& found, const sim::exploration& expected) {
    BOOST_TEST(found.schedules == expected.schedules);
    BOOST_TEST(found.steps == expected.steps);
    BOOST_TEST(found.digest == expected.digest);
    BOOST_REQUIRE(found.found.has_value() == expected.found.has_value());
    if (expected.found) {
        BOOST_TEST(found.found->schedule == expected.found->schedule);
        BOOST_TEST(found.found->strategy == expected.found->strategy);
        BOOST_TEST(found.found->digest == expected.found->digest);
        BOOST_TEST(found.found->replays == expected.found->replays);
        BOOST_TEST((found.found->full == expected.found->full));
        BOOST_TEST((found.found->minimal_tape == expected.found->minimal_tape));
        BOOST_TEST(sim::report(found, "") == sim::report(expected, ""));
    }
}

/// A folder that goes away with the test.
class folder {
public:
    folder() {
        std::string name = (std::filesystem::temp_directory_path() / "heddle_XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    ~folder() { std::filesystem::remove_all(path_); }
    [[nodiscard]] std::string file(const std::string& name) const {
        return (path_ / name).string();
    }

private:
    std::filesystem::path path_;
};

/// What becomes of a process that does `what`.
template <class What>
int status_of_process(What what) {
    const pid_t child = ::fork();
    if (child == 0) {
        for (const int each : {SIGSEGV, SIGABRT, SIGBUS}) {
            ::signal(each, SIG_DFL);  // not Boost.Test's
        }
        what();
        ::_exit(77);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}

[[gnu::noinline]] void write_to(std::uintptr_t place) { *reinterpret_cast<int*>(place) = 1; }

std::atomic<bool> always{true};

void segfault() { write_to(always ? 16 : 4096); }
void exit_0() { ::_exit(0); }
void kill_itself() { ::raise(SIGKILL); }
void hang() {
    while (always) {
        ::usleep(1000);
    }
}

struct death {
    const char* how;
    void (*what)();
};

}  // namespace

BOOST_AUTO_TEST_SUITE(campaign)

BOOST_AUTO_TEST_CASE(what_it_finds_is_what_explore_finds_for_any_number_of_jobs) {
    for (const std::uint64_t seed : {1U, 2U, 42U}) {
        for (const sim::program& program : {failing, passing}) {
            auto options = named("five_tasks");
            options.explore.seed = seed;
            options.explore.schedules = 3'000;
            const auto alone = sim::explore(program, options.explore);
            for (const std::uint64_t jobs : {1U, 2U, 5U}) {
                BOOST_TEST_CONTEXT("seed " << seed << ", " << jobs << " jobs") {
                    options.jobs = jobs;
                    const auto result = sim::run_campaign(program, options);
                    BOOST_TEST((result.ended == sim::campaign_end::complete));
                    expect_same(result.explored, alone);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(weights_that_are_learned_make_no_difference_to_that) {
    // One order of 120, and then one time in eight: far behind the first lessons.
    const sim::program late = five_tasks([](const std::string& order) {
        sim::check(order != "dbaec" || heddle::random().below(8) != 0, "another order");
    });
    const folder work;
    std::size_t late_ones = 0;
    for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
        auto options = named("five_tasks");
        options.explore.strategy = "adaptive";
        options.explore.seed = seed;
        options.explore.schedules = 20'000;
        options.explore.timing_schedules = 50;
        const auto alone = sim::explore(late, options.explore);
        BOOST_REQUIRE(alone.found.has_value());
        late_ones += alone.found->schedule > 256 ? 1 : 0;
        BOOST_TEST(sim::run_schedule(late, alone.found->schedule, options.explore).digest ==
                   alone.found->digest);
        for (const std::uint64_t jobs : {1U, 2U, 5U}) {
            options.jobs = jobs;
            expect_same(sim::run_campaign(late, options).explored, alone);
        }
        std::vector<sim::named_state> states;
        for (std::uint64_t i = 1; i <= 3; ++i) {
            auto third = options;
            third.part = {i, 3};
            third.jobs = 2;
            third.state_file = work.file("state");
            static_cast<void>(sim::run_campaign(late, third));
            states.push_back({"state", sim::read_campaign_state(third.state_file)});
        }
        const auto merged = sim::merge(states);
        BOOST_TEST(merged.complete);
        BOOST_REQUIRE(merged.failing.has_value());
        BOOST_TEST(*merged.failing == alone.found->schedule);
    }
    BOOST_TEST(late_ones > 1U);
}

BOOST_AUTO_TEST_CASE(a_run_that_kills_whoever_learns_from_it_is_the_first_failure_all_the_same) {
    const folder work;
    std::size_t learned_from = 0;
    for (std::uint64_t seed = 1; seed < 40 && learned_from < 4; ++seed) {
        auto options = named("five_tasks");
        options.explore.strategy = "adaptive";
        options.explore.seed = seed;
        options.minimise = false;
        const auto expected = sim::explore(failing, options.explore);
        // The second lesson is block 1; the third one, block 2. Others make them too.
        if (!expected.found || expected.found->schedule < 64 || expected.found->schedule >= 192) {
            continue;
        }
        ++learned_from;
        const sim::program program = on("dbaec", std::abort);
        for (const std::uint64_t jobs : {1U, 2U, 6U}) {
            options.jobs = jobs;
            const auto result = sim::run_campaign(program, options).explored;
            BOOST_REQUIRE(result.found.has_value());
            BOOST_TEST((result.found->what.what == sim::failure_class::crash));
            BOOST_TEST(result.found->schedule == expected.found->schedule);
            BOOST_TEST(result.found->strategy == expected.found->strategy);
            BOOST_TEST((result.found->full.choices == expected.found->full.choices));
            BOOST_TEST(result.schedules == expected.schedules);
            BOOST_TEST(result.steps == expected.steps);
        }
        // Each shard that makes runs behind it dies of it, and says which run that was.
        std::vector<sim::named_state> states;
        for (std::uint64_t i = 1; i <= 3; ++i) {
            options.part = {i, 3};
            options.state_file = work.file("state");
            const auto result = sim::run_campaign(program, options).explored;
            BOOST_REQUIRE(result.found.has_value());
            BOOST_TEST(result.found->schedule == expected.found->schedule);
            states.push_back({"state", sim::read_campaign_state(options.state_file)});
            BOOST_TEST((states.back().state.failing == expected.found->schedule));
        }
        const auto merged = sim::merge(states);
        BOOST_TEST(merged.complete);
        BOOST_REQUIRE(merged.failing.has_value());
        BOOST_TEST(*merged.failing == expected.found->schedule);
    }
    BOOST_TEST(learned_from == 4U);
}

BOOST_AUTO_TEST_CASE(who_dies_out_of_turn_leaves_that_run_to_whoever_has_it_in_a_block) {
    // Two processes: the first one has block 0, and the second one, which is slow, block 1. The
    // first one then comes to block 2, needs the runs of block 1, and dies of one long before.
    struct meeting {
        std::atomic<int> begun{0};
        std::atomic<int> in_blocks{0};
    };
    void* const shared =
        ::mmap(nullptr, sizeof(meeting), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    BOOST_REQUIRE(shared != MAP_FAILED);
    meeting& both = *new (shared) meeting;
    const auto wait_for_both = [](const std::atomic<int>& count) {
        for (int i = 0; i < 2'000 && count < 2; ++i) {
            ::usleep(1'000);
        }
    };
    const sim::program crashing = on("dbaec", std::abort);
    const sim::program program = [&]() -> coro<void> {
        static int runs = 0;
        static int number = 0;
        if (++runs == 1) {
            number = ++both.begun;
            wait_for_both(both.begun);
            ::usleep(number == 2 ? 50'000 : 0);
        } else if (runs == 2) {
            ++both.in_blocks;
            wait_for_both(both.in_blocks);
        }
        ::usleep(number == 2 ? 2'000 : 0);
        return crashing();
    };
    auto options = named("five_tasks");
    options.explore.strategy = "adaptive";
    sim::exploration expected;
    do {
        ++options.explore.seed;
        expected = sim::explore(failing, options.explore);
    } while (!expected.found || expected.found->schedule < 80 || expected.found->schedule >= 128);
    options.jobs = 2;
    options.minimise = false;
    const auto result = sim::run_campaign(program, options).explored;
    BOOST_REQUIRE(result.found.has_value());
    BOOST_TEST(result.found->schedule == expected.found->schedule);
    BOOST_TEST(result.schedules == expected.schedules);
    BOOST_TEST(result.steps == expected.steps);
    ::munmap(shared, sizeof(meeting));
}

BOOST_AUTO_TEST_CASE(every_strategy_and_level_and_any_number_of_schedules) {
    for (const std::string_view strategy : sim::explorer_names()) {
        for (const sim::level allowed : {sim::level::any, sim::level::timing}) {
            auto options = named("five_tasks", 2);
            options.explore.strategy = strategy;
            options.explore.allowed = allowed;
            options.explore.schedules = 130;
            expect_same(sim::run_campaign(passing, options).explored,
                        sim::explore(passing, options.explore));
        }
    }
    for (const std::uint64_t schedules : {1U, 63U, 64U, 65U}) {
        auto options = named("five_tasks", 3);
        options.explore.schedules = schedules;
        expect_same(sim::run_campaign(passing, options).explored,
                    sim::explore(passing, options.explore));
    }
}

BOOST_AUTO_TEST_CASE(three_shards_have_the_first_failure_among_them) {
    const folder work;
    for (const std::uint64_t seed : {1U, 3U, 4U}) {
        auto options = named("five_tasks", 2);
        options.explore.seed = seed;
        options.explore.schedules = 3'000;
        const auto alone = sim::explore(failing, options.explore);
        BOOST_REQUIRE(alone.found.has_value());
        std::vector<sim::named_state> states;
        for (std::uint64_t i = 1; i <= 3; ++i) {
            options.part = {i, 3};
            options.state_file = work.file("state");
            static_cast<void>(sim::run_campaign(failing, options));
            states.push_back({"state", sim::read_campaign_state(options.state_file)});
        }
        const auto merged = sim::merge(states);
        BOOST_TEST(merged.complete);
        BOOST_REQUIRE(merged.failing.has_value());
        BOOST_TEST(*merged.failing == alone.found->schedule);
        BOOST_TEST(merged.failure_text == alone.found->what.message);
        BOOST_TEST(merged.where.number == alone.found->schedule / sim::campaign_block % 3 + 1);
    }
}

BOOST_AUTO_TEST_CASE(shards_add_up) {
    const folder work;
    auto options = named("five_tasks");
    options.explore.schedules = 1'000;
    const auto alone = sim::explore(passing, options.explore);
    sim::run_totals sum;
    std::vector<sim::named_state> states;
    for (std::uint64_t i = 1; i <= 3; ++i) {
        options.part = {i, 3};
        options.state_file = work.file("state");
        const auto result = sim::run_campaign(passing, options).explored;
        sum += {result.schedules, result.steps, result.digest};
        states.push_back({"state", sim::read_campaign_state(options.state_file)});
        const auto merged = sim::merge(states);
        BOOST_TEST(merged.complete == (i == 3));
        BOOST_TEST(merged.missing.empty() == (i == 3));
    }
    BOOST_TEST((sum == sim::run_totals{alone.schedules, alone.steps, alone.digest}));
    BOOST_TEST(sim::merge(states).runs == alone.schedules);
    // A shard that has nothing to do is done.
    options.part = {17, 17};
    BOOST_TEST(sim::run_campaign(passing, options).explored.schedules == 0U);
}

BOOST_AUTO_TEST_CASE(a_stop_and_a_resumption_change_nothing) {
    const folder work;
    // Each run takes long enough for the campaign to be stopped in the middle, on any machine.
    unsigned microseconds = 200;
    const auto slowly = [&](const sim::program& program) -> sim::program {
        return [program, microseconds] {
            ::usleep(microseconds);
            return program();
        };
    };
    const std::pair<sim::program, const char*> table[] = {
        {passing, "portfolio"},
        {on("edcba", fail_check), "portfolio"},
        {on("edcba", fail_check), "adaptive"},
    };
    for (const auto& [program, strategy] : table) {
        auto options = named("five_tasks");
        options.explore.strategy = strategy;
        options.explore.schedules = 1'000;
        auto alone = sim::explore(program, options.explore);
        while (alone.found && alone.found->schedule < 500) {
            ++options.explore.seed;
            alone = sim::explore(program, options.explore);
        }
        options.state_file = work.file("state");
        std::size_t stops = 0;
        for (;;) {
            options.jobs = 1 + stops % 3;
            // Longer and longer: who learns makes the runs that he learns from once more each time.
            std::size_t asked = 0;
            options.stop = [&asked, stops] { return ++asked > 3 + stops; };
            const auto result = sim::run_campaign(slowly(program), options);
            if (result.ended == sim::campaign_end::complete) {
                expect_same(result.explored, alone);
                if (stops > 1) {
                    break;
                }
                microseconds *= 2;
                stops = 0;
                options.resume_file.clear();
                continue;
            }
            BOOST_TEST((result.ended == sim::campaign_end::stopped));
            BOOST_REQUIRE(++stops < 1'000U);
            options.resume_file = options.state_file;
            const auto state = sim::read_campaign_state(options.state_file);
            BOOST_TEST(!state.failing.has_value());
            BOOST_TEST(!state.complete());
        }
        options.resume_file = options.state_file;
        const auto state = sim::read_campaign_state(options.state_file);
        BOOST_TEST(state.complete() == !alone.found.has_value());
        // Once more, from where nothing is left to do.
        options.stop = nullptr;
        expect_same(sim::run_campaign(program, options).explored, alone);
    }
}

BOOST_AUTO_TEST_CASE(a_failure_that_may_not_be_the_first_is_not_reported) {
    // Runs that fail take long: one of them is under way when the others have given up.
    const auto program = [](bool slowly) -> sim::program {
        return [slowly]() -> coro<void> {
            const bool fails = heddle::random().below(100) == 0;
            if (slowly) {
                ::usleep(fails ? 200'000 : 2'000);
            }
            sim::check(!fails, "fails");
            co_return;
        };
    };
    auto options = named("unlucky", 4);
    options.explore.allowed = sim::level::fifo;
    options.minimise = false;
    const auto alone = sim::explore(program(false), options.explore);
    BOOST_REQUIRE(alone.found.has_value());
    for (int looks = 1; looks < 20; looks += 3) {
        int asked = 0;
        options.stop = [&] { return ++asked > looks; };
        const auto result = sim::run_campaign(program(true), options);
        BOOST_TEST((result.ended == sim::campaign_end::complete) ==
                   result.explored.found.has_value());
        if (result.explored.found) {
            BOOST_TEST(result.explored.found->schedule == alone.found->schedule);
            BOOST_TEST(result.explored.digest == alone.digest);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_failure_that_has_passed_since_is_forgotten) {
    const folder work;
    auto options = named("five_tasks", 2);
    options.state_file = work.file("state");
    BOOST_TEST(sim::run_campaign(failing, options).explored.found.has_value());
    BOOST_TEST(sim::read_campaign_state(options.state_file).failing.has_value());
    options.resume_file = options.state_file;  // and the program was repaired
    BOOST_TEST(!sim::run_campaign(passing, options).explored.found.has_value());
    BOOST_TEST(!sim::read_campaign_state(options.state_file).failing.has_value());
}

/// One order of 120 is seen now and then; a sixth task there never is.
const sim::program covering = five_tasks([](const std::string& order) {
    HEDDLE_REACHABLE("campaign: all are done");
    HEDDLE_SOMETIMES(order[0] == 'e', "campaign: the last comes first");
    if (order.size() == 6) {
        HEDDLE_REACHABLE("campaign: a sixth");
    }
});

BOOST_AUTO_TEST_CASE(what_was_seen_is_the_same_for_any_number_of_jobs) {
    auto options = named("five_tasks");
    options.explore.must_see = {"campaign: all are done"};
    const auto alone = sim::explore(covering, options.explore);
    BOOST_REQUIRE(!alone.found.has_value());
    BOOST_REQUIRE(alone.coverage.size() == 2U);
    BOOST_TEST(alone.coverage[0].runs == alone.schedules);
    BOOST_TEST(alone.coverage[1].runs > 0U);
    BOOST_TEST(alone.coverage[1].runs < alone.schedules);
    for (const std::uint64_t jobs : {1U, 2U, 3U}) {
        options.jobs = jobs;
        BOOST_TEST((sim::run_campaign(covering, options).explored.coverage == alone.coverage));
    }
    options.check_determinism = true;
    BOOST_TEST((sim::run_campaign(covering, options).explored.coverage == alone.coverage));
}

BOOST_AUTO_TEST_CASE(what_was_not_seen_fails_a_campaign_that_has_ended) {
    auto options = named("five_tasks", 2);
    options.explore.must_see = {"campaign: a sixth"};
    const auto alone = sim::explore(covering, options.explore);
    const auto result = sim::run_campaign(covering, options).explored;
    BOOST_REQUIRE(alone.found.has_value());
    BOOST_REQUIRE(result.found.has_value());
    BOOST_TEST((result.found->what.what == sim::failure_class::coverage));
    BOOST_TEST(sim::report(result, "") == sim::report(alone, ""));
    // A shard cannot tell.
    options.part = {1, 2};
    BOOST_TEST(!sim::run_campaign(covering, options).explored.found.has_value());
    options.part = {};
    options.explore.must_see = {"campaign: no such label"};
    BOOST_CHECK_THROW(static_cast<void>(sim::run_campaign(covering, options)), heddle::usage_error);
}

BOOST_AUTO_TEST_CASE(what_was_seen_survives_stops) {
    const folder work;
    auto options = named("five_tasks");
    options.explore.schedules = 1'000;
    options.explore.must_see = {"campaign: a sixth"};
    const auto alone = sim::explore(covering, options.explore);
    options.state_file = work.file("state");
    unsigned microseconds = 200;
    const sim::program slowly = [&microseconds] {
        ::usleep(microseconds);
        return covering();
    };
    std::size_t stops = 0;
    for (;;) {
        int asked = 0;
        options.stop = [&asked] { return ++asked > 3; };
        options.jobs = 1 + stops % 2;
        const auto result = sim::run_campaign(slowly, options);
        if (result.ended == sim::campaign_end::complete) {
            BOOST_TEST((result.explored.coverage == alone.coverage));
            BOOST_TEST(sim::report(result.explored, "") == sim::report(alone, ""));
            if (stops > 0) {
                break;
            }
            microseconds *= 2;
            continue;
        }
        BOOST_TEST(!result.explored.found.has_value());
        BOOST_REQUIRE(++stops < 1'000U);
        options.resume_file = options.state_file;
    }
}

BOOST_AUTO_TEST_CASE(time_is_over) {
    auto options = named("five_tasks", 2);
    options.explore.schedules = ~std::uint64_t{0};
    options.time_limit = 100ms;
    const auto result = sim::run_campaign(passing, options);
    BOOST_TEST((result.ended == sim::campaign_end::out_of_time));
    BOOST_TEST(result.explored.schedules % sim::campaign_block == 0U);
    BOOST_TEST(!result.explored.found.has_value());
}

BOOST_AUTO_TEST_CASE(progress_is_told) {
    auto options = named("five_tasks", 2);
    options.explore.schedules = ~std::uint64_t{0};
    std::uint64_t runs = 0;
    std::set<std::string> strategies;
    options.stop = [&] { return strategies.contains("walk"); };  // and if none is ever told: never
    options.on_progress = [&](const sim::campaign_progress& now) {
        BOOST_TEST(now.runs >= runs);
        runs = now.runs;
        strategies.insert(now.strategies.begin(), now.strategies.end());
    };
    static_cast<void>(sim::run_campaign(passing, options));
    BOOST_TEST(runs > 0U);
    BOOST_TEST(strategies.contains("walk"));
}

BOOST_AUTO_TEST_CASE(a_run_that_kills_its_process_has_a_minimal_schedule) {
    auto options = named("five_tasks", 2);
    const auto expected = sim::explore(on("dbaec", fail_check), options.explore);
    BOOST_REQUIRE(expected.found.has_value());
    for (const death& each :
         {death{"died by SIGSEGV", segfault}, death{"died by SIGABRT", std::abort},
          death{"exited with status 0", exit_0}, death{"died by SIGKILL", kill_itself}}) {
        BOOST_TEST_CONTEXT(each.how) {
            const sim::program program = on("dbaec", each.what);
            const auto result = sim::run_campaign(program, options).explored;
            BOOST_REQUIRE(result.found.has_value());
            const sim::finding& found = *result.found;
            BOOST_TEST((found.what.what == sim::failure_class::crash));
            BOOST_TEST(found.schedule == expected.found->schedule);
            BOOST_TEST(found.strategy == expected.found->strategy);
            BOOST_TEST(result.schedules == expected.schedules);
            BOOST_TEST(result.steps == expected.steps);
            BOOST_TEST(found.reduced);
            BOOST_TEST(found.minimal.size() == expected.found->minimal.size());
            BOOST_TEST((found.minimal_tape.choices == expected.found->minimal_tape.choices));
            BOOST_TEST((found.timing == expected.found->timing));
            if (each.what != segfault || !address_sanitizer) {
                BOOST_TEST(found.what.message.starts_with(each.how), found.what.message);
            }
            BOOST_TEST(found.what.message.find("wake-up of 'Task-1'") != std::string::npos,
                       found.what.message);
            // Both tapes kill another process too, and in the same way.
            for (const sim::tape* tape : {&found.full, &found.minimal_tape}) {
                const int status = status_of_process(
                    [&] { static_cast<void>(sim::replay(program, *tape, options.explore)); });
                BOOST_TEST(status != 77 << 8);
                if (each.what == kill_itself) {
                    BOOST_TEST(WTERMSIG(status) == SIGKILL);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_crash_is_the_first_failure_only_if_it_is_the_lowest) {
    // Whatever order fails first, by a check or by a crash, is what explore() would have found.
    for (std::uint64_t seed = 1; seed < 12; ++seed) {
        auto options = named("five_tasks");
        options.explore.seed = seed;
        options.minimise = false;
        const auto by_check = sim::explore(on("dbaec", fail_check), options.explore);
        const auto by_crash = sim::explore(on("bacde", fail_check), options.explore);
        const std::uint64_t first = std::min(by_check.found ? by_check.found->schedule : 1'000,
                                             by_crash.found ? by_crash.found->schedule : 1'000);
        const sim::program both = five_tasks([](const std::string& order) {
            if (order == "bacde") {
                std::abort();
            }
            sim::check(order != "dbaec", "another order");
        });
        for (const std::uint64_t jobs : {1U, 3U}) {
            options.jobs = jobs;
            const auto result = sim::run_campaign(both, options).explored;
            BOOST_REQUIRE(result.found.has_value());
            BOOST_TEST(result.found->schedule == first);
            BOOST_TEST(result.schedules == first + 1);
            BOOST_TEST((result.found->what.what == sim::failure_class::crash) ==
                       (by_crash.found && by_crash.found->schedule == first));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_crash_of_the_plain_run) {
    for (const std::uint64_t shard : {1U, 2U}) {
        auto options = named("five_tasks", 2);
        options.part = {shard, 2};
        const auto result = sim::run_campaign(on("abcde", std::abort), options).explored;
        BOOST_REQUIRE(result.found.has_value());
        BOOST_TEST(result.found->schedule == 0U);
        BOOST_TEST(result.found->strategy == "fifo");
        BOOST_TEST(result.found->minimal.empty());
    }
}

BOOST_AUTO_TEST_CASE(a_crash_before_the_first_step_and_behind_the_last) {
    const sim::program early = []() -> coro<void> { std::abort(); };
    auto result = sim::run_campaign(early, named("early")).explored;
    BOOST_REQUIRE(result.found.has_value());
    BOOST_TEST((result.found->what.what == sim::failure_class::crash));

    const sim::program late = []() -> coro<void> {
        struct bomb {
            ~bomb() { std::abort(); }
        };
        const auto forever = []() -> coro<void> {
            const bomb in_the_frame;
            co_await heddle::get_running_loop().create_future<void>();
        };
        auto left = heddle::create_task(forever());
        co_await heddle::sleep(1ms);
        throw std::runtime_error("the run ends, and the frame is destroyed");
    };
    result = sim::run_campaign(late, named("late")).explored;
    BOOST_REQUIRE(result.found.has_value());
    BOOST_TEST(result.found->what.message.starts_with("died by SIGABRT"));
    BOOST_TEST(result.found->reduced);
}

BOOST_AUTO_TEST_CASE(a_failure_on_whose_way_there_are_crashes_is_minimised) {
    // Two of the tasks have to come late. One alone crashes.
    const sim::program program = five_tasks([](const std::string& order) {
        const bool one = order.find('a') > order.find('c');
        const bool other = order.find('b') > order.find('d');
        if (one != other && order.find('e') == 4) {
            std::abort();
        }
        sim::check(!(one && other), "both");
    });
    auto options = named("five_tasks");
    bool seen = false;
    for (std::uint64_t seed = 1; seed < 40 && !seen; ++seed) {
        options.explore.seed = seed;
        options.minimise = false;
        const auto first = sim::run_campaign(program, options).explored;
        BOOST_REQUIRE(first.found.has_value());
        BOOST_TEST(!first.found->reduced);
        if (first.found->what.what != sim::failure_class::check) {
            continue;
        }
        seen = true;
        options.minimise = true;
        const auto result = sim::run_campaign(program, options).explored;
        BOOST_REQUIRE(result.found.has_value());
        BOOST_TEST(result.found->reduced);
        BOOST_TEST((result.found->minimal_failure.what == sim::failure_class::check));
        BOOST_TEST(!result.found->minimal.empty());
        const auto again = sim::replay(program, result.found->minimal_tape, options.explore);
        BOOST_REQUIRE(again.failed.has_value());
        BOOST_TEST(again.failed->same_as(result.found->what));
    }
    BOOST_TEST(seen);
}

BOOST_AUTO_TEST_CASE(a_callback_that_never_comes_back) {
    auto options = named("five_tasks", 2);
    options.hang = 200ms;
    const auto expected = sim::explore(failing, options.explore);
    const auto result = sim::run_campaign(on("dbaec", hang), options).explored;
    BOOST_REQUIRE(result.found.has_value());
    BOOST_TEST((result.found->what.what == sim::failure_class::hang));
    BOOST_TEST(result.found->schedule == expected.found->schedule);
    BOOST_TEST(result.found->reduced);
    BOOST_TEST((result.found->minimal_tape.choices == expected.found->minimal_tape.choices));
}

BOOST_AUTO_TEST_CASE(a_crash_that_does_not_come_again_is_told_as_one) {
    // The process dies in its 50th run, whatever it is.
    int runs = 0;
    const sim::program program = [&runs] {
        if (++runs == 50) {
            std::abort();
        }
        return passing();
    };
    const auto options = named("five_tasks");
    const auto result = sim::run_campaign(program, options).explored;
    BOOST_TEST(runs == 0);  // what a worker changes is its own
    BOOST_REQUIRE(result.found.has_value());
    BOOST_TEST((result.found->what.what == sim::failure_class::crash));
    BOOST_TEST(!result.found->reduced);
    BOOST_TEST(result.found->what.message.find("the run passed") != std::string::npos);
    BOOST_TEST(sim::report(result, "").find("minimal") == std::string::npos);
    // Its tape fits.
    BOOST_TEST(!sim::replay(passing, result.found->full, options.explore).failed.has_value());
}

BOOST_AUTO_TEST_CASE(what_depends_on_addresses_is_noticed_on_request) {
    // An allocator of a sanitizer's own may give both processes the same order.
    if (address_sanitizer) {
        return;
    }
    const sim::program program = []() -> coro<void> {
        const auto turns = [](int count) -> coro<void> {
            for (int i = 0; i < count; ++i) {
                co_await heddle::sleep(0ns);
            }
        };
        std::vector<std::unique_ptr<int>> values;
        std::set<int*> by_address;
        for (int i = 0; i < 8; ++i) {
            values.push_back(std::make_unique<int>(i));
            by_address.insert(values.back().get());
        }
        heddle::task_group group;
        for (const int* each : by_address) {
            group.create_task(turns(*each));
        }
        co_await group.join();
    };
    auto options = named("by_address");
    options.explore.schedules = 200;
    BOOST_TEST(!sim::run_campaign(program, options).explored.found.has_value());
    options.check_determinism = true;
    const auto result = sim::run_campaign(program, options).explored;
    BOOST_REQUIRE(result.found.has_value());
    BOOST_TEST((result.found->what.what == sim::failure_class::nondeterminism));
    BOOST_TEST(result.found->what.message.find("\nstep ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_deterministic_is_the_same_when_it_is_checked) {
    for (const sim::program& program : {passing, failing}) {
        auto options = named("five_tasks", 2);
        const auto alone = sim::explore(program, options.explore);
        options.check_determinism = true;
        expect_same(sim::run_campaign(program, options).explored, alone);
    }
}

BOOST_AUTO_TEST_CASE(the_run_that_differs_is_named) {
    // What is never written decides, but in a few runs only.
    if (address_sanitizer) {
        return;
    }
    const auto is_zero = [](const unsigned char* byte) { return *byte == 0; };
    static bool (*const look)(const unsigned char*) = is_zero;
    const sim::program program = []() -> coro<void> {
        co_await heddle::sleep(1ms);
        if (heddle::random().below(100) == 0) {
            const std::unique_ptr<unsigned char[]> memory(new unsigned char[100'000]);
            co_await heddle::sleep(look(memory.get() + 50'000) ? 1ms : 2ms);
        }
    };
    auto options = named("new_memory", 2);
    BOOST_TEST(!sim::run_campaign(program, options).explored.found.has_value());
    std::uint64_t first = 0;
    const std::size_t plain = sim::run_schedule(program, 0, options.explore).trace->steps.size();
    while (sim::run_schedule(program, first, options.explore).trace->steps.size() == plain) {
        ++first;
    }
    options.check_determinism = true;
    const auto result = sim::run_campaign(program, options).explored;
    BOOST_REQUIRE(result.found.has_value());
    BOOST_TEST(result.found->schedule == first);
    BOOST_TEST((result.found->what.what == sim::failure_class::nondeterminism));
    BOOST_TEST(result.found->what.message.find("\nstep ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(options_that_make_no_sense) {
    const auto refused = [](auto change) {
        auto options = named("five_tasks");
        change(options);
        BOOST_CHECK_THROW(static_cast<void>(sim::run_campaign(passing, options)),
                          heddle::usage_error);
    };
    refused([](auto& options) { options.jobs = 0; });
    refused([](auto& options) { options.jobs = sim::most_jobs + 1; });
    refused([](auto& options) { options.part = {0, 3}; });
    refused([](auto& options) { options.part = {4, 3}; });
    refused([](auto& options) { options.part = {1, 0}; });
    refused([](auto& options) { options.hang = 0s; });
    refused([](auto& options) { options.explore.strategy = "luck"; });
}

BOOST_AUTO_TEST_CASE(states_that_do_not_fit) {
    const folder work;
    auto options = named("five_tasks");
    options.state_file = work.file("state");
    static_cast<void>(sim::run_campaign(passing, options));
    options.resume_file = options.state_file;
    const auto refused = [&](const std::string& why, auto change) {
        auto changed = options;
        change(changed);
        BOOST_CHECK_EXCEPTION(static_cast<void>(sim::run_campaign(passing, changed)),
                              sim::campaign_error, [&](const sim::campaign_error& error) {
                                  const std::string what = error.what();
                                  BOOST_TEST_INFO(what);
                                  return what.find(why) != std::string::npos &&
                                         what.find('\n') == std::string::npos;
                              });
    };
    refused("its program is 'five_tasks', not 'other'",
            [](auto& changed) { changed.explore.name = "other"; });
    refused("its seed is 42, not 43", [](auto& changed) { changed.explore.seed = 43; });
    refused("schedules is 1000, not 10", [](auto& changed) { changed.explore.schedules = 10; });
    refused("its strategy is 'portfolio', not 'walk'",
            [](auto& changed) { changed.explore.strategy = "walk"; });
    refused("its level is any, not timing",
            [](auto& changed) { changed.explore.allowed = sim::level::timing; });
    refused("limit of steps", [](auto& changed) { changed.explore.limits.steps = 5; });
    refused("shard 1/1, not of 1/2", [](auto& changed) { changed.part = {1, 2}; });
    refused("cannot be read", [&](auto& changed) { changed.resume_file = work.file("none"); });
    refused("cannot be written",
            [&](auto& changed) { changed.state_file = work.file("none/state"); });

    // Another program of the same name.
    const sim::program other = []() -> coro<void> { co_await heddle::sleep(1ms); };
    BOOST_CHECK_EXCEPTION(static_cast<void>(sim::run_campaign(other, options)), sim::campaign_error,
                          [](const sim::campaign_error& error) {
                              return std::string(error.what()).find("of another program") !=
                                     std::string::npos;
                          });
    BOOST_TEST(!std::filesystem::exists(options.state_file + ".partial"));
}

BOOST_AUTO_TEST_SUITE_END()

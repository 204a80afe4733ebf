// SPDX-License-Identifier: BSL-1.0
//
// For docs/other_frameworks.md: GoogleTest. It has a failing test on purpose.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include <heddle/heddle.hpp>

#include "every_schedule.hpp"

using namespace std::chrono_literals;

/// While it lives, a failed EXPECT is a failure of the run that is under way, and of no test.
class failures_are_of_the_run final : public testing::ScopedFakeTestPartResultReporter {
public:
    failures_are_of_the_run()
        : ScopedFakeTestPartResultReporter(INTERCEPT_ONLY_CURRENT_THREAD, &unused_) {}

private:
    void ReportTestPartResult(const testing::TestPartResult& result) override {
        if (result.failed()) {
            heddle::sim::fail({heddle::sim::failure_class::check,
                               result.message(),
                               result.file_name() != nullptr ? result.file_name() : "",
                               static_cast<std::uint32_t>(std::max(result.line_number(), 0)),
                               {}});
        }
    }
    testing::TestPartResultArray unused_;
};

testing::AssertionResult holds_in_every_schedule(const heddle::sim::program& program) {
    const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
    const std::string name = std::string(test.test_suite_name()) + "." + test.name();
    std::string broken;
    {
        const failures_are_of_the_run scope;
        broken = broken_schedule(program, name, "./with_gtest --gtest_filter=" + name);
    }
    return broken.empty() ? testing::AssertionSuccess() : testing::AssertionFailure() << broken;
}

struct counter {
    int value = 0;
};

heddle::coro<void> add_one(counter& c) {
    const int seen = c.value;
    co_await heddle::sleep(2ms);  // ask whether this is allowed
    co_await heddle::sleep(3ms);  // write
    c.value = seen + 1;
}

heddle::coro<void> add_one_later(counter& c) {
    co_await heddle::sleep(8ms);
    co_await add_one(c);
}

heddle::coro<void> both_add_one() {
    counter c;
    heddle::task_group group;
    group.create_task(add_one(c), "early");
    group.create_task(add_one_later(c), "late");
    co_await group.join();
    EXPECT_EQ(c.value, 2);
}

TEST(counter, both_are_counted) { EXPECT_TRUE(holds_in_every_schedule(both_add_one)); }

TEST(counter, an_empty_program_holds) {
    EXPECT_TRUE(holds_in_every_schedule([]() -> heddle::coro<void> {
        EXPECT_EQ(1 + 1, 2);
        co_return;
    }));
}

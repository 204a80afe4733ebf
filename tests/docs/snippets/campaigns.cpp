// SPDX-License-Identifier: BSL-1.0
//
// The program of docs/campaigns.md: a session that is closed while a request is under way, and a main
// that explores it.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

using namespace std::chrono_literals;

struct session {
    bool open = true;
    void use() {
        if (!open) {
            std::fputs("use of a closed session\n", stderr);
            std::abort();
        }
    }
};

heddle::coro<void> request(session& s) {
    co_await heddle::sleep(3ms);  // until the answer comes
    s.use();
}

heddle::coro<void> close_later(session& s) {
    co_await heddle::sleep(5ms);
    s.open = false;
}

heddle::coro<void> closed_session() {
    session s;
    heddle::task_group group;
    group.create_task(close_later(s), "closer");
    group.create_task(request(s), "request");
    co_await group.join();
}

int main(int argc, char** argv) {
    return heddle::sim::drive(argc, argv, {{"closed_session", closed_session}});
}

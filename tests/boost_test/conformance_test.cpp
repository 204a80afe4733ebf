// SPDX-License-Identifier: BSL-1.0
//
// HEDDLE_CONFORMANCE_TEST_CASE from outside: when it passes, and what it says when it does not.
#include <heddle/conformance.hpp>

#include "inner_program.hpp"

BOOST_AUTO_TEST_SUITE(conformance)

BOOST_AUTO_TEST_CASE(without_a_real_backend_nothing_was_compared) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=conforming/by_fifo");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(count(ran.out, "error: ") == 1U);
    BOOST_TEST(count(ran.out, "nothing to compare the simulation with: ") == 1U);
}

BOOST_AUTO_TEST_CASE(observing_elsewhere_is_an_error) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=conforming/observes_in_vain");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(count(ran.out, "observe: there is no HEDDLE_CONFORMANCE_TEST_CASE under way") == 1U);
}

#ifdef HEDDLE_INNER_WITH_ASIO

namespace {

outcome run_inner(const std::string& name, const std::string& options = {}) {
    const inner_program inner(HEDDLE_INNER_WITH_ASIO);
    return inner.run("--log_level=message --run_test=conforming/" + name + " -- " + options);
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_fifo_did_is_well) {
    const inner_program inner(HEDDLE_INNER_WITH_ASIO);
    const outcome ran =
        inner.run("--log_level=message --report_level=detailed --run_test=conforming/by_fifo");
    BOOST_TEST(ran.status == 0);
    BOOST_TEST(count(ran.out, "conforming/by_fifo: no failure in 20 schedules (seed 1)") == 1U);
    BOOST_TEST(count(ran.out, "by_fifo: asio observed what the plain simulation did") == 1U);
    BOOST_TEST(count(ran.err, "3 assertions out of 3 passed") >=
               1U);  // one in each world, and that they agree
}

BOOST_AUTO_TEST_CASE(what_another_timing_did_is_well) {
    const outcome ran = run_inner("by_timing");
    BOOST_TEST(ran.status == 0);
    BOOST_TEST(count(ran.out, "by_timing: asio observed what one of 200 simulated schedules did") ==
               1U);
}

BOOST_AUTO_TEST_CASE(it_is_searched_for_where_it_was_not_seen) {
    const outcome ran = run_inner("by_a_schedule_that_is_searched_for");
    BOOST_TEST(ran.status == 0);
    BOOST_TEST(count(ran.out, "no failure in 1 schedule (seed 1)") == 1U);
    BOOST_TEST(count(ran.out, "asio observed what one of ") == 1U);
    BOOST_TEST(count(ran.out, "what one of 1 simulated schedules did") == 0U);
}

BOOST_AUTO_TEST_CASE(what_no_schedule_did_is_an_unfaithful_simulation) {
    const outcome ran = run_inner("unfaithful");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(count(ran.out, "error: ") == 1U);
    BOOST_TEST(
        count(ran.out,
              "conforming/unfaithful: unfaithful simulation: what was observed on 'asio' was "
              "observed in none of 1050 simulated schedules (seed 1)\n"
              "  both: 1: begins\n"
              "  asio: 2: it has really waited: true\n"
              "  simulation (FIFO): 2: it has really waited: false\n"
              "  again:   ") == 1U);
    BOOST_TEST(count(ran.out, "--run_test=conforming/unfaithful -- --seed=1") == 1U);
}

BOOST_AUTO_TEST_CASE(what_was_not_kept_is_not_said_to_be_unfaithful) {
    const outcome ran = run_inner("observes_too_much");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(count(ran.out, "error: ") == 1U);
    BOOST_TEST(
        count(ran.out,
              "conforming/observes_too_much: what was observed on 'asio' cannot be compared: "
              "the simulated schedules have observed more lines than are kept (a million that "
              "differ); observe less, or simulate fewer schedules") == 1U);
}

BOOST_AUTO_TEST_CASE(at_level_fifo_another_timing_is_a_difference) {
    const outcome ran = run_inner("not_by_fifo");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(count(ran.out,
                     "in none of 1 simulated schedules (seed 1)\n"
                     "  asio: 1: woke early true\n"
                     "  simulation (FIFO): 1: woke late true\n") == 1U);
}

BOOST_AUTO_TEST_CASE(a_check_fails_in_either_world) {
    const outcome simulated = run_inner("fails_in_the_simulation");
    BOOST_TEST(simulated.status == 201);
    BOOST_TEST(count(simulated.out, "error: ") == 1U);
    BOOST_TEST(count(simulated.out, "failed on schedule 0 of 50") == 1U);
    BOOST_TEST(count(simulated.out, "asio observed") == 0U);
    const outcome real = run_inner("fails_for_real");
    BOOST_TEST(real.status == 201);
    BOOST_TEST(count(real.out, "error: ") == 1U);
    BOOST_TEST(count(real.out, "cases.cpp(" + line_of("fails_for_real") + "): error: ") == 1U);
    BOOST_TEST(count(real.out, "fails_for_real: asio observed what the plain simulation did") ==
               1U);
}

BOOST_AUTO_TEST_CASE(on_one_backend_alone_nothing_is_compared) {
    const outcome ran = run_inner("unfaithful", "--backend=asio");
    BOOST_TEST(ran.status == 0);
    BOOST_TEST(count(ran.out, "simulat") == 0U);
}

BOOST_AUTO_TEST_CASE(a_failure_in_the_simulation_replays) {
    const inner_program inner(HEDDLE_INNER_WITH_ASIO);
    BOOST_TEST(inner.run("--run_test=conforming/fails_in_the_simulation").status == 201);
    const outcome again = inner.run(
        "--run_test=conforming/fails_in_the_simulation -- "
        "--replay=conforming.fails_in_the_simulation.tape");
    BOOST_TEST(again.status == 201);
    BOOST_TEST(count(again.out, "error: ") == 1U);
}

#endif

BOOST_AUTO_TEST_SUITE_END()

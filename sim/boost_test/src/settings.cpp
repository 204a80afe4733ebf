// SPDX-License-Identifier: BSL-1.0
#include "settings.hpp"

#include <map>

#include <boost/test/framework.hpp>

#include <heddle/boost_test.hpp>

namespace heddle {

namespace bt = boost::unit_test;

namespace boost_test::detail {

namespace {

std::map<bt::test_unit_id, case_settings>& all_settings() {
    static std::map<bt::test_unit_id, case_settings> all;
    return all;
}

case_settings& settings_at(const bt::test_unit& unit) { return all_settings()[unit.p_id]; }

void require(bool holds, const char* what, const bt::test_unit& unit) {
    if (!holds) {
        throw bt::framework::setup_error(unit.full_name() + ": " + what);
    }
}

template <class Decorator>
bt::decorator::base_ptr copy_of(const Decorator& one) {
    return bt::decorator::base_ptr(new Decorator(one));
}

}  // namespace

case_settings settings_of(const bt::test_unit& unit) {
    case_settings result;
    for (bt::test_unit_id id = unit.p_id; id != bt::INV_TEST_UNIT_ID;
         id = bt::framework::get(id, bt::TUT_ANY).p_parent_id) {
        if (const auto found = all_settings().find(id); found != all_settings().end()) {
            const case_settings& outer = found->second;
            result.schedules = result.schedules ? result.schedules : outer.schedules;
            result.allowed = result.allowed ? result.allowed : outer.allowed;
            result.strategy = result.strategy ? result.strategy : outer.strategy;
            result.cancellations =
                result.cancellations ? result.cancellations : outer.cancellations;
            result.step_limit = result.step_limit ? result.step_limit : outer.step_limit;
            result.must_see.insert(result.must_see.end(), outer.must_see.begin(),
                                   outer.must_see.end());
        }
    }
    return result;
}

}  // namespace boost_test::detail

using namespace boost_test::detail;

void schedules::apply(bt::test_unit& unit) {
    require(most_ > 0, "heddle::schedules: expected a number of 1 or more", unit);
    settings_at(unit).schedules = most_;
}
bt::decorator::base_ptr schedules::clone() const { return copy_of(*this); }

void at_level::apply(bt::test_unit& unit) { settings_at(unit).allowed = allowed_; }
bt::decorator::base_ptr at_level::clone() const { return copy_of(*this); }

void step_limit::apply(bt::test_unit& unit) {
    require(most_ > 0, "heddle::step_limit: expected a number of 1 or more", unit);
    settings_at(unit).step_limit = most_;
}
bt::decorator::base_ptr step_limit::clone() const { return copy_of(*this); }

void with_strategy::apply(bt::test_unit& unit) { settings_at(unit).strategy = name_; }
bt::decorator::base_ptr with_strategy::clone() const { return copy_of(*this); }

void with_cancellations::apply(bt::test_unit& unit) { settings_at(unit).cancellations = on_; }
bt::decorator::base_ptr with_cancellations::clone() const { return copy_of(*this); }

void must_see::apply(bt::test_unit& unit) {
    std::vector<std::string>& all = settings_at(unit).must_see;
    all.insert(all.end(), labels_.begin(), labels_.end());
}
bt::decorator::base_ptr must_see::clone() const { return copy_of(*this); }

}  // namespace heddle

// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/reports.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <heddle/sim.hpp>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;
namespace sim = heddle::sim;

// Whether other programs can read all this is tested in ../reports.

namespace {

sim::exploration failing(const std::string& name = "a \"name\" </script>\n\xFF\xC3\xA9") {
    sim::explore_options options;
    options.name = name;
    return sim::explore(
        []() -> coro<void> {
            int last = 0;
            const auto sets = [&last](int number) -> coro<void> {
                last = number;
                co_return;
            };
            heddle::task_group group;
            group.create_task(sets(1), "<i>first</i>");
            group.create_task(sets(2), "second");
            co_await group.join();
            HEDDLE_REACHABLE("the <end>");
            sim::check(last == 2, "last == 2 && \"all\"");
        },
        options);
}

bool has(const std::string& text, const std::string& wanted) {
    return text.find(wanted) != std::string::npos;
}

/// A folder that goes when it does.
struct folder {
    folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "heddle-XXXXXX").string();
        BOOST_REQUIRE(mkdtemp(pattern.data()) != nullptr);
        path = pattern;
    }
    ~folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    std::filesystem::path path;
};

std::string text_of_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reports)

BOOST_AUTO_TEST_CASE(json_has_what_the_report_has) {
    const auto result = failing();
    BOOST_TEST_REQUIRE(result.found.has_value());
    const std::string json = sim::json_of(result, "./a --replay='b'");
    BOOST_TEST(has(json, R"("name":"a \"name\" \u003c/script\u003e\n)"
                         "\xEF\xBF\xBD\xC3\xA9\""));
    BOOST_TEST(has(json, R"("class":"check")"));
    BOOST_TEST(has(json, R"("kind":"hold")"));
    BOOST_TEST(has(json, R"("command":"./a --replay='b'")"));
    BOOST_TEST(has(json, R"("label":"the \u003cend\u003e")"));
    BOOST_TEST(has(json, "\"schedules\":" + std::to_string(result.schedules)));
    BOOST_TEST(has(json, "\"strategy\":\"" + result.found->strategy + "\""));
    BOOST_TEST(has(json, R"("by_timing_alone":{"answer":"no","runs":)"));
}

BOOST_AUTO_TEST_CASE(json_of_a_campaign_that_passes) {
    const auto result = sim::explore([]() -> coro<void> { co_return; });
    const std::string json = sim::json_of(result);
    BOOST_TEST(has(json, "\"failure\":null"));
    BOOST_TEST(has(json, "\"schedules\":1000"));
    BOOST_TEST(has(sim::page_of(result), "<h1>program: no failure</h1>"));
    BOOST_TEST(has(sim::trace_of(result), "\"traceEvents\":[]"));
}

// "</script>" in a name would end the data; "<i>" in one would become an element.
BOOST_AUTO_TEST_CASE(names_are_no_markup_in_the_page) {
    const std::string page = sim::page_of(failing());
    BOOST_TEST(!has(page, "<i>"));
    BOOST_TEST(!has(page, "\" </script>"));
    BOOST_TEST(has(page, "&lt;i&gt;first"));
    BOOST_TEST(has(page, "\\u003ci\\u003efirst"));
    BOOST_TEST(!has(page, "\xFF"));
}

BOOST_AUTO_TEST_CASE(the_page_needs_nothing_else) {
    const std::string page = sim::page_of(failing());
    BOOST_TEST(!has(page, "src="));
    BOOST_TEST(!has(page, "href="));
    BOOST_TEST(!has(page, "@import"));
    BOOST_TEST(!has(page, "url(http"));
    BOOST_TEST(!has(page, "fetch("));
}

BOOST_AUTO_TEST_CASE(the_same_exploration_gives_the_same_bytes) {
    BOOST_TEST(sim::json_of(failing()) == sim::json_of(failing()));
    BOOST_TEST(sim::trace_of(failing()) == sim::trace_of(failing()));
    BOOST_TEST(sim::page_of(failing()) == sim::page_of(failing()));
}

BOOST_AUTO_TEST_CASE(the_name_says_what_is_written) {
    const folder place;
    const auto result = failing("plain");
    const auto written = [&](const std::string& name) {
        const std::string path = (place.path / name).string();
        sim::write_report(path, result, "again");
        return text_of_file(path);
    };
    BOOST_TEST(written("a.json") == sim::json_of(result, "again"));
    BOOST_TEST(written("a.trace.json") == sim::trace_of(result));
    BOOST_TEST(written("a.html") == sim::page_of(result, "again"));
    for (const std::string wrong : {"a.txt", "a", "", "html", "a/.html", ".json"}) {
        BOOST_CHECK_EXCEPTION(sim::write_report(wrong, result), sim::report_error,
                              [&](const sim::report_error& error) {
                                  return error.what() ==
                                         wrong +
                                             ": expected a name that ends in .json, .trace.json "
                                             "or .html";
                              });
    }
    BOOST_CHECK_EXCEPTION(sim::write_report((place.path / "no/a.json").string(), result),
                          sim::report_error, [](const sim::report_error& error) {
                              return has(error.what(),
                                         "no/a.json: cannot be written: No such file");
                          });
    // Nothing half-written is left.
    std::filesystem::create_directory(place.path / "is_a_folder.json");
    BOOST_CHECK_THROW(sim::write_report((place.path / "is_a_folder.json").string(), result),
                      sim::report_error);
    BOOST_TEST(!std::filesystem::exists(place.path / "is_a_folder.json.partial"));
}

BOOST_AUTO_TEST_SUITE_END()

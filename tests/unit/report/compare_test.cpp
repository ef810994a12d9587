// SPDX-License-Identifier: Apache-2.0
// How two readings of files are compared. Expectations were recorded from DVC 3.67.1.

#include <cmath>

#include "report/renderers/renderers.hpp"
#include "spec/params.hpp"
#include "support/catch.hpp"

using namespace mlops;
using namespace mlops::report;
using spec::Value;

namespace {

FileValues file(const std::string& name, std::string_view text) {
  return {.path = fs::RepoPath::parse(name), .values = spec::read_values(text, name)};
}

/// The document for one file that changed.
std::string changes(std::string_view before, std::string_view after, bool unchanged = false,
                    const std::string& name = "f.json") {
  Comparison comparison{.before = "HEAD", .after = "workspace", .sides = {}, .files = {}};
  comparison.files = changes_between({file(name, before)}, {file(name, after)}, unchanged);
  return json_text(document_of(comparison, {}), 0);
}

}  // namespace

TEST_CASE("maps are compared key by key") {
  CHECK(changes(R"({"a": {"b": 1, "c": "x"}, "d": 1.5})", R"({"a": {"b": 3, "c": "y"}, "e": true})") ==
        R"({"f.json": {"a.b": {"old": 1, "new": 3, "diff": 2}, "a.c": {"old": "x", "new": "y"}, )"
        R"("d": {"old": 1.5, "new": null}, "e": {"old": null, "new": true}}})");
}

TEST_CASE("equal values are left out unless they are asked for") {
  CHECK(changes(R"({"a": 1, "b": true, "c": null})", R"({"a": 1.0, "b": 1})") == "{}");
  CHECK(changes(R"({"a": 1, "c": null})", R"({"a": 1.0})", true) ==
        R"({"f.json": {"a": {"old": 1, "new": 1.0, "diff": 0.0}, "c": {"old": null, "new": null}}})");
}

TEST_CASE("a list is one value, shown as text") {
  CHECK(changes("a: [1, 2.0, x]\n", "a: [1, 2.0, y]\n", false, "p.yaml") ==
        R"({"p.yaml": {"a": {"old": "[1, 2.0, 'x']", "new": "[1, 2.0, 'y']"}}})");
  CHECK(changes("a: [1]\n", "a: [true]\n", false, "p.yaml") == R"({"p.yaml": {"a": {"old": "[1]", "new": "[True]"}}})");
}

TEST_CASE("empty maps have no keys") { CHECK(changes(R"({"a": {}})", R"({"a": {}, "b": {}})", true) == "{}"); }

TEST_CASE("a file may be one value") {
  CHECK(changes("0.75", "0.6") == R"({"f.json": {"": {"old": 0.75, "new": 0.6, "diff": -0.15000000000000002}}})");
  CHECK(changes("[5]", "[7]") == R"({"f.json": {"": {"old": 5, "new": 7, "diff": 2}}})");
  CHECK(changes(R"("0.5")", "0.5") == "{}");
}

TEST_CASE("a value against a map cannot be parsed") {
  CHECK(changes("5", R"({"a": 1})") == R"({"f.json": {"a": {"old": "unable to parse", "new": 1}}})");
}

TEST_CASE("NaN always differs") {
  CHECK(changes(R"({"a": NaN})", R"({"a": NaN})") == R"({"f.json": {"a": {"old": NaN, "new": NaN, "diff": NaN}}})");
}

TEST_CASE("files of either side are compared, in order of their paths") {
  const auto found = changes_between({file("b.json", R"({"k": 1})"), file("a.json", R"({"k": 1})")},
                                     {file("c.json", R"({"k": 1})"), file("b.json", R"({"k": 1})")}, false);
  REQUIRE(found.size() == 2);
  CHECK(found[0].path.str() == "a.json");
  CHECK(found[0].changes[0].after.is_null());
  CHECK(found[1].path.str() == "c.json");
  CHECK(found[1].changes[0].before.is_null());
}

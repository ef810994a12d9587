// SPDX-License-Identifier: Apache-2.0
#include "report/param_keys.hpp"

#include "spec/params.hpp"
#include "support/catch.hpp"

using namespace mlops;
using namespace mlops::report;

namespace {

std::string chosen(const std::vector<std::string>& keys) {
  const auto values = spec::read_values("a: [1, 2]\nb: [1, {c: 5, d: 6}]\nd: {e: 1, f: 2}\n", "params.yaml");
  return spec::canonical_json(chosen_keys(values, keys));
}

}  // namespace

TEST_CASE("chosen keys keep the maps and lists around them") {
  CHECK(chosen({"d.e"}) == R"({"d":{"e":1}})");
  CHECK(chosen({"d", "d.e"}) == R"({"d":{"e":1,"f":2}})");
  CHECK(chosen({"a.0"}) == R"({"a":[1]})");
  CHECK(chosen({"b.1.c"}) == R"({"b":[null,{"c":5}]})");
}

TEST_CASE("a key that is not there leaves nothing behind") { CHECK(chosen({"d.x.y", "a.9", "z"}) == "{}"); }

TEST_CASE("no keys mean the whole file") { CHECK(chosen({}).size() > 30); }

TEST_CASE("a whole file takes in the keys that were asked of it, before and after") {
  const auto file = fs::RepoPath::parse("params.yaml");
  ParamKeys keys;
  keys.add(file, {"a"});
  keys.add(file, {"b"});
  CHECK(keys.files()[0].second == std::vector<std::string>{"a", "b"});
  keys.add(file, {});
  keys.add(file, {"c"});
  REQUIRE(keys.files().size() == 1);
  CHECK(keys.files()[0].second.empty());
}

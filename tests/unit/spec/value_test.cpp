// SPDX-License-Identifier: Apache-2.0
#include "spec/value.hpp"

#include <limits>

#include "spec/json.hpp"
#include "support/catch.hpp"
#include "unit/spec/random_value.hpp"
#include "util/error.hpp"

using namespace mlops;
using namespace mlops::spec;

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

std::string failure(const std::string& text) {
  try {
    parse_json(text, "m.json");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("values are equal in type and content, maps in any order", "[spec][value]") {
  CHECK(Value(std::int64_t{1}) != Value(1.0));
  CHECK(Value(true) != Value(std::int64_t{1}));
  CHECK(Value(nan_value) == Value(nan_value));
  CHECK(Value(0.0) != Value(-0.0));
  CHECK(Value(Value::Map{{"a", 1.0}, {"b", 2.0}}) == Value(Value::Map{{"b", 2.0}, {"a", 1.0}}));
  CHECK(Value(Value::List{"a", "b"}) != Value(Value::List{"b", "a"}));
}

TEST_CASE("members are found by dotted paths with indexes", "[spec][value]") {
  const Value value = parse_json(R"({"train": {"lr": 0.1, "layers": [{"units": 8}, 9]}})", "x");
  CHECK(*value.at("train.lr") == Value(0.1));
  CHECK(*value.at("train.layers.0.units") == Value(std::int64_t{8}));
  CHECK(*value.at("train.layers[0].units") == Value(std::int64_t{8}));
  CHECK(*value.at("train.layers[1]") == Value(std::int64_t{9}));
  CHECK(value.at("train.layers[2]") == nullptr);
  CHECK(value.at("train.lr.x") == nullptr);
  CHECK(value.at("nothing") == nullptr);
}

TEST_CASE("JSON is written with floats that stay floats", "[spec][value]") {
  const Value value =
      Value::Map{{"b", 1.0}, {"a", Value::List{std::int64_t{1}, "x\"\n", Value(), true}}, {"n", nan_value}};
  CHECK(to_json(value) == R"({"b": 1.0, "a": [1, "x\"\n", null, true], "n": "nan"})");
  CHECK(canonical_json(value) == R"({"a":[1,"x\"\n",null,true],"b":1.0,"n":NaN})");
  CHECK(to_json(Value(1e-5)) == "1.0e-05");
  CHECK(to_text(Value("bare")) == "bare");
  CHECK(to_text(Value(-infinity)) == "-inf");
}

TEST_CASE("JSON reads back what was written, not-finite floats and stray bytes included", "[spec][value]") {
  test::RandomValues random(5);
  for (int i = 0; i < 2000; ++i) {
    const Value value = random.value();
    INFO(to_json(value));
    REQUIRE(parse_json(to_json(value), "x") == value);
    REQUIRE(parse_json(canonical_json(value), "x") == value);
    REQUIRE(parse_json(write_json(value, {.indent = 2}), "x") == value);
  }
  const Value odd = Value::List{nan_value, infinity, -infinity, "\xff\xfe é \xc3"};
  CHECK(parse_json(canonical_json(odd), "x") == odd);
}

TEST_CASE("JSON errors name the line and the reason", "[spec][value]") {
  CHECK(failure("{\n\"a\": 1,\n\"a\": 2}") == "m.json:3: duplicate key 'a'");
  CHECK(failure("[1,]") == "m.json:1: a value is expected after ','");
  CHECK(failure("[1") == "m.json:1: ',' or ']' is expected");
  CHECK(failure("{a: 1}") == "m.json:1: a key in double quotes is expected");
  CHECK(failure("01") == "m.json:1: a value is expected");
  CHECK(failure("1 2") == "m.json:1: something follows the end of the value");
  CHECK(failure("\"\\ud800\"") == "m.json:1: half a surrogate pair inside a string");
  CHECK(failure("\"\xff\"") == "m.json:1: the text is not UTF-8");
  CHECK(failure(std::string(1000000, '[')) == "m.json:1: nested too deeply");
  CHECK(failure("") == "m.json:1: a value is expected");
  CHECK(parse_json("\"\\ud83d\\ude00\\/\"", "x") == Value("😀/"));
  CHECK(parse_json("18446744073709551616", "x") == Value("18446744073709551616"));
}

// SPDX-License-Identifier: Apache-2.0
#include "spec/yaml.hpp"

#include <limits>

#include "spec/yaml_reader.hpp"
#include "support/catch.hpp"
#include "unit/spec/random_value.hpp"

using namespace mlops;
using namespace mlops::spec;

namespace {

Value load(const std::string& text) { return to_value(parse_yaml(text, "f.yaml")); }

std::string failure(const std::string& text) {
  try {
    parse_yaml(text, "f.yaml");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string repeat(const std::string& part, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) {
    out += part;
  }
  return out;
}

bool same_node(const YamlNode& a, const YamlNode& b) {
  if (a.kind != b.kind || a.scalar != b.scalar || a.items.size() != b.items.size() ||
      a.members.size() != b.members.size() || a.flow != b.flow) {
    return false;
  }
  const bool placed =
      a.kind == YamlNode::Kind::null || (a.line == b.line && a.column == b.column && a.offset == b.offset);
  if (!placed || (a.kind == YamlNode::Kind::scalar && a.plain != b.plain)) {
    return false;
  }
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!same_node(a.items[i], b.items[i])) {
      return false;
    }
  }
  for (std::size_t i = 0; i < a.members.size(); ++i) {
    if (!same_node(a.members[i].key, b.members[i].key) || !same_node(a.members[i].value, b.members[i].value)) {
      return false;
    }
  }
  return true;
}

}  // namespace

TEST_CASE("plain scalars are typed by YAML 1.2's core schema as DVC reads it", "[spec][yaml]") {
  const std::vector<std::pair<std::string, Value>> expected = {
      {"true", true},
      {"TRUE", true},
      {"False", false},
      {"yes", "yes"},
      {"on", "on"},
      {"n", "n"},
      {"~", Value()},
      {"Null", Value()},
      {"017", std::int64_t{17}},
      {"0o17", std::int64_t{15}},
      {"0x1F", std::int64_t{31}},
      {"-0x1F", std::int64_t{-31}},
      {"0b11", std::int64_t{3}},
      {"1_000", std::int64_t{1000}},
      {"+1", std::int64_t{1}},
      {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()},
      {"1e5", 1e5},
      {"1.", 1.0},
      {".5", 0.5},
      {"1.5e3", 1500.0},
      {"-1e-5", -1e-5},
      {".inf", std::numeric_limits<double>::infinity()},
      {"-.Inf", -std::numeric_limits<double>::infinity()},
      {".NaN", std::numeric_limits<double>::quiet_NaN()},
      {"12:30:45", "12:30:45"},
      {"2020-01-01", "2020-01-01"},
      {"nan", "nan"},
      {"-", "-"},
      {".", "."},
      {"1e", "1e"},
      {"0x", "0x"},
      {"1.2.3", "1.2.3"},
      {"--1", "--1"},
      {"9223372036854775808", "9223372036854775808"},
  };
  for (const auto& [text, value] : expected) {
    INFO(text);
    CHECK(type_scalar(text) == value);
  }
}

TEST_CASE("quoted and block scalars are texts", "[spec][yaml]") {
  CHECK(load("a: '1'\nb: \"true\"\nc: |\n  1\n") == Value(Value::Map{{"a", "1"}, {"b", "true"}, {"c", "1\n"}}));
}

TEST_CASE("standard tags are honoured and others refused", "[spec][yaml]") {
  CHECK(load("a: !!str 12\nb: ! 12\nc: !!float 1\nd: !!int 3\ne: !!null ''\nf: !!bool true\ng: !!map {}\n") ==
        Value(Value::Map{{"a", "12"},
                         {"b", "12"},
                         {"c", 1.0},
                         {"d", std::int64_t{3}},
                         {"e", Value()},
                         {"f", true},
                         {"g", Value::Map{}}}));
  CHECK(failure("a: !foo x\n") == "f.yaml:1: unknown tag '!foo'");
  CHECK(failure("a: 1\nb: !!int x\n") == "f.yaml:2: 'x' is no value of the tag '!!int'");
  CHECK(failure("a: !!python/object x\n") == "f.yaml:1: 'x' is no value of the tag '!!python/object'");
}

TEST_CASE("anchors, aliases and merge keys are expanded", "[spec][yaml]") {
  CHECK(load("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nlist: [*b]\n") ==
        load("base: {x: 1, y: 2}\nuse: {x: 1, y: 3}\nlist: [{x: 1, y: 2}]\n"));
  CHECK(load("a: &a {x: 1}\nb: &b {x: 2, z: 3}\nc:\n  <<: [*a, *b]\n").at("c.x")->number() == 1);
  CHECK(load("\"<<\": 1\n").find("<<") != nullptr);
  CHECK(failure("a:\n  <<: 3\n") == "f.yaml:2: '<<' needs a map or a list of maps");
  CHECK(failure("a: &x [*x]\n") == "f.yaml:1: an alias inside of what it stands for");
}

TEST_CASE("a bomb of aliases stops at the cap", "[spec][yaml]") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + below + repeat(", " + below, 9) + "]\n";
  }
  CHECK(failure(bomb).find("aliases expand to more than 10000 values") != std::string::npos);
  std::string deep = "a0: &a0 " + repeat("[", 40) + repeat("]", 40) + "\n";
  deep += "a1: &a1 " + repeat("[", 40) + "*a0" + repeat("]", 40) + "\n";
  CHECK(failure(deep).find("nested more than 64 levels deep") != std::string::npos);
}

TEST_CASE("deep nesting in any style is an error and no stack overflow", "[spec][yaml]") {
  for (const std::string part : {"[", "{", "- ", "? ", "{a: ", "[[", "- ? "}) {
    INFO(part);
    CHECK(failure(repeat(part, 100000)) != "");
  }
  std::string steps;
  for (int i = 0; i < 300; ++i) {
    steps += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  }
  CHECK(failure(steps).find("nested more than 64 levels deep") != std::string::npos);
}

TEST_CASE("what is not one clean document is refused with its line", "[spec][yaml]") {
  CHECK(failure("a: 1\nb: 2\na: 3\n") == "f.yaml:3: duplicate key 'a', first on line 1");
  CHECK(failure("a: 1\n'a': 3\n") == "f.yaml:2: duplicate key 'a', first on line 1");
  CHECK(failure("a: 1\n---\nb: 2\n").find("f.yaml:2: something follows") == 0);
  CHECK(failure(",)rr").find("something follows") != std::string::npos);
  CHECK(failure("a: 1\nb: \"x\n") != "");
  CHECK(failure("a:\n\tb: 1\n") != "");
  CHECK(failure("? [x]\n: y\n") == "f.yaml:1: a key must be a plain text");
  CHECK(failure(std::string("a: \0x\n", 7)) == "f.yaml:1: control character 0x00");
  CHECK(failure("a: 1\nb: \x04\nc: 1\n") == "f.yaml:2: control character 0x04");
  CHECK(failure("a: 1\nb: \xff\n") == "f.yaml:2: the text is not UTF-8");
  CHECK(failure("a: 1\rb: 2\n") == "f.yaml:1: control character 0x0d");
  CHECK(failure("a: *x\n") != "");
}

TEST_CASE("a line that is indented by a tab is answered with how to indent", "[spec][yaml]") {
  for (const char* text : {"a:\n\tb: 1\n", "a:\n  b:\n  \tc:\n    d: 1\n"}) {
    try {
      parse_yaml(text, "f.yaml");
      FAIL("no error");
    } catch (const Error& error) {
      REQUIRE(error.hints().size() == 1);
      CHECK(error.hints()[0].find("indent with spaces") == 0);
    }
  }
}

TEST_CASE("limits stop large documents", "[spec][yaml]") {
  CHECK_THROWS_AS(parse_yaml("a: 1\n", "f", {.bytes = 3}), Error);
  CHECK_THROWS_AS(parse_yaml("[1, 2, 3]\n", "f", {.nodes = 3}), Error);
  CHECK_THROWS_AS(parse_yaml("- 1\n- 2\n- 3\n", "f", {.nodes = 3}), Error);
  CHECK_THROWS_AS(parse_yaml("a: abcdef\n", "f", {.scalar_bytes = 5}), Error);
}

TEST_CASE("an unresolved merge conflict is named with a way out", "[spec][yaml]") {
  try {
    parse_yaml("version: 1\n<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> x\n", "mlops.lock");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(std::string(error.what()) == "mlops.lock:2: unresolved merge conflict");
    CHECK(error.kind() == ErrorKind::conflict);
    REQUIRE(error.hints().size() == 3);
    CHECK(error.hints()[0].find("git checkout --ours -- mlops.lock") != std::string::npos);
    CHECK(error.hints()[1].find("mlops repro") != std::string::npos);
    CHECK(error.hints()[2].find("mlops install") != std::string::npos);
  }
}

TEST_CASE("empty texts are null and a byte order mark is skipped", "[spec][yaml]") {
  CHECK(load("").is_null());
  CHECK(load("# only a comment\n\n").is_null());
  CHECK(load("\xef\xbb\xbf"
             "a: 1\n")
            .find("a")
            ->number() == 1);
  CHECK(load("---\na: 1\n...\n").find("a")->number() == 1);
}

TEST_CASE("nodes know where they stand", "[spec][yaml]") {
  const YamlNode flow = parse_yaml("a: [1,\n  x]\n", "f");
  CHECK(flow.find("a")->items[1].line == 2);
  CHECK(flow.find("a")->items[1].column == 3);
  CHECK(flow.find("a")->items[1].offset == 9);
}

TEST_CASE("texts that another reader may mistake are quoted, digests and commands are not", "[spec][yaml]") {
  for (const std::string text : {"yes",     "No",
                                 "on",      "y",
                                 "~",       "null",
                                 "true",    "1",
                                 "017",     "0o17",
                                 "1_000",   "1e3",
                                 "1:30",    "12:30:45",
                                 "0x1F",    ".5",
                                 ".inf",    "2020-01-01",
                                 "=",       "<<",
                                 "",        " x",
                                 "x ",      "a: b",
                                 "a #b",    "- a",
                                 "-",       "#a",
                                 "'a'",     "[a]",
                                 "---",     "a:",
                                 "123e456", "9999999999999999999999"}) {
    INFO(text);
    const std::string out = emit_scalar(text);
    CHECK((out.front() == '\'' || out.front() == '"'));
  }
  for (const std::string text : {"python3 src/train.py --lr 0.1", "a:b", "a#b", "data/raw", "--x", "C:\\x", "it's", "é",
                                 "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}) {
    INFO(text);
    CHECK(emit_scalar(text) == text);
  }
  CHECK(emit_scalar("a\nb") == "\"a\\nb\"");
  CHECK(emit_scalar("it's: x") == "\"it's: x\"");
  CHECK(emit_scalar("\x7f") == "\"\\x7F\"");
  CHECK_THROWS_AS(emit_scalar("\xff"), Error);
}

TEST_CASE("documents are written in block style", "[spec][yaml]") {
  const Value value = Value::Map{{"a", Value::List{"x", Value::Map{{"k", 1.0}, {"l", Value()}}, Value::List{"z"}}},
                                 {"cmd", "one\ntwo\n"},
                                 {"e", Value::Map{}},
                                 {"f", Value::List{}},
                                 {"big", 1e22}};
  CHECK(emit_yaml(value) == "a:\n- x\n- k: 1.0\n  l: null\n- - z\ncmd: |\n  one\n  two\ne: {}\nf: []\nbig: 1.0e+22\n");
  CHECK(emit_flow(Value(Value::Map{{"a", Value::List{"x,y", true}}})) == "{a: ['x,y', true]}");
}

TEST_CASE("what is written reads back the same, with either reader", "[spec][yaml]") {
  test::RandomValues random(1);
  int block = 0;
  for (int i = 0; i < 3000; ++i) {
    const Value value = random.map();
    const std::string text = emit_yaml(value);
    INFO(text);
    const YamlNode events = read_yaml_events(text, "f", {}, Aliases::expand);
    REQUIRE(to_value(events) == value);
    if (const auto fast = read_yaml_block(text, {})) {
      ++block;
      REQUIRE(same_node(*fast, events));
    }
    REQUIRE(to_value(parse_yaml(emit_flow(value), "f")) == value);
    const Value any = random.value();
    REQUIRE(to_value(parse_yaml(emit_yaml(any), "f")) == any);
  }
  CHECK(block > 1500);
}

TEST_CASE("the block reader agrees with yaml-cpp on whatever it accepts", "[spec][yaml]") {
  test::RandomValues random(2);
  const std::vector<std::string> pieces = {
      "a",    "b",      "c: ",  ":",   "- ",    "-",    " ",      "  ",         "\n",  "\n",   "\n  ",
      "\n- ", "\n  - ", "'",    "\"",  "#",     " # x", "|",      "|-",         "x y", "1",    "[]",
      "{}",   "~",      "null", "\\n", "\\x41", ": ",   "key: v", "\n    deep", "k:",  "<<: ", "&a ",
      "*a",   "!!str ", "---",  "...", "\t",    ",",    "é",      "''",         "? "};
  int accepted = 0;
  for (int i = 0; i < 30000; ++i) {
    std::string text;
    for (std::size_t left = 1 + random.below(14); left > 0; --left) {
      text += random.pick(pieces);
    }
    text += '\n';
    if (const auto fast = read_yaml_block(text, {})) {
      ++accepted;
      INFO(text);
      REQUIRE(same_node(*fast, read_yaml_events(text, "f", {}, Aliases::expand)));
    }
  }
  CHECK(accepted > 1000);
}

TEST_CASE("random bytes never crash the reader", "[spec][yaml]") {
  test::RandomValues random(3);
  const std::string sample =
      "stages:\n  a: &x\n    cmd: \"py \\x41 é\"\n    deps: [a, {b: c}]\n  b:\n    <<: *x\n    t: |\n      x\n# "
      "c\n'q': >-\n  z\n";
  for (int i = 0; i < 20000; ++i) {
    std::string text = sample;
    for (std::size_t left = 1 + random.below(4); left > 0; --left) {
      const std::size_t at = random.below(text.size());
      if (random.chance(30)) {
        text.erase(at, 1 + random.below(5));
      } else if (random.chance(40)) {
        text.insert(at, random.text());
      } else {
        text[at] = static_cast<char>(random.below(256));
      }
      text += 'x';
    }
    try {
      parse_yaml(text, "f");
    } catch (const Error&) {
      // An error is a fine answer; anything else would end the test.
    }
  }
  SUCCEED();
}

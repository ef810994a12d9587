// SPDX-License-Identifier: Apache-2.0
// What is expected here was recorded from DVC 3.67.1 with ruamel.yaml 0.19.1:
//
//   python -c 'from dvc.utils.serialize import dumps_yaml; print(dumps_yaml(...), end="")'

#include "spec/dialects/dvc_yaml.hpp"

#include "spec/dialects/dvc_scalar.hpp"
#include "spec/yaml.hpp"
#include "spec/yaml_reader.hpp"
#include "support/catch.hpp"
#include "unit/spec/random_value.hpp"

using namespace mlops;
using namespace mlops::spec;

namespace {

std::string repeat(const std::string& part, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) {
    out += part;
  }
  return out;
}

}  // namespace

TEST_CASE("a text is quoted where DVC quotes it", "[spec][dvc]") {
  const Value::List words = {"",
                             "  ",
                             " ",
                             "1",
                             "1.0",
                             "017",
                             "0o17",
                             "0x1F",
                             "0b11",
                             "1_000",
                             "+1",
                             "-1",
                             "1e5",
                             "1.5e3",
                             ".5",
                             ".5e+3",
                             ".5e3",
                             ".inf",
                             ".nan",
                             "null",
                             "Null",
                             "~",
                             "True",
                             "false",
                             "on",
                             "yes",
                             "n",
                             "=",
                             "<<",
                             "2020-01-01",
                             "2020-1-1 10:00:00",
                             "12:30:45",
                             "1:2",
                             "-",
                             "- a",
                             "--x",
                             "?",
                             "?a",
                             ":",
                             ":a",
                             "a:",
                             "a: b",
                             "a:b",
                             "a #b",
                             "a#b",
                             "#a",
                             "[a]",
                             "{a}",
                             "a,b",
                             "&a",
                             "*a",
                             "!a",
                             "|",
                             "> x",
                             "'a'",
                             "it's: x",
                             "\"a\"",
                             "a\"b",
                             "%a",
                             "@a",
                             "`a",
                             "---",
                             "---a",
                             "...",
                             "a\tb",
                             "a\nb",
                             "a\n b",
                             "a \nb",
                             "\xef\xbb\xbfx",
                             "a\x7f"
                             "b",
                             std::string("a\0b", 3),
                             "é",
                             "日本",
                             "😀",
                             "\xc2\xa0x",
                             "C:\\x",
                             "${x}",
                             "http://a.b/c?d=e&f",
                             "a ",
                             "\n"};
  CHECK(dvc::emit_yaml(Value(words)) ==
        "- ''\n"
        "- '  '\n"
        "- ' '\n"
        "- '1'\n"
        "- '1.0'\n"
        "- '017'\n"
        "- '0o17'\n"
        "- '0x1F'\n"
        "- '0b11'\n"
        "- '1_000'\n"
        "- '+1'\n"
        "- '-1'\n"
        "- '1e5'\n"
        "- '1.5e3'\n"
        "- '.5'\n"
        "- '.5e+3'\n"
        "- .5e3\n"
        "- '.inf'\n"
        "- '.nan'\n"
        "- 'null'\n"
        "- 'Null'\n"
        "- '~'\n"
        "- 'True'\n"
        "- 'false'\n"
        "- on\n"
        "- yes\n"
        "- n\n"
        "- '='\n"
        "- '<<'\n"
        "- '2020-01-01'\n"
        "- '2020-1-1 10:00:00'\n"
        "- 12:30:45\n"
        "- 1:2\n"
        "- '-'\n"
        "- '- a'\n"
        "- --x\n"
        "- '?'\n"
        "- ?a\n"
        "- ':'\n"
        "- :a\n"
        "- 'a:'\n"
        "- 'a: b'\n"
        "- a:b\n"
        "- 'a #b'\n"
        "- a#b\n"
        "- '#a'\n"
        "- '[a]'\n"
        "- '{a}'\n"
        "- a,b\n"
        "- '&a'\n"
        "- '*a'\n"
        "- '!a'\n"
        "- '|'\n"
        "- '> x'\n"
        "- \"'a'\"\n"
        "- \"it's: x\"\n"
        "- '\"a\"'\n"
        "- a\"b\n"
        "- '%a'\n"
        "- '@a'\n"
        "- '`a'\n"
        "- '---'\n"
        "- '---a'\n"
        "- '...'\n"
        "- \"a\\tb\"\n"
        "- \"a\\nb\"\n"
        "- \"a\\n b\"\n"
        "- \"a \\nb\"\n"
        "- \"\\uFEFFx\"\n"
        "- \"a\\x7Fb\"\n"
        "- \"a\\0b\"\n"
        "- é\n"
        "- 日本\n"
        "- 😀\n"
        "- \xc2\xa0x\n"
        "- C:\\x\n"
        "- ${x}\n"
        "- http://a.b/c?d=e&f\n"
        "- 'a '\n"
        "- \"\\n\"\n");
}

TEST_CASE("lines are folded where DVC folds them", "[spec][dvc]") {
  const std::string words = repeat("word ", 20) + "end";
  const Value::Map map = {
      {"plain", repeat("word ", 18) + "end"},
      {"slash", "a/b " + repeat("x", 90) + " y"},
      {"long", repeat("x", 90)},
      {"single", repeat("# ", 45) + "end"},
      {"double", "it's: " + repeat("\"q\" word ", 14) + "end"},
      {"spaces", "it's: " + repeat("two  spaces ", 10)},
      {"number", std::int64_t{1}},
      {"list", Value::List{words, Value::List{words, Value::Map{{"deep", repeat("word ", 18) + "end"}}}}},
      {repeat("k", 79), std::int64_t{1}},
      {repeat("n", 79), {}},
      {"feed", "first line with words\nsecond line with some more words that go on\n third " + repeat("word ", 10)},
  };
  CHECK(dvc::emit_yaml(Value(map)) ==
        "plain: word word word word word word word word word word word word word word \n"
        "  word word word word end\n"
        "slash: a/b \n"
        "  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"
        "  y\n"
        "long: \n"
        "  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"
        "single: '# # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # #\n"
        "  # # # # # # # # end'\n"
        "double: \"it's: \\\"q\\\" word \\\"q\\\" word \\\"q\\\" word \\\"q\\\" word \\\"q\\\" word \\\"q\\\" word "
        "\\\"\\\n"
        "  q\\\" word \\\"q\\\" word \\\"q\\\" word \\\"q\\\" word \\\"q\\\" word \\\"q\\\" word \\\"q\\\" word "
        "\\\"q\\\"\\\n"
        "  \\ word end\"\n"
        "spaces: \"it's: two  spaces two  spaces two  spaces two  spaces two  spaces two  spaces\n"
        "  two  spaces two  spaces two  spaces two  spaces \"\n"
        "number: 1\n"
        "list:\n"
        "- word word word word word word word word word word word word word word word \n"
        "  word word word word word end\n"
        "- - word word word word word word word word word word word word word word word \n"
        "    word word word word word end\n"
        "  - deep: word word word word word word word word word word word word word word \n"
        "      word word word word end\n"
        "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk: \n"
        "  1\n"
        "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn:\n"
        "feed: \"first line with words\\nsecond line with some more words that go on\\n third\n"
        "  word word word word word word word word word word \"\n");
}

TEST_CASE("keys may be long, hold line breaks or be no texts", "[spec][dvc]") {
  const Value one = std::int64_t{1};
  const Value two = std::int64_t{2};
  const Value::Map map = {
      {repeat("k", 122), "x"},
      {repeat("k", 123), Value::List{one, Value::List{two, std::int64_t{3}}, Value::Map{{"a", one}, {"b", {}}}}},
      {repeat("q", 123), Value::Map{{"a", Value::Map{{"b", one}}}}},
      {"a\nb", "x"},
      {MapKey("1", true), two},
      {"1", two},
      {MapKey("1.50", true), std::int64_t{3}},
      {MapKey("null", true), std::int64_t{5}},
      {"m", Value::List{Value::List{},
                        Value::Map{},
                        {},
                        Value::List{Value::List{one, two}, Value::List{Value()}},
                        Value::Map{{"a", Value::List{}}, {"b", Value::Map{}}}}},
  };
  CHECK(dvc::emit_yaml(Value(map)) ==
        "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
        "kkkkkkkkkkkk: \n"
        "  x\n"
        "? "
        "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
        "kkkkkkkkkkkkk\n"
        ": - 1\n"
        "  - - 2\n"
        "    - 3\n"
        "  - a: 1\n"
        "    b:\n"
        "? "
        "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"
        "qqqqqqqqqqqqq\n"
        ": a:\n"
        "    b: 1\n"
        "? \"a\\nb\"\n"
        ": x\n"
        "1: 2\n"
        "'1': 2\n"
        "1.5: 3\n"
        "null: 5\n"
        "m:\n"
        "- []\n"
        "- {}\n"
        "- \n"
        "- - - 1\n"
        "    - 2\n"
        "  - - \n"
        "- a: []\n"
        "  b: {}\n");
  CHECK(dvc::emit_yaml(Value(Value::Map{})) == "{}\n");
}

TEST_CASE("what is one object at several places is anchored, by the order of second meetings", "[spec][dvc]") {
  const Value list = Value::List{std::int64_t{1}, Value::Map{{"a", std::int64_t{2}}}};
  const Value map = Value::Map{{"a", std::int64_t{1}}};
  const Value empty = Value::List{};
  const Value document = Value::Map{{"x", list},
                                    {"y", map},
                                    {"z", map},
                                    {"e", Value::List{empty, empty}},
                                    {"w", list},
                                    {"i", Value::List{map, Value::List{list}}},
                                    {repeat("k", 123), list}};
  dvc::YamlMarks marks;
  const auto mark = [&](const Value* value, int object) { marks.shared[value] = object; };
  mark(document.find("x"), 1);
  mark(document.find("w"), 1);
  mark(document.find(repeat("k", 123)), 1);
  mark(document.find("y"), 2);
  mark(document.find("z"), 2);
  mark(document.at("e.0"), 3);
  mark(document.at("e.1"), 3);
  mark(document.at("i.0"), 2);
  mark(document.at("i.1.0"), 1);
  CHECK(dvc::emit_yaml(document, marks) ==
        "x: &id003\n"
        "- 1\n"
        "- a: 2\n"
        "y: &id001\n"
        "  a: 1\n"
        "z: *id001\n"
        "e:\n"
        "- &id002 []\n"
        "- *id002\n"
        "w: *id003\n"
        "i:\n"
        "- *id001\n"
        "- - *id003\n"
        "? "
        "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
        "kkkkkkkkkkkkk\n"
        ": *id003\n");
}

TEST_CASE("floats are written as Python's repr has them", "[spec][dvc]") {
  const double infinity = std::numeric_limits<double>::infinity();
  const Value::List reals = {0.1,
                             1e-5,
                             1e16,
                             1e15,
                             1e-4,
                             123456789.123,
                             -0.0,
                             infinity,
                             -infinity,
                             std::numeric_limits<double>::quiet_NaN(),
                             5e-324,
                             1.7976931348623157e308,
                             1.0 / 3,
                             100.0,
                             123456789012345680.0};
  CHECK(dvc::emit_yaml(Value(reals)) ==
        "- 0.1\n"
        "- 1e-05\n"
        "- 1e+16\n"
        "- 1000000000000000.0\n"
        "- 0.0001\n"
        "- 123456789.123\n"
        "- -0.0\n"
        "- .inf\n"
        "- -.inf\n"
        "- .nan\n"
        "- 5e-324\n"
        "- 1.7976931348623157e+308\n"
        "- 0.3333333333333333\n"
        "- 100.0\n"
        "- 1.2345678901234568e+17\n");
}

TEST_CASE("what is written in DVC's layout is read back, by both readers alike", "[spec][dvc]") {
  test::RandomValues random(20);
  int fast_reads = 0;
  for (int i = 0; i < 500; ++i) {
    const Value value = Value::Map{{"k", random.value()}, {"cmd", repeat(random.text() + " ", 30) + "end"}};
    const std::string text = dvc::emit_yaml(value);
    CAPTURE(text);
    const YamlNode slow = read_yaml_events(text, "f.yaml", {}, Aliases::expand);
    if (const auto fast = read_yaml_block(text, {})) {
      ++fast_reads;
      CHECK(to_value(*fast) == to_value(slow));
    }
  }
  CHECK(fast_reads > 100);
}

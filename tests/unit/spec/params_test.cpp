// SPDX-License-Identifier: Apache-2.0
#include "spec/params.hpp"

#include "support/catch.hpp"
#include "unit/spec/random_value.hpp"
#include "util/error.hpp"

using namespace mlops;
using namespace mlops::spec;

namespace {

std::string assign(const std::string& text, const std::string& file, const std::string& assignment) {
  return apply_assignment(text, file, parse_assignment(assignment));
}

std::string failure(const std::string& text, const std::string& file) {
  try {
    read_values(text, file);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("parameter files are read by their names' endings", "[spec][params]") {
  const Value expected = Value::Map{{"a", Value::Map{{"b", 0.5}, {"c", Value::List{std::int64_t{1}, "x"}}}}};
  CHECK(read_values("a:\n  b: 0.5\n  c: [1, x]\n", "p.yaml") == expected);
  CHECK(read_values("{\"a\": {\"b\": 0.5, \"c\": [1, \"x\"]}}", "p.json") == expected);
  CHECK(read_values("[a]\nb = 0.5\nc = [1, \"x\"]\n", "p.toml") == expected);
  CHECK(read_values("class a:\n  b = 0.5\n  c = [1, 'x']\n", "p.py") == expected);
  CHECK(read_values("class a:\n  b = 0.5\n  c = [1, 'x']\n", "p.py") == expected);
  CHECK(failure("a = \n", "p.toml").find("p.toml:1: ") == 0);
  CHECK(failure("{", "p.json").find("p.json:1: ") == 0);
  CHECK(failure("a: [\n", "p.yml").find("p.yml:") == 0);
  CHECK(failure("a = (\n", "p.py").find("p.py:1: ") == 0);
}

TEST_CASE("TOML keeps its types, and dates become text", "[spec][params]") {
  const Value value =
      read_values("z = true\nd = 2020-01-02\nt = 2020-01-02T03:04:05Z\ni = 0x10\nf = inf\na.b = 1\n", "p.toml");
  CHECK(*value.find("z") == Value(true));
  CHECK(*value.find("d") == Value("2020-01-02"));
  CHECK(*value.find("t") == Value("2020-01-02T03:04:05Z"));
  CHECK(*value.at("i") == Value(std::int64_t{16}));
  CHECK(*value.at("a.b") == Value(std::int64_t{1}));
}

TEST_CASE("an assignment names file, key and typed value", "[spec][params]") {
  const Assignment plain = parse_assignment("train.lr=0.1");
  CHECK(plain.file == "params.yaml");
  CHECK(plain.path == std::vector<std::string>{"train", "lr"});
  CHECK(plain.value == Value(0.1));
  const Assignment other = parse_assignment("conf/a.toml:layers[0].n=[1, {x: y}]");
  CHECK(other.file == "conf/a.toml");
  CHECK(other.path == std::vector<std::string>{"layers", "0", "n"});
  CHECK(other.value == Value(Value::List{std::int64_t{1}, Value::Map{{"x", "y"}}}));
  CHECK(parse_assignment("a=b=c").value == Value("b=c"));
  CHECK(parse_assignment("a=x: y").value == Value("x: y"));
  CHECK(parse_assignment("a='1'").value == Value("1"));
  CHECK(parse_assignment("a=").value == Value(""));
  CHECK(parse_assignment("a=null").value == Value());
  CHECK(parse_assignment("+a=1").path == std::vector<std::string>{"a"});
  for (const std::string bad : {"a", "=1", ":a=1", "a..b=1", "a=[1", "~a=1", "a=99999999999999999999", "a=\xff"}) {
    INFO(bad);
    CHECK_THROWS_AS(parse_assignment(bad), Error);
  }
}

TEST_CASE("keys are split at dots and brackets", "[spec][params]") {
  CHECK(split_key("a.b[0].c") == std::vector<std::string>{"a", "b", "0", "c"});
  CHECK(split_key("a[0][1]") == std::vector<std::string>{"a", "0", "1"});
  CHECK(split_key("[2].x") == std::vector<std::string>{"2", "x"});
  CHECK(split_key("a[b") == std::vector<std::string>{"a[b"});
}

TEST_CASE("leaves are listed by dotted keys", "[spec][params]") {
  const auto leaves = flatten(read_values("a: {b: 1, c: {d: [1, 2]}}\ne: {}\n", "p.yaml"));
  REQUIRE(leaves.size() == 3);
  CHECK(leaves[0].first == "a.b");
  CHECK(leaves[1].first == "a.c.d");
  CHECK(leaves[2] == std::pair<std::string, Value>("e", Value::Map{}));
}

TEST_CASE("an assignment keeps the rest of a YAML file", "[spec][params]") {
  const std::string text = "train: # the model\n  lr: 0.1  # rate\n  epochs: 5\n";
  CHECK(assign(text, "params.yaml", "train.lr=0.3") == "train: # the model\n  lr: 0.3  # rate\n  epochs: 5\n");
}

TEST_CASE("an assignment keeps the order and layout of a JSON file", "[spec][params]") {
  const std::string text = "{\n    \"b\": 1e-3,\n    \"a\": {\"x\": [1, 2]}\n}\n";
  CHECK(assign(text, "p.json", "b=0.5") == "{\n    \"b\": 0.5,\n    \"a\": {\"x\": [1, 2]}\n}\n");
  CHECK(assign(text, "p.json", "a.x[2]=3") == "{\n    \"b\": 1e-3,\n    \"a\": {\"x\": [1, 2, 3]}\n}\n");
  CHECK(assign(text, "p.json", "c.d=true") ==
        "{\n    \"b\": 1e-3,\n    \"a\": {\"x\": [1, 2]},\n    \"c\": {\n        \"d\": true\n    }\n}\n");
  CHECK(assign("{\"a\":1}", "p.json", "b=2") == "{\"a\":1,\"b\":2}");
  CHECK(assign("{\n\t\"a\": 1\n}\n", "p.json", "b.c=2") == "{\n\t\"a\": 1,\n\t\"b\": {\n\t\t\"c\": 2\n\t}\n}\n");
  CHECK(assign("", "p.json", "a=1") == "{\n  \"a\": 1\n}\n");
  CHECK_THROWS_AS(assign(text, "p.json", "b.c=1"), Error);
}

TEST_CASE("an assignment keeps the other lines of a TOML file", "[spec][params]") {
  const std::string text =
      "# top\nb = 1 # é\n\n[train]\nlr = 0.1  # rate\nopt = { m = 1 }\n\n[train.sub]\nx = [1, 2]\n";
  CHECK(assign(text, "p.toml", "train.lr=0.3") ==
        "# top\nb = 1 # é\n\n[train]\nlr = 0.3  # rate\nopt = { m = 1 }\n\n[train.sub]\nx = [1, 2]\n");
  CHECK(assign(text, "p.toml", "c=hi") ==
        "# top\nb = 1 # é\nc = \"hi\"\n\n[train]\nlr = 0.1  # rate\nopt = { m = 1 }\n\n[train.sub]\nx = [1, 2]\n");
  CHECK(assign(text, "p.toml", "train.new.deep=1") ==
        "# top\nb = 1 # é\n\n[train]\nlr = 0.1  # rate\nopt = { m = 1 }\nnew.deep = 1\n\n[train.sub]\nx = [1, 2]\n");
  CHECK(assign(text, "p.toml", "train.opt.n=2").find("opt = { m = 1, n = 2 }\n") != std::string::npos);
  CHECK(assign(text, "p.toml", "train.sub.x[2]=3").find("x = [1, 2, 3]\n") != std::string::npos);
  CHECK(assign(text, "p.toml", "train.sub.y=z") == text + "y = \"z\"\n");
  CHECK(assign("", "p.toml", "a.b=1") == "a.b = 1\n");
  CHECK(assign("a = \"é\"", "p.toml", "b=1") == "a = \"é\"\nb = 1\n");
  CHECK_THROWS_AS(assign(text, "p.toml", "b=null"), Error);
}

TEST_CASE("random JSON and TOML values can be assigned", "[spec][params]") {
  test::RandomValues random(11);
  const std::string json = "{\n  \"a\": {\"b\": 1},\n  \"l\": [1, {\"c\": 2}]\n}\n";
  const std::vector<std::vector<std::string>> paths = {{"a"},           {"a", "b"}, {"a", "n"}, {"l", "0"},
                                                       {"l", "1", "c"}, {"l", "2"}, {"n", "m"}};
  for (int i = 0; i < 1000; ++i) {
    const Assignment assignment{.file = "p.json", .path = paths[random.below(paths.size())], .value = random.value(2)};
    const std::string edited = apply_assignment(json, "p.json", assignment);
    REQUIRE(apply_assignment(edited, "p.json", assignment) == edited);
  }
  const std::string toml = "x = 'é'\n[a]\nb = 1\n[n.o]\nq = \"\"\"a\nb\"\"\" # c\n";
  const std::vector<std::vector<std::string>> tables = {{"x"},           {"a", "b"}, {"a", "n"},
                                                        {"n", "o", "q"}, {"n", "p"}, {"y", "é z"}};
  for (int i = 0; i < 1000; ++i) {
    const Assignment assignment{.file = "p.toml", .path = tables[random.below(tables.size())], .value = random.text()};
    const std::string edited = apply_assignment(toml, "p.toml", assignment);
    REQUIRE(apply_assignment(edited, "p.toml", assignment) == edited);
  }
}

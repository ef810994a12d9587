// SPDX-License-Identifier: Apache-2.0
#include "spec/yaml_edit.hpp"

#include <algorithm>

#include "spec/value_edit.hpp"
#include "spec/yaml.hpp"
#include "support/catch.hpp"
#include "unit/spec/random_value.hpp"
#include "util/text.hpp"

using namespace mlops;
using namespace mlops::spec;

namespace {

using Path = std::vector<std::string>;

std::string set(const std::string& text, const Path& path, const Value& value) {
  YamlEditor editor(text, "params.yaml");
  editor.set(path, value);
  return editor.text();
}

std::string erase(const std::string& text, const Path& path) {
  YamlEditor editor(text, "params.yaml");
  CHECK(editor.erase(path));
  return editor.text();
}

Value load(const std::string& text) { return to_value(parse_yaml(text, "f")); }

/// Writes documents as people do: comments, blank lines, quotes, flow, lists indented or not.
class Scribe {
 public:
  explicit Scribe(unsigned seed) : random_(seed) {}

  std::string document() {
    out_.clear();
    paths_.clear();
    comments_.clear();
    number_ = 0;
    map(0, 0, {}, false);
    // A literal block that ends with the text has no last line break of its own; what follows it would give it one.
    if (random_.chance(20) && !ends_in_literal_) {
      out_.pop_back();
    }
    if (random_.chance(20)) {
      std::string crlf;
      for (const char c : out_) {
        crlf += c == '\n' ? "\r\n" : std::string(1, c);
      }
      out_ = crlf;
    }
    return out_;
  }

  const std::vector<Path>& paths() const { return paths_; }
  const std::vector<std::string>& comments() const { return comments_; }
  test::RandomValues& random() { return random_; }

 private:
  void line(std::size_t indent, const std::string& text) { out_ += std::string(indent, ' ') + text + "\n"; }

  std::string comment() {
    comments_.push_back("# note " + std::to_string(comments_.size()));
    return comments_.back();
  }

  void between(std::size_t indent) {
    if (random_.chance(15)) {
      out_ += "\n";
    }
    if (random_.chance(15)) {
      line(indent, comment());
    }
  }

  std::string scalar() {
    static const std::vector<std::string> texts = {"1",    "0.5", "text", "two words", "'it''s'",      "\"a\\tb # c\"",
                                                   "true", "~",   "a:b",  "x#y",       "http://a/b?c", "'- x'"};
    return random_.pick(texts);
  }

  std::string flow(int depth) {
    if (depth == 0 || random_.chance(50)) {
      return scalar() == "~" ? "2" : "3";
    }
    return random_.chance(50) ? "[" + flow(depth - 1) + ", " + flow(depth - 1) + "]"
                              : "{p: " + flow(depth - 1) + ", 'q r': " + flow(depth - 1) + "}";
  }

  std::string tail() { return random_.chance(20) ? "  " + comment() : ""; }

  void map(std::size_t indent, int depth, const Path& path, bool behind_dash) {
    for (std::size_t left = 1 + random_.below(4); left > 0; --left) {
      if (!behind_dash) {
        between(indent);
      }
      const std::string name = "k" + std::to_string(number_++);
      const std::string key = random_.chance(15) ? "\"" + name + "\"" : name;
      Path below = path;
      below.push_back(name);
      paths_.push_back(below);
      member(behind_dash ? 0 : indent, indent, key + ":", depth, below);
      behind_dash = false;
    }
  }

  void member(std::size_t pad, std::size_t indent, const std::string& key, int depth, const Path& path) {
    ends_in_literal_ = false;
    switch (random_.below(depth < 3 ? 9 : 5)) {
      case 0:
        line(pad, key + tail());
        break;
      case 1:
        line(pad, key + " " + flow(2) + tail());
        break;
      case 2:
        line(pad, key + " |" + (random_.chance(50) ? "-" : ""));
        line(indent + 2, "literal # no comment");
        line(indent + 4, "more: text");
        ends_in_literal_ = true;
        break;
      case 5:
      case 6:
        line(pad, key + tail());
        map(indent + (random_.chance(70) ? 2 : 4), depth + 1, path, false);
        break;
      case 7:
      case 8:
        line(pad, key + tail());
        list(indent + (random_.chance(50) ? 0 : 2), depth + 1, path);
        break;
      default:
        line(pad, key + std::string(1 + random_.below(2), ' ') + scalar() + tail());
    }
  }

  void list(std::size_t indent, int depth, const Path& path) {
    const std::size_t count = 1 + random_.below(3);
    for (std::size_t i = 0; i < count; ++i) {
      between(indent);
      Path below = path;
      below.push_back(std::to_string(i));
      paths_.push_back(below);
      if (random_.chance(30) && depth < 3) {
        out_ += std::string(indent, ' ') + "- ";
        map(indent + 2, depth + 1, below, true);
      } else {
        line(indent, "- " + scalar() + tail());
        ends_in_literal_ = false;
      }
    }
  }

  test::RandomValues random_;
  std::string out_;
  std::vector<Path> paths_;
  std::vector<std::string> comments_;
  int number_ = 0;
  bool ends_in_literal_ = false;
};

std::size_t common_prefix(const std::string& a, const std::string& b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

}  // namespace

TEST_CASE("a value is exchanged at its place and all else stays", "[spec][edit]") {
  const std::string text = "# top\ntrain:\n  lr: 0.1   # rate\n  epochs: 5\n\nother: [1, 2]\n";
  CHECK(set(text, {"train", "lr"}, 0.3) == "# top\ntrain:\n  lr: 0.3   # rate\n  epochs: 5\n\nother: [1, 2]\n");
  CHECK(set(text, {"other", "1"}, "x") == "# top\ntrain:\n  lr: 0.1   # rate\n  epochs: 5\n\nother: [1, x]\n");
  CHECK(set(text, {"train", "epochs"}, std::int64_t{5}) == text);
  CHECK(set(text, {"train", "new"}, true) ==
        "# top\ntrain:\n  lr: 0.1   # rate\n  epochs: 5\n  new: true\n\nother: [1, 2]\n");
  CHECK(set(text, {"a", "b"}, "c") == text + "a:\n  b: c\n");
}

TEST_CASE("new keys follow the layout of their map", "[spec][edit]") {
  CHECK(set("a: {b: 1}\n", {"a", "c"}, "x, y") == "a: {b: 1, c: 'x, y'}\n");
  CHECK(set("a: {}\n", {"a", "c"}, 1.0) == "a:\n  c: 1.0\n");
  CHECK(set("a:\n    b: 1\nz: 2\n", {"a", "c"}, true) == "a:\n    b: 1\n    c: true\nz: 2\n");
  CHECK(set("a: # none\nz: 2\n", {"a", "c"}, true) == "a: # none\n  c: true\nz: 2\n");
  CHECK(set("a: 1", {"b"}, true) == "a: 1\nb: true");
  CHECK(set("a: 1\r\n", {"b", "c"}, true) == "a: 1\r\nb:\r\n  c: true\r\n");
  CHECK(set("", {"stages", "x"}, "t") == "stages:\n  x: t\n");
  CHECK(set("# only this\n", {"a"}, "t") == "# only this\na: t\n");
  CHECK(set("l:\n  - 1\n", {"l", "1"}, "t") == "l:\n  - 1\n  - t\n");
  CHECK(set("l: [1]\n", {"l", "1"}, "t") == "l: [1, t]\n");
}

TEST_CASE("values change between one line and many", "[spec][edit]") {
  CHECK(set("a: 1 # c\nb: 2\n", {"a"}, Value(Value::List{"x"})) == "a: # c\n- x\nb: 2\n");
  CHECK(set("a: # c\n  x: 1\n  y: 2\nb: 2\n", {"a"}, "t") == "a: t # c\nb: 2\n");
  CHECK(set("a:\n  x: 1\n  y: 2\nb: 2\n", {"a"}, Value(Value::Map{{"z", true}})) == "a:\n  z: true\nb: 2\n");
  CHECK(set("a: x\nb: 2\n", {"a"}, "one\ntwo\n") == "a: |\n  one\n  two\nb: 2\n");
  CHECK(set("a: |\n  one\n\n  two\n\nb: 2\n", {"a"}, "t") == "a: t\n\nb: 2\n");
  CHECK(set("a: one\n  two # c\nb: 2\n", {"a"}, "t") == "a: t # c\nb: 2\n");
}

TEST_CASE("a key is removed with the comments above it", "[spec][edit]") {
  CHECK(erase("a: 1\n# about b\n# more\nb:\n  c: 1\nd: 2\n", {"b"}) == "a: 1\nd: 2\n");
  CHECK(erase("a: 1\n  # not b's\nb: 1\n", {"b"}) == "a: 1\n  # not b's\n");
  CHECK(erase("a: 1\nb: 2", {"b"}) == "a: 1");
  CHECK(erase("s:\n  # why\n  a: 1\nt: 1\n", {"s", "a"}) == "s: {}\nt: 1\n");
  CHECK(erase("s: {a: 1, b: 2, c: 3}\n", {"s", "b"}) == "s: {a: 1, c: 3}\n");
  CHECK(erase("s: {a: 1, b: 2}\n", {"s", "b"}) == "s: {a: 1}\n");
  CHECK(erase("l:\n- a: 1\n  b: 2\n", {"l", "0", "a"}) == "l:\n- b: 2\n");
  CHECK(erase("l:\n- a\n- b\n", {"l", "0"}) == "l:\n- b\n");
  YamlEditor editor("a: 1\n", "f");
  CHECK_FALSE(editor.erase({"b"}));
  CHECK_FALSE(editor.erase({"a", "c"}));
}

TEST_CASE("edits that would mean something else are refused", "[spec][edit]") {
  const std::string text = "base: &b\n  x: 1\nuse: *b\nm:\n  <<: *b\n  y: 2\n";
  YamlEditor editor(text, "p.yaml");
  CHECK_THROWS_WITH(editor.set({"use", "x"}, true), Catch::StartsWith("p.yaml:") && Catch::Contains("'use.x'"));
  CHECK_THROWS_WITH(editor.set({"base", "x"}, true), "p.yaml:2: 'base.x' cannot be changed in place");
  CHECK_THROWS_WITH(editor.erase({"m", "x"}), Catch::StartsWith("p.yaml:") && Catch::Contains("'m.x'"));
  CHECK(editor.text() == text);
  editor.set({"m", "y"}, true);
  CHECK(editor.text() == "base: &b\n  x: 1\nuse: *b\nm:\n  <<: *b\n  y: true\n");
  CHECK_THROWS_AS(YamlEditor("- 1\n", "f"), Error);
  CHECK_THROWS_AS(set("a: 1\n", {"a", "b"}, true), Error);
  CHECK_THROWS_AS(set("a: [1]\n", {"a", "b"}, true), Error);
  CHECK_THROWS_AS(set("a: [1]\n", {"a", "3"}, true), Error);
}

TEST_CASE("random edits of random documents mean what was asked and keep every comment", "[spec][edit]") {
  Scribe scribe(7);
  for (int i = 0; i < 1500; ++i) {
    const std::string text = scribe.document();
    const Value before = load(text);
    const Path path = scribe.paths()[scribe.random().below(scribe.paths().size())];
    const bool leaf = is_inline(*value_at(before, path)) && value_at(before, path)->get<std::string>() == nullptr;
    const Value value = scribe.random().value(2);
    INFO(text << "\n-> " << join(path, ".") << " = " << to_json(value));
    const std::string after = set(text, path, value);
    INFO(after);
    REQUIRE(load(after) == with_value(before, path, value, "f"));
    for (const std::string& comment : scribe.comments()) {
      REQUIRE((!leaf || after.find(comment) != std::string::npos));
    }
  }
}

TEST_CASE("a key that is added and removed again leaves no trace", "[spec][edit]") {
  Scribe scribe(8);
  for (int i = 0; i < 1500; ++i) {
    const std::string text = scribe.document();
    Path path = scribe.paths()[scribe.random().below(scribe.paths().size())];
    const Value* at = value_at(load(text), path);
    const Value before = load(text);
    at = value_at(before, path);
    if (at->get<Value::Map>() == nullptr || at->get<Value::Map>()->empty()) {
      path.clear();
    }
    path.emplace_back("fresh");
    const Value value = scribe.random().value(2);
    INFO(text << "\n+ " << join(path, ".") << " = " << to_json(value));
    YamlEditor editor(text, "f");
    editor.set(path, value);
    INFO(editor.text());
    REQUIRE(editor.erase(path));
    const bool literal = text.ends_with('\n') || editor.text() == text;
    REQUIRE((literal ? editor.text() == text : editor.text().starts_with(text)));
  }
}

TEST_CASE("random erasures remove one thing", "[spec][edit]") {
  Scribe scribe(9);
  for (int i = 0; i < 1500; ++i) {
    const std::string text = scribe.document();
    const Path path = scribe.paths()[scribe.random().below(scribe.paths().size())];
    INFO(text << "\n- " << join(path, "."));
    const std::string after = erase(text, path);
    INFO(after);
    const Value now = load(after);
    REQUIRE((now.is_null() ? Value(Value::Map{}) : now) == without_value(load(text), path));
    // What comes before the first change is the same text, up to the value or the comments above it.
    REQUIRE(common_prefix(text, after) <= text.size());
  }
}

// SPDX-License-Identifier: Apache-2.0
// What tables and documents look like. Expectations were recorded from DVC 3.67.1.

#include <cmath>
#include <limits>

#include "report/renderers/renderers.hpp"
#include "spec/params.hpp"
#include "support/catch.hpp"

using namespace mlops;
using namespace mlops::report;
using spec::Value;

namespace {

fs::RepoPath at(const char* path) { return fs::RepoPath::parse(path); }

std::vector<RevisionValues> sample() {
  return {{.revision = "",
           .files = {{.path = at("m.json"),
                      .values = spec::read_values(R"({"acc": 0.123456789, "n": 10, "nested": {"a": 1.5}, "t": true})",
                                                  "m.json")},
                     {.path = at("plain.json"), .values = 0.75},
                     {.path = at("dir/gone.yaml"),
                      .values = Value::Map(),
                      .failure = Failure{Failure::Kind::missing, "there is no such file"}}}}};
}

Comparison sample_comparison() {
  Comparison comparison{.before = "HEAD", .after = "workspace", .sides = {}, .files = {}};
  comparison.files = {{at("m.json"), {{"acc", 0.123456789, 0.2, 0.076543211}, {"name", "a", Value(), Value()}}},
                      {at("plain.json"), {{"", 0.75, 0.6, -0.15000000000000002}}}};
  return comparison;
}

}  // namespace

TEST_CASE("metrics are a table with a row for each file") {
  CHECK(text_table(table_of(sample(), MetricsTable{})) ==
        "Path                 acc      n    nested.a    t\n"
        "m.json         -     0.12346  10   1.5         True\n"
        "plain.json     0.75  -        -    -           -\n"
        "dir/gone.yaml  -     -        -    -           -\n");
  CHECK(text_table(table_of(sample(), {.precision = 2, .cwd = at("dir")})) ==
        "Path                 acc    n    nested.a    t\n"
        "../m.json      -     0.12   10   1.5         True\n"
        "../plain.json  0.75  -      -    -           -\n"
        "gone.yaml      -     -      -    -           -\n");
}

TEST_CASE("revisions are a column of their own") {
  auto revisions = sample();
  revisions[0].revision = "main,v1";
  revisions[0].files.resize(1);
  CHECK(text_table(table_of(revisions, {.revisions = true})) ==
        "Revision    Path    acc      n    nested.a    t\n"
        "main,v1     m.json  0.12346  10   1.5         True\n");
}

TEST_CASE("changes are a table with a row for each key") {
  CHECK(text_table(table_of(sample_comparison(), {.precision = 5})) ==
        "Path        Metric    HEAD     workspace    Change\n"
        "m.json      acc       0.12346  0.2          0.07654\n"
        "m.json      name      a        -            -\n"
        "plain.json            0.75     0.6          -0.15\n");
  CHECK(text_table(table_of(sample_comparison(), {.title = "Param", .path = false, .delta = false})) ==
        "Param    HEAD         workspace\n"
        "acc      0.123456789  0.2\n"
        "name     a            -\n"
        "         0.75         0.6\n");
}

TEST_CASE("a table without rows is nothing as text and a header in Markdown") {
  const Comparison none{.before = "HEAD", .after = "workspace", .sides = {}, .files = {}};
  const Table table = table_of(none, {.title = "Param", .delta = false});
  CHECK(text_table(table).empty());
  CHECK(markdown_table(table) ==
        "| Path   | Param   | HEAD   | workspace   |\n"
        "|--------|---------|--------|-------------|\n"
        "\n");
}

TEST_CASE("Markdown has a line between header and rows and an empty one at the end") {
  CHECK(markdown_table(table_of(sample(), MetricsTable{})) ==
        "| Path          |      | acc     | n   | nested.a   | t    |\n"
        "|---------------|------|---------|-----|------------|------|\n"
        "| m.json        | -    | 0.12346 | 10  | 1.5        | True |\n"
        "| plain.json    | 0.75 | -       | -   | -          | -    |\n"
        "| dir/gone.yaml | -    | -       | -   | -          | -    |\n"
        "\n");
}

TEST_CASE("a cell with newlines takes several lines, and stays one cell in Markdown") {
  const Table table{{"Path", "k"}, {{"a", "one\n|two\x1b"}}};
  CHECK(text_table(table) ==
        "Path    k\n"
        "a       one\n"
        "        |two\\x1b\n");
  CHECK(markdown_table(table).find("| one<br>\\|two\\x1b |") != std::string::npos);
}

TEST_CASE("a document holds values by revision and path, and says what failed") {
  CHECK(json_text(document_of(sample(), {}), 0) ==
        R"({"": {"data": {"m.json": {"data": {"acc": 0.123456789, "n": 10, "nested": {"a": 1.5}, "t": true}}, )"
        R"("plain.json": {"data": 0.75}, "dir/gone.yaml": {"error": {"type": "FileNotFoundError", )"
        R"("msg": "[Errno 2] No such file or directory: 'dir/gone.yaml'"}}}}})");
  const std::vector<RevisionValues> broken{
      {.revision = "v1", .files = {}, .failure = Failure{Failure::Kind::declarations, "mlops.yaml:2: no"}}};
  CHECK(json_text(document_of(broken, {}), 0) ==
        R"({"v1": {"error": {"type": "YAMLSyntaxError", "msg": "mlops.yaml:2: no"}}})");
}

TEST_CASE("JSON is ASCII, keeps floats floats and numbers that are not finite bare") {
  const Value document = Value::Map{{"\xc3\xa9\n|x", 1e20},
                                    {"clef", "\xf0\x9d\x84\x9e"},
                                    {"byte", "\xff\x7f"},
                                    {"inf", std::numeric_limits<double>::infinity()},
                                    {"list", Value::List{1.0, Value()}}};
  CHECK(
      json_text(document, 0) ==
      R"({"\u00e9\n|x": 1e+20, "clef": "\ud834\udd1e", "byte": "\udcff\u007f", "inf": Infinity, "list": [1.0, null]})");
}

TEST_CASE("JSON may be indented") {
  CHECK(json_text(Value::Map{{"a", Value::List{true}}, {"b", Value::Map()}}, 2) ==
        "{\n  \"a\": [\n    true\n  ],\n  \"b\": {}\n}");
}

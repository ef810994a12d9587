// SPDX-License-Identifier: Apache-2.0
// The texts are those that DVC 3.67 writes.

#include "spec/dialects/dvc.hpp"
#include "support/catch.hpp"
#include "util/error.hpp"

using namespace mlops;
using namespace mlops::spec;

namespace {

const fs::RepoPath file = fs::RepoPath::parse("dvc.yaml");

/// The stage of this name that a text declares.
Stage stage(const std::string& name, const std::string& text) {
  const ReadFile none = [](const fs::RepoPath&) { return std::optional<std::string>(); };
  const Project project = dvc::read_project(text, file, none);
  REQUIRE(project.find(name) != nullptr);
  return *project.find(name);
}

const std::string one = R"(stages:
  one:
    desc: 'a: desc'
    cmd: echo 'x' > o1 && echo a very long command that goes beyond eighty )"
                        "\n"
                        R"(      columns for sure --because it is long
    deps:
    - d1
    - d2
    params:
    - lr
    - m.p
    - o.yaml:
      - q
    - o2.yaml:
    outs:
    - nc:
        cache: false
    - o1
    - op:
        persist: true
    metrics:
    - met.json
    plots:
    - pl.csv
)";

const std::string two = R"(  two:
    cmd: cp ../d1 z
    wdir: sub
    deps:
    - ../d1
    outs:
    - z
    always_changed: true
)";

}  // namespace

TEST_CASE("a stage is written as DVC writes it", "[spec][dvc]") {
  CHECK(dvc::with_stage("", file, stage("one", one)) == one);
  CHECK(dvc::with_stage(one, file, stage("two", "stages:\n" + two)) == one + two);
  // In any order of a file that a person wrote.
  const std::string wild =
      "stages:\n  one:\n    plots: [pl.csv]\n    outs: [op: {persist: true}, nc: {cache: false}, o1]\n"
      "    params: [{o2.yaml: , o.yaml: [q]}, m.p, lr]\n    deps: [d2, d1]\n    metrics: [met.json]\n"
      "    desc: 'a: desc'\n    cmd: \"echo 'x' > o1 && echo a very long command that goes beyond eighty columns for "
      "sure"
      " --because it is long\"\n";
  CHECK(dvc::with_stage("", file, stage("one", wild)) == one);
}

TEST_CASE("a stage that is there is changed where it differs", "[spec][dvc]") {
  const std::string before =
      "# top\nstages:\n  # about\n  a:   # here\n    cmd: x\n    deps:\n    - d  # dep\nmetrics:\n- m\n";
  Stage changed = stage("a", before);
  changed.cmd.lines = {"y: z"};
  changed.always_changed = true;
  CHECK(
      dvc::with_stage(before, file, changed) ==
      "# top\nstages:\n  # about\n  a:   # here\n    cmd: 'y: z'\n    deps:\n    - d  # dep\n    always_changed: true\n"
      "metrics:\n- m\n");
}

TEST_CASE("a stage is frozen and thawed at the end of its keys", "[spec][dvc]") {
  const std::string frozen = dvc::with_frozen(one + two, file, "two", true);
  CHECK(frozen == one + two + "    frozen: true\n");
  CHECK(dvc::with_frozen(frozen, file, "two", false) == one + two);
  CHECK_THROWS_WITH(dvc::with_frozen(one, file, "on", true), "no stage 'on' in 'dvc.yaml'");
}

TEST_CASE("a stage is removed, and a file that declares nothing else with it", "[spec][dvc]") {
  CHECK(dvc::without_stage(one + two, file, "two") == one);
  CHECK(dvc::without_stage(one, file, "one").empty());
  CHECK(dvc::without_stage("vars:\n- a: 1\n" + one, file, "one") == "vars:\n- a: 1\n");
  CHECK(dvc::without_stage("stages:\n  a:\n    cmd: a\n\n  b:\n    cmd: b\n\n  c:\n    cmd: c\n", file, "b") ==
        "stages:\n  a:\n    cmd: a\n\n  c:\n    cmd: c\n");
}

TEST_CASE("a new stage's name has no punctuation but '-' and '_'", "[spec][dvc]") {
  Stage fresh = stage("one", one);
  fresh.name = GENERATE("a.b", "a/b", "a@b", "a:b", "");
  CHECK_THROWS_AS(dvc::with_stage("", file, fresh), Error);
  fresh.name = "ünï co-de_1";
  CHECK(dvc::with_stage("", file, fresh).starts_with("stages:\n  ünï co-de_1:\n"));
}

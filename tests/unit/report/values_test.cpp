// SPDX-License-Identifier: Apache-2.0
// What is read where: the workspace, commits, the cache behind them.

#include "report/values.hpp"
#include "report/renderers/renderers.hpp"
#include "support/catch.hpp"
#include "support/test_project.hpp"
#include "util/error.hpp"

using namespace mlops;
using namespace mlops::report;
using namespace mlops::test;

namespace {

std::string show(const TestProject& project, const MetricsOptions& options = {}, const std::string& below = {}) {
  auto workspace = project.open(below);
  return json_text(document_of(show_metrics(workspace, options), workspace.cwd()), 0);
}

std::string params(const TestProject& project, const CompareOptions& options = {}) {
  auto workspace = project.open();
  return json_text(document_of(compare_params(workspace, options), workspace.cwd()), 0);
}

std::string metrics(const TestProject& project, const CompareOptions& options = {}) {
  auto workspace = project.open();
  return json_text(document_of(compare_metrics(workspace, options), workspace.cwd()), 0);
}

/// A project that declares metrics and parameters in every way.
class Declared : public TestProject {
 public:
  Declared() {
    write("mlops.yaml", R"(params: [top.toml]
metrics: [plain.json, scores]
stages:
  train:
    cmd: train
    params:
    - lr
    - other.json: [a.b]
    metrics:
    - z.json: {cache: false}
    - a.yaml: {cache: false}
)");
    write("params.yaml", "lr: 0.1\nunused: yes\n");
    write("other.json", R"({"a": {"b": 1, "c": 2}})");
    write("top.toml", "t = 1\n");
    write("plain.json", "0.75");
    write("scores/b.json", R"({"k": 1})");
    write("scores/a.yaml", "v: 2\n");
    write("z.json", R"({"acc": 0.5, "list": [1], "none": null, "empty": {}, "flag": false})");
    write("a.yaml", "loss: 1e-3\n");
    commit("declared");
  }
};

}  // namespace

TEST_CASE("metrics come in the order in which they are declared, directories as their files") {
  const Declared project;
  CHECK(show(project) ==
        R"({"": {"data": {"z.json": {"data": {"acc": 0.5, "flag": false}}, "a.yaml": {"data": {"loss": 0.001}}, )"
        R"("plain.json": {"data": 0.75}, "scores/a.yaml": {"data": {"v": 2}}, "scores/b.json": {"data": {"k": 1}}}}})");
}

TEST_CASE("targets need not be declared, and are taken from where the person stands") {
  const Declared project;
  CHECK(show(project, {.targets = {"b.json", "../params.yaml"}}, "scores") ==
        R"({"": {"data": {"b.json": {"data": {"k": 1}}, "../params.yaml": {"data": {"lr": 0.1, "unused": "yes"}}}}})");
  // They are read even where the pipeline cannot be.
  project.write("mlops.yaml", "stages: [");
  CHECK(show(project, {.targets = {"plain.json"}}) == R"({"": {"data": {"plain.json": {"data": 0.75}}}})");
}

TEST_CASE("what cannot be read is told beside what can") {
  const Declared project;
  project.write("z.json", "{\"broken");
  project.write("a.yaml", "\xff");
  project.erase("plain.json");
  auto workspace = project.open();
  const auto revisions = show_metrics(workspace, {});
  REQUIRE(revisions.size() == 1);
  const auto& files = revisions[0].files;
  REQUIRE(files.size() == 5);
  CHECK(files[0].failure->kind == Failure::Kind::json);
  CHECK(files[1].failure->kind == Failure::Kind::encoding);
  CHECK(files[2].failure->kind == Failure::Kind::missing);
  CHECK_FALSE(files[3].failure);
}

TEST_CASE("a revision whose pipeline makes no sense hides no other") {
  const Declared project;
  project.write("mlops.yaml", "stages: [");
  auto workspace = project.open();
  const auto revisions = show_metrics(workspace, {.all_branches = true});
  REQUIRE(revisions.size() == 2);
  CHECK(revisions[0].failure->kind == Failure::Kind::declarations);
  CHECK(revisions[1].files.size() == 5);
}

TEST_CASE("branches and tags of one commit share a row, and a workspace like its branch is left out") {
  const Declared project;
  const MetricsOptions all{.targets = {"plain.json"}, .all_branches = true, .all_tags = true};
  CHECK(show(project, {.targets = {"plain.json"}, .all_branches = true}) ==
        R"({"main": {"data": {"plain.json": {"data": 0.75}}}})");
  project.git.git({"tag", "v1"});
  project.git.git({"branch", "same"});
  project.write("plain.json", "0.5");
  CHECK(show(project, all) == R"({"workspace": {"data": {"plain.json": {"data": 0.5}}}, )"
                              R"("main,same,v1": {"data": {"plain.json": {"data": 0.75}}}})");
}

TEST_CASE("all commits come newest first, under their full names") {
  const Declared project;
  project.write("plain.json", "0.5");
  project.commit("second");
  auto workspace = project.open();
  const auto revisions = show_metrics(workspace, {.targets = {"plain.json"}, .all_commits = true});
  REQUIRE(revisions.size() == 4);  // the workspace, and the commits of the two above and of the sandbox
  CHECK(revisions[0].revision == "workspace");
  CHECK(revisions[1].revision == workspace.git().head()->hex());
  CHECK(revisions[3].files[0].failure->kind == Failure::Kind::missing);
}

TEST_CASE("metrics are compared with HEAD, or as two revisions") {
  const Declared project;
  project.write("plain.json", "0.5");
  CHECK(metrics(project) == R"({"plain.json": {"": {"old": 0.75, "new": 0.5, "diff": -0.25}}})");
  project.commit("second");
  CHECK(metrics(project) == "{}");
  CHECK(metrics(project, {.before = "HEAD", .after = "HEAD~1"}) ==
        R"({"plain.json": {"": {"old": 0.5, "new": 0.75, "diff": 0.25}}})");
  CHECK(metrics(project, {.before = "workspace", .after = "HEAD~1"}) ==
        R"({"plain.json": {"": {"old": 0.5, "new": 0.75, "diff": 0.25}}})");
}

TEST_CASE("an unknown revision is answered with the nearest") {
  const Declared project;
  auto workspace = project.open();
  try {
    compare_metrics(workspace, {.before = "mian"});
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::missing);
    REQUIRE(error.hints().size() == 1);
    CHECK(error.hints()[0] == "did you mean 'main'?");
  }
}

TEST_CASE("parameters are those of stages, of the top level and of params.yaml") {
  const Declared project;
  CHECK(params(project, {.unchanged = true}) ==
        R"({"other.json": {"a.b": {"old": 1, "new": 1, "diff": 0}}, )"
        R"("params.yaml": {"lr": {"old": 0.1, "new": 0.1, "diff": 0.0}, "unused": {"old": "yes", "new": "yes"}}, )"
        R"("top.toml": {"t": {"old": 1, "new": 1, "diff": 0}}})");
  CHECK(params(project, {.unchanged = true, .only_dependencies = true}) ==
        R"({"other.json": {"a.b": {"old": 1, "new": 1, "diff": 0}}, )"
        R"("params.yaml": {"lr": {"old": 0.1, "new": 0.1, "diff": 0.0}}})");
  CHECK(params(project, {.targets = {"other.json"}, .unchanged = true}) ==
        R"({"other.json": {"a.b": {"old": 1, "new": 1, "diff": 0}, "a.c": {"old": 2, "new": 2, "diff": 0}}})");
}

TEST_CASE("parameters include what templates take from other files") {
  const TestProject project;
  project.write("mlops.yaml", R"(vars: [vars.yaml, {inline: 3}]
stages:
  a:
    vars: [local.yaml]
    cmd: echo ${foo} ${deep.x} ${inline} ${q}
  b:
    foreach: [1, 2]
    do:
      cmd: echo ${item} ${deep.y}
)");
  project.write("vars.yaml", "foo: 1\nunused: 2\ndeep: {x: 1, y: 2}\n");
  project.write("local.yaml", "q: 1\n");
  project.commit("templates");
  project.write("vars.yaml", "foo: 1\nunused: 3\ndeep: {x: 5, y: 2}\n");
  CHECK(params(project) == R"({"vars.yaml": {"deep.x": {"old": 1, "new": 5, "diff": 4}}})");
  CHECK(params(project, {.unchanged = true, .only_dependencies = true}) ==
        R"({"local.yaml": {"q": {"old": 1, "new": 1, "diff": 0}}, "vars.yaml": {)"
        R"("deep.x": {"old": 1, "new": 5, "diff": 4}, "deep.y": {"old": 2, "new": 2, "diff": 0}, )"
        R"("foo": {"old": 1, "new": 1, "diff": 0}}})");
}

TEST_CASE("in a repository without commits nothing differs") {
  const Declared project;
  project.git.git({"checkout", "-q", "--orphan", "fresh"});
  CHECK(metrics(project, {.before = "nosuch"}) == "{}");
}

TEST_CASE("tracked files come from the cache where they are not in the workspace") {
  const TestProject project;
  project.write("scores/a.json", R"({"k": 1})");
  project.write("scores/b.json", R"({"k": 2})");
  track(project, {"scores"});
  project.commit("tracked");
  project.write("scores/a.json", R"({"k": 3})");
  project.erase("scores/b.json");
  CHECK(show(project, {.targets = {"scores"}}) ==
        R"({"": {"data": {"scores/a.json": {"data": {"k": 3}}, "scores/b.json": {"data": {"k": 2}}}}})");
  CHECK(metrics(project, {.targets = {"scores"}}) == R"({"scores/a.json": {"k": {"old": 1, "new": 3, "diff": 2}}})");
  project.erase(".mlops/cache");
  auto workspace = project.open();
  const auto revisions = show_metrics(workspace, {.targets = {"scores/b.json"}});
  REQUIRE(revisions[0].files.size() == 1);
  CHECK(revisions[0].files[0].failure->kind == Failure::Kind::not_cached);
}

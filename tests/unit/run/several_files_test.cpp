// SPDX-License-Identifier: Apache-2.0
// Runs of projects with several pipeline files.

#include "pipeline/status.hpp"
#include "run/apply.hpp"
#include "run/execute.hpp"
#include "run/gc.hpp"
#include "run/history.hpp"
#include "run_project.hpp"
#include "support/catch.hpp"
#include "util/error.hpp"

namespace mlops::test {
namespace {

/// RunProject with a second pipeline file below models/, which reads what `train` of the root makes.
class SeveralFiles : public RunProject {
 public:
  SeveralFiles() {
    write("models/params.yaml", "k: 1\n");
    write(
        "models/mlops.yaml",
        "stages:\n  train:\n    cmd: cat ../model.txt params.yaml > big.txt; echo of models\n    deps: [../model.txt]\n"
        "    params: [k]\n    outs: [big.txt]\n");
    commit("more");
  }
  run::RunResult run_in_models(const std::string& set, const std::string& name) {
    auto workspace = open("models");
    return run::execute(workspace, options({.set = {set}, .name = name}));
  }
};

const std::string train = "models/mlops.yaml:train";

TEST_CASE("a run of several files is recorded with the lock of each") {
  SeveralFiles project;
  const auto result = project.run_all({.name = "first"});
  REQUIRE(result.run);
  CHECK(outcomes_of(result.run->record) == "prepare: executed, train: executed, models/mlops.yaml:train: executed");
  CHECK(project.run_file(*result.run, ".mlops/run/mlops.lock") == project.read("mlops.lock"));
  CHECK(project.run_file(*result.run, ".mlops/run/models/mlops.lock") == project.read("models/mlops.lock"));
  auto workspace = project.open();
  CHECK(run::run_lock(workspace, *result.run).stages.names() == std::vector<std::string>{train, "prepare", "train"});
  CHECK(run::find_run(workspace, "first").record.stages.size() == 3);
  const auto again = project.run_all();
  CHECK(again.nothing_to_do);
  REQUIRE(again.equal);
  CHECK(again.equal->record.name == "first");
}

TEST_CASE("-S without a file means the parameters beside the pipeline file of the directory") {
  SeveralFiles project;
  project.run_in_models("k=2", "two");
  CHECK(project.read("models/params.yaml") == "k: 2\n");
  CHECK(project.read("params.yaml").find("k:") == std::string::npos);
  auto workspace = project.open("models");
  CHECK_THROWS_WITH(run::execute(workspace, project.options({.set = {"mlops.yaml:stages=1"}})),
                    Catch::Contains("is no parameter file"));
}

TEST_CASE("applying a run brings the parameters, locks and outputs of all files") {
  SeveralFiles project;
  project.run_all({.name = "first"});
  project.run_in_models("k=2", "second");
  const std::string lock = project.read("models/mlops.lock");
  auto workspace = project.open();
  const auto result = run::apply(workspace, {.run = "first"});
  CHECK(result.written == std::vector{at("models/mlops.lock"), at("models/params.yaml")});
  CHECK(project.read("models/big.txt").ends_with("k: 1\n"));
  CHECK(project.run_all().nothing_to_do);
  run::apply(workspace, {.run = "second"});
  CHECK(project.read("models/mlops.lock") == lock);
}

TEST_CASE("a pipeline file that a run had and the work tree lacks comes back with it") {
  SeveralFiles project;
  project.run_all({.name = "first"});
  project.git.git({"rm", "-q", "-r", "--ignore-unmatch", "models"});
  project.erase("models");
  project.git.git({"commit", "-q", "-m", "without models"});
  auto workspace = project.open();
  run::apply(workspace, {.run = "first"});
  CHECK(project.exists("models/mlops.yaml"));
  CHECK(project.exists("models/big.txt"));
  CHECK(project.run_all().nothing_to_do);
}

TEST_CASE("a run of several files is reproduced, whole or from a stage that is named where the user is") {
  SeveralFiles project;
  project.run_all({.name = "first"});
  auto workspace = project.open("models");
  CHECK(run::reproduce(workspace, {.run = "first"}).stages.size() == 3);
  const auto one = run::reproduce(workspace, {.run = "first", .targets = {"train"}});
  CHECK(one.stages.back() == train);
  const auto other = run::reproduce(workspace, {.run = "first", .targets = {"../mlops.yaml:prepare"}});
  CHECK(other.stages == std::vector<std::string>{"prepare"});
  project.commit("locks");
  CHECK(run::reproduce(workspace, {.revision = "HEAD"}).stages.size() == 3);
}

TEST_CASE("a killed run of several files is recorded by the next one with the locks that it had reached") {
  SeveralFiles project;
  project.run_all({.name = "before"});
  project.write("src/train.sh", std::string(train_script) + "# newer\necho more >> model.txt\n");
  project.write("models/params.yaml", "k: 3\n");
  CHECK(project.run_killed_after("train") == SIGKILL);
  project.write("models/params.yaml", "k: 4\n");
  const auto next = project.run_all();
  REQUIRE(next.recovered.size() == 1);
  auto workspace = project.open();
  const auto lock = run::run_lock(workspace, next.recovered.front());
  CHECK(lock.stages.names() == std::vector<std::string>{train, "prepare", "train"});
  CHECK(lock.stages.at(train) != run::run_lock(workspace, *next.run).stages.at(train));
}

TEST_CASE("the log of a stage is found by its name where the user is") {
  SeveralFiles project;
  project.run_all({.name = "first"});
  const auto log = [&](const std::string& directory, const std::string& stage) {
    auto workspace = project.open(directory);
    std::string text;
    run::read_logs(workspace, {.run = "first", .stage = stage},
                   [&](const std::string&, std::string_view bytes) { text += bytes; });
    return text;
  };
  CHECK(log("models", "train") == "of models\n");
  CHECK(log("", train) == "of models\n");
  CHECK(log("", "train") == "trained with 0.1\n");
}

TEST_CASE("gc keeps the outputs of all files, now, in commits and in runs") {
  SeveralFiles project;
  project.run_all({.name = "first"});
  project.commit("locks");
  project.write("models/params.yaml", "k: 2\n");
  auto workspace = project.open();
  pipeline::repro(workspace, {});
  project.commit("other locks");
  const auto big = repo::Snapshot::of_workspace(workspace)->find(at("models/big.txt"));
  for (int i = 0; i < 3; ++i) {  // objects leave in two steps
    run::gc(workspace, {.grace_seconds = 0, .stage_age_seconds = 0});
  }
  CHECK(workspace.db().has(big->entry->id()));
  for (const std::string& revision : {std::string("HEAD"), std::string("HEAD~1")}) {
    const auto then = repo::Snapshot::of_tree(workspace, project.git.oid(revision));
    CHECK(workspace.db().has(then->find(at("models/big.txt"))->entry->id()));
  }
}

}  // namespace
}  // namespace mlops::test

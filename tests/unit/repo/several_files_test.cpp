// SPDX-License-Identifier: Apache-2.0
// Projects with several pipeline files, each with a lock beside it.

#include "hash/hasher.hpp"
#include "repo/add.hpp"
#include "repo/compiled.hpp"
#include "repo/journal.hpp"
#include "repo/merge.hpp"
#include "repo/remove.hpp"
#include "repo/snapshot.hpp"
#include "repo/target.hpp"
#include "support/catch.hpp"
#include "support/test_project.hpp"
#include "util/error.hpp"

using namespace mlops;
using repo::Snapshot;
using test::at;
using test::TestProject;
using Words = std::vector<std::string>;

namespace {

spec::LockedStage made(const std::string& out, const std::string& content) {
  spec::LockedStage stage;
  stage.cmd.lines = {"x"};
  stage.outs = {
      {at(out), {store::EntryKind::file, hash::digest_of(hash::Algorithm::sha256, content), content.size(), 1}}};
  return stage;
}

const std::string train = "models/mlops.yaml:train";

/// Three pipeline files; `train` is a stage of two of them.
class SeveralFiles : public TestProject {
 public:
  SeveralFiles() {
    write("mlops.yaml", "stages:\n  train:\n    cmd: x\n    outs:\n    - report\n  all:\n    cmd: x\n");
    write("models/mlops.yaml",
          "stages:\n  train:\n    cmd: x\n    outs:\n    - model\n  each:\n    foreach: [a, b]\n    do:\n"
          "      cmd: y\n      outs:\n      - ${item}.txt\n");
    write("eval/mlops.yaml", "stages:\n  score:\n    cmd: x\n    deps:\n    - ../models/model\n    outs:\n    - s\n");
  }

  Words named(const std::string& word, const std::string& directory = {}) const {
    auto workspace = open(directory);
    const auto snapshot = Snapshot::of_pipeline(workspace);
    Words names;
    for (const spec::Stage* stage : repo::stages_named(workspace, *snapshot, word)) {
      names.push_back(stage->name);
    }
    return names;
  }
};

}  // namespace

TEST_CASE("a snapshot joins all pipeline files, the root's first", "[repo][several]") {
  const SeveralFiles project;
  auto workspace = project.open();
  const auto snapshot = Snapshot::of_workspace(workspace);
  CHECK(snapshot->pipelines == std::vector{at("mlops.yaml"), at("eval/mlops.yaml"), at("models/mlops.yaml")});
  Words names;
  for (const spec::Stage& stage : snapshot->project.stages) {
    names.push_back(stage.name);
  }
  CHECK(names ==
        Words{"train", "all", "eval/mlops.yaml:score", train, "models/mlops.yaml:each@a", "models/mlops.yaml:each@b"});
  CHECK(snapshot->find(at("models/model"))->stage->name == train);
}

TEST_CASE("a project may have no pipeline file at its root", "[repo][several]") {
  const SeveralFiles project;
  project.erase("mlops.yaml");
  auto workspace = project.open();
  CHECK(Snapshot::of_workspace(workspace)->project.stages.size() == 4);
  project.commit("all");
  CHECK(Snapshot::of_tree(workspace, project.git.oid("HEAD"))->project.stages.size() == 4);
}

TEST_CASE("pipeline files in ignored directories, data and other projects are not ours", "[repo][several]") {
  const SeveralFiles project;
  project.write("raw/a", "1");
  {
    auto workspace = project.open();
    repo::add(workspace, {.targets = {"raw"}});
  }
  const std::string broken = "stages: [\n";
  project.write("raw/mlops.yaml", broken);
  project.write("ignored/mlops.yaml", broken);
  project.write(".gitignore", project.read(".gitignore") + "ignored/\n");
  project.write("skipped/mlops.yaml", broken);
  project.write(".mlopsignore", "/skipped\n");
  project.write("other/.mlops/config", "[core]\n\tformat = 1\n");
  project.write("other/mlops.yaml", broken);
  auto workspace = project.open();
  CHECK(Snapshot::of_workspace(workspace)->project.stages.size() == 6);
  CHECK(Snapshot::of_pipeline(workspace)->project.stages.size() == 6);
  project.write("new/mlops.yaml", broken);
  CHECK_THROWS_WITH(Snapshot::of_pipeline(workspace), Catch::StartsWith("new/mlops.yaml:"));
}

TEST_CASE("each stage's state is written into the lock beside its file", "[repo][several]") {
  const SeveralFiles project;
  auto workspace = project.open();
  CHECK(repo::write_lock_files(workspace, {{"train", made("report", "r")}, {train, made("models/model", "m")}}) ==
        std::vector{at("mlops.lock"), at("models/mlops.lock")});
  CHECK(project.read("models/mlops.lock").find("\n  train:\n") != std::string::npos);
  CHECK_FALSE(project.exists("eval/mlops.lock"));
  const auto snapshot = Snapshot::of_pipeline(workspace);
  CHECK(snapshot->lock.stages.names() == Words{train, "train"});
  CHECK(snapshot->lock.stages.at(train) == made("models/model", "m"));
  CHECK(snapshot->find(at("models/model"))->entry->size == 1);
  CHECK(repo::write_lock_files(workspace, {{train, made("models/model", "m")}}).empty());
  CHECK(repo::write_lock_files(workspace, {{train, made("models/model", "m2")}}) ==
        std::vector{at("models/mlops.lock")});
  CHECK(repo::write_lock_files(workspace, {}, {"train"}) == std::vector{at("mlops.lock")});
}

TEST_CASE("a commit's snapshot joins the same files and locks", "[repo][several]") {
  const SeveralFiles project;
  auto workspace = project.open();
  repo::write_lock_files(workspace, {{"train", made("report", "r")}, {train, made("models/model", "m")}});
  project.commit("all");
  const auto now = Snapshot::of_workspace(workspace);
  const auto then = Snapshot::of_tree(workspace, project.git.oid("HEAD"));
  CHECK(then->project == now->project);
  CHECK(then->lock == now->lock);
  CHECK(then->pipelines == now->pipelines);
}

TEST_CASE("the journal of stages of several files is folded into the lock of each", "[repo][several]") {
  const SeveralFiles project;
  auto workspace = project.open();
  const repo::Journal journal(workspace);
  journal.append(train, nullptr, made("models/model", "m"));
  journal.append("train", nullptr, made("report", "r"));
  CHECK(Snapshot::of_pipeline(workspace)->lock.stages.names() == Words{train, "train"});
  CHECK(repo::write_lock_files(workspace, {}) == std::vector{at("mlops.lock"), at("models/mlops.lock")});
  CHECK_FALSE(journal.exists());
  project.commit("locks");
  journal.append("eval/mlops.yaml:score", nullptr, made("eval/s", "s"));
  journal.append("train", nullptr, made("report", "other"));  // as if git had changed the root's entry since
  CHECK(repo::fold_journal(workspace) == std::vector{at("eval/mlops.lock")});
  CHECK(project.exists("eval/mlops.lock"));
  CHECK(Snapshot::of_pipeline(workspace)->lock.stages.at("train") == made("report", "r"));
}

TEST_CASE("a stage whose name or directory holds spaces is one word of the journal", "[repo][several]") {
  const TestProject project;
  auto workspace = project.open();
  const std::string text =
      "stages:\n  t:\n    foreach: [a b, '50% %20']\n    do:\n      cmd: x\n      outs:\n      - o-${item}\n";
  project.write("mlops.yaml", text);
  project.write("my models/mlops.yaml", text);
  const Words stages{"my models/mlops.yaml:t@50% %20", "my models/mlops.yaml:t@a b", "t@50% %20", "t@a b"};
  const repo::Journal journal(workspace);
  for (const std::string& stage : stages) {
    journal.append(stage, nullptr, made("o-a b", "x"));
  }
  CHECK(journal.stages() == stages);
  CHECK(repo::write_lock_files(workspace, {}).size() == 2);
  CHECK(Snapshot::of_pipeline(workspace)->lock.stages.names() == stages);
}

TEST_CASE("a change in one pipeline file leaves the compiled form of the others", "[repo][several]") {
  const SeveralFiles project;
  const auto workspace = project.open();
  const std::vector<fs::RepoPath> files{at("mlops.yaml"), at("models/mlops.yaml")};
  const auto first = repo::read_pipeline_files(workspace, files);
  CHECK(first.project.stages.size() == 5);
  CHECK(repo::read_pipeline_files(workspace, files).project == first.project);
  project.write("models/mlops.yaml", "stages:\n  other:\n    cmd: x\n");
  const auto changed = repo::read_pipeline_files(workspace, files);
  CHECK(changed.project.find("models/mlops.yaml:other") != nullptr);
  CHECK(changed.project.find(train) == nullptr);
  CHECK(changed.project.find("train") != nullptr);
}

TEST_CASE("a word names stages by name here, by file, and by address everywhere", "[repo][several]") {
  const SeveralFiles project;
  CHECK(project.named("train") == Words{"train"});
  CHECK(project.named("train", "models") == Words{train});
  CHECK(project.named("all", "models") == Words{"all"});
  CHECK(project.named(train) == Words{train});
  CHECK(project.named(train, "models") == Words{train});
  CHECK(project.named("mlops.yaml:train") == Words{"train"});
  CHECK(project.named("mlops.yaml:train", "models") == Words{train});
  CHECK(project.named("../mlops.yaml:train", "models") == Words{"train"});
  CHECK(project.named("../models/mlops.yaml", "eval") ==
        Words{train, "models/mlops.yaml:each@a", "models/mlops.yaml:each@b"});
  CHECK(project.named("each", "models") == Words{"models/mlops.yaml:each@a", "models/mlops.yaml:each@b"});
  CHECK(project.named("models/mlops.yaml:each@b") == Words{"models/mlops.yaml:each@b"});
  for (const std::string none : {"score", "models/mlops.yaml:", "models/mlops.yaml:all", "nowhere/mlops.yaml",
                                 "models/mlops.yaml.bak", "../../mlops.yaml:train"}) {
    INFO(none);
    CHECK(project.named(none).empty());
  }
}

TEST_CASE("targets choose the outputs of one file's stages", "[repo][several]") {
  const SeveralFiles project;
  const auto workspace = project.open("models");
  auto opened = project.open("models");
  const auto snapshot = Snapshot::of_workspace(opened);
  const auto paths = [&](const std::string& word) {
    Words found;
    for (const auto& target : repo::resolve_targets(workspace, *snapshot, {.targets = {word}})) {
      found.push_back(target.path.str());
    }
    return found;
  };
  CHECK(paths("train") == Words{"models/model"});
  CHECK(paths("mlops.yaml") == Words{"models/a.txt", "models/b.txt", "models/model"});
  CHECK(paths("../mlops.yaml:train") == Words{"report"});
  CHECK_THROWS_AS(paths("score"), Error);
}

TEST_CASE("stages are removed from their own file and lock", "[repo][several]") {
  const SeveralFiles project;
  auto workspace = project.open("models");
  repo::write_lock_files(workspace, {{"train", made("report", "r")}, {train, made("models/model", "m")}});
  const std::string root_lock = project.read("mlops.lock");
  CHECK_THROWS_AS(repo::remove(workspace, {.targets = {"mlops.yaml"}}), Error);
  CHECK(repo::remove(workspace, {.targets = {"train"}}).stages == Words{train});
  CHECK(project.read("models/mlops.yaml").find("train") == std::string::npos);
  CHECK(project.read("models/mlops.lock") == "version: 1\nstages: {}\n");
  CHECK(project.read("mlops.lock") == root_lock);
  CHECK(repo::remove(workspace, {.targets = {"models/mlops.yaml:each"}}).stages ==
        Words{"models/mlops.yaml:each@a", "models/mlops.yaml:each@b"});
  CHECK(Snapshot::of_pipeline(workspace)->project.stages.size() == 3);
}

TEST_CASE("outputs of stages of two files that overlap are an error that names both", "[repo][several]") {
  const SeveralFiles project;
  project.write("eval/mlops.yaml", "stages:\n  score:\n    cmd: x\n    outs:\n    - ../models/model/part\n");
  auto workspace = project.open();
  CHECK_THROWS_WITH(Snapshot::of_workspace(workspace),
                    "eval/mlops.yaml:5: 'models/model/part' of stage 'eval/mlops.yaml:score' lies inside "
                    "'models/model' of stage 'models/mlops.yaml:train'");
}

TEST_CASE("the merge driver knows the lock of a directory", "[repo][several]") {
  const SeveralFiles project;
  auto workspace = project.open();
  const auto written = [&](const std::string& model, const std::string& each) {
    repo::write_lock_files(
        workspace, {{train, made("models/model", model)}, {"models/mlops.yaml:each@a", made("models/a.txt", each)}});
    return project.read("models/mlops.lock");
  };
  project.write("base", written("1", "1"));
  project.write("theirs", written("1", "2"));
  project.write("ours", written("2", "1"));
  const auto result = repo::merge_file(workspace, "base", "ours", "theirs", "models/mlops.lock");
  CHECK(result.recognised);
  CHECK_FALSE(result.conflict);
  const std::string merged = project.read("ours");
  CHECK(merged == written("2", "2"));
}

// SPDX-License-Identifier: Apache-2.0
#include "repo/snapshot.hpp"

#include "hash/hasher.hpp"
#include "repo/add.hpp"
#include "repo/compiled.hpp"
#include "repo/journal.hpp"
#include "repo/lock_text.hpp"
#include "support/catch.hpp"
#include "support/test_project.hpp"
#include "util/error.hpp"

using namespace mlops;
using repo::Snapshot;
using test::at;
using test::TestProject;

namespace {

constexpr const char* pipeline =
    "stages:\n"
    "  prepare:\n    cmd: python prepare.py\n    deps:\n    - data/raw\n    outs:\n    - data/prepared\n"
    "  train:\n    cmd: python train.py\n    deps:\n    - data/prepared\n    outs:\n    - model\n"
    "    - log.txt:\n        cache: false\n";

spec::LockedStage locked(const std::string& out, const std::string& content) {
  spec::LockedStage stage;
  stage.cmd.lines = {"python train.py"};
  stage.outs = {
      {at(out), {store::EntryKind::file, hash::digest_of(hash::Algorithm::sha256, content), content.size(), 1}}};
  return stage;
}

repo::PipelineFiles read_root(const repo::Workspace& workspace) {
  return repo::read_pipeline_files(workspace, {at("mlops.yaml")});
}

}  // namespace

TEST_CASE("a snapshot holds stages, lock and pointers of the work tree", "[repo]") {
  const TestProject project;
  project.write("mlops.yaml", pipeline);
  project.write("data/raw/a", "1");
  auto workspace = project.open();
  repo::add(workspace, {.targets = {"data/raw"}});
  repo::write_lock_files(workspace, {{"train", locked("model", "weights")}});
  const auto snapshot = Snapshot::of_workspace(workspace);
  const auto tracked = snapshot->tracked();
  REQUIRE(tracked.size() == 3);
  CHECK(tracked[0].path == at("data/prepared"));
  CHECK_FALSE(tracked[0].entry);
  CHECK(tracked[1].path == at("data/raw"));
  CHECK(tracked[1].pointer != nullptr);
  CHECK(tracked[2].path == at("model"));
  CHECK(tracked[2].entry->size == 7);
  CHECK(tracked[2].stage->name == "train");
  CHECK(snapshot->find(at("data/raw/deep/x"))->path == at("data/raw"));
  CHECK_FALSE(snapshot->find(at("data")));
  CHECK_FALSE(snapshot->find(at("modelx")));
}

TEST_CASE("a commit's snapshot is what the work tree was", "[repo]") {
  const TestProject project;
  project.write("mlops.yaml", pipeline);
  project.write("data/raw/a", "1");
  auto workspace = project.open();
  repo::add(workspace, {.targets = {"data/raw"}});
  repo::write_lock_files(workspace, {{"train", locked("model", "weights")}});
  const auto now = Snapshot::of_workspace(workspace);
  project.commit("all");
  const auto then = Snapshot::of_tree(workspace, project.git.oid("HEAD"));
  CHECK(then->project == now->project);
  CHECK(then->lock == now->lock);
  CHECK(then->pointers == now->pointers);
}

TEST_CASE("pointers are not looked for in data, ignored directories or other projects", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  auto workspace = project.open();
  repo::add(workspace, {.targets = {"raw"}});
  project.write("raw/inner.mlops", "not a pointer of ours");
  project.write("ignored/x.mlops", "broken");
  project.write(".gitignore", project.read(".gitignore") + "ignored/\n");
  project.write("skipped/x.mlops", "broken");
  project.write(".mlopsignore", "/skipped\n");
  project.write("other/.mlops/config", "[core]\n\tformat = 1\n");
  project.write("other/x.mlops", "broken");
  CHECK(Snapshot::of_workspace(workspace)->pointers.size() == 1);
  project.write("broken.mlops", "broken");
  CHECK_THROWS_WITH(Snapshot::of_workspace(workspace), Catch::Contains("broken.mlops"));
}

TEST_CASE("a pointer and an output that overlap are an error that names both", "[repo]") {
  const TestProject project;
  project.write("model/w", "1");
  auto workspace = project.open();
  repo::add(workspace, {.targets = {"model"}});
  project.write("mlops.yaml", pipeline);
  CHECK_THROWS_WITH(Snapshot::of_workspace(workspace),
                    Catch::Contains("stage 'train'") && Catch::Contains("model.mlops"));
}

TEST_CASE("an unchanged pipeline is loaded from its compiled form and a changed one is read", "[repo]") {
  const TestProject project;
  project.write("mlops.yaml", pipeline);
  const auto workspace = project.open();
  const auto first = read_root(workspace);
  CHECK(first.project.stages.size() == 2);
  CHECK(project.exists(".mlops/tmp/compiled"));
  CHECK(read_root(workspace).project == first.project);
  // An old file is evidence by its times alone: a text that cannot be parsed is not even looked at.
  project.age("mlops.yaml");
  CHECK(read_root(workspace).project == first.project);
  project.write("mlops.yaml", std::string(pipeline) + "  more:\n    cmd: x\n");
  CHECK(read_root(workspace).project.stages.size() == 3);
  project.erase("mlops.yaml");
  CHECK(read_root(workspace).project.stages.empty());
}

TEST_CASE("a change within the grain of the clock and of the same size is seen", "[repo]") {
  const TestProject project;
  const auto workspace = project.open();
  for (char c = 'a'; c <= 'z'; ++c) {
    project.write("mlops.yaml", std::string("stages:\n  ") + c + ":\n    cmd: x\n");
    const auto files = read_root(workspace);
    REQUIRE(files.project.stages.size() == 1);
    CHECK(files.project.stages[0].name == std::string(1, c));
  }
}

TEST_CASE("a compiled form of any length is harmless", "[repo]") {
  const TestProject project;
  project.write("mlops.yaml", pipeline);
  const auto workspace = project.open();
  const auto expected = read_root(workspace);
  const std::string whole = project.read(".mlops/tmp/compiled");
  for (std::size_t length = 0; length < whole.size(); length += 1 + length / 16) {
    project.write(".mlops/tmp/compiled", whole.substr(0, length));
    CHECK(read_root(workspace).project == expected.project);
  }
}

TEST_CASE("journal records count until the lock is rewritten", "[repo]") {
  const TestProject project;
  project.write("mlops.yaml", pipeline);
  auto workspace = project.open();
  const std::vector<fs::RepoPath> written{at("mlops.lock")};
  CHECK(repo::write_lock_files(workspace, {{"prepare", locked("data/prepared", "p")}}) == written);
  const std::string text = project.read("mlops.lock");
  const repo::Journal journal(workspace);
  const spec::LockedStage once = locked("model", "w1");
  journal.append("train", nullptr, once);
  journal.append("train", &once, locked("model", "w22"));
  auto snapshot = Snapshot::of_pipeline(workspace);
  CHECK(snapshot->journal_pending);
  CHECK(snapshot->lock.stages.at("train").outs[0].entry.size == 3);
  CHECK(snapshot->lock.stages.at("prepare").outs[0].entry.size == 1);
  CHECK(repo::write_lock_files(workspace, {}) == written);
  CHECK(project.read("mlops.lock") != text);
  CHECK_FALSE(journal.exists());
  snapshot = Snapshot::of_pipeline(workspace);
  CHECK_FALSE(snapshot->journal_pending);
  CHECK(snapshot->lock.stages.size() == 2);
}

TEST_CASE("a torn last record is dropped and the next append mends the journal", "[repo]") {
  const TestProject project;
  auto workspace = project.open();
  const repo::Journal journal(workspace);
  journal.append("a", nullptr, locked("x", "1"));
  const std::string one = project.read(".mlops/tmp/journal");
  journal.append("b", nullptr, locked("y", "2"));
  const std::string two = project.read(".mlops/tmp/journal");
  for (std::size_t length = 0; length < two.size(); ++length) {
    project.write(".mlops/tmp/journal", two.substr(0, length));
    const std::size_t expected = length < one.size() ? 0 : 1;
    REQUIRE(journal.read({}).records.size() == expected);
    journal.append("c", nullptr, locked("z", "3"));
    const auto records = journal.read({}).records;
    REQUIRE(records.size() == expected + 1);
    CHECK(records.back().first == "c");
  }
}

TEST_CASE("a record counts until the lock says something else of its stage", "[repo]") {
  const TestProject project;
  auto workspace = project.open();
  const repo::Journal journal(workspace);
  const spec::LockedStage old = locked("y", "2");
  journal.append("a", nullptr, locked("x", "1"));
  journal.append("b", &old, locked("y", "3"));
  // As git leaves it: the lock of another branch, which knows other stages and another result of one of these.
  spec::Lock lock;
  lock.stages.insert_or_assign("c", locked("z", "4"));
  lock.stages.insert_or_assign("b", locked("y", "other"));
  const auto contents = journal.read(lock);
  REQUIRE(contents.records.size() == 1);
  CHECK(contents.records.front().first == "a");
  CHECK(contents.passed_over == std::vector<std::string>{"b"});
  lock.stages.insert_or_assign("b", old);
  CHECK(journal.read(lock).records.size() == 2);
  CHECK(journal.read(lock).passed_over.empty());
  project.write("mlops.lock", spec::native_dialect().write_lock(lock, at("mlops.lock"), {}));
  repo::write_lock_files(workspace, {});
  CHECK_FALSE(journal.exists());
  CHECK(Snapshot::of_pipeline(workspace)->lock.stages.at("b") == locked("y", "3"));
}

TEST_CASE("a journal that was folded in already adds nothing and is no conflict", "[repo]") {
  const TestProject project;
  auto workspace = project.open();
  const repo::Journal journal(workspace);
  const spec::LockedStage one = locked("x", "1"), two = locked("x", "22");
  journal.append("a", nullptr, one);
  journal.append("a", &one, two);
  spec::Lock lock;
  lock.stages.insert_or_assign("a", two);
  const auto contents = journal.read(lock);
  CHECK(contents.passed_over.empty());
  for (const auto& [stage, state] : contents.records) {
    CHECK(state == two);
  }
}

TEST_CASE("an append after someone rewrote the lock adds to the new one", "[repo]") {
  const TestProject project;
  auto workspace = project.open();
  const repo::Journal journal(workspace);
  repo::write_lock_files(workspace, {{"a", locked("x", "1")}});
  repo::write_lock_files(workspace, {{"b", locked("y", "2")}});
  journal.append("c", nullptr, locked("z", "3"));
  CHECK(Snapshot::of_pipeline(workspace)->lock.stages.size() == 3);
}

TEST_CASE("a conflicted lock is refused and never rewritten", "[repo]") {
  const TestProject project;
  const std::string text = "<<<<<<< ours\nversion: 1\n=======\nversion: 1\n>>>>>>> theirs\n";
  project.write("mlops.lock", text);
  auto workspace = project.open();
  CHECK_THROWS_AS(Snapshot::of_pipeline(workspace), Error);
  CHECK_THROWS_AS(repo::write_lock_files(workspace, {{"a", locked("x", "1")}}), Error);
  CHECK(project.read("mlops.lock") == text);
}

TEST_CASE("two that claim the same path are named with the line that says so", "[repo]") {
  const TestProject project;
  project.write("mlops.yaml",
                "stages:\n  a:\n    cmd: ls\n    outs:\n    - x\n  b:\n    cmd: ls\n    outs:\n    - x/y\n");
  auto workspace = project.open();
  CHECK_THROWS_WITH(Snapshot::of_workspace(workspace), "mlops.yaml:9: 'x/y' of stage 'b' lies inside 'x' of stage 'a'");
}

TEST_CASE("a pointer inside an output that was never made is seen, so that no run clears it away", "[repo]") {
  const TestProject project;
  project.write("data/raw/a", "1");
  {
    auto workspace = project.open();
    repo::add(workspace, {.targets = {"data/raw"}});
  }
  project.write("mlops.yaml", "stages:\n  a:\n    cmd: ls\n    outs:\n    - data\n");
  auto workspace = project.open();
  CHECK_THROWS_WITH(Snapshot::of_workspace(workspace),
                    "mlops.yaml:5: 'data/raw' of 'data/raw.mlops' lies inside 'data' of stage 'a'");
}

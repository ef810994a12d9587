// SPDX-License-Identifier: Apache-2.0
#include "repo/data_status.hpp"

#include <sys/stat.h>

#include "hash/hasher.hpp"
#include "repo/journal.hpp"
#include "support/catch.hpp"
#include "support/test_project.hpp"

using namespace mlops;
using repo::DataState;
using test::at;
using test::TestProject;
using test::track;

namespace {

repo::DataStatus status(const TestProject& project, const repo::DataStatusOptions& options = {}) {
  auto workspace = project.open();
  return repo::data_status(workspace, options);
}

}  // namespace

TEST_CASE("status tells clean, modified and missing apart, and lists what changed", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  project.write("raw/b", "2");
  project.write("raw/c", "3");
  project.write("model", "w");
  project.write("gone", "g");
  track(project, {"raw", "model", "gone"});
  CHECK(status(project).clean());
  project.write("raw/a", "changed");
  project.erase("raw/b");
  project.write("raw/d", "new");
  project.erase("gone");
  const auto now = status(project);
  REQUIRE(now.items.size() == 3);
  CHECK_FALSE(now.clean());
  CHECK(now.items[0].path == at("gone"));
  CHECK(now.items[0].state == DataState::missing);
  CHECK(now.items[0].in_cache);
  CHECK(now.items[1].state == DataState::clean);
  CHECK(now.items[2].state == DataState::modified);
  REQUIRE(now.items[2].changes.size() == 3);
  CHECK(now.items[2].changes[0].change == store::Change::modified);
  CHECK(now.items[2].changes[1].change == store::Change::deleted);
  CHECK(now.items[2].changes[2].change == store::Change::added);
  CHECK(now.items[2].pointer == at("raw.mlops"));
}

TEST_CASE("status says what the cache lacks", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  project.write("model", "w");
  track(project, {"raw", "model"});
  std::filesystem::remove_all(project.path(".mlops/cache"));
  auto now = status(project);
  CHECK(now.items[0].state == DataState::clean);
  CHECK_FALSE(now.items[0].in_cache);
  project.write("raw/b", "2");
  now = status(project);
  CHECK(now.items[1].state == DataState::modified);
  CHECK_FALSE(now.items[1].changes_known);
}

TEST_CASE("outputs that were never made are told from ones that nobody recorded", "[repo]") {
  const TestProject project;
  project.write("mlops.yaml", "stages:\n  s:\n    cmd: x\n    outs:\n    - made\n    - not-made\n");
  project.write("made", "1");
  const auto now = status(project);
  REQUIRE(now.items.size() == 2);
  CHECK(now.items[0].state == DataState::unstored);
  CHECK(now.items[0].stage == "s");
  CHECK(now.items[1].state == DataState::not_made);
}

TEST_CASE("status of a part of a tracked directory looks at that part", "[repo]") {
  const TestProject project;
  project.write("raw/deep/a", "1");
  project.write("raw/b", "2");
  track(project, {"raw"});
  project.write("raw/b", "changed");
  const auto part = status(project, {.targets = {.targets = {"raw/deep"}}});
  REQUIRE(part.items.size() == 1);
  CHECK(part.items[0].path == at("raw/deep"));
  CHECK(part.items[0].state == DataState::clean);
}

TEST_CASE("status keeps what it hashed, also in a clone without a state directory", "[repo]") {
  const TestProject project;
  project.write("model", "w");
  project.age("model");
  track(project, {"model"});
  std::filesystem::remove_all(project.path(".mlops/tmp"));
  // Times of a file only just made are no evidence yet (ctime cannot be set): look until they are.
  for (int looks = 0; looks < 10000 && !project.exists(".mlops/tmp/memo"); ++looks) {
    REQUIRE(status(project).clean());
  }
  CHECK(project.exists(".mlops/tmp/memo"));
}

TEST_CASE("what cannot be tracked as it is now is a change that is told, not a failure", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  project.write("model", "w");
  track(project, {"raw", "model"});
  REQUIRE(::mkfifo(project.path("raw/ff").c_str(), 0600) == 0);
  project.erase("model");
  std::filesystem::create_symlink("/etc/passwd", project.path("model"));
  const auto now = status(project);
  REQUIRE(now.items.size() == 2);
  for (const auto& item : now.items) {
    CHECK(item.state == DataState::modified);
    CHECK_FALSE(item.actual);
    CHECK(item.changes.empty());
  }
  CHECK(now.items[0].problem == "cannot track 'model': it is a symbolic link");
  CHECK(now.items[1].problem == "cannot track 'raw/ff': it is neither a file, a directory nor a link");
}

TEST_CASE("metadata that git does not know is named until it does", "[repo]") {
  const TestProject project;
  const auto unknown = [&] {
    auto workspace = project.open();
    return repo::untracked_metadata(workspace, *repo::Snapshot::of_workspace(workspace));
  };
  CHECK(unknown().empty());
  project.write("deep/raw", "1");
  project.write("mlops.yaml", "stages: {}\n");
  project.write("user", "not ours");
  track(project, {"deep/raw"});
  CHECK(unknown() == std::vector{at("deep/.gitignore"), at("deep/raw.mlops"), at("mlops.yaml")});
  project.git.git({"add", "deep"});
  CHECK(unknown() == std::vector{at("mlops.yaml")});
  project.git.git({"rm", "-q", "--cached", "deep/raw.mlops"});
  CHECK(unknown() == std::vector{at("deep/raw.mlops"), at("mlops.yaml")});
  project.write(".git/info/exclude", "mlops.yaml\n");
  CHECK(unknown() == std::vector{at("deep/raw.mlops")});
  project.write(".git/index", "no index");
  CHECK(unknown().empty());
}

TEST_CASE("changes since HEAD are those that a commit would record", "[repo]") {
  const TestProject project;
  project.write("a", "1");
  project.write("b", "1");
  track(project, {"a", "b"});
  auto workspace = project.open();
  CHECK(repo::changes_since_head(workspace, *repo::Snapshot::of_workspace(workspace)).size() == 2);
  project.commit("both");
  CHECK(repo::changes_since_head(workspace, *repo::Snapshot::of_workspace(workspace)).empty());
  project.write("a", "2");
  track(project, {"a"});
  project.erase("b.mlops");
  const auto changes = repo::changes_since_head(workspace, *repo::Snapshot::of_workspace(workspace));
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].path == at("a"));
  CHECK(changes[0].after->size == 1);
  CHECK_FALSE(changes[1].after);
}

TEST_CASE("a part of a directory that is neither recorded nor there is named", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  track(project, {"raw"});
  auto workspace = project.open();
  CHECK_THROWS_WITH(repo::data_status(workspace, {.targets = {.targets = {"raw/nope"}}}),
                    Catch::Contains("'raw/nope' is neither there"));
  project.write("raw/new", "2");
  CHECK_FALSE(repo::data_status(workspace, {.targets = {.targets = {"raw/new"}}}).clean());
  project.erase("raw/a");
  CHECK_FALSE(repo::data_status(workspace, {.targets = {.targets = {"raw/a"}}}).clean());
}

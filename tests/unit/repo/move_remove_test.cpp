// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include "hash/hasher.hpp"
#include "repo/add.hpp"
#include "repo/data_status.hpp"
#include "repo/journal.hpp"
#include "repo/move.hpp"
#include "repo/remove.hpp"
#include "repo/settings.hpp"
#include "repo/unprotect.hpp"
#include "support/catch.hpp"
#include "support/test_project.hpp"
#include "util/error.hpp"

using namespace mlops;
using test::at;
using test::TestProject;
using test::track;

namespace {

constexpr const char* pipeline = "stages:\n  s:\n    cmd: x\n    outs:\n    - out\n  t:\n    cmd: y\n";

}  // namespace

TEST_CASE("move takes data, pointer and ignore line along", "[repo]") {
  const TestProject project;
  project.write("data/raw/a", "1");
  std::filesystem::create_directories(project.path("new"));
  track(project, {"data/raw"});
  auto workspace = project.open();
  const auto result = repo::move(workspace, "data/raw", "new");
  CHECK(result.to == at("new/raw"));
  CHECK(project.read("new/raw/a") == "1");
  CHECK(project.read("new/.gitignore") == "/raw\n");
  CHECK_FALSE(project.exists("data/raw.mlops"));
  CHECK_FALSE(project.exists("data/.gitignore"));
  CHECK(repo::data_status(workspace, {}).clean());
  CHECK(repo::data_status(workspace, {}).items[0].path == at("new/raw"));
}

TEST_CASE("move refuses what it cannot do and changes nothing", "[repo]") {
  const TestProject project;
  project.write("mlops.yaml", pipeline);
  project.write("raw/a", "1");
  project.write("taken", "2");
  track(project, {"raw"});
  auto workspace = project.open();
  CHECK_THROWS_WITH(repo::move(workspace, "out", "x"), Catch::Contains("output of stage"));
  CHECK_THROWS_WITH(repo::move(workspace, "raw/a", "x"), Catch::Contains("part of"));
  CHECK_THROWS_WITH(repo::move(workspace, "taken", "x"), Catch::Contains("not tracked"));
  CHECK_THROWS_WITH(repo::move(workspace, "raw", "taken"), Catch::Contains("exists already"));
  CHECK_THROWS_WITH(repo::move(workspace, "raw", "no/such"), Catch::Contains("is not a directory"));
  CHECK_THROWS_WITH(repo::move(workspace, "raw", "raw/inside"),
                    "'raw' cannot move to 'raw/inside': it would lie in itself");
  CHECK_THROWS_AS(repo::move(workspace, "raw", "../outside"), Error);
  CHECK(repo::data_status(workspace, {.targets = {.targets = {"raw"}}}).clean());
}

TEST_CASE("remove stops tracking and leaves the data", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  track(project, {"raw"});
  auto workspace = project.open();
  const auto result = repo::remove(workspace, {.targets = {"raw.mlops"}});
  CHECK(result.pointers == std::vector{at("raw.mlops")});
  // git knew neither, and both are gone.
  CHECK(result.changed_files.empty());
  CHECK(project.read("raw/a") == "1");
  CHECK_FALSE(project.exists(".gitignore"));
  CHECK(repo::data_status(workspace, {}).items.empty());
}

TEST_CASE("git is told of what it knew or can see, and of nothing else", "[repo]") {
  const TestProject project;
  project.write("known", "1");
  track(project, {"known"});
  project.commit("track");
  project.write("new", "2");
  track(project, {"new"});
  auto workspace = project.open();
  CHECK(repo::move(workspace, "new", "newer").changed_files == std::vector{at(".gitignore"), at("newer.mlops")});
  CHECK(repo::move(workspace, "known", "better").changed_files ==
        std::vector{at(".gitignore"), at("better.mlops"), at("known.mlops")});
}

TEST_CASE("remove --outs deletes only what the store holds", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  track(project, {"raw"});
  project.write("raw/b", "nowhere else");
  auto workspace = project.open();
  CHECK_THROWS_AS(repo::remove(workspace, {.targets = {"raw"}, .outs = true}), Error);
  CHECK(project.exists("raw.mlops"));
  CHECK(project.exists("raw/a"));
  const auto result = repo::remove(workspace, {.targets = {"raw"}, .outs = true, .force = true});
  REQUIRE(result.rescued.size() == 1);
  CHECK(project.git.dir.read(result.rescued[0].second) == "nowhere else");
  CHECK_FALSE(project.exists("raw"));
  CHECK_FALSE(project.exists("raw.mlops"));
}

TEST_CASE("removing a stage takes it out of pipeline, lock and ignore lines", "[repo]") {
  const TestProject project;
  project.write("mlops.yaml", pipeline);
  auto workspace = project.open();
  spec::LockedStage state;
  state.cmd.lines = {"x"};
  repo::write_lock_files(workspace, {{"s", state}, {"t", state}});
  const auto result = repo::remove(workspace, {.targets = {"s"}});
  CHECK(result.stages == std::vector<std::string>{"s"});
  const auto snapshot = repo::Snapshot::of_workspace(workspace);
  CHECK(snapshot->project.stages.size() == 1);
  CHECK(snapshot->lock.stages.size() == 1);
  CHECK_THROWS_WITH(repo::remove(workspace, {.targets = {"s"}}), Catch::Contains("neither tracked"));
}

TEST_CASE("unprotect makes links writable copies", "[repo]") {
  const TestProject project;
  auto workspace = project.open();
  repo::set_config(workspace, "cache.type", "symlink");
  project.write("raw/a", "1");
  repo::add(workspace, {.targets = {"raw"}});
  CHECK(std::filesystem::is_symlink(project.path("raw/a")));
  CHECK(repo::unprotect(workspace, {"raw"}).files == 1);
  CHECK_FALSE(std::filesystem::is_symlink(project.path("raw/a")));
  CHECK(project.read("raw/a") == "1");
  CHECK(repo::unprotect(workspace, {}).files == 0);
}

// SPDX-License-Identifier: Apache-2.0
#include "repo/sync.hpp"

#include "repo/data_status.hpp"
#include "repo/settings.hpp"
#include "support/catch.hpp"
#include "support/test_project.hpp"
#include "util/error.hpp"

using namespace mlops;
using test::at;
using test::TestProject;
using test::track;

namespace {

/// A project with two tracked paths and a folder as its default remote, committed.
void fill(const TestProject& project) {
  project.write("raw/a", "1");
  project.write("raw/deep/b", "22");
  project.write("model", "weights");
  track(project, {"raw", "model"});
  std::filesystem::create_directories(project.git.dir / "store");
  auto workspace = project.open();
  repo::add_remote(workspace, {.name = "store", .url = (project.git.dir / "store").string(), .make_default = true});
  project.commit("data");
}

repo::SyncResult push(const TestProject& project, const repo::SyncOptions& options = {}) {
  auto workspace = project.open();
  return repo::push(workspace, options);
}

}  // namespace

TEST_CASE("what one clone pushes another pulls", "[repo]") {
  const TestProject project;
  fill(project);
  const auto pushed = push(project);
  CHECK(pushed.complete());
  CHECK(pushed.paths == 2);
  CHECK(pushed.objects() == 5);  // three files, two trees
  CHECK(push(project).objects() == 0);
  auto clone = repo::Workspace::open(project.session_at(project.clone("clone")));
  const auto pulled = repo::pull(clone, {});
  CHECK(pulled.sync.complete());
  CHECK(pulled.checkout.added == std::vector{at("model"), at("raw/a"), at("raw/deep/b")});
  CHECK(repo::data_status(clone, {}).clean());
  CHECK(project.git.git({"status", "--porcelain"}, clone.root()).empty());
  CHECK(repo::pull(clone, {}).sync.remotes.empty());
}

TEST_CASE("a part of a directory is fetched alone", "[repo]") {
  const TestProject project;
  fill(project);
  push(project);
  auto clone = repo::Workspace::open(project.session_at(project.clone("clone")));
  const auto pulled = repo::pull(clone, {.sync = {.targets = {.targets = {"raw/deep"}}}});
  CHECK(pulled.sync.objects() == 2);
  CHECK(pulled.checkout.added == std::vector{at("raw/deep/b")});
  CHECK_FALSE(std::filesystem::exists(clone.root() + "/raw/a"));
  CHECK_THROWS_WITH(repo::fetch(clone, {.targets = {.targets = {"raw/none"}}}), Catch::Contains("is not part of"));
}

TEST_CASE("a dry run and cloud status change nothing and tell what is where", "[repo]") {
  const TestProject project;
  fill(project);
  CHECK(push(project, {.dry_run = true}).objects() == 5);
  CHECK(std::filesystem::is_empty(project.git.dir / "store"));
  std::filesystem::remove(project.git.dir / "store");
  CHECK(push(project, {.dry_run = true}).objects() == 5);
  CHECK_FALSE(std::filesystem::exists(project.git.dir / "store"));
  auto workspace = project.open();
  CHECK_THROWS_WITH(repo::cloud_status(workspace, {}), Catch::Contains("is gone"));
  std::filesystem::create_directory(project.git.dir / "store");
  auto status = repo::cloud_status(workspace, {});
  CHECK(status.items.size() == 5);
  for (const auto& item : status.items) {
    CHECK(item.state == repo::CloudItem::State::new_here);
  }
  push(project);
  CHECK(repo::cloud_status(workspace, {}).items.empty());
  auto clone = repo::Workspace::open(project.session_at(project.clone("clone")));
  status = repo::cloud_status(clone, {.targets = {.targets = {"model"}}});
  REQUIRE(status.items.size() == 1);
  CHECK(status.items[0].state == repo::CloudItem::State::only_remote);
  CHECK(status.items[0].path == "model");
}

TEST_CASE("what is neither here nor there is named with who recorded it", "[repo]") {
  const TestProject project;
  fill(project);
  push(project, {.targets = {.targets = {"raw"}}});
  // Nor next door: a clone asks its local origin's cache before it gives up.
  std::filesystem::remove_all(project.path(".mlops/cache"));
  auto clone = repo::Workspace::open(project.session_at(project.clone("clone")));
  const auto pulled = repo::pull(clone, {});
  CHECK_FALSE(pulled.sync.complete());
  REQUIRE(pulled.sync.remotes.size() == 1);
  REQUIRE(pulled.sync.remotes[0].transfer.missing.size() == 1);
  CHECK(pulled.sync.remotes[0].transfer.missing[0].label == "model");
  REQUIRE(pulled.sync.hints.size() == 1);
  CHECK_THAT(pulled.sync.hints[0], Catch::Contains("Test Author <author@example.com>"));
  CHECK(pulled.checkout.missing == std::vector{at("model")});
  CHECK(pulled.checkout.added.size() == 2);
}

TEST_CASE("other revisions are pushed when asked for", "[repo]") {
  const TestProject project;
  fill(project);
  project.git.git({"tag", "v1"});
  project.write("model", "weights 2");
  track(project, {"model"});
  project.commit("second");
  CHECK(push(project, {.dry_run = true}).objects() == 5);
  CHECK(push(project, {.revisions = {.all_tags = true}, .dry_run = true}).objects() == 6);
  CHECK(push(project, {.revisions = {.all_commits = true}, .dry_run = true}).objects() == 6);
  CHECK(push(project, {.targets = {.targets = {"model"}}, .revisions = {.revisions = {"HEAD~1"}}}).objects() == 2);
  CHECK_THROWS_AS(push(project, {.revisions = {.revisions = {"nothing"}}}), Error);
}

TEST_CASE("outputs may stay at home or have a remote of their own", "[repo]") {
  const TestProject project;
  fill(project);
  auto workspace = project.open();
  repo::add_remote(workspace, {.name = "second", .url = (project.git.dir / "second").string()});
  project.write("model.mlops", project.read("model.mlops") + "remote: second\n");
  project.write("private", "p");
  track(project, {"private"});
  project.write("private.mlops", project.read("private.mlops") + "push: false\n");
  const auto pushed = push(project);
  REQUIRE(pushed.remotes.size() == 2);
  CHECK(pushed.remotes[0].remote == "second");
  CHECK(pushed.remotes[0].transfer.objects == 1);
  CHECK(pushed.remotes[1].transfer.objects == 4);
}

TEST_CASE("without a remote push fails and a pull of what is here does not", "[repo]") {
  const TestProject project;
  project.write("model", "w");
  track(project, {"model"});
  CHECK_THROWS_WITH(push(project), Catch::Contains("no remote is configured"));
  project.erase("model");
  auto workspace = project.open();
  CHECK(repo::pull(workspace, {}).checkout.added.size() == 1);
}

TEST_CASE("a remote that nobody knows is a mistake, also when nothing is lacking", "[repo]") {
  const TestProject project;
  fill(project);
  auto workspace = project.open();
  CHECK_THROWS_WITH(repo::pull(workspace, {.sync = {.remote = "stroe"}}), Catch::Contains("'stroe'"));
  CHECK_THROWS_WITH(repo::fetch(workspace, {.remote = "stroe"}), Catch::Contains("'stroe'"));
}

TEST_CASE("a folder that is gone after it was used is not made again by a push", "[repo]") {
  const TestProject project;
  fill(project);
  const auto store = project.git.dir / "store";
  std::filesystem::remove(store);
  CHECK(push(project).complete());  // the first push makes it
  std::filesystem::rename(store, project.git.dir / "elsewhere");
  CHECK_THROWS_WITH(push(project), Catch::Contains("remote 'store' is gone"));
  CHECK_FALSE(std::filesystem::exists(store));
  // An empty folder may be the mount point of a share that is not there.
  std::filesystem::create_directory(store);
  CHECK_THROWS_WITH(push(project), Catch::Contains("remote 'store' is empty"));
  CHECK(std::filesystem::is_empty(store));
  project.erase(".mlops/tmp/remotes");
  CHECK(push(project).objects() == 5);
}

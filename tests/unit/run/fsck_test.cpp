// SPDX-License-Identifier: Apache-2.0
#include "run/fsck.hpp"

#include "hash/hasher.hpp"
#include "repo/sync.hpp"
#include "run_project.hpp"
#include "support/catch.hpp"

namespace mlops::test {
namespace {

hash::ObjectId file_id(std::string_view content) {
  return {hash::digest_of(hash::Algorithm::sha256, content), hash::ObjectKind::file};
}

std::string object_of(std::string_view content) { return ".mlops/cache/" + hash::object_path(file_id(content)); }

void corrupt(RunProject& project, std::string_view content) {
  const std::string path = object_of(content);
  std::filesystem::permissions(project.path(path), std::filesystem::perms::owner_write,
                               std::filesystem::perm_options::add);
  project.write(path, "rotten");
}

const run::FsckItem* find(const run::FsckVerbResult& result, const hash::ObjectId& id) {
  for (const run::FsckItem& item : result.items) {
    if (item.id == id) {
      return &item;
    }
  }
  return nullptr;
}

std::string needs_text(const run::FsckItem& item) {
  std::string text;
  for (const auto& need : item.needs) {
    text += need.path + " (" + need.revision.substr(0, need.revision.find(' ')) + ") ";
  }
  return text;
}

TEST_CASE("a whole cache is healthy, and what nothing names is counted") {
  RunProject project;
  project.run_all();
  auto workspace = project.open();
  const auto result = run::fsck(workspace, {.remote = {}});
  CHECK(result.healthy());
  CHECK(result.items.empty());
  CHECK(result.checked >= 5);
  CHECK(result.reachable >= 5);
  CHECK(result.unreadable.empty());
}

TEST_CASE("a corrupt object is quarantined and every path that needs it is named") {
  RunProject project;
  project.write("copy/same.txt", "alpha\n");
  auto workspace = project.open();
  repo::add(workspace, {.targets = {"copy"}, .desc = {}, .type = {}, .labels = {}, .meta = {}});
  project.run_all({.name = "one"});
  corrupt(project, "alpha\n");
  const auto result = run::fsck(workspace, {.remote = {}});
  const run::FsckItem* item = find(result, file_id("alpha\n"));
  REQUIRE(item != nullptr);
  CHECK(item->state == run::FsckItem::State::corrupt);
  CHECK(needs_text(*item) == "copy/same.txt (workspace) data/raw/a.txt (workspace) ");
  CHECK_FALSE(item->quarantined.empty());
  CHECK_FALSE(result.healthy());
  const auto again = run::fsck(workspace, {.remote = {}});
  REQUIRE(find(again, file_id("alpha\n")) != nullptr);
  CHECK(find(again, file_id("alpha\n"))->state == run::FsckItem::State::corrupt);
  CHECK_FALSE(again.healthy());
}

TEST_CASE("an object that cannot be read is an alarm, a corrupt one that nothing needs is none") {
  run::FsckVerbResult result;
  result.items.push_back({.id = file_id("x"),
                          .state = run::FsckItem::State::corrupt,
                          .reason = "permission denied",
                          .quarantined = {},
                          .needs = {},
                          .repaired_from = {}});
  CHECK_FALSE(result.healthy());
  result.items.front().quarantined = "/cache/bad/x";
  CHECK(result.healthy());
}

TEST_CASE("repair takes an intact file of the workspace") {
  RunProject project;
  corrupt(project, "alpha\n");
  auto workspace = project.open();
  const auto result = run::fsck(workspace, {.repair = true, .remote = {}});
  REQUIRE(find(result, file_id("alpha\n")) != nullptr);
  CHECK(find(result, file_id("alpha\n"))->repaired_from == "workspace file 'data/raw/a.txt'");
  CHECK(result.healthy());
  CHECK(workspace.db().has_verified(file_id("alpha\n")));
  CHECK_FALSE(workspace.db().suspect());
}

TEST_CASE("repair re-makes a lost listing and all that it lists") {
  RunProject project;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(project.path(".mlops/cache/objects"))) {
    if (entry.is_regular_file()) {
      std::filesystem::remove(entry.path());
    }
  }
  auto workspace = project.open();
  const auto result = run::fsck(workspace, {.repair = true, .remote = {}});
  CHECK(result.healthy());
  CHECK(workspace.db().has_verified(file_id("alpha\n")));
  CHECK(workspace.db().has_verified(file_id("beta\n")));
}

TEST_CASE("one repair brings back what a lost listing hid") {
  RunProject project;
  project.write("data/raw/sub/c.txt", "gamma\n");
  auto workspace = project.open();
  repo::add(workspace, {.targets = {"data/raw"}, .desc = {}, .type = {}, .labels = {}, .meta = {}});
  const auto listing = repo::Snapshot::of_workspace(workspace)->find(*fs::RepoPath::try_parse("data/raw"))->entry->id();
  std::filesystem::remove(project.path(".mlops/cache/" + hash::object_path(listing)));
  std::filesystem::remove(project.path(object_of("gamma\n")));
  const auto result = run::fsck(workspace, {.repair = true, .remote = {}});
  REQUIRE(find(result, listing) != nullptr);
  CHECK(find(result, listing)->is_repaired());
  REQUIRE(find(result, file_id("gamma\n")) != nullptr);
  CHECK(find(result, file_id("gamma\n"))->is_repaired());
  CHECK(result.healthy());
}

TEST_CASE("repair fetches from a remote that has it, and says from which") {
  RunProject project;
  project.add_store();
  auto workspace = project.open();
  repo::push(workspace, {});
  corrupt(project, "alpha\n");
  project.erase("data/raw");
  const auto result = run::fsck(workspace, {.repair = true, .remote = {}});
  REQUIRE(find(result, file_id("alpha\n")) != nullptr);
  CHECK(find(result, file_id("alpha\n"))->repaired_from.find("store") != std::string::npos);
  CHECK(result.healthy());
}

TEST_CASE("what only the past needs and was never fetched is listed and no alarm") {
  RunProject project;
  project.add_store();
  {
    auto workspace = project.open();
    repo::push(workspace, {});
  }
  project.write("data/raw/a.txt", "newer\n");
  {
    auto workspace = project.open();
    repo::add(workspace, {.targets = {"data/raw"}, .desc = {}, .type = {}, .labels = {}, .meta = {}});
    repo::push(workspace, {});
  }
  project.commit("newer");
  const std::string target = project.clone("clone");
  auto clone = repo::Workspace::open_at(target, project.session_at(target));
  repo::add_remote(clone,
                   {.name = "store", .url = (project.git.dir / "store").string(), .make_default = true, .force = true});
  repo::pull(clone, {});
  const auto result = run::fsck(clone, {.repair = true, .remote = {}});
  CHECK(result.healthy());
  REQUIRE(result.items.size() == 1);
  CHECK(result.items.front().id.is_tree());
  CHECK(needs_text(result.items.front()) == "data/raw (commit) ");
  CHECK_FALSE(result.items.front().is_repaired());
}

}  // namespace
}  // namespace mlops::test

// SPDX-License-Identifier: Apache-2.0
#include "repo/checkout.hpp"

#include "hash/hasher.hpp"
#include "repo/add.hpp"
#include "repo/placed.hpp"
#include "repo/remove.hpp"
#include "support/catch.hpp"
#include "support/test_project.hpp"
#include "util/error.hpp"

using namespace mlops;
using test::at;
using test::TestProject;
using test::track;

namespace {

repo::CheckoutResult checkout(const TestProject& project, const repo::CheckoutOptions& options = {}) {
  auto workspace = project.open();
  return repo::checkout(workspace, options);
}

}  // namespace

TEST_CASE("checkout brings back what is gone and leaves what is right", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  project.write("raw/b", "2");
  project.write("model", "w");
  track(project, {"raw", "model"});
  project.erase("raw/a");
  project.erase("model");
  const auto result = checkout(project);
  CHECK(result.added == std::vector{at("model"), at("raw/a")});
  CHECK(result.modified.empty());
  CHECK(project.read("raw/a") == "1");
  CHECK(checkout(project).added.empty());
}

TEST_CASE("checkout refuses to overwrite what is nowhere else, and rescues it with force", "[repo]") {
  const TestProject project;
  project.write("model", "old");
  track(project, {"model"});
  project.write("model", "precious");
  CHECK_THROWS_AS(checkout(project), Error);
  CHECK(project.read("model") == "precious");
  const auto result = checkout(project, {.force = true});
  REQUIRE(result.rescued.size() == 1);
  CHECK(project.git.dir.read(result.rescued[0].second) == "precious");
  CHECK(project.read("model") == "old");
}

TEST_CASE("what force replaces counts as modified, what it clears away as deleted", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  auto workspace = project.open();
  repo::add(workspace, {.targets = {"raw"}});
  project.write("raw/a", "changed");
  project.write("raw/b", "new");
  const auto result = repo::checkout(workspace, {.force = true});
  CHECK(result.added.empty());
  CHECK(result.modified == std::vector{at("raw/a")});
  CHECK(result.deleted == std::vector{at("raw/b")});
  CHECK(result.rescued.size() == 2);
}

TEST_CASE("targets choose what is checked out, also inside a directory", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  project.write("raw/deep/b", "2");
  project.write("model", "w");
  track(project, {"raw", "model"});
  project.erase("raw");
  project.erase("model");
  CHECK(checkout(project, {.targets = {.targets = {"raw/deep"}}}).added == std::vector{at("raw/deep/b")});
  CHECK_FALSE(project.exists("raw/a"));
  CHECK_FALSE(project.exists("model"));
  CHECK(checkout(project, {.targets = {.targets = {"model.mlops"}}}).added == std::vector{at("model")});
  CHECK_THROWS_WITH(checkout(project, {.targets = {.targets = {"raw/none"}}}), Catch::Contains("is not part of"));
  CHECK_THROWS_WITH(checkout(project, {.targets = {.targets = {"modle"}}}), Catch::Contains("neither tracked"));
}

TEST_CASE("what the cache lacks is named, or skipped when asked", "[repo]") {
  const TestProject project;
  project.write("here", "1");
  project.write("lost", "2");
  track(project, {"here", "lost"});
  auto workspace = project.open();
  const auto lost = repo::Snapshot::of_workspace(workspace)->find(at("lost"))->entry;
  std::filesystem::remove(workspace.db().path(lost->id()));
  project.erase("here");
  project.erase("lost");
  CHECK_THROWS_WITH(checkout(project), Catch::Contains("lost"));
  CHECK_FALSE(project.exists("here"));
  const auto result = checkout(project, {.allow_missing = true});
  CHECK(result.missing == std::vector{at("lost")});
  CHECK(result.added == std::vector{at("here")});
}

TEST_CASE("a checkout without its listings names the tracked path, and what brings them", "[repo]") {
  const TestProject project;
  project.write("imgs/cat/1", "1");
  track(project, {"imgs"});
  auto workspace = project.open();
  const auto entry = *repo::Snapshot::of_workspace(workspace)->find(at("imgs"))->entry;
  const auto below = *workspace.db().find_in_tree(entry, at("cat"));
  project.erase("imgs");
  const auto refused = [&](const std::string& target) {
    try {
      checkout(project, {.targets = {.targets = {target}}});
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::missing);
      return error;
    }
    return Error("none");
  };
  std::filesystem::remove(workspace.db().path(below.id()));
  CHECK(refused("imgs").context() == std::vector<std::string>{"checking out 'imgs'"});
  std::filesystem::remove(workspace.db().path(entry.id()));
  CHECK_THAT(std::string(refused("imgs").what()), Catch::Contains("'imgs'"));
  const Error part = refused("imgs/cat");
  CHECK(std::string(part.what()) == "nothing was changed, because the cache lacks the listing of 'imgs'");
  REQUIRE(part.hints().size() == 1);
  CHECK_THAT(part.hints()[0], Catch::StartsWith("`mlops pull imgs/cat`"));
}

TEST_CASE("data follows the revision, and goes when an older one does not track it", "[repo]") {
  const TestProject project;
  project.write("model", "first");
  track(project, {"model"});
  project.commit("one");
  project.write("model", "second");
  project.write("extra/file", "e");
  track(project, {"model", "extra"});
  project.commit("two");
  project.git.git({"checkout", "-q", "HEAD~1"});
  const auto result = checkout(project);
  CHECK(project.read("model") == "first");
  CHECK_FALSE(project.exists("extra"));
  CHECK(result.deleted == std::vector{at("extra/file")});
  project.git.git({"checkout", "-q", "main"});
  checkout(project);
  CHECK(project.read("model") == "second");
  CHECK(project.read("extra/file") == "e");
}

TEST_CASE("data that only another branch tracks goes with that branch", "[repo]") {
  const TestProject project;
  project.write("model", "first");
  track(project, {"model"});
  project.commit("one");
  project.git.git({"checkout", "-q", "-b", "side"});
  project.write("extra/file", "e");
  track(project, {"extra"});
  project.commit("two");
  project.git.git({"checkout", "-q", "main"});
  CHECK(checkout(project).deleted == std::vector{at("extra/file")});
  CHECK_FALSE(project.exists("extra"));
}

TEST_CASE("what is changed, or was given up, stays when nothing tracks it", "[repo]") {
  const TestProject project;
  project.write("note", "before");
  project.commit("before");
  project.write(".git/info/exclude", "given-up\n");
  project.write("changed", "1");
  project.write("given-up", "2");
  track(project, {"changed", "given-up"});
  project.commit("both");
  auto workspace = project.open();
  repo::remove(workspace, {.targets = {"given-up"}});
  project.commit("give one up");
  project.write("changed", "edited");
  project.git.git({"checkout", "-q", "HEAD~2"});
  checkout(project);
  CHECK(project.read("changed") == "edited");
  CHECK(project.read("given-up") == "2");
}

TEST_CASE("a pointer that was only deleted by hand leaves its data alone", "[repo]") {
  const TestProject project;
  project.write("model", "1");
  track(project, {"model"});
  project.erase("model.mlops");
  checkout(project);
  CHECK(project.read("model") == "1");
}

TEST_CASE("the note of what was placed survives odd names and ignores damage", "[repo]") {
  const TestProject project;
  auto workspace = project.open();
  const store::Entry entry{store::EntryKind::exec, hash::digest_of(hash::Algorithm::sha256, "x"), 1, 1};
  repo::note_placed(workspace, {{at("a b\nc"), entry}, {at("d"), entry}});
  repo::note_placed(workspace, {{at("d"), std::nullopt}});
  CHECK(repo::read_placed(workspace) == repo::Placed{{at("a b\nc"), entry}});
  const std::string whole = project.read(".mlops/tmp/placed");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    project.write(".mlops/tmp/placed", whole.substr(0, length));
    CHECK(repo::read_placed(workspace).size() <= 1);
  }
}

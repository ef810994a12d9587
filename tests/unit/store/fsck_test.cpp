// SPDX-License-Identifier: Apache-2.0
#include "store/fsck.hpp"

#include <filesystem>

#include "support/catch.hpp"
#include "support/store_project.hpp"

using namespace mlops;
using store::Entry;
using test::StoreProject;

namespace {

struct Project : StoreProject {
  Project() {
    write("d/a", "1");
    write("d/sub/b", "22");
    entry = add("d");
  }
  hash::ObjectId id(const std::string& below) { return db().find_in_tree(*entry, fs::RepoPath::parse(below))->id(); }
  store::FsckResult check(bool full = true) { return store::check_objects(db(), {.jobs = 2, .full = full}); }
  std::optional<Entry> entry;
};

}  // namespace

TEST_CASE("a sound cache is found sound", "[store]") {
  Project project;
  const auto result = project.check();
  CHECK(result.checked == 4);
  CHECK(result.bad.empty());
  CHECK(result.incomplete.empty());
  CHECK(result.foreign.empty());
  CHECK_FALSE(project.db().suspect());
  StoreProject empty;
  CHECK(store::check_objects(empty.db(), {}).checked == 0);
}

TEST_CASE("bad objects are quarantined and the trees that list them named", "[store]") {
  Project project;
  const hash::ObjectId file = project.id("sub/b");
  const hash::ObjectId tree = project.id("sub");
  project.corrupt(file);
  const auto result = project.check();
  REQUIRE(result.bad.size() == 1);
  CHECK(result.bad[0].id == file);
  CHECK(result.bad[0].reason == "content does not match its name");
  CHECK(std::filesystem::exists(result.bad[0].quarantined));
  CHECK(result.incomplete == std::vector{tree});
  CHECK(project.db().suspect());
  CHECK_FALSE(project.db().has(file));

  // Adding it again makes the cache whole, and the next check clears the mark.
  project.add("d");
  CHECK(project.check().incomplete.empty());
  CHECK_FALSE(project.db().suspect());
}

TEST_CASE("a lost member is found although nothing is damaged", "[store]") {
  Project project;
  const hash::ObjectId tree = project.entry->id();
  std::filesystem::remove(project.db().path(project.id("a")));
  const auto result = project.check();
  CHECK(result.bad.empty());
  CHECK(result.incomplete == std::vector{tree});
  CHECK(project.db().suspect());
}

TEST_CASE("what is not ours is named and left, what is in an object's place moved aside", "[store]") {
  Project project;
  project.dir().write("cache/objects/sha256/ab/notes.txt", "foreign");
  project.dir().write("cache/objects/README", "foreign");
  project.dir().write("cache/objects/sha256/ab/.mlops-tmp-1-abcdef", "left over");
  const hash::ObjectId victim = project.id("a");
  std::filesystem::remove(project.db().path(victim));
  std::filesystem::create_directory(project.db().path(victim));
  const auto result = project.check();
  CHECK(result.foreign == std::vector<std::string>{project.cache() + "/objects/README",
                                                   project.cache() + "/objects/sha256/ab/notes.txt"});
  REQUIRE(result.bad.size() == 1);
  CHECK(result.bad[0].reason == "is a directory");
  CHECK(project.dir().read("cache/objects/sha256/ab/notes.txt") == "foreign");
}

TEST_CASE("a quick check still hashes what it has no evidence for", "[store]") {
  Project project;
  project.corrupt(project.id("a"));
  project.reopen();
  CHECK(project.check(false).bad.size() == 1);
}

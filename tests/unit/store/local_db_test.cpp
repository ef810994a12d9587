// SPDX-License-Identifier: Apache-2.0
#include "store/local_db.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <thread>

#include "fs/seam.hpp"
#include "hash/hasher.hpp"
#include "store/evidence.hpp"
#include "store/layout.hpp"
#include "store/unflushed.hpp"
#include "support/catch.hpp"
#include "support/store_project.hpp"
#include "util/error.hpp"

using namespace mlops;
using store::Entry;
using store::EntryKind;
using test::StoreProject;

namespace {

hash::ObjectId put(StoreProject& project, std::string_view content) {
  store::WriteBatch batch(project.db());
  const hash::Digest digest = batch.add_bytes(content);
  batch.publish();
  return {digest, hash::ObjectKind::file};
}

std::optional<ErrorKind> kind_of_failure(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.kind();
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("opening a cache changes nothing on disk", "[store]") {
  StoreProject project;
  CHECK_FALSE(project.db().has({hash::digest_of(hash::Algorithm::sha256, "x"), hash::ObjectKind::file}));
  CHECK(project.db().list().empty());
  CHECK(project.db().registered_projects().empty());
  CHECK_FALSE(std::filesystem::exists(project.cache()));
}

TEST_CASE("a cache of a newer format is refused", "[store]") {
  StoreProject project;
  project.dir().write("cache/mlops-cache", "version: 2\n");
  CHECK(kind_of_failure([&] { project.reopen(); }) == ErrorKind::format);
  project.dir().write("cache/mlops-cache", "nonsense");
  CHECK(kind_of_failure([&] { project.reopen(); }) == ErrorKind::format);
  project.dir().write("cache/mlops-cache", "version: 1\n");
  CHECK_NOTHROW(project.reopen());
}

TEST_CASE("an object is published read-only under its name and found again", "[store]") {
  StoreProject project(fs::Durability::batch);
  const hash::ObjectId id = put(project, "hello\n");
  CHECK(id.digest.hex() == "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
  const auto stat = fs::stat_path(project.cache() +
                                  "/objects/sha256/58/91b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
  REQUIRE(stat);
  CHECK(stat->mode == 0444);
  CHECK(project.db().has(id));
  CHECK(project.db().has_verified(id));
  CHECK(project.db().read(id) == "hello\n");
  CHECK(project.db().list() == std::vector{id});
  CHECK(project.dir().read("cache/mlops-cache") == "version: 1\n");
  CHECK(project.names_in(project.cache() + "/tmp").empty());
  CHECK(project.names_in(project.cache() + "/leases").empty());
}

TEST_CASE("nothing is visible before a batch is published, nor left when it is not", "[store]") {
  StoreProject project;
  const hash::ObjectId id{hash::digest_of(hash::Algorithm::sha256, "x"), hash::ObjectKind::file};
  {
    store::WriteBatch batch(project.db());
    batch.add_bytes("x");
    CHECK(batch.holds(id));
    CHECK_FALSE(project.db().has(id));
    CHECK(project.names_in(project.cache() + "/leases").size() == 1);
  }
  CHECK_FALSE(project.db().has(id));
  const auto directory = std::filesystem::path(project.db().path(id)).parent_path().string();
  CHECK(project.names_in(directory).empty());
  CHECK(project.names_in(project.cache() + "/leases").empty());
}

TEST_CASE("equal content is written once", "[store]") {
  StoreProject project;
  project.write("a", "same");
  project.write("b", "same");
  store::WriteBatch batch(project.db());
  fs::FileStat stat;
  const auto first = batch.add_file(project.at("a"), stat);
  CHECK(batch.add_file(project.at("b"), stat) == first);
  CHECK(batch.add_bytes("same") == first);
  batch.publish();
  CHECK(batch.bytes_written() == 4);
  batch.add_bytes("same");
  batch.publish();
  CHECK(batch.bytes_written() == 4);
}

TEST_CASE("files of sizes around the limit for small ones are stored whole", "[store]") {
  StoreProject project;
  for (const std::size_t size : {0U, 1U, (1U << 20U) - 1, 1U << 20U, (1U << 20U) + 1, 3'000'000U}) {
    const std::string content(size, 'q');
    project.write("f", content);
    store::WriteBatch batch(project.db());
    fs::FileStat stat;
    const auto digest = batch.add_file(project.at("f"), stat);
    batch.publish();
    CHECK(stat.size == size);
    CHECK(digest == hash::digest_of(hash::Algorithm::sha256, content));
    CHECK(project.db().read({digest, hash::ObjectKind::file}) == content);
  }
  CHECK(project.names_in(project.cache() + "/tmp").empty());
}

TEST_CASE("adding a link, a directory or nothing fails and names the path", "[store]") {
  StoreProject project;
  project.write("d/file", "x");
  std::filesystem::create_symlink("d/file", project.at("link"));
  store::WriteBatch batch(project.db());
  fs::FileStat stat;
  CHECK_THROWS_WITH(batch.add_file(project.at("link"), stat), Catch::Contains("link"));
  CHECK_THROWS_WITH(batch.add_file(project.at("d"), stat), Catch::Contains("not a regular file"));
  CHECK_THROWS_WITH(batch.add_file(project.at("none"), stat), Catch::Contains("none"));
}

TEST_CASE("a corrupt object is noticed when opened, quarantined, and not found again", "[store]") {
  StoreProject project;
  const hash::ObjectId id = put(project, "precious");
  project.corrupt(id);
  project.reopen();
  CHECK(kind_of_failure([&] { project.db().open_verified(id); }) == ErrorKind::corrupt);
  CHECK_FALSE(project.db().has(id));
  CHECK(project.db().suspect());
  REQUIRE(project.names_in(project.cache() + "/bad").size() == 1);
  CHECK(kind_of_failure([&] { project.db().read(id); }) == ErrorKind::missing);
}

TEST_CASE("adding the bytes of a corrupt object puts them in its place", "[store]") {
  StoreProject project;
  for (const bool large : {false, true}) {
    const std::string content = large ? std::string(2'000'000, 'z') : "precious";
    const hash::ObjectId id = put(project, content);
    project.corrupt(id);
    project.reopen();
    project.write("f", content);
    store::WriteBatch batch(project.db());
    fs::FileStat stat;
    batch.add_file(project.at("f"), stat);
    batch.publish();
    CHECK(project.db().read(id) == content);
  }
  CHECK(project.names_in(project.cache() + "/bad").size() == 2);
}

TEST_CASE("a file known to the memo is stored when the object is gone, corrupt or not a file", "[store]") {
  StoreProject project;
  project.write("f", "known");
  const hash::ObjectId id = put(project, "known");
  const auto add_known = [&] {
    store::WriteBatch batch(project.db());
    batch.add_known_file(project.at("f"), id.digest);
    batch.publish();
  };
  std::filesystem::remove(project.db().path(id));
  add_known();
  CHECK(project.db().read(id) == "known");
  project.corrupt(id);
  project.reopen();
  add_known();
  CHECK(project.db().read(id) == "known");
  std::filesystem::remove(project.db().path(id));
  std::filesystem::create_directory(project.db().path(id));
  add_known();
  CHECK(project.db().read(id) == "known");

  project.write("f", "other");
  std::filesystem::remove(project.db().path(id));
  CHECK(kind_of_failure(add_known) == ErrorKind::changed);
}

TEST_CASE("a damaged tree is quarantined when read", "[store]") {
  StoreProject project;
  project.write("d/a", "1");
  const Entry tree = project.add("d");
  CHECK(project.db().read_tree(tree.id()).entries.size() == 1);
  project.corrupt(tree.id());
  project.reopen();
  CHECK(kind_of_failure([&] { project.db().read_tree(tree.id()); }) == ErrorKind::corrupt);
  CHECK(kind_of_failure([&] { project.db().read_tree(tree.id()); }) == ErrorKind::missing);
}

TEST_CASE("a tree whose bytes match but whose form is wrong is refused", "[store]") {
  StoreProject project;
  const std::string text = "mlops-tree 1\nfile nonsense\n";
  const hash::ObjectId id{hash::digest_of(hash::Algorithm::sha256, text), hash::ObjectKind::tree};
  {
    store::WriteBatch batch(project.db());
    fs::TempFile file(batch.temp_directory());
    file.write(text);
    batch.add_temp(std::move(file), id);
    batch.publish();
  }
  CHECK(kind_of_failure([&] { project.db().read_tree(id); }) == ErrorKind::corrupt);
}

TEST_CASE("entries inside trees are found by path", "[store]") {
  StoreProject project;
  project.write("d/sub/a", "1");
  project.write("d/b", "22");
  const Entry tree = project.add("d");
  CHECK(project.db().find_in_tree(tree, {}) == tree);
  CHECK(project.db().find_in_tree(tree, fs::RepoPath::parse("b"))->size == 2);
  CHECK(project.db().find_in_tree(tree, fs::RepoPath::parse("sub/a"))->size == 1);
  CHECK(project.db().find_in_tree(tree, fs::RepoPath::parse("sub"))->kind == EntryKind::tree);
  CHECK_FALSE(project.db().find_in_tree(tree, fs::RepoPath::parse("b/c")));
  CHECK_FALSE(project.db().find_in_tree(tree, fs::RepoPath::parse("c")));
}

TEST_CASE("a tree implies its members until the cache is suspect", "[store]") {
  StoreProject project;
  project.write("d/sub/a", "1");
  const Entry tree = project.add("d");
  CHECK(project.db().has_all(tree));
  const auto file = project.db().find_in_tree(tree, fs::RepoPath::parse("sub/a"));
  project.corrupt(file->id());
  project.reopen();
  CHECK_FALSE(project.db().has_verified(file->id()));
  CHECK_FALSE(project.db().has_all(tree));
  CHECK(project.db().has(tree.id()));
}

TEST_CASE("projects are registered once and forgotten", "[store]") {
  StoreProject project;
  project.db().register_project("/some/where");
  project.db().register_project("/a/b\nc");
  project.db().register_project("/some/where");
  CHECK(project.db().registered_projects() == std::vector<std::string>{"/a/b\nc", "/some/where"});
  CHECK(project.db().forget_project("/some/where"));
  CHECK(project.db().registered_projects() == std::vector<std::string>{"/a/b\nc"});
  CHECK_FALSE(project.db().forget_project("/some/where"));
}

TEST_CASE("a cache shared by a group is writable for it", "[store]") {
  StoreProject project;
  store::Memo memo("");
  store::LocalDb db({.root = project.cache(), .durability = fs::Durability::off, .group_shared = true}, memo);
  store::WriteBatch batch(db);
  const hash::ObjectId id{batch.add_bytes("x"), hash::ObjectKind::file};
  batch.publish();
  CHECK(fs::stat_path(db.path(id))->mode == 0440);
  CHECK(fs::stat_path(store::parent_of(db.path(id)))->mode == 02775);
  CHECK(fs::stat_path(project.cache() + "/tmp")->mode == 02775);
}

TEST_CASE("a lease lives as long as it is held", "[store]") {
  StoreProject project;
  {
    const store::Lease lease(project.db());
    store::Lease moved_from(project.db());
    const store::Lease moved(std::move(moved_from));
    CHECK(store::Lease::alive(project.db()).size() == 2);
  }
  CHECK(store::Lease::alive(project.db()).empty());
  CHECK(project.names_in(project.cache() + "/leases").empty());
}

TEST_CASE("the lease of a dead process is swept, that of another host is respected for a week", "[store]") {
  StoreProject project;
  project.db().ensure_layout();
  std::string own;
  {
    const store::Lease lease(project.db());
    own = store::Lease::alive(project.db()).at(0);
  }
  project.dir().write("cache/leases/" + own, "left behind");
  project.dir().write("cache/leases/elsewhere-17-abcdefgh", "");
  CHECK(store::Lease::alive(project.db()) == std::vector<std::string>{"elsewhere-17-abcdefgh"});
  CHECK(project.names_in(project.cache() + "/leases").size() == 1);
  const std::string foreign = project.cache() + "/leases/elsewhere-17-abcdefgh";
  fs::set_mtime(foreign, store::wall_clock_ns() - 8LL * 24 * 3600 * 1'000'000'000);
  CHECK(store::Lease::alive(project.db()).empty());
}

TEST_CASE("batches of many objects are published with every durability", "[store]") {
  for (const auto durability : {fs::Durability::off, fs::Durability::batch, fs::Durability::strict}) {
    StoreProject project(durability);
    store::WriteBatch batch(project.db());
    std::vector<hash::ObjectId> ids;
    for (int i = 0; i < 40; ++i) {
      ids.push_back({batch.add_bytes(std::to_string(i)), hash::ObjectKind::file});
    }
    batch.publish();
    for (const hash::ObjectId& id : ids) {
      CHECK(project.db().has_verified(id));
    }
    CHECK(project.db().list().size() == 40);
  }
}

TEST_CASE("threads add to one batch and batches run side by side", "[store]") {
  StoreProject project;
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  store::WriteBatch shared(project.db());
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      try {
        store::WriteBatch own(project.db());
        for (int i = 0; i < 50; ++i) {
          shared.add_bytes("shared " + std::to_string(i));
          own.add_bytes("everybody " + std::to_string(i));
          own.add_bytes(std::to_string(t) + " own " + std::to_string(i));
        }
        own.publish();
      } catch (const std::exception&) {
        ++failures;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  shared.publish();
  CHECK(failures == 0);
  CHECK(project.db().list().size() == 50 + 50 + 200);
  for (const hash::ObjectId& id : project.db().list()) {
    CHECK(project.db().has_verified(id));
  }
}

TEST_CASE("who relies on a name that another process has not flushed flushes it first", "[store]") {
  StoreProject project(fs::Durability::batch);
  put(project, "content");
  int flushes = 0;
  fs::set_fault_hook([&](std::string_view call, std::string_view) {
    flushes += call == "syncfs" ? 1 : 0;
    return 0;
  });
  const std::string marks = store::unflushed_directory(project.db());
  put(project, "content");
  CHECK(flushes == 0);
  SECTION("while that process lives") {
    const store::Unflushed other(project.db());
    put(project, "content");
    CHECK(flushes == 1);
    CHECK(project.names_in(marks).size() == 1);
  }
  SECTION("when it has died, once") {
    { const store::Unflushed other(project.db()); }
    put(project, "content");
    put(project, "content");
    CHECK(flushes == 1);
    CHECK(project.names_in(marks).empty());
  }
  SECTION("also when it names something of its own, before the tree that lists both") {
    { const store::Unflushed other(project.db()); }
    store::WriteBatch batch(project.db());
    batch.add_bytes("content");
    batch.add_bytes("new");
    batch.publish();
    CHECK(flushes == 1);
  }
  SECTION("and not when it relies on nothing of others") {
    { const store::Unflushed other(project.db()); }
    put(project, "new");
    CHECK(flushes == 0);
  }
  fs::set_fault_hook({});
}

TEST_CASE("a batch that fails while it gives names leaves its mark", "[store]") {
  StoreProject project(fs::Durability::batch);
  put(project, "first");
  const std::string marks = store::unflushed_directory(project.db());
  CHECK(project.names_in(marks).empty());
  fs::set_fault_hook([](std::string_view call, std::string_view) { return call == "fsync_directory" ? EIO : 0; });
  CHECK_THROWS(put(project, "second"));
  fs::set_fault_hook({});
  CHECK(project.names_in(marks).size() == 1);
}

TEST_CASE("files of a cache shared by a group are open to it, whatever the umask", "[store]") {
  const mode_t before = ::umask(0077);
  const test::TempDir dir;
  store::Memo memo("");
  const store::LocalDb db({.root = (dir / "cache").string(), .durability = fs::Durability::off, .group_shared = true},
                          memo);
  db.ensure_layout();
  db.register_project("/some/where");
  db.set_suspect(true);
  store::collect_garbage(db, {}, {});
  ::umask(before);
  for (const char* name : {"mlops-cache", "suspect", "gc.lock"}) {
    CHECK(fs::stat_path(db.root() + "/" + name)->mode == 0664);
  }
  for (const auto& project : std::filesystem::directory_iterator(db.root() + "/projects")) {
    CHECK(fs::stat_path(project.path().string())->mode == 0664);
  }
}

// SPDX-License-Identifier: Apache-2.0
#include "store/build.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "fs/seam.hpp"
#include "hash/hasher.hpp"
#include "store/evidence.hpp"
#include "support/catch.hpp"
#include "support/store_project.hpp"
#include "util/error.hpp"

using namespace mlops;
using store::Entry;
using store::EntryKind;
using test::StoreProject;

namespace {

std::vector<std::string> names(const store::Tree& tree) {
  std::vector<std::string> all;
  for (const auto& item : tree.entries) {
    all.push_back(std::string(to_string(item.entry.kind)) + " " + item.name);
  }
  return all;
}

using Names = std::vector<std::string>;

/// Gives a file times that count as evidence.
void age(const std::string& path) { fs::set_mtime(path, store::wall_clock_ns() - 3600LL * 1'000'000'000); }

}  // namespace

TEST_CASE("hashing stores nothing and building gives the same entry", "[store]") {
  StoreProject project;
  project.write("d/a", "1");
  project.write("d/sub/b", "22");
  const auto hashed = project.now("d");
  REQUIRE(hashed);
  CHECK_FALSE(std::filesystem::exists(project.cache()));
  CHECK(project.add("d") == *hashed);
  CHECK(hashed->kind == EntryKind::tree);
  CHECK(hashed->size == 3);
  CHECK(hashed->files == 2);
  CHECK(project.db().has_all(*hashed));
  CHECK(store::hash_path(project.root(), fs::RepoPath::parse("d"), project.memo(), nullptr, {}) == hashed);
}

TEST_CASE("a single file and an executable are entries of their own kind", "[store]") {
  StoreProject project;
  project.write("f", "text");
  const Entry file = project.add("f");
  CHECK(file.kind == EntryKind::file);
  CHECK(file.size == 4);
  CHECK(file.files == 1);
  project.make_executable("f");
  CHECK(project.add("f").kind == EntryKind::exec);
  CHECK(project.add("f").digest == file.digest);
  CHECK_FALSE(project.now("nothing"));
  CHECK_THROWS_WITH(project.add("nothing"), Catch::Contains("nothing"));
}

TEST_CASE("a tree lists files, executables, links and empty directories in byte order", "[store]") {
  StoreProject project;
  project.write("d/b", "b");
  project.write("d/a-b", "x");
  project.write("d/a/x", "x");
  project.write("d/run.sh", "#!");
  project.make_executable("d/run.sh");
  std::filesystem::create_directory(project.at("d/empty"));
  std::filesystem::create_symlink("a/x", project.at("d/link"));
  std::filesystem::create_symlink("../b", project.at("d/a/up"));
  const Entry entry = project.add("d");
  const store::Tree tree = project.db().read_tree(entry.id());
  CHECK(names(tree) == Names{"tree a", "file a-b", "file b", "tree empty", "link link", "exec run.sh"});
  CHECK(project.db().read(tree.find("link")->entry.id()) == "a/x");
  CHECK(tree.find("empty")->entry.files == 0);
  CHECK(entry.files == 6);
}

TEST_CASE("what cannot be tracked is refused by name and nothing is added", "[store]") {
  StoreProject project;
  project.write("d/a", "1");
  SECTION("an absolute link") { std::filesystem::create_symlink("/etc/passwd", project.at("d/bad")); }
  SECTION("a link that leaves the directory") { std::filesystem::create_symlink("../../x", project.at("d/bad")); }
  SECTION("a link that leaves it on a detour") { std::filesystem::create_symlink("x/../../y", project.at("d/bad")); }
  SECTION("a fifo") { REQUIRE(::mkfifo(project.at("d/bad").c_str(), 0644) == 0); }
  CHECK_THROWS_WITH(project.add("d"), Catch::Contains("d/bad"));
  CHECK_THROWS_WITH(project.now("d"), Catch::Contains("d/bad"));
  CHECK(project.db().list().empty());
}

TEST_CASE("a directory named like git's is refused", "[store]") {
  StoreProject project;
  project.write("d/sub/.git/config", "x");
  CHECK_THROWS_WITH(project.add("d"), Catch::Contains("d/sub/.git"));
}

TEST_CASE("a link at the path itself, or on the way to it, is refused", "[store]") {
  StoreProject project;
  project.write("real/f", "x");
  std::filesystem::create_symlink("real", project.at("link"));
  CHECK_THROWS_WITH(project.now("link"), Catch::Contains("symbolic link"));
  try {
    project.now("link");
    FAIL("a link was taken");
  } catch (const Error& error) {
    CHECK(error.hints().front().find("name what it points to") == 0);
  }
  CHECK_THROWS_WITH(project.now("link/f"), Catch::Contains("symbolic link"));
}

TEST_CASE("an unreadable file is one error that names it", "[store]") {
  StoreProject project;
  project.write("d/a", "1");
  project.write("d/secret", "2");
  if (::geteuid() == 0) {
    // Root reads everything; a file that vanishes while it is looked at fails in the same place.
    fs::FileStat stat;
    store::WriteBatch batch(project.db());
    CHECK_THROWS_WITH(batch.add_file(project.at("d/gone"), stat), Catch::Contains("d/gone"));
    return;
  }
  ::chmod(project.at("d/secret").c_str(), 0);
  CHECK_THROWS_WITH(project.add("d"), Catch::Contains("d/secret"));
}

TEST_CASE("ignored entries are not part of a tree, ignore files are", "[store]") {
  StoreProject project;
  project.write("d/.mlopsignore", "*.log\n/cache/\n");
  project.write("d/a", "1");
  project.write("d/a.log", "x");
  project.write("d/cache/x", "x");
  project.write("d/sub/.mlopsignore", "!keep.log\nsecret\n");
  project.write("d/sub/keep.log", "x");
  project.write("d/sub/other.log", "x");
  project.write("d/sub/secret", "x");
  const store::Tree tree = project.db().read_tree(project.add("d").id());
  CHECK(names(tree) == Names{"file .mlopsignore", "file a", "tree sub"});
  CHECK(names(project.db().read_tree(tree.find("sub")->entry.id())) == Names{"file .mlopsignore", "file keep.log"});

  store::BuildOptions options = project.build_options();
  options.ignore = options.ignore.with(fs::IgnoreFile({}, "d/a\n"));
  const auto entry = store::hash_path(project.root(), fs::RepoPath::parse("d"), project.memo(), &project.db(), options);
  CHECK(entry->files == 3);
  options.ignore_name = "";
  CHECK(store::hash_path(project.root(), fs::RepoPath::parse("d"), project.memo(), &project.db(), options)->files == 7);
}

TEST_CASE("the memo spares reading what did not change, and only that", "[store]") {
  StoreProject project;
  project.write("d/a", "1");
  const auto path = project.at("d/a");
  age(path);
  // A record that lies shows whether the memo was asked.
  const auto lie = hash::digest_of(hash::Algorithm::sha256, "lie");
  project.memo().record(*fs::stat_path(path), lie, store::wall_clock_ns() + 1'000'000'000);
  const auto hashed = store::hash_path_with_trees(project.root(), fs::RepoPath::parse("d"), project.memo(),
                                                  &project.db(), project.build_options());
  CHECK(hashed.read(hashed.entry->id(), project.db()).entries.at(0).entry.digest == lie);
  project.write("d/a", "2");
  CHECK(project.now("d/a")->digest == hash::digest_of(hash::Algorithm::sha256, "2"));
}

TEST_CASE("building again adds only what changed, and repairs what the store lost", "[store]") {
  StoreProject project;
  project.write("d/a", "1");
  project.write("d/sub/b", "22");
  const Entry first = project.add("d");
  {
    store::WriteBatch batch(project.db());
    CHECK(store::build(project.root(), fs::RepoPath::parse("d"), project.db(), batch, {}) == first);
    batch.publish();
    CHECK(batch.bytes_written() == 0);
  }
  const auto lost = project.db().find_in_tree(first, fs::RepoPath::parse("sub/b"));
  std::filesystem::remove(project.db().path(lost->id()));
  project.db().set_suspect(true);
  CHECK(project.add("d") == first);
  CHECK(project.db().has_verified(lost->id()));
}

TEST_CASE("a known file whose object is missing is stored even when the memo was wrong about it", "[store]") {
  StoreProject project;
  project.write("d/a", "truth");
  age(project.at("d/a"));
  project.memo().record(*fs::stat_path(project.at("d/a")), hash::digest_of(hash::Algorithm::sha256, "lie"),
                        store::wall_clock_ns() + 1'000'000'000);
  const Entry entry = project.add("d");
  const auto file = project.db().find_in_tree(entry, fs::RepoPath::parse("a"));
  CHECK(project.db().read(file->id()) == "truth");
  CHECK(project.db().has_all(entry));
}

TEST_CASE("a file that changes while it is added is tried three times, then refused", "[store]") {
  StoreProject project;
  project.write("f", std::string(2'000'000, 'a'));
  const int limit = GENERATE(1, 2, 3);
  int changes = 0;
  // Each try makes one temporary file, after it looked at the source and before it reads it.
  fs::set_fault_hook([&](std::string_view call, std::string_view path) {
    if (call == "create" && path.find("/cache/tmp/") != std::string_view::npos && changes < limit) {
      ++changes;
      const int fd = ::open(project.at("f").c_str(), O_WRONLY | O_APPEND);
      static_cast<void>(::write(fd, "x", 1) == 1);
      ::close(fd);
    }
    return 0;
  });
  store::WriteBatch batch(project.db());
  fs::FileStat stat;
  if (limit == 3) {
    CHECK_THROWS_WITH(batch.add_file(project.at("f"), stat), Catch::Contains("changed"));
    fs::set_fault_hook({});
    return;
  }
  const auto digest = batch.add_file(project.at("f"), stat);
  fs::set_fault_hook({});
  batch.publish();
  CHECK(changes == limit);
  CHECK(stat.size == 2'000'000U + static_cast<unsigned>(limit));
  CHECK(project.db().read({digest, hash::ObjectKind::file}) == project.read("f"));
}

TEST_CASE("very deep directories are built without trouble", "[store]") {
  StoreProject project;
  std::string path = "d";
  for (int depth = 0; depth < 300; ++depth) {
    path += "/x";
  }
  project.write(path + "/leaf", "1");
  const Entry entry = project.add("d");
  CHECK(entry.files == 1);
  CHECK(project.checkout("copy", entry).added.size() == 1);
}

TEST_CASE("trees that were computed for a comparison can be read", "[store]") {
  StoreProject project;
  project.write("d/a", "1");
  project.write("d/sub/b", "2");
  project.write("d/same/b", "2");
  const auto hashed = store::hash_path_with_trees(project.root(), fs::RepoPath::parse("d"), project.memo(),
                                                  &project.db(), project.build_options());
  CHECK(hashed.trees.size() == 2);
  const store::Tree tree = hashed.read(hashed.entry->id(), project.db());
  CHECK(names(tree) == Names{"file a", "tree same", "tree sub"});
  CHECK(names(hashed.read(tree.find("sub")->entry.id(), project.db())) == Names{"file b"});
}

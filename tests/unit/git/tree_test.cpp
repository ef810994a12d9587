// SPDX-License-Identifier: Apache-2.0
// Trees, read and written.

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "support/catch.hpp"
#include "support/git_sandbox.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

using namespace mlops;
using fs::RepoPath;
using git::FileMode;
using test::GitSandbox;

namespace {

std::vector<std::string> walked(const git::Repository& repository, const git::Oid& id) {
  std::vector<std::string> paths;
  repository.walk(id, [&](const git::TreeItem& item) { paths.push_back(item.path.str()); });
  return paths;
}

git::TreeUpdate put(const git::Repository& repository, const std::string& path, std::string_view content,
                    FileMode mode = FileMode::regular) {
  return {RepoPath::parse(path), std::pair(repository.write_blob(content), mode)};
}

git::TreeUpdate removal(const std::string& path) { return {RepoPath::parse(path), std::nullopt}; }

}  // namespace

TEST_CASE("files of a commit are read at their paths") {
  const GitSandbox sandbox;
  sandbox.write("dir/data.txt", "deep");
  std::filesystem::create_symlink("dir/data.txt", sandbox.path("link"));
  const git::Oid commit = sandbox.commit("top", std::string("a\0b", 3));
  const git::Repository repository = sandbox.open();
  CHECK(repository.read_file(commit, RepoPath::parse("dir/data.txt")) == "deep");
  CHECK(repository.read_file(repository.tree_of(commit), RepoPath::parse("top")) == std::string("a\0b", 3));
  CHECK_FALSE(repository.read_file(commit, RepoPath::parse("nope")));
  CHECK_FALSE(repository.read_file(commit, RepoPath::parse("top/below")));
  CHECK_FALSE(repository.read_file(commit, RepoPath::parse("dir")));
  CHECK_FALSE(repository.read_file(commit, RepoPath::parse("link")));
  CHECK(repository.find(commit, RepoPath::parse("link"))->mode == FileMode::link);
  CHECK(repository.find(commit, RepoPath::parse("dir"))->mode == FileMode::directory);
  CHECK(repository.find(commit, RepoPath())->id == repository.tree_of(commit));
  CHECK_THROWS_AS(repository.read_file(commit, RepoPath::parse("dir/data.txt"), 3), Error);
}

TEST_CASE("walking visits all files in the order of paths, whatever their names") {
  const GitSandbox sandbox;
  for (const char* name :
       {"a/x", "a.txt", "a-b", "with space", "quote\"d", "new\nline", "\xff\xfe", "-dash", "z/y/w"}) {
    sandbox.write(name, name);
  }
  const git::Oid commit = sandbox.commit("b", "1");
  CHECK(walked(sandbox.open(), commit) == std::vector<std::string>{"-dash", "a/x", "a-b", "a.txt", "b", "new\nline",
                                                                   "quote\"d", "with space", "z/y/w", "\xff\xfe"});
}

TEST_CASE("walking tells modes apart and does not enter what it is told not to") {
  const GitSandbox sandbox;
  sandbox.write("run.sh", "#!/bin/sh\n");
  std::filesystem::permissions(sandbox.path("run.sh"), std::filesystem::perms::owner_all);
  sandbox.write("same/one", "1");
  sandbox.write("copy/one", "1");
  const git::Oid commit = sandbox.commit("plain", "1");
  const git::Repository repository = sandbox.open();
  std::map<std::string, FileMode> modes;
  std::set<git::Oid> entered;
  repository.walk(
      commit, [&](const git::TreeItem& item) { modes.emplace(item.path.str(), item.mode); },
      [&](const git::TreeItem& item) { return entered.insert(item.id).second; });
  CHECK(modes == std::map<std::string, FileMode>{
                     {"copy/one", FileMode::regular}, {"plain", FileMode::regular}, {"run.sh", FileMode::executable}});
  CHECK(entered.size() == 2);
  modes.clear();
  repository.walk(
      commit, [&](const git::TreeItem& item) { modes.emplace(item.path.str(), item.mode); },
      [&](const git::TreeItem& item) { return entered.insert(item.id).second; });
  CHECK(modes.empty());
}

TEST_CASE("walking passes over names that no checkout could make") {
  const GitSandbox sandbox;
  const git::Oid blob = sandbox.open().write_blob("evil");
  const auto raw_entry = [&](const std::string& name) {
    return "100644 " + name + std::string(1, '\0') +
           std::string(reinterpret_cast<const char*>(blob.bytes().data()), blob.bytes().size());
  };
  sandbox.write("tree", raw_entry("..") + raw_entry("a/b") + raw_entry("good"));
  const git::Oid tree = *git::Oid::parse(sandbox.git({"hash-object", "-t", "tree", "-w", "--literally", "tree"}));
  CHECK(walked(sandbox.open(), tree) == std::vector<std::string>{"good"});
}

TEST_CASE("a tree is written as git would write it") {
  const GitSandbox sandbox;
  const git::Repository repository = sandbox.open();
  const git::Oid tree = repository.write_tree(
      std::nullopt, {put(repository, "b/c", "1"), put(repository, "a", "2", FileMode::executable),
                     put(repository, "odd \xff\n\"name\"", "3"), put(repository, "l", "a", FileMode::link),
                     put(repository, ".mlops/run/run.json", "{}")});
  std::vector<std::string> lines = split(sandbox.git({"ls-tree", "-r", "-z", tree.hex()}), '\0');
  for (std::string& line : lines) {
    line = line.substr(0, 7) + line.substr(std::min(line.size(), line.find('\t') + 1));
  }
  CHECK(lines == std::vector<std::string>{"100644 .mlops/run/run.json", "100755 a", "100644 b/c", "120000 l",
                                          "100644 odd \xff\n\"name\"", ""});
  CHECK(sandbox.try_git({"fsck", "--strict"}).exit_code == 0);
}

TEST_CASE("updates keep the rest of the base and drop directories that become empty") {
  const GitSandbox sandbox;
  sandbox.write("keep/one", "1");
  sandbox.write("keep/two", "2");
  sandbox.write("drop/deep/file", "3");
  sandbox.write("turn", "4");
  const git::Oid base = sandbox.commit("into/file", "5");
  const git::Repository repository = sandbox.open();
  const git::Oid tree =
      repository.write_tree(base, {removal("drop/deep/file"), removal("absent/path"), removal("turn/below"),
                                   put(repository, "keep/two", "new"), put(repository, "into", "a file now"),
                                   removal("turn"), put(repository, "turn/below", "a directory now")});
  CHECK(walked(repository, tree) == std::vector<std::string>{"into", "keep/one", "keep/two", "turn/below"});
  CHECK(repository.read_file(tree, RepoPath::parse("keep/two")) == "new");
  CHECK(repository.read_file(tree, RepoPath::parse("keep/one")) == "1");
  CHECK(repository.write_tree(base, {}) == repository.tree_of(base));
}

TEST_CASE("a tree without entries is git's empty tree") {
  const GitSandbox sandbox;
  const git::Repository repository = sandbox.open();
  const std::string empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
  CHECK(repository.write_tree(std::nullopt, {}).hex() == empty);
  const git::Oid base = sandbox.commit("a/b", "1");
  CHECK(repository.write_tree(base, {removal("a")}).hex() == empty);
}

TEST_CASE("a tree never gets a name that git refuses") {
  const GitSandbox sandbox;
  const git::Repository repository = sandbox.open();
  CHECK_THROWS_AS(repository.write_tree(std::nullopt, {put(repository, ".git/config", "x")}), Error);
}

TEST_CASE("a commit is written without touching HEAD, index or work tree") {
  const GitSandbox sandbox;
  const git::Oid parent = sandbox.commit("a", "1");
  const git::Repository repository = sandbox.open();
  const git::Oid tree = repository.write_tree(parent, {put(repository, "b", "2")});
  const git::Signature author{.name = "mlops", .email = "mlops@localhost", .seconds = 1700000000};
  const git::Oid commit = repository.write_commit(tree, {parent}, author, "run abc\n\nwith a body\n");
  CHECK(sandbox.git({"log", "-1", "--format=%an <%ae> %at %cn %ct %P %B", commit.hex()}) ==
        "mlops <mlops@localhost> 1700000000 mlops 1700000000 " + parent.hex() + " run abc\n\nwith a body\n");
  CHECK(repository.head() == parent);
  CHECK(sandbox.git({"status", "--porcelain"}).empty());
  const git::Oid orphan = repository.write_commit(tree, {}, author, "first\n");
  CHECK(repository.commit(orphan).parents.empty());
  CHECK_THROWS_AS(repository.write_commit(parent, {}, author, "no tree"), Error);
  CHECK_THROWS_AS(repository.write_commit(tree, {}, {.name = "", .email = ""}, "nobody"), Error);
}

TEST_CASE("two trees are compared file by file") {
  const GitSandbox sandbox;
  sandbox.write("same/file", "1");
  sandbox.write("gone", "2");
  sandbox.write("turns", "3");
  const git::Oid before = sandbox.commit("changes", "4");
  std::filesystem::remove(sandbox.path("gone"));
  std::filesystem::remove(sandbox.path("turns"));
  sandbox.write("turns/into", "5");
  const git::Oid after = sandbox.commit("changes", "6");
  const git::Repository repository = sandbox.open();
  std::vector<std::string> changes;
  for (const git::FileChange& change : diff_trees(repository, before, after)) {
    changes.push_back((change.before ? "-" : "") + std::string(change.after ? "+" : "") + change.path.str());
  }
  CHECK(changes == std::vector<std::string>{"-+changes", "-gone", "-turns", "+turns/into"});
  CHECK(diff_trees(repository, std::nullopt, before).size() == 4);
  CHECK(diff_trees(repository, before, before).empty());
}

// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "support/catch.hpp"
#include "support/git_sandbox.hpp"
#include "util/error.hpp"

using namespace mlops;
using fs::RepoPath;
using test::GitSandbox;

namespace {

std::vector<std::string> paths_of(const std::vector<git::TreeItem>& items) {
  std::vector<std::string> paths;
  for (const git::TreeItem& item : items) {
    paths.push_back(item.path.str());
  }
  return paths;
}

}  // namespace

TEST_CASE("an object name is parsed from 40 hexadecimal digits and nothing else") {
  const std::string hex = "0123456789abcdef0123456789abcdef01234567";
  CHECK(git::Oid::parse(hex)->hex() == hex);
  CHECK(git::Oid::parse("0123456789ABCDEF0123456789ABCDEF01234567")->hex() == hex);
  CHECK(git::Oid::parse(hex)->short_hex() == "0123456");
  CHECK_FALSE(git::Oid::parse(""));
  CHECK_FALSE(git::Oid::parse(hex.substr(1)));
  CHECK_FALSE(git::Oid::parse(hex + "0"));
  CHECK_FALSE(git::Oid::parse("g" + hex.substr(1)));
}

TEST_CASE("the index knows what git tracks, directories included") {
  const GitSandbox sandbox;
  const git::Repository repository = sandbox.open();
  CHECK_FALSE(repository.tracks(RepoPath()));
  sandbox.write("src/a.py", "1");
  sandbox.write("src-more", "2");
  sandbox.write("untracked", "3");
  sandbox.git({"add", "src", "src-more"});
  CHECK(repository.tracks(RepoPath()));
  CHECK(repository.tracks(RepoPath::parse("src")));
  CHECK(repository.tracks(RepoPath::parse("src/a.py")));
  CHECK(repository.tracks(RepoPath::parse("src-more")));
  CHECK_FALSE(repository.tracks(RepoPath::parse("sr")));
  CHECK_FALSE(repository.tracks(RepoPath::parse("src/a")));
  CHECK_FALSE(repository.tracks(RepoPath::parse("untracked")));
  CHECK(paths_of(repository.index_items()) == std::vector<std::string>{"src/a.py", "src-more"});
  sandbox.git({"rm", "-q", "--cached", "src/a.py"});
  CHECK_FALSE(repository.tracks(RepoPath::parse("src")));
}

TEST_CASE("the index keeps odd names byte for byte, and every side of a conflict") {
  const GitSandbox sandbox;
  const std::vector<std::string> names = {"-dash", "a \"quoted\" name", "new\nline", "odd \xff bytes"};
  for (const std::string& name : names) {
    sandbox.write(name, name);
  }
  sandbox.git({"add", "-A"});
  CHECK(paths_of(sandbox.open().index_items()) == names);
  for (const std::string& name : names) {
    CHECK(sandbox.open().tracks(RepoPath::parse(name)));
  }

  const GitSandbox conflict;
  conflict.commit("file", "base");
  conflict.git({"checkout", "-q", "-b", "side"});
  conflict.commit("file", "side");
  conflict.git({"checkout", "-q", "main"});
  conflict.commit("file", "main");
  CHECK(conflict.try_git({"merge", "side"}).exit_code == 1);
  CHECK(conflict.open().index_items().size() == 3);
  CHECK(conflict.open().tracks(RepoPath::parse("file")));
}

TEST_CASE("a split index is refused with the command that joins it") {
  const GitSandbox sandbox;
  sandbox.commit("file", "1");
  sandbox.git({"update-index", "--split-index"});
  const git::Repository repository = sandbox.open();
  try {
    static_cast<void>(repository.tracks(RepoPath::parse("file")));
    FAIL("was read");
  } catch (const Error& error) {
    REQUIRE(error.hints().size() == 1);
    CHECK_THAT(error.hints()[0], Catch::Contains("git update-index --no-split-index"));
  }
}

TEST_CASE("ignore rules are git's") {
  const GitSandbox sandbox;
  sandbox.write(".gitignore", "*.log\n/build/\n!keep.log\n");
  sandbox.write("build/out", "1");
  sandbox.write("sub/.gitignore", "/local\n");
  sandbox.write(".git/info/exclude", "private\n");
  const git::Repository repository = sandbox.open();
  for (const char* ignored : {"x.log", "sub/x.log", "build", "build/out", "sub/local", "private"}) {
    CHECK(repository.ignores(RepoPath::parse(ignored)));
  }
  for (const char* kept : {"keep.log", "sub/build", "local", "x"}) {
    CHECK_FALSE(repository.ignores(RepoPath::parse(kept)));
  }
  CHECK_FALSE(repository.ignores(RepoPath()));
}

TEST_CASE("settings and identity come from the repository's configuration as it is now") {
  const GitSandbox sandbox;
  const git::Repository repository = sandbox.open();
  CHECK_FALSE(repository.config("user.name"));
  CHECK_FALSE(repository.identity());
  sandbox.git({"config", "user.name", "A B"});
  CHECK_FALSE(repository.identity());
  sandbox.git({"config", "user.email", "a@b.example"});
  CHECK(repository.config("user.name") == "A B");
  REQUIRE(repository.identity());
  CHECK(repository.identity()->email == "a@b.example");
  CHECK_THROWS_AS(repository.config("no-dot"), Error);
}

TEST_CASE("the hooks directory is the repository's own unless core.hooksPath says otherwise") {
  const GitSandbox sandbox;
  sandbox.commit("a", "1");
  sandbox.git({"worktree", "add", "-q", "../linked"});
  const std::string linked = (sandbox.dir / "linked").string();
  CHECK(sandbox.open().hooks_directory() == sandbox.path(".git/hooks"));
  CHECK(git::Repository::discover(linked)->hooks_directory() == sandbox.path(".git/hooks"));
  sandbox.git({"config", "core.hooksPath", ".husky/_/"});
  CHECK(sandbox.open().hooks_directory() == sandbox.path(".husky/_"));
  CHECK(git::Repository::discover(linked)->hooks_directory() == linked + "/.husky/_");
  sandbox.git({"config", "core.hooksPath", "/opt/hooks"});
  CHECK(sandbox.open().hooks_directory() == "/opt/hooks");
}

// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support/catch.hpp"
#include "support/git_sandbox.hpp"
#include "util/error.hpp"

using namespace mlops;
using test::GitSandbox;

namespace {

std::string failure_of_opening(const std::string& path) {
  try {
    if (!git::Repository::discover(path)) {
      return "none";
    }
  } catch (const Error& error) {
    std::string text = error.what();
    for (const std::string& hint : error.hints()) {
      text += "\n" + hint;
    }
    return text;
  }
  return "opened";
}

}  // namespace

TEST_CASE("discover finds the repository from any directory below") {
  const GitSandbox sandbox;
  std::filesystem::create_directories(sandbox.path("a/b"));
  for (const char* below : {"", "a", "a/b", "a/b/not/there"}) {
    const auto repository = git::Repository::discover(sandbox.path(below));
    REQUIRE(repository);
    CHECK(repository->work_tree() == sandbox.root());
    CHECK(repository->git_dir() == sandbox.path(".git"));
    CHECK(repository->common_dir() == sandbox.path(".git"));
    CHECK_FALSE(repository->is_shallow());
    CHECK_FALSE(repository->is_partial());
  }
}

TEST_CASE("discover finds nothing outside of a repository") {
  const test::TempDir dir;
  CHECK_FALSE(git::Repository::discover(dir.path().string()));
}

TEST_CASE("discover passes over bare repositories and directories that only look like one") {
  const GitSandbox sandbox;
  sandbox.git({"init", "-q", "--bare", "data/embedded.git"});
  const auto repository = git::Repository::discover(sandbox.path("data/embedded.git/objects"));
  REQUIRE(repository);
  CHECK(repository->work_tree() == sandbox.root());

  const test::TempDir elsewhere;
  sandbox.git({"init", "-q", "--bare", (elsewhere / "bare").string()});
  CHECK_FALSE(git::Repository::discover((elsewhere / "bare").string()));
}

TEST_CASE("discover passes over an empty .git directory as git does") {
  const GitSandbox sandbox;
  std::filesystem::create_directories(sandbox.path("sub/.git"));
  CHECK(git::Repository::discover(sandbox.path("sub"))->work_tree() == sandbox.root());
}

TEST_CASE("discover refuses a repository of another user until it is declared safe") {
  if (geteuid() != 0) {
    return;  // giving files away takes root
  }
  const GitSandbox sandbox;
  for (const char* name : {"", ".git"}) {
    REQUIRE(chown(sandbox.path(name).c_str(), 12345, 12345) == 0);
  }
  const std::string failure = failure_of_opening(sandbox.root());
  CHECK_THAT(failure, Catch::Contains("belongs to another user"));
  CHECK_THAT(failure, Catch::Contains("git config --global --add safe.directory " + sandbox.root()));
  // libgit2 reads the home directory's file, which catch_main has made.
  const std::string configuration = std::string(std::getenv("HOME")) + "/.gitconfig";
  for (const std::string& trusted : {std::string("/elsewhere"), std::string("*"), sandbox.root()}) {
    std::ofstream(configuration) << "[safe]\n\tdirectory = " << trusted << "\n";
    CHECK((failure_of_opening(sandbox.root()) == "opened") == (trusted != "/elsewhere"));
  }
  std::filesystem::remove(configuration);
}

TEST_CASE("a repository in a format that is not supported is refused by name") {
  const GitSandbox sandbox;
  sandbox.git({"config", "core.repositoryformatversion", "1"});
  SECTION("sha256") {
    sandbox.git({"init", "-q", "--object-format=sha256", "other"});
    const std::string failure = failure_of_opening(sandbox.path("other"));
    CHECK_THAT(failure, Catch::Contains("names its objects by sha256"));
    CHECK_THAT(failure, Catch::Contains("git init --object-format=sha1"));
  }
  SECTION("reftable") {
    sandbox.dir.write("work/.git/config",
                      "[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefStorage = reftable\n");
    CHECK_THAT(failure_of_opening(sandbox.root()), Catch::Contains("keeps its refs as reftable"));
  }
  SECTION("an extension of the future") {
    sandbox.dir.write("work/.git/config", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tquantum = yes\n");
    CHECK_THAT(failure_of_opening(sandbox.root()), Catch::Contains("extensions.quantum"));
  }
  SECTION("through a linked worktree") {
    sandbox.git({"config", "core.repositoryformatversion", "0"});
    sandbox.commit("a", "1");
    sandbox.git({"worktree", "add", "-q", "../linked"});
    sandbox.dir.write("work/.git/config", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tquantum = yes\n");
    CHECK_THAT(failure_of_opening((sandbox.dir / "linked").string()), Catch::Contains("extensions.quantum"));
  }
}

TEST_CASE("sparse checkouts and partial clones are opened although they switch extensions on") {
  const GitSandbox sandbox;
  sandbox.commit("a/file", "1");
  sandbox.git({"sparse-checkout", "init", "--no-sparse-index"});
  CHECK(sandbox.git({"config", "extensions.worktreeConfig"}) == "true");
  CHECK(sandbox.open().head() == sandbox.oid("HEAD"));

  sandbox.git({"config", "uploadpack.allowFilter", "true"});
  const std::string partial = (sandbox.dir / "partial").string();
  sandbox.git({"clone", "-q", "--filter=blob:none", "file://" + sandbox.root(), partial});
  const auto repository = git::Repository::discover(partial);
  REQUIRE(repository);
  CHECK(repository->is_partial());
}

TEST_CASE("a linked worktree shares the common directory and lists all roots") {
  const GitSandbox sandbox;
  sandbox.commit("a", "1");
  const std::string linked = (sandbox.dir / "linked").string();
  sandbox.git({"worktree", "add", "-q", "-b", "side", linked});
  sandbox.git({"worktree", "add", "-q", "-b", "gone", "../gone"});
  std::filesystem::remove_all(sandbox.dir / "gone");
  for (const std::string& start : {sandbox.root(), linked}) {
    const auto repository = git::Repository::discover(start);
    REQUIRE(repository);
    CHECK(repository->work_tree() == start);
    CHECK(repository->common_dir() == sandbox.path(".git"));
    CHECK(repository->worktrees() == std::vector<std::string>{linked, sandbox.root()});
  }
  CHECK(git::Repository::discover(linked)->git_dir() == sandbox.path(".git/worktrees/linked"));
  CHECK(git::Repository::discover(linked)->branch() == "side");
}

TEST_CASE("a moved worktree's broken pointer is an error, not another repository") {
  const GitSandbox sandbox;
  sandbox.dir.write("work/sub/.git", "gitdir: /nowhere/at/all\n");
  CHECK_THAT(failure_of_opening(sandbox.path("sub")), Catch::Contains("cannot open the git repository"));
}

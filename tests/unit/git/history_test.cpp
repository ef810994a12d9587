// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/git_sandbox.hpp"
#include "util/error.hpp"

using namespace mlops;
using test::GitSandbox;

TEST_CASE("a commit is read with author, message and parents") {
  GitSandbox sandbox;
  sandbox.env["GIT_AUTHOR_DATE"] = "1700000000 +0200";
  sandbox.env["GIT_AUTHOR_NAME"] = "Zoë";
  const git::Oid first = sandbox.commit("a", "1");
  sandbox.git({"commit", "-q", "--allow-empty", "-m", "two\n\nlines"});
  const git::Commit commit = sandbox.open().commit(sandbox.oid("HEAD"));
  CHECK(commit.id == sandbox.oid("HEAD"));
  CHECK(commit.tree == sandbox.oid("HEAD^{tree}"));
  CHECK(commit.parents == std::vector<git::Oid>{first});
  CHECK(commit.author.name == "Zoë");
  CHECK(commit.author.email == "author@example.com");
  CHECK(commit.author.seconds == 1700000000);
  CHECK(commit.message == "two\n\nlines\n");
}

TEST_CASE("a commit that is not there is missing") {
  const GitSandbox sandbox;
  try {
    static_cast<void>(sandbox.open().commit(*git::Oid::parse(std::string(40, '1'))));
    FAIL("was read");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::missing);
  }
}

TEST_CASE("history reaches each commit once, newest first, through merges") {
  GitSandbox sandbox;
  int clock = 1700000000;
  const auto commit = [&](const std::string& name) {
    sandbox.env["GIT_AUTHOR_DATE"] = sandbox.env["GIT_COMMITTER_DATE"] = std::to_string(++clock) + " +0000";
    return sandbox.commit(name, name);
  };
  const git::Oid base = commit("base");
  sandbox.git({"checkout", "-q", "-b", "side"});
  const git::Oid side = commit("side");
  sandbox.git({"checkout", "-q", "main"});
  const git::Oid main = commit("main");
  sandbox.env["GIT_COMMITTER_DATE"] = std::to_string(++clock) + " +0000";
  sandbox.git({"merge", "-q", "-m", "join", "side"});
  const git::Oid merge = sandbox.oid("HEAD");
  const git::Repository repository = sandbox.open();
  CHECK(repository.history({merge}) == std::vector<git::Oid>{merge, main, side, base});
  CHECK(repository.history({side, base, side}) == std::vector<git::Oid>{side, base});
  CHECK(repository.history({}).empty());
}

TEST_CASE("history ends at the boundary of a shallow clone") {
  const GitSandbox sandbox;
  for (const char* content : {"1", "2", "3"}) {
    sandbox.commit("a", content);
  }
  const std::string shallow = (sandbox.dir / "shallow").string();
  sandbox.git({"clone", "-q", "--depth=2", "file://" + sandbox.root(), shallow});
  const auto repository = git::Repository::discover(shallow);
  REQUIRE(repository);
  CHECK(repository->is_shallow());
  CHECK(repository->history({*repository->head()}) ==
        std::vector<git::Oid>{sandbox.oid("HEAD"), sandbox.oid("HEAD~1")});
}

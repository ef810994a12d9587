// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <thread>

#include "support/catch.hpp"
#include "support/git_sandbox.hpp"
#include "util/error.hpp"

using namespace mlops;
using test::GitSandbox;

namespace {

std::vector<std::string> names_of(const std::vector<git::Ref>& refs) {
  std::vector<std::string> names;
  for (const git::Ref& ref : refs) {
    names.push_back(ref.name);
  }
  return names;
}

ErrorKind kind_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.kind();
  }
  FAIL("did not fail");
  return ErrorKind::failed;
}

}  // namespace

TEST_CASE("an unborn branch has a name and no commit") {
  const GitSandbox sandbox;
  const git::Repository repository = sandbox.open();
  CHECK_FALSE(repository.head());
  CHECK(repository.branch() == "main");
  CHECK_FALSE(repository.resolve("HEAD"));
  CHECK(repository.refs().empty());
  CHECK(repository.reflog_commits().empty());
}

TEST_CASE("a detached HEAD has a commit and no branch") {
  const GitSandbox sandbox;
  const git::Oid first = sandbox.commit("a", "1");
  sandbox.commit("a", "2");
  sandbox.git({"checkout", "-q", first.hex()});
  CHECK(sandbox.open().head() == first);
  CHECK_FALSE(sandbox.open().branch());
}

TEST_CASE("revisions resolve to commits as git resolves them") {
  const GitSandbox sandbox;
  const git::Oid first = sandbox.commit("a", "1");
  const git::Oid second = sandbox.commit("a", "2");
  sandbox.git({"tag", "-a", "-m", "x", "v1", first.hex()});
  const git::Repository repository = sandbox.open();
  CHECK(repository.resolve("main") == second);
  CHECK(repository.resolve("HEAD~1") == first);
  CHECK(repository.resolve("HEAD^") == first);
  CHECK(repository.resolve("v1") == first);
  CHECK(repository.resolve(second.short_hex()) == second);
  for (const char* unknown : {"", "nope", "-x", "HEAD~9", "HEAD:a", "main^{tree}", "a..b"}) {
    CAPTURE(unknown);
    CHECK_FALSE(repository.resolve(unknown));
  }
}

TEST_CASE("an earlier place of HEAD is found across branches, as git finds it") {
  const GitSandbox sandbox;
  sandbox.commit("a", "1");
  sandbox.git({"checkout", "-q", "-b", "side"});
  sandbox.commit("b", "2");
  sandbox.git({"checkout", "-q", "main"});
  sandbox.commit("a", "3");
  const git::Repository repository = sandbox.open();
  for (const char* revision : {"HEAD@{0}", "HEAD@{1}", "HEAD@{2}", "HEAD@{2}~1", "HEAD@{4}", "main@{1}"}) {
    CAPTURE(revision);
    CHECK(repository.resolve(revision) == sandbox.oid(revision));
  }
  CHECK_FALSE(repository.resolve("HEAD@{9}"));
  CHECK_FALSE(repository.resolve("HEAD@{99999999999999999999999}"));
}

TEST_CASE("all kinds of refs are listed, loose and packed, with tags peeled") {
  const GitSandbox sandbox;
  const git::Oid first = sandbox.commit("a", "1");
  sandbox.git({"tag", "-a", "-m", "x", "annotated"});
  sandbox.git({"tag", "-a", "-m", "xx", "nested", "annotated"});
  sandbox.git({"tag", "blob", "HEAD:a"});
  sandbox.git({"pack-refs", "--all"});
  sandbox.git({"update-ref", "refs/mlops/runs/one", "HEAD"});
  sandbox.git({"notes", "add", "-m", "note"});
  sandbox.write("a", "changed");
  sandbox.git({"stash", "-q"});
  sandbox.git({"symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/gone"});
  const git::Repository repository = sandbox.open();
  CHECK(names_of(repository.refs()) ==
        std::vector<std::string>{"refs/heads/main", "refs/mlops/runs/one", "refs/notes/commits", "refs/stash",
                                 "refs/tags/annotated", "refs/tags/blob", "refs/tags/nested"});
  const std::vector<git::Ref> tags = repository.refs("refs/tags/");
  REQUIRE(tags.size() == 3);
  CHECK(tags[0].target == first);
  CHECK(tags[0].commit);
  CHECK(tags[1].target == sandbox.oid("HEAD:a"));
  CHECK_FALSE(tags[1].commit);
  CHECK(tags[2].target == first);
}

TEST_CASE("a ref that cannot be read stops the listing") {
  const GitSandbox sandbox;
  const git::Oid commit = sandbox.commit("a", "1");
  sandbox.git({"branch", "good"});
  SECTION("cut off by a power cut") { sandbox.write(".git/refs/heads/bad", ""); }
  SECTION("garbage") { sandbox.write(".git/refs/heads/bad", "no hash at all\n"); }
  SECTION("naming an object that is not there") {
    sandbox.write(".git/refs/heads/bad", "0123456789012345678901234567890123456789\n");
  }
  SECTION("with a name that git does not allow") { sandbox.write(".git/refs/heads/ba..d", commit.hex() + "\n"); }
  SECTION("among packed refs") { sandbox.write(".git/packed-refs", "# pack-refs with: peeled\nnonsense\n"); }
  CHECK_THROWS_AS(sandbox.open().refs(), Error);
}

TEST_CASE("what git itself passes over in the refs directory is no ref") {
  const GitSandbox sandbox;
  sandbox.commit("a", "1");
  sandbox.write(".git/refs/heads/main.lock", "");
  sandbox.write(".git/refs/heads/.hidden", "");
  CHECK(names_of(sandbox.open().refs()) == std::vector<std::string>{"refs/heads/main"});
}

TEST_CASE("a ref is created once, and removed only while it is what it was") {
  const GitSandbox sandbox;
  const git::Oid first = sandbox.commit("a", "1");
  const git::Oid second = sandbox.commit("a", "2");
  const git::Repository repository = sandbox.open();
  const std::string name = "refs/mlops/runs/abc";
  repository.create_ref(name, first);
  CHECK(sandbox.oid(name) == first);
  CHECK(kind_of([&] { repository.create_ref(name, second); }) == ErrorKind::conflict);
  CHECK(kind_of([&] { repository.create_ref(name, first); }) == ErrorKind::conflict);
  CHECK(sandbox.oid(name) == first);
  SECTION("loose") {}
  SECTION("packed") {
    sandbox.git({"pack-refs", "--all"});
    CHECK(kind_of([&] { repository.create_ref(name, second); }) == ErrorKind::conflict);
  }
  CHECK(kind_of([&] { repository.delete_ref(name, second); }) == ErrorKind::conflict);
  repository.delete_ref(name, first);
  CHECK(repository.refs("refs/mlops/").empty());
  CHECK(kind_of([&] { repository.delete_ref(name, first); }) == ErrorKind::conflict);
  CHECK(sandbox.git({"for-each-ref", "refs/mlops"}).empty());
}

TEST_CASE("of many that create one ref at once, one does") {
  const GitSandbox sandbox;
  const git::Oid commit = sandbox.commit("a", "1");
  for (int round = 0; round < 5; ++round) {
    const std::string name = "refs/mlops/runs/race" + std::to_string(round);
    std::atomic<int> created = 0;
    std::atomic<int> refused = 0;
    std::vector<std::jthread> racers;
    for (int i = 0; i < 4; ++i) {
      racers.emplace_back([&] {
        const git::Repository repository = sandbox.open();
        try {
          repository.create_ref(name, commit);
          ++created;
        } catch (const Error& error) {
          refused += error.kind() == ErrorKind::conflict ? 1 : 0;
        }
      });
    }
    racers.clear();
    CHECK(created == 1);
    CHECK(refused == 3);
    CHECK(sandbox.oid(name) == commit);
  }
}

TEST_CASE("a ref needs an object that exists and a name that git allows") {
  const GitSandbox sandbox;
  const git::Oid commit = sandbox.commit("a", "1");
  const git::Repository repository = sandbox.open();
  const git::Oid absent = *git::Oid::parse("0123456789012345678901234567890123456789");
  CHECK_THROWS_AS(repository.create_ref("refs/mlops/runs/x", absent), Error);
  CHECK_THROWS_AS(repository.create_ref("refs/mlops/../x", commit), Error);
  sandbox.write(".git/refs/mlops/runs/busy.lock", "");
  CHECK(kind_of([&] { repository.create_ref("refs/mlops/runs/busy", commit); }) == ErrorKind::conflict);
  CHECK(repository.refs("refs/mlops/").empty());
}

TEST_CASE("the lock of a ref that a killed process left is in nobody's way") {
  const GitSandbox sandbox;
  const git::Oid commit = sandbox.commit("a", "1");
  const git::Repository repository = sandbox.open();
  const std::string lock = ".git/refs/mlops/runs/x.lock";
  sandbox.write(lock, "");
  sandbox.write(".git/keep.lock", "");
  repository.remove_left_lock("refs/mlops/../../keep");
  CHECK(std::filesystem::exists(sandbox.path(".git/keep.lock")));
  repository.remove_left_lock("refs/mlops/runs/x");
  repository.create_ref("refs/mlops/runs/x", commit);
  CHECK(sandbox.oid("refs/mlops/runs/x") == commit);
  CHECK_FALSE(std::filesystem::exists(sandbox.path(lock)));
  sandbox.write(lock, "");
  CHECK(kind_of([&] { repository.delete_ref("refs/mlops/runs/x", commit); }) == ErrorKind::conflict);
  const timespec old[2] = {{.tv_sec = 1'600'000'000, .tv_nsec = 0}, {.tv_sec = 1'600'000'000, .tv_nsec = 0}};
  REQUIRE(::utimensat(AT_FDCWD, sandbox.path(lock).c_str(), old, 0) == 0);
  repository.delete_ref("refs/mlops/runs/x", commit);
  CHECK(repository.refs("refs/mlops/").empty());
}

TEST_CASE("reflogs remember commits that no ref names any more") {
  const GitSandbox sandbox;
  const git::Oid first = sandbox.commit("a", "1");
  const git::Oid second = sandbox.commit("a", "2");
  sandbox.git({"reset", "-q", "--hard", first.hex()});
  const std::string linked = (sandbox.dir / "linked").string();
  sandbox.git({"worktree", "add", "-q", "--detach", linked});
  sandbox.git({"commit", "-q", "--allow-empty", "-m", "detached"}, linked);
  const git::Oid third = *git::Oid::parse(sandbox.git({"rev-parse", "HEAD"}, linked));
  sandbox.git({"commit", "-q", "--allow-empty", "-m", "more"}, linked);
  std::vector<git::Oid> expected = {first, second, third, *git::Oid::parse(sandbox.git({"rev-parse", "HEAD"}, linked))};
  std::sort(expected.begin(), expected.end());
  CHECK(sandbox.open().reflog_commits() == expected);
  CHECK(git::Repository::discover(linked)->reflog_commits() == expected);

  SECTION("a detached HEAD counts without any log") {
    std::filesystem::remove_all(sandbox.path(".git/logs"));
    std::filesystem::remove_all(sandbox.path(".git/worktrees/linked/logs"));
    CHECK(sandbox.open().reflog_commits() ==
          std::vector<git::Oid>{*git::Oid::parse(sandbox.git({"rev-parse", "HEAD"}, linked))});
  }
  SECTION("a commit that git has pruned is left out") {
    const std::string zeros(40, '0');
    sandbox.dir.write("work/.git/logs/HEAD", zeros + " " + std::string(40, '1') + " A <a@b> 1 +0000\tx\n");
    std::filesystem::remove_all(sandbox.path(".git/logs/refs"));
    CHECK(sandbox.open().reflog_commits().size() == 3);
  }
  SECTION("a line that cannot be read stops") {
    sandbox.dir.write("work/.git/logs/HEAD", first.hex() + " half a li");
    CHECK(kind_of([&] { static_cast<void>(sandbox.open().reflog_commits()); }) == ErrorKind::corrupt);
  }
}

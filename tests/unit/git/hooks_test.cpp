// SPDX-License-Identifier: Apache-2.0
// Hooks are tried by letting git run them.

#include "git/hooks.hpp"

#include <sys/stat.h>

#include <filesystem>

#include "support/catch.hpp"
#include "support/git_sandbox.hpp"
#include "util/error.hpp"

using namespace mlops;
using test::GitSandbox;

namespace {

namespace stdfs = std::filesystem;

/// A repository whose hooks append a line to the file `calls`.
class Hooked : public GitSandbox {
 public:
  explicit Hooked(const std::string& directory = "work") : GitSandbox(directory) {
    commit("a", "1");
    stdfs::create_directories(path(".git/hooks"));
  }

  git::Hook hook(const std::string& name) const {
    return {.name = name, .command = "echo \"ours " + name + " $*\" >> '" + calls_path() + "'"};
  }

  void existing(const std::string& file, const std::string& text, stdfs::perms mode = stdfs::perms::owner_all) const {
    write(file, text);
    stdfs::permissions(path(file), mode);
  }

  std::string calls_path() const { return (dir / "calls").string(); }
  std::string calls() const { return stdfs::exists(calls_path()) ? dir.read("calls") : std::string(); }
  /// A line of shell that notes that the old hook was called.
  std::string note(const std::string& text) const { return "echo \"" + text + "\" >> '" + calls_path() + "'\n"; }
};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("git calls an installed hook with its arguments") {
  const Hooked sandbox;
  const git::InstalledHooks installed = git::install_hooks(sandbox.open(), {sandbox.hook("post-checkout")});
  CHECK(installed.written == std::vector<std::string>{sandbox.path(".git/hooks/post-checkout")});
  CHECK(installed.chained.empty());
  sandbox.git({"checkout", "-q", "-b", "other"});
  const std::string head = sandbox.oid("HEAD").hex();
  CHECK(sandbox.calls() == "ours post-checkout " + head + " " + head + " 1\n");
}

TEST_CASE("installing twice changes nothing, a changed command changes the hook") {
  const Hooked sandbox;
  sandbox.existing(".git/hooks/pre-commit", "#!/bin/sh\n" + sandbox.note("old"));
  const std::vector<git::Hook> hooks = {sandbox.hook("pre-commit"), sandbox.hook("post-checkout")};
  CHECK(git::install_hooks(sandbox.open(), hooks).written.size() == 2);
  const git::InstalledHooks again = git::install_hooks(sandbox.open(), hooks);
  CHECK(again.written.empty());
  CHECK(again.chained.empty());
  const git::InstalledHooks changed = git::install_hooks(sandbox.open(), {{.name = "pre-commit", .command = "true"}});
  CHECK(changed.written.size() == 1);
  CHECK(changed.chained.empty());
  sandbox.commit("b", "1");
  CHECK(sandbox.calls() == "old\n");
}

TEST_CASE("an existing hook runs first, and its failure is the hook's") {
  const Hooked sandbox;
  sandbox.existing(".git/hooks/pre-commit",
                   "#!/bin/sh\n" + sandbox.note("old $0") + "test ! -e '" + sandbox.path("fail") + "' || exit 3\n");
  const mode_t mode = mode_of(sandbox.path(".git/hooks/pre-commit"));
  const git::InstalledHooks installed = git::install_hooks(sandbox.open(), {sandbox.hook("pre-commit")});
  CHECK(installed.chained == installed.written);
  CHECK(mode_of(sandbox.path(".git/hooks/pre-commit.mlops-chained")) == mode);
  sandbox.commit("b", "1");
  // Under the name that it had: hook managers look at it.
  CHECK(sandbox.calls() == "old .git/hooks/pre-commit\nours pre-commit \n");
  sandbox.write("fail", "");
  CHECK(sandbox.try_git({"commit", "--allow-empty", "-m", "x"}).exit_code != 0);
  CHECK(sandbox.calls() == "old .git/hooks/pre-commit\nours pre-commit \nold .git/hooks/pre-commit\n");
}

TEST_CASE("our part's failure is the hook's too") {
  const Hooked sandbox;
  git::install_hooks(sandbox.open(), {{.name = "pre-commit", .command = "exit 4"}});
  CHECK(sandbox.try_git({"commit", "--allow-empty", "-m", "x"}).exit_code != 0);
}

TEST_CASE("a hook in any language is chained") {
  const Hooked sandbox;
  SECTION("bash, with its own syntax") {
    sandbox.existing(".git/hooks/pre-commit", "#!/usr/bin/env bash\nwords=(one two)\n" + sandbox.note("${words[1]}"));
  }
  SECTION("another interpreter") {
    sandbox.existing(".git/hooks/pre-commit",
                     "#!/usr/bin/awk -f\nBEGIN { print \"two\" >> \"" + sandbox.calls_path() + "\" }\n");
  }
  SECTION("a shell with options") { sandbox.existing(".git/hooks/pre-commit", "#!/bin/sh -e\n" + sandbox.note("two")); }
  SECTION("a link into the work tree") {
    sandbox.existing("scripts/hook", "#!/bin/sh\n" + sandbox.note("two"));
    stdfs::create_symlink("../../scripts/hook", sandbox.path(".git/hooks/pre-commit"));
  }
  git::install_hooks(sandbox.open(), {sandbox.hook("pre-commit")});
  sandbox.commit("b", "1");
  CHECK(sandbox.calls() == "two\nours pre-commit \n");
}

TEST_CASE("a hook that git would not have run is not run by us either") {
  const Hooked sandbox;
  sandbox.existing(".git/hooks/pre-commit", "#!/bin/sh\n" + sandbox.note("old"), stdfs::perms::owner_read);
  git::install_hooks(sandbox.open(), {sandbox.hook("pre-commit")});
  sandbox.commit("b", "1");
  CHECK(sandbox.calls() == "ours pre-commit \n");
}

TEST_CASE("both hooks of a push get its input, also from directories with odd names") {
  const std::string directory = GENERATE(std::string("work"), std::string("odd 'name\" $HOME"));
  const Hooked sandbox(directory);
  sandbox.git({"init", "-q", "--bare", (sandbox.dir / "bare").string()});
  const std::string append = "cat >> '" + sandbox.calls_path() + "'\n";
  sandbox.existing(".git/hooks/pre-push", "#!/bin/sh\n" + append);
  git::install_hooks(sandbox.open(), {{.name = "pre-push", .command = append}});
  sandbox.git({"push", "-q", (sandbox.dir / "bare").string(), "main"});
  const std::string line =
      "refs/heads/main " + sandbox.oid("HEAD").hex() + " refs/heads/main " + std::string(40, '0') + "\n";
  CHECK(sandbox.calls() == line + line);
}

TEST_CASE("a push hook alone gets the input, and an old one that reads nothing does no harm") {
  const Hooked sandbox;
  sandbox.git({"init", "-q", "--bare", (sandbox.dir / "bare").string()});
  const bool chained = GENERATE(false, true);
  if (chained) {
    sandbox.existing(".git/hooks/pre-push", "#!/bin/sh\nexit 0\n");
  }
  git::install_hooks(sandbox.open(),
                     {{.name = "pre-push", .command = "cut -d' ' -f1 >> '" + sandbox.calls_path() + "'"}});
  sandbox.git({"push", "-q", (sandbox.dir / "bare").string(), "main"});
  CHECK(sandbox.calls() == "refs/heads/main\n");
}

TEST_CASE("an old push hook's failure stops the push") {
  const Hooked sandbox;
  sandbox.git({"init", "-q", "--bare", (sandbox.dir / "bare").string()});
  sandbox.existing(".git/hooks/pre-push", "#!/bin/sh\nexit 1\n");
  git::install_hooks(sandbox.open(), {sandbox.hook("pre-push")});
  CHECK(sandbox.try_git({"push", "-q", (sandbox.dir / "bare").string(), "main"}).exit_code != 0);
  CHECK(sandbox.calls().empty());
}

TEST_CASE("hooks of a hook manager in the work tree keep working") {
  const Hooked sandbox;
  sandbox.existing(".hooks/_/h", "n=$(basename \"$0\")\n. \"$(dirname \"$(dirname \"$0\")\")/$n\"\n");
  sandbox.existing(".hooks/_/pre-commit", "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"\n");
  sandbox.existing(".hooks/pre-commit", sandbox.note("manager"));
  sandbox.git({"config", "core.hooksPath", ".hooks/_"});
  const git::InstalledHooks installed = git::install_hooks(sandbox.open(), {sandbox.hook("pre-commit")});
  CHECK(installed.written == std::vector<std::string>{sandbox.path(".hooks/_/pre-commit")});
  sandbox.commit("b", "1");
  CHECK(sandbox.calls() == "manager\nours pre-commit \n");
}

TEST_CASE("hooks are not installed where neither the repository nor the user has its place") {
  const Hooked sandbox;
  const test::TempDir elsewhere;
  const bool nowhere = GENERATE(true, false);
  const std::string place = nowhere ? "/dev/null" : elsewhere.path().string();
  sandbox.git({"config", "core.hooksPath", place});
  CHECK_THROWS_AS(git::install_hooks(sandbox.open(), {sandbox.hook("pre-commit")}), Error);
  CHECK(stdfs::is_empty(elsewhere.path()));
}

TEST_CASE("uninstalling puts back exactly what was there") {
  const Hooked sandbox;
  const std::string old = "#!/bin/sh\n" + sandbox.note("old");
  sandbox.existing(".git/hooks/pre-commit", old);
  sandbox.existing(".git/hooks/commit-msg", "#!/bin/sh\n# not ours\n");
  const std::vector<git::Hook> hooks = {sandbox.hook("pre-commit"), sandbox.hook("post-checkout")};
  git::install_hooks(sandbox.open(), hooks);
  CHECK(git::uninstall_hooks(sandbox.open(), {hooks[0], hooks[1], sandbox.hook("commit-msg")}).size() == 2);
  CHECK(sandbox.dir.read("work/.git/hooks/pre-commit") == old);
  CHECK_FALSE(stdfs::exists(sandbox.path(".git/hooks/pre-commit.mlops-chained")));
  CHECK_FALSE(stdfs::exists(sandbox.path(".git/hooks/post-checkout")));
  CHECK(stdfs::exists(sandbox.path(".git/hooks/commit-msg")));
  CHECK(git::uninstall_hooks(sandbox.open(), hooks).empty());
}

TEST_CASE("a hook that replaced ours is not lost over the one kept before") {
  const Hooked sandbox;
  sandbox.existing(".git/hooks/pre-commit", "#!/bin/sh\n# first\n");
  git::install_hooks(sandbox.open(), {sandbox.hook("pre-commit")});
  sandbox.existing(".git/hooks/pre-commit", "#!/bin/sh\n# second\n");
  CHECK_THROWS_AS(git::install_hooks(sandbox.open(), {sandbox.hook("pre-commit")}), Error);
  CHECK(sandbox.dir.read("work/.git/hooks/pre-commit") == "#!/bin/sh\n# second\n");
  CHECK(sandbox.dir.read("work/.git/hooks/pre-commit.mlops-chained") == "#!/bin/sh\n# first\n");
  SECTION("but one with the same bytes is what a kill during the install leaves") {
    sandbox.existing(".git/hooks/pre-commit", "#!/bin/sh\n# first\n");
    CHECK(git::install_hooks(sandbox.open(), {sandbox.hook("pre-commit")}).chained.size() == 1);
  }
}

TEST_CASE("git merges our files with the driver that was installed") {
  const Hooked sandbox;
  const std::string driver = "cat %A %B > %A.new && mv %A.new %A";
  sandbox.write(".git/info/attributes", "*.png binary");
  for (int i = 0; i < 2; ++i) {
    git::install_merge_driver(sandbox.open(), sandbox.program(), "mlops", driver, {"mlops.lock", "*.mlops"});
    CHECK(sandbox.dir.read("work/.git/info/attributes") ==
          "*.png binary\nmlops.lock merge=mlops\n*.mlops merge=mlops\n");
    CHECK(sandbox.git({"config", "--local", "--get-all", "merge.mlops.driver"}) == driver);
  }
  sandbox.commit("mlops.lock", "base\n");
  sandbox.git({"checkout", "-q", "-b", "side"});
  sandbox.commit("mlops.lock", "side\n");
  sandbox.git({"checkout", "-q", "main"});
  sandbox.commit("mlops.lock", "main\n");
  sandbox.git({"merge", "-q", "-m", "join", "side"});
  CHECK(sandbox.dir.read("work/mlops.lock") == "main\nside\n");

  for (int i = 0; i < 2; ++i) {
    git::uninstall_merge_driver(sandbox.open(), sandbox.program(), "mlops");
    CHECK(sandbox.dir.read("work/.git/info/attributes") == "*.png binary\n");
    CHECK(sandbox.try_git({"config", "--get-regexp", "^merge"}).out.empty());
  }
}

TEST_CASE("the merge driver is set up for all worktrees from any of them") {
  const Hooked sandbox;
  sandbox.git({"worktree", "add", "-q", "../linked"});
  const std::string linked = (sandbox.dir / "linked").string();
  git::install_merge_driver(*git::Repository::discover(linked), git::Program(linked, sandbox.env), "mlops", "true",
                            {"mlops.lock"});
  CHECK(sandbox.dir.read("work/.git/info/attributes") == "mlops.lock merge=mlops\n");
  CHECK(sandbox.git({"config", "merge.mlops.driver"}) == "true");
  git::uninstall_merge_driver(sandbox.open(), sandbox.program(), "mlops");
  CHECK_FALSE(stdfs::exists(sandbox.path(".git/info/attributes")));
}

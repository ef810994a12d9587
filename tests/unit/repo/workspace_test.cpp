// SPDX-License-Identifier: Apache-2.0
#include "repo/workspace.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/file.hpp"
#include "repo/target.hpp"
#include "support/catch.hpp"
#include "support/test_project.hpp"
#include "util/error.hpp"

using namespace mlops;
using test::at;
using test::TestProject;

TEST_CASE("the project is found from below and paths are taken from the current directory", "[repo]") {
  const TestProject project;
  std::filesystem::create_directories(project.path("a/b"));
  const auto workspace = project.open("a/b");
  CHECK(workspace.root() == project.root());
  CHECK(workspace.cwd() == at("a/b"));
  CHECK(workspace.resolve("x") == at("a/b/x"));
  CHECK(workspace.resolve("../x/") == at("a/x"));
  CHECK(workspace.resolve(project.path("y")) == at("y"));
  CHECK(workspace.resolve(".") == at("a/b"));
  CHECK(workspace.shown(at("a/x")) == "../x");
  CHECK_THROWS_WITH(workspace.resolve("../../../x"), Catch::Contains("outside the repository"));
  CHECK_THROWS_WITH(workspace.resolve("/etc/passwd"), Catch::Contains("outside the repository"));
}

TEST_CASE("an absolute path through a link to the project is taken as inside", "[repo]") {
  const TestProject project;
  const std::string alias = (project.git.dir / "alias").string();
  std::filesystem::create_directory_symlink(project.root(), alias);
  CHECK(project.open().resolve(alias + "/x") == at("x"));
}

TEST_CASE("outside a project and outside git the errors say what to do", "[repo]") {
  const test::TempDir dir;
  repo::Session session;
  session.cwd = dir.path().string();
  CHECK_THROWS_WITH(repo::Workspace::open(session), Catch::Contains("not a git repository"));
  const test::GitSandbox git;
  session.cwd = git.root();
  CHECK_THROWS_WITH(repo::Workspace::open(session), Catch::Contains("not inside an mlops project"));
  session.cwd = dir.path().string();
  dir.write(".mlops/config", "[core]\n\tformat = 1\n");
  CHECK_THROWS_WITH(repo::Workspace::open(session), Catch::Contains("not a git repository"));
}

TEST_CASE("opening a project changes nothing on disk", "[repo]") {
  const TestProject project;
  const auto before = std::filesystem::last_write_time(project.path(".mlops"));
  auto workspace = project.open();
  workspace.db();
  workspace.memo();
  CHECK(std::filesystem::last_write_time(project.path(".mlops")) == before);
  CHECK_FALSE(project.exists(".mlops/tmp"));
  CHECK_FALSE(project.exists(".mlops/cache"));
}

TEST_CASE("a nested call inside a stage does not wait for the run that started it", "[repo]") {
  TestProject project;
  const auto workspace = project.open();
  {
    const auto held = workspace.lock_run("mlops run", {});
    REQUIRE(held);
    project.git.env[repo::Workspace::run_token_variable] = workspace.run_token();
    const auto nested = project.open();
    CHECK_FALSE(nested.lock_run("mlops status", {}));
    CHECK(nested.run_token() == workspace.run_token());
    project.git.env[repo::Workspace::run_token_variable] = "guessed";
    auto stranger_session = project.session();
    stranger_session.lock_wait_seconds = 0;
    CHECK_THROWS_WITH(repo::Workspace::open(stranger_session).lock_run("x", {}), Catch::Contains("mlops run"));
  }
  // A token outlives its lock in an environment; it must not open a lock that nobody holds.
  project.git.env[repo::Workspace::run_token_variable] = workspace.run_token();
  CHECK(project.open().lock_run("mlops run", {}));
}

TEST_CASE("leftovers of dead processes go and those of live ones stay", "[repo]") {
  const TestProject project;
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  const std::string ours = fs::TempDir(project.root(), ".mlops-tmp-").path();
  const std::string random = ours.substr(ours.rfind('-'));
  const std::string dead = ".mlops/tmp/.mlops-tmp-checkout-" + std::to_string(child) + random;
  const std::string alive = ".mlops/tmp/.x.mlops-tmp-" + std::to_string(::getpid()) + random;
  const std::string elsewhere = ".mlops/tmp/.x.mlops-tmp-" + std::to_string(child) + "-abcdefab0000";
  const std::string forgotten = ".mlops/tmp/.x.mlops-tmp-" + std::to_string(child) + "-abcdefab0001";
  project.write(dead + "/file", "x");
  project.write(alive, "x");
  project.write(elsewhere, "x");
  project.write(forgotten, "x");
  project.age(forgotten);
  project.write(".mlops/tmp/journal", "x");
  project.write(".mlops/rescue/new/file", "x");
  project.write(".mlops/rescue/old/file", "x");
  project.age(".mlops/rescue/old");
  project.open().sweep_leftovers();
  CHECK_FALSE(project.exists(dead));
  CHECK(project.exists(alive));
  CHECK(project.exists(elsewhere));
  CHECK_FALSE(project.exists(forgotten));
  CHECK(project.exists(".mlops/tmp/journal"));
  CHECK(project.exists(".mlops/rescue/new/file"));
  CHECK_FALSE(project.exists(".mlops/rescue/old"));
}

TEST_CASE("targets are tracked paths, parts, pointers, stages and directories", "[repo]") {
  const TestProject project;
  project.write("mlops.yaml",
                "stages:\n  prepare:\n    cmd: x\n    deps:\n    - data/raw\n    outs:\n    - data/out\n"
                "  train:\n    cmd: y\n    deps:\n    - data/out\n    outs:\n    - model\n");
  project.write("data/raw.mlops", "version: 1\npath: raw\nkind: file\nsha256: " + std::string(64, 'a') + "\nsize: 1\n");
  auto workspace = project.open();
  const auto snapshot = repo::Snapshot::of_workspace(workspace);
  const auto names = [&](const repo::TargetOptions& options) {
    std::vector<std::string> paths;
    for (const auto& target : repo::resolve_targets(workspace, *snapshot, options)) {
      paths.push_back(target.path.str());
    }
    return paths;
  };
  using Names = std::vector<std::string>;
  CHECK(names({}) == Names{"data/out", "data/raw", "model"});
  CHECK(names({.targets = {"train"}}) == Names{"model"});
  CHECK(names({.targets = {"mlops.yaml:train"}}) == Names{"model"});
  CHECK(names({.targets = {"mlops.yaml"}}) == Names{"data/out", "model"});
  CHECK(names({.targets = {"train"}, .with_deps = true}) == Names{"data/out", "data/raw", "model"});
  CHECK(names({.targets = {"data"}, .recursive = true}) == Names{"data/out", "data/raw"});
  CHECK(names({.targets = {"data/raw.mlops", "data/raw"}}) == Names{"data/raw"});
  CHECK(names({.targets = {"data/out/x", "data/out"}}) == Names{"data/out"});
  CHECK(names({.targets = {"data/*"}, .glob = true}) == Names{"data/out", "data/raw"});
  CHECK(names({.targets = {"tr*"}, .glob = true}) == Names{"model"});
  CHECK_THROWS_WITH(names({.targets = {"data"}}), Catch::Contains("neither tracked"));
  CHECK_THROWS_WITH(names({.targets = {"nothing*"}, .glob = true}), Catch::Contains("matches"));
}

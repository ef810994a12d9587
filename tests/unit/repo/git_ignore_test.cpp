// SPDX-License-Identifier: Apache-2.0
#include "repo/git_ignore.hpp"

#include "support/catch.hpp"
#include "support/test_project.hpp"

using namespace mlops;
using test::at;

TEST_CASE("a managed line covers exactly its own name for git", "[repo]") {
  const test::TestProject project;
  for (const char* name : {"raw", "#hash", "!bang", "a*b", "q?", "[set]", "back\\slash", "trail  ", "mid dle", "-dash",
                           "\xc3\xa4", "'quote'"}) {
    CAPTURE(name);
    const auto path = at("data") / name;
    CHECK(repo::ignore_paths(project.open(), {path}).size() == 1);
    CHECK(project.open().git().ignores(path));
    project.write("data/" + std::string(name), "x");
    CHECK(project.git.try_git({"check-ignore", "-q", "--", "data/" + std::string(name)}).exit_code == 0);
    CHECK(project.git.try_git({"check-ignore", "-q", "--", "data/" + std::string(name) + "x"}).exit_code == 1);
    CHECK(repo::unignore_paths(project.open(), {path}).size() == 1);
    CHECK_FALSE(project.exists("data/.gitignore"));
  }
}

TEST_CASE("lines are added once and other lines keep every byte", "[repo]") {
  const test::TestProject project;
  const std::string before = "# mine\r\n*.tmp\n/raw-other\nno end";
  project.write("data/.gitignore", before);
  const auto workspace = project.open();
  CHECK(repo::ignore_paths(workspace, {at("data/raw"), at("data/more")}).size() == 1);
  CHECK(repo::ignore_paths(workspace, {at("data/raw")}).empty());
  CHECK(project.read("data/.gitignore") == before + "\n/raw\n/more\n");
  CHECK(repo::unignore_paths(workspace, {at("data/raw"), at("data/more")}).size() == 1);
  CHECK(project.read("data/.gitignore") == before + "\n");
}

TEST_CASE("a file that held only our line goes with it", "[repo]") {
  const test::TestProject project;
  const auto workspace = project.open();
  repo::ignore_paths(workspace, {at("new/dir/out")});
  CHECK(project.read("new/dir/.gitignore") == "/out\n");
  CHECK(repo::unignore_paths(workspace, {at("new/dir/out")}) == std::vector{at("new/dir/.gitignore")});
  CHECK_FALSE(project.exists("new/dir/.gitignore"));
  CHECK(repo::unignore_paths(workspace, {at("new/dir/out")}).empty());
}

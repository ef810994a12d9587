// SPDX-License-Identifier: Apache-2.0
#include "repo/init.hpp"

#include "support/catch.hpp"
#include "support/test_project.hpp"
#include "util/error.hpp"

using namespace mlops;
using repo::init;

namespace {

repo::Session session_in(const test::GitSandbox& git, const std::string& directory) {
  repo::Session session;
  session.cwd = directory;
  session.env = git.env;
  return session;
}

}  // namespace

TEST_CASE("init makes the project's files and stages them", "[repo]") {
  const test::GitSandbox git;
  const auto result = init(session_in(git, git.root()), {});
  CHECK(result.root == git.root());
  CHECK(result.staged);
  CHECK(result.written.size() == 3);
  CHECK(git.dir.read(git.path(".mlops/config")) == "[core]\n\tformat = 1\n");
  CHECK(git.git({"diff", "--cached", "--name-only"}) == ".mlops/.gitignore\n.mlops/config\n.mlopsignore");
  CHECK(repo::Workspace::open(session_in(git, git.root())).root() == git.root());
}

TEST_CASE("what init writes keeps cache, temporary files and local settings out of git", "[repo]") {
  const test::TestProject project;
  for (const char* name : {".mlops/cache/x", ".mlops/tmp/x", ".mlops/rescue/x", ".mlops/config.local"}) {
    CHECK(project.open().git().ignores(test::at(name)));
  }
}

TEST_CASE("init outside a git repository fails and makes nothing", "[repo]") {
  const test::TempDir dir;
  repo::Session session;
  session.cwd = dir.path().string();
  CHECK_THROWS_WITH(init(session, {}), Catch::Contains("not a git repository"));
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("init below the top of the repository wants --subdir", "[repo]") {
  const test::GitSandbox git;
  std::filesystem::create_directories(git.path("part"));
  CHECK_THROWS_WITH(init(session_in(git, git.path("part")), {}), Catch::Contains("is not the top"));
  const auto result = init(session_in(git, git.path("part")), {.subdir = true});
  CHECK(result.root == git.path("part"));
  const auto workspace = repo::Workspace::open(session_in(git, git.path("part")));
  CHECK(workspace.git_prefix() == test::at("part"));
  CHECK(workspace.git_path(test::at("data")) == test::at("part/data"));
}

TEST_CASE("a second init is refused and with force keeps the cache and the old settings", "[repo]") {
  const test::TestProject project;
  CHECK_THROWS_WITH(init(project.session(), {}), Catch::Contains("is an mlops project already"));
  project.write(".mlops/cache/precious", "object");
  project.write(".mlops/config", "[core]\n\tformat = 1\n\tautostage = true\n");
  const auto result = init(project.session(), {.force = true});
  CHECK(result.existed);
  CHECK(project.read(".mlops/config") == "[core]\n\tformat = 1\n");
  CHECK(project.read(".mlops/cache/precious") == "object");
  bool rescued = false;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(project.path(".mlops/rescue"))) {
    rescued = rescued || entry.path().filename() == "config";
  }
  CHECK(rescued);
}

TEST_CASE("a project inside another is refused without --subdir", "[repo]") {
  const test::TestProject project;
  std::filesystem::create_directories(project.path("inner"));
  CHECK_THROWS_AS(init(project.session("inner"), {}), Error);
}

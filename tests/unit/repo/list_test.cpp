// SPDX-License-Identifier: Apache-2.0
#include "repo/list.hpp"

#include "repo/add.hpp"
#include "support/catch.hpp"
#include "support/test_project.hpp"
#include "util/error.hpp"

using namespace mlops;
using test::TestProject;

namespace {

using Lines = std::vector<std::string>;

/// Paths, directories with a '/' behind, tracked ones with a '*' in front.
Lines lines(const TestProject& project, const repo::ListOptions& options) {
  auto workspace = project.open();
  Lines result;
  for (const auto& item : repo::list(workspace, options).items) {
    result.push_back((item.tracked ? "*" : "") + item.path.str() + (item.directory ? "/" : ""));
  }
  return result;
}

void fill(const TestProject& project) {
  project.write("src/code.py", "print");
  project.write("data/raw/a", "1");
  project.write("data/raw/deep/b", "22");
  auto workspace = project.open();
  repo::add(workspace, {.targets = {"data/raw"}});
  project.commit("all");
}

}  // namespace

TEST_CASE("ls shows git's files and ours together", "[repo]") {
  const TestProject project;
  fill(project);
  CHECK(lines(project, {}) == Lines{".mlops/", ".mlopsignore", "data/", "src/"});
  CHECK(lines(project, {.path = "data"}) == Lines{"data/.gitignore", "*data/raw/", "data/raw.mlops"});
  CHECK(lines(project, {.path = "data/raw"}) == Lines{"*data/raw/a", "*data/raw/deep/"});
  CHECK(lines(project, {.path = "data/raw/deep"}) == Lines{"*data/raw/deep/b"});
  CHECK(lines(project, {.path = "data/raw/deep/b"}) == Lines{"*data/raw/deep/b"});
  CHECK(lines(project, {.path = "src/code.py"}) == Lines{"src/code.py"});
  CHECK_THROWS_WITH(lines(project, {.path = "none"}), Catch::Contains("neither in git nor tracked"));
}

TEST_CASE("ls goes deeper, and shows only what is tracked, when asked", "[repo]") {
  const TestProject project;
  fill(project);
  CHECK(lines(project, {.recursive = true, .tracked_only = true}) ==
        Lines{"data/", "*data/raw/", "*data/raw/a", "*data/raw/deep/", "*data/raw/deep/b"});
  CHECK(lines(project, {.path = "data", .recursive = true, .tracked_only = true, .depth = 2}) ==
        Lines{"*data/raw/", "*data/raw/a", "*data/raw/deep/"});
  CHECK(lines(project, {.tracked_only = true}) == Lines{"data/"});
  CHECK(lines(project, {.path = "src", .recursive = true}) == Lines{"src/code.py"});
}

TEST_CASE("ls of a revision needs neither work tree nor data", "[repo]") {
  const TestProject project;
  fill(project);
  project.erase("data");
  project.commit("gone");
  CHECK(lines(project, {.path = "data/raw", .revision = "HEAD~1"}) == Lines{"*data/raw/a", "*data/raw/deep/"});
  CHECK_THROWS_AS(lines(project, {.path = "data/raw"}), Error);
  std::filesystem::remove_all(project.path(".mlops/cache"));
  auto workspace = project.open();
  const auto result = repo::list(workspace, {.path = "data/raw", .revision = "HEAD~1"});
  CHECK(result.items.empty());
  CHECK(result.not_in_cache == std::vector{test::at("data/raw")});
}

TEST_CASE("sizes and digests of tracked content are told", "[repo]") {
  const TestProject project;
  fill(project);
  auto workspace = project.open();
  const auto result = repo::list(workspace, {.path = "data", .recursive = true, .tracked_only = true});
  REQUIRE(result.items.size() == 4);
  CHECK(result.items[0].size_bytes == 3);
  CHECK(result.items[0].digest);
  CHECK(result.items[3].size_bytes == 2);
}

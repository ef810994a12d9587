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

TEST_CASE("ls shows plain files and tracked ones together", "[repo]") {
  const TestProject project;
  fill(project);
  CHECK(lines(project, {}) == Lines{".mlopsignore", "data/", "src/"});
  CHECK(lines(project, {.path = "data"}) == Lines{"data/.gitignore", "*data/raw/", "data/raw.mlops"});
  CHECK(lines(project, {.path = "data/raw"}) == Lines{"*data/raw/a", "*data/raw/deep/"});
  CHECK(lines(project, {.path = "data/raw/deep"}) == Lines{"*data/raw/deep/b"});
  CHECK(lines(project, {.path = "data/raw/deep/b"}) == Lines{"*data/raw/deep/b"});
  CHECK(lines(project, {.path = "src/code.py"}) == Lines{"src/code.py"});
  CHECK_THROWS_WITH(lines(project, {.path = "none"}), Catch::Contains("neither there nor tracked"));
}

TEST_CASE("ls goes deeper, and shows only what is tracked, when asked", "[repo]") {
  const TestProject project;
  fill(project);
  using repo::ListShape;
  CHECK(lines(project, {.shape = ListShape::tree, .tracked_only = true}) ==
        Lines{"data/", "*data/raw/", "*data/raw/a", "*data/raw/deep/", "*data/raw/deep/b"});
  CHECK(lines(project, {.path = "data", .shape = ListShape::files, .tracked_only = true, .depth = 2}) ==
        Lines{"*data/raw/a", "*data/raw/deep/"});
  CHECK(lines(project, {.tracked_only = true}) == Lines{"data/"});
  CHECK(lines(project, {.path = "src", .shape = ListShape::files}) == Lines{"src/code.py"});
  CHECK(lines(project, {.path = "src", .shape = ListShape::files, .depth = 0}) == Lines{"src/"});
}

TEST_CASE("ls hides what is ignored, other projects and git's own", "[repo]") {
  const TestProject project;
  fill(project);
  project.write(".mlopsignore", "*.tmp\nsrc/deep\n");
  project.write("x.tmp", "");
  project.write("src/deep/y", "");
  project.write("other/.mlops/config", "");
  project.write("other/z", "");
  CHECK(lines(project, {.shape = repo::ListShape::tree}) ==
        Lines{".mlopsignore", "data/", "data/.gitignore", "*data/raw/", "*data/raw/a", "*data/raw/deep/",
              "*data/raw/deep/b", "data/raw.mlops", "src/", "src/code.py"});
  CHECK_THROWS_AS(lines(project, {.path = "src/deep"}), Error);
}

TEST_CASE("a file in the place of a tracked directory hides what is recorded", "[repo]") {
  const TestProject project;
  fill(project);
  project.erase("data/raw");
  project.write("data/raw", "a file");
  CHECK(lines(project, {.path = "data", .shape = repo::ListShape::files}) ==
        Lines{"data/.gitignore", "*data/raw", "data/raw.mlops"});
}

TEST_CASE("ls of a revision needs neither work tree nor data", "[repo]") {
  const TestProject project;
  fill(project);
  project.erase("data");
  project.commit("gone");
  CHECK(lines(project, {.path = "data/raw", .revision = "HEAD~1"}) == Lines{"*data/raw/a", "*data/raw/deep/"});
  CHECK(lines(project, {.revision = "HEAD~1", .shape = repo::ListShape::files}) ==
        Lines{".mlopsignore", "data/.gitignore", "data/raw.mlops", "*data/raw/a", "*data/raw/deep/b", "src/code.py"});
  CHECK_THROWS_AS(lines(project, {.path = "data/raw"}), Error);
  CHECK_THROWS_AS(lines(project, {.revision = "nothing"}), Error);
  std::filesystem::remove_all(project.path(".mlops/cache"));
  auto workspace = project.open();
  auto result = repo::list(workspace, {.path = "data/raw", .revision = "HEAD~1"});
  CHECK(result.items.empty());
  CHECK(result.not_in_cache == std::vector{test::at("data/raw")});
  result = repo::list(workspace, {.path = "data", .revision = "HEAD~1", .shape = repo::ListShape::files});
  CHECK(result.items.size() == 3);
  CHECK(result.not_in_cache == std::vector{test::at("data/raw")});
}

TEST_CASE("sizes and digests of tracked content are told", "[repo]") {
  const TestProject project;
  fill(project);
  auto workspace = project.open();
  auto result = repo::list(workspace, {.path = "data", .shape = repo::ListShape::tree, .tracked_only = true});
  REQUIRE(result.items.size() == 4);
  CHECK(result.items[0].size_bytes == 3);
  CHECK(result.items[0].entry);
  CHECK(result.items[3].size_bytes == 2);
  project.write("data/raw/a", "changed");
  result = repo::list(workspace, {.path = "data/raw"});
  CHECK(result.items[0].size_bytes == 7);
  CHECK(result.items[0].entry->size == 1);
  result = repo::list(workspace, {.path = "src", .revision = "HEAD"});
  CHECK(result.items[0].size_bytes == 5);
}

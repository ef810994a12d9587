// SPDX-License-Identifier: Apache-2.0
#include "repo/diff.hpp"

#include "support/catch.hpp"
#include "support/test_project.hpp"
#include "util/error.hpp"

using namespace mlops;
using repo::DiffKind;
using test::TestProject;
using test::track;

namespace {

/// "kind path" lines, renamings as "renamed new < old".
std::vector<std::string> lines(const TestProject& project, const repo::DiffOptions& options = {}) {
  auto workspace = project.open();
  std::vector<std::string> result;
  for (const auto& item : repo::diff(workspace, options).items) {
    result.push_back(std::string(to_string(item.kind)) + " " + item.path.str() +
                     (item.from ? " < " + item.from->str() : ""));
  }
  return result;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("diff compares HEAD with the workspace file by file", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  project.write("raw/b", "2");
  project.write("raw/moved", "the same bytes");
  project.write("model", "w");
  track(project, {"raw", "model"});
  project.commit("one");
  CHECK(lines(project).empty());
  project.write("raw/a", "changed");
  project.erase("raw/b");
  std::filesystem::rename(project.path("raw/moved"), project.path("raw/other"));
  project.write("raw/new", "n");
  project.write("extra", "e");
  track(project, {"extra"});
  CHECK(lines(project) == Lines{"added extra", "modified raw", "modified raw/a", "deleted raw/b", "added raw/new",
                                "renamed raw/other < raw/moved"});
  CHECK(lines(project, {.targets = {"raw/a", "extra"}}) == Lines{"added extra", "modified raw/a"});
}

TEST_CASE("diff compares two revisions", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  track(project, {"raw"});
  project.commit("one");
  project.write("raw/a", "2");
  project.write("raw/b", "3");
  track(project, {"raw"});
  project.commit("two");
  CHECK(lines(project, {.before = "HEAD~1", .after = "HEAD"}) ==
        Lines{"modified raw", "modified raw/a", "added raw/b"});
  CHECK(lines(project, {.before = "HEAD", .after = "HEAD~1"}) ==
        Lines{"modified raw", "modified raw/a", "deleted raw/b"});
  CHECK(lines(project, {.before = "HEAD~2", .after = "HEAD~1"}) == Lines{"added raw", "added raw/a"});
  CHECK_THROWS_WITH(lines(project, {.before = "nothing"}), Catch::Contains("is no revision"));
}

TEST_CASE("a directory whose listing is not here is known to differ", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  track(project, {"raw"});
  project.commit("one");
  project.write("raw/a", "2");
  std::filesystem::remove_all(project.path(".mlops/cache"));
  auto workspace = project.open();
  const auto result = repo::diff(workspace, {});
  REQUIRE(result.items.size() == 2);
  CHECK(result.items[0].kind == DiffKind::modified);
  CHECK(result.items[1].kind == DiffKind::unknown);
  CHECK(result.not_listed == std::vector{test::at("raw")});
  CHECK(result.not_in_cache.empty());
  const auto looked = repo::diff(workspace, {.look_in_cache = true});
  REQUIRE(looked.not_in_cache.size() == 1);
  CHECK(looked.not_in_cache[0].path == test::at("raw"));
}

TEST_CASE("a target of a diff that nobody tracks is named", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  track(project, {"raw"});
  project.commit("one");
  auto workspace = project.open();
  CHECK_THROWS_WITH(repo::diff(workspace, {.targets = {"rwa"}}), Catch::Contains("'rwa' is tracked on neither side"));
  for (const std::string known : {"raw", "raw/a", "."}) {
    CHECK(repo::diff(workspace, {.targets = {known}}).items.empty());
  }
}

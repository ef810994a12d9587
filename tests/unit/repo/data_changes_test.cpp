// SPDX-License-Identifier: Apache-2.0
#include "repo/data_changes.hpp"

#include <sys/stat.h>

#include "support/catch.hpp"
#include "support/test_project.hpp"

using namespace mlops;
using repo::DiffKind;
using repo::Granularity;
using test::at;
using test::TestProject;
using test::track;

namespace {

using Lines = std::vector<std::string>;

Lines lines(const std::vector<repo::DiffItem>& items) {
  Lines result;
  for (const auto& item : items) {
    result.push_back(std::string(to_string(item.kind)) + " " + item.path.str() +
                     (item.from ? " < " + item.from->str() : ""));
  }
  return result;
}

repo::DataChanges changes(const TestProject& project, const repo::DataChangesOptions& options = {}) {
  auto workspace = project.open();
  return repo::data_changes(workspace, options);
}

}  // namespace

TEST_CASE("equal contents pair up as renamings in the order of their paths", "[repo]") {
  const TestProject project;
  for (const std::string name : {"a", "b", "c"}) {
    project.write("raw/" + name, "same");
  }
  project.write("raw/rest", "r");
  track(project, {"raw"});
  project.commit("one");
  project.erase("raw/a");
  project.erase("raw/c");
  project.write("raw/x", "same");
  project.write("raw/y", "same");
  project.write("raw/z", "same");
  CHECK(lines(changes(project, {.granularity = Granularity::files}).uncommitted) ==
        Lines{"modified raw", "renamed raw/x < raw/a", "renamed raw/y < raw/c", "added raw/z"});
}

TEST_CASE("what cannot be told is a change with a note", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  track(project, {"raw"});
  project.commit("one");
  REQUIRE(::mkfifo(project.path("raw/ff").c_str(), 0600) == 0);
  const auto now = changes(project, {.granularity = Granularity::files});
  CHECK(lines(now.uncommitted) == Lines{"modified raw"});
  REQUIRE(now.notes.size() == 1);
  CHECK(now.notes[0].find("raw/ff") != std::string::npos);
}

TEST_CASE("empty directories and bits of executables are part of the data", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  project.write("tool", "#!");
  track(project, {"raw", "tool"});
  project.commit("one");
  std::filesystem::create_directory(project.path("raw/empty"));
  REQUIRE(::chmod(project.path("tool").c_str(), 0755) == 0);
  const auto now = changes(project, {.granularity = Granularity::files});
  CHECK(lines(now.uncommitted) == Lines{"modified raw", "added raw/empty", "modified tool"});
}

TEST_CASE("of a project below git's root only its own untracked files count", "[repo]") {
  const test::GitSandbox sandbox;
  sandbox.write("outside", "1");
  std::filesystem::create_directory(sandbox.path("sub"));
  repo::Session session;
  session.cwd = sandbox.path("sub");
  session.env = sandbox.env;
  session.program = "/bin/false";
  repo::init(session, {.subdir = true});
  sandbox.write("sub/inside", "1");
  auto workspace = repo::Workspace::open(session);
  const auto now = repo::data_changes(workspace, {.git = repo::GitLook::untracked});
  CHECK(std::find(now.untracked.begin(), now.untracked.end(), "inside") != now.untracked.end());
  CHECK(std::find(now.untracked.begin(), now.untracked.end(), "outside") == now.untracked.end());
  CHECK(now.no_commits);
  CHECK(now.git_changes);
}

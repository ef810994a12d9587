// SPDX-License-Identifier: Apache-2.0
#include "repo/merge.hpp"

#include "hash/hasher.hpp"
#include "repo/add.hpp"
#include "repo/checkout.hpp"
#include "repo/journal.hpp"
#include "support/catch.hpp"
#include "support/test_project.hpp"

using namespace mlops;
using test::TestProject;

namespace {

/// Adds `raw` as it is and returns its pointer's text.
std::string added(const TestProject& project) {
  auto workspace = project.open();
  repo::add(workspace, {.targets = {"raw"}});
  return project.read("raw.mlops");
}

repo::MergeResult merge(const TestProject& project, const std::string& base, const std::string& ours,
                        const std::string& theirs, const std::string& path = "raw.mlops") {
  project.write("base", base);
  project.write("ours", ours);
  project.write("theirs", theirs);
  auto workspace = project.open();
  return repo::merge_file(workspace, "base", "ours", "theirs", path);
}

struct Versions {
  std::string base, ours, theirs;
};

/// Both sides changed the directory, in different files.
Versions different_files(const TestProject& project) {
  Versions versions;
  project.write("raw/a", "1");
  project.write("raw/deep/b", "2");
  project.write("raw/gone", "3");
  versions.base = added(project);
  project.write("raw/a", "ours");
  project.write("raw/deep/mine", "m");
  versions.ours = added(project);
  project.write("raw/a", "1");
  project.erase("raw/deep/mine");
  project.erase("raw/gone");
  project.write("raw/deep/b", "theirs");
  versions.theirs = added(project);
  return versions;
}

}  // namespace

TEST_CASE("pointers of one directory merge file by file", "[repo]") {
  const TestProject project;
  const Versions versions = different_files(project);
  const auto result = merge(project, versions.base, versions.ours, versions.theirs);
  CHECK_FALSE(result.conflict);
  project.write("raw.mlops", project.read("ours"));
  auto workspace = project.open();
  repo::checkout(workspace, {});
  CHECK(project.read("raw/a") == "ours");
  CHECK(project.read("raw/deep/b") == "theirs");
  CHECK(project.read("raw/deep/mine") == "m");
  CHECK_FALSE(project.exists("raw/gone"));
}

TEST_CASE("one file that both sides changed is a conflict with markers", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  const std::string base = added(project);
  project.write("raw/a", "22");
  const std::string ours = added(project);
  project.write("raw/a", "333");
  const std::string theirs = added(project);
  const auto result = merge(project, base, ours, theirs);
  CHECK(result.conflict);
  CHECK(result.conflicts == std::vector{test::at("a")});
  CHECK(project.read("ours") == "<<<<<<< ours\n" + ours + "=======\n" + theirs + ">>>>>>> theirs\n");
}

TEST_CASE("directories whose listings are not here conflict instead of guessing", "[repo]") {
  const TestProject project;
  const Versions versions = different_files(project);
  std::filesystem::remove_all(project.path(".mlops/cache"));
  CHECK(merge(project, versions.base, versions.ours, versions.theirs).conflict);
}

TEST_CASE("a side that changed nothing gives way", "[repo]") {
  const TestProject project;
  const Versions versions = different_files(project);
  CHECK_FALSE(merge(project, versions.base, versions.base, versions.theirs).conflict);
  CHECK(project.read("ours") == versions.theirs);
  CHECK_FALSE(merge(project, versions.base, versions.ours, versions.base).conflict);
  CHECK(project.read("ours") == versions.ours);
}

TEST_CASE("other files are left alone", "[repo]") {
  const TestProject project;
  CHECK_FALSE(merge(project, "a", "b", "c", "README").recognised);
  CHECK(project.read("ours") == "b");
}

TEST_CASE("locks merge stage by stage", "[repo]") {
  const TestProject project;
  auto workspace = project.open();
  const auto stage = [](const std::string& command) {
    spec::LockedStage state;
    state.cmd.lines = {command};
    return state;
  };
  const auto written = [&](const std::vector<repo::JournalRecord>& updates) {
    repo::write_lock_files(workspace, updates);
    return project.read("mlops.lock");
  };
  const std::string base = written({{"a", stage("1")}, {"b", stage("1")}});
  const std::string ours = written({{"a", stage("2")}});
  const std::string theirs = written({{"a", stage("1")}, {"b", stage("2")}});
  CHECK_FALSE(merge(project, base, ours, theirs, "mlops.lock").conflict);
  project.write("mlops.lock", project.read("ours"));
  const auto lock = repo::Snapshot::of_pipeline(workspace)->lock;
  CHECK(lock.stages.at("a").cmd.lines.front() == "2");
  CHECK(lock.stages.at("b").cmd.lines.front() == "2");
}

TEST_CASE("folding the journal rewrites the lock and stages it where git has it", "[repo]") {
  const TestProject project;
  auto workspace = project.open();
  spec::LockedStage state;
  state.cmd.lines = {"x"};
  repo::write_lock_files(workspace, {{"a", state}});
  project.commit("lock");
  CHECK(repo::fold_journal(workspace).empty());
  repo::Journal(workspace).append("b", nullptr, state);
  CHECK(repo::fold_journal(workspace) == std::vector{test::at("mlops.lock")});
  CHECK(project.git.git({"diff", "--cached", "--name-only"}) == "mlops.lock");
  CHECK(repo::fold_journal(workspace).empty());
}

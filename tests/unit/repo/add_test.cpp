// SPDX-License-Identifier: Apache-2.0
#include "repo/add.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "repo/checkout.hpp"
#include "repo/data_status.hpp"
#include "repo/settings.hpp"
#include "support/catch.hpp"
#include "support/test_project.hpp"
#include "util/error.hpp"

using namespace mlops;
using test::at;
using test::TestProject;

namespace {

repo::AddResult add(const TestProject& project, std::vector<std::string> targets, const std::string& cwd = {}) {
  auto workspace = project.open(cwd);
  return repo::add(workspace, {.targets = std::move(targets)});
}

/// Runs an add that must fail and shows that it changed nothing.
Error refused(const TestProject& project, std::vector<std::string> targets) {
  const std::string before = project.git.git({"status", "--porcelain", "--ignored=no"});
  try {
    add(project, std::move(targets));
  } catch (const Error& error) {
    CHECK(project.git.git({"status", "--porcelain", "--ignored=no"}) == before);
    return error;
  }
  FAIL("nothing was refused");
  return Error("unreachable");
}

std::optional<store::Entry> inside(const TestProject& project, const std::string& data, const std::string& below) {
  auto workspace = project.open();
  const auto snapshot = repo::Snapshot::of_workspace(workspace);
  return workspace.db().find_in_tree(*snapshot->find(at(data))->entry, at(below));
}

}  // namespace

TEST_CASE("add writes a pointer and an ignore line and stores the content", "[repo]") {
  const TestProject project;
  project.write("data/model.bin", "weights");
  const auto result = add(project, {"data/model.bin"});
  REQUIRE(result.added.size() == 1);
  CHECK(result.added[0].pointer == at("data/model.bin.mlops"));
  CHECK(result.added[0].changed);
  CHECK(result.added[0].entry.size == 7);
  CHECK(result.bytes_written == 7);
  CHECK(result.changed_files == std::vector{at("data/.gitignore"), at("data/model.bin.mlops")});
  CHECK(project.read("data/.gitignore") == "/model.bin\n");
  auto workspace = project.open();
  CHECK(workspace.db().read(result.added[0].entry.id()) == "weights");
  CHECK(repo::data_status(workspace, {}).clean());
}

TEST_CASE("adding again what did not change says so and changes no file", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  project.write("raw/deep/b", "2");
  add(project, {"raw"});
  project.commit("raw");
  const auto again = add(project, {"raw/"});
  CHECK_FALSE(again.added[0].changed);
  CHECK(again.changed_files.empty());
  CHECK(project.git.git({"status", "--porcelain"}).empty());
}

TEST_CASE("targets are relative to the current directory", "[repo]") {
  const TestProject project;
  project.write("data/raw/a", "1");
  const auto result = add(project, {"../data/raw"}, "data");
  CHECK(result.added[0].path == at("data/raw"));
}

TEST_CASE("a path inside a tracked directory updates that entry alone", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  project.write("raw/deep/b", "2");
  add(project, {"raw"});
  project.write("raw/a", "changed too, and not asked for");
  project.write("raw/deep/b", "22");
  project.write("raw/new/c", "3");
  const auto result = add(project, {"raw/deep/b", "raw/new"});
  CHECK(result.added.size() == 2);
  CHECK(result.added[0].data == at("raw"));
  CHECK(inside(project, "raw", "deep/b")->size == 2);
  CHECK(inside(project, "raw", "new/c")->size == 1);
  CHECK(inside(project, "raw", "a")->size == 1);
  auto workspace = project.open();
  const auto entry = repo::Snapshot::of_workspace(workspace)->find(at("raw"))->entry;
  CHECK(entry->files == 3);
  CHECK(entry->size == 4);
  CHECK_FALSE(project.exists("raw/.gitignore"));
}

TEST_CASE("names inside a tracked directory may hold any bytes", "[repo]") {
  const TestProject project;
  for (const char* name : {"with space", "new\nline", "not-\xff-utf8", "-dash", "'quote\"", "back\\slash"}) {
    project.write("raw/" + std::string(name), name);
  }
  CHECK(add(project, {"raw"}).added[0].entry.files == 6);
  project.write("raw/new\nline", "other");
  CHECK(add(project, {"raw/new\nline"}).added[0].data == at("raw"));
  auto workspace = project.open();
  CHECK(repo::data_status(workspace, {}).clean());
}

TEST_CASE("annotations are written and kept by a later add", "[repo]") {
  const TestProject project;
  project.write("x.csv", "1");
  auto workspace = project.open();
  repo::add(workspace, {.targets = {"x.csv"}, .desc = "prices", .labels = std::vector<std::string>{"a", "b"}});
  project.write("x.csv", "22");
  repo::add(workspace, {.targets = {"x.csv"}, .type = "table"});
  const auto snapshot = repo::Snapshot::of_workspace(workspace);
  REQUIRE(snapshot->pointers.size() == 1);
  CHECK(snapshot->pointers[0].annotations.desc == "prices");
  CHECK(snapshot->pointers[0].annotations.type == "table");
  CHECK(snapshot->pointers[0].annotations.labels == std::vector<std::string>{"a", "b"});
  CHECK(snapshot->pointers[0].entry->size == 2);
}

TEST_CASE("a pattern adds each path that matches", "[repo]") {
  const TestProject project;
  project.write("data/a.csv", "a");
  project.write("data/b.csv", "b");
  project.write("data/c.txt", "c");
  auto workspace = project.open("data");
  CHECK(repo::add(workspace, {.targets = {"*.csv"}, .glob = true}).added.size() == 2);
  CHECK_THROWS_WITH(repo::add(workspace, {.targets = {"*.parquet"}, .glob = true}), Catch::Contains("nothing matches"));
}

TEST_CASE("bad targets are refused before anything changes", "[repo]") {
  const TestProject project;
  project.write("good", "fine");
  project.write("tracked/file", "x");
  project.write("in-git.csv", "x");
  project.write("real/file", "x");
  std::filesystem::create_symlink("good", project.path("link"));
  std::filesystem::create_directory_symlink("real", project.path("linked-directory"));
  ::mkfifo(project.path("pipe").c_str(), 0600);
  project.git.git({"add", "in-git.csv"});
  add(project, {"tracked"});
  CHECK_THAT(refused(project, {"good", "absent"}).what(), Catch::Contains("does not exist"));
  CHECK(refused(project, {"good", "../outside"}).code() == ExitCode::usage);
  CHECK(refused(project, {"/etc/passwd"}).code() == ExitCode::usage);
  CHECK_THAT(refused(project, {".git"}).what(),
             Catch::Equals("add: path '.git' cannot be used: git keeps its own files in it"));
  CHECK_THAT(refused(project, {".git/config"}).what(), Catch::Contains("because of its part '.git'"));
  CHECK_THAT(refused(project, {".mlops/config"}).what(), Catch::Contains("mlops keeps its own files in it"));
  CHECK_THAT(refused(project, {"real/.GIT"}).what(), Catch::Contains("some file systems take it for '.git'"));
  auto below = project.open("real");
  CHECK_THROWS_WITH(repo::add(below, {.targets = {"../absent"}}), Catch::Equals("'../absent' does not exist"));
  CHECK_THAT(refused(project, {"."}).what(), Catch::Contains("whole repository"));
  CHECK_THAT(refused(project, {"link"}).what(), Catch::Contains("symbolic link"));
  CHECK_THAT(refused(project, {"linked-directory/file"}).what(), Catch::Contains("link"));
  CHECK_THAT(refused(project, {"pipe"}).what(), Catch::Contains("neither a file"));
  CHECK_THAT(refused(project, {"tracked.mlops"}).what(), Catch::Contains("pointer"));
  CHECK_THAT(refused(project, {"real", "real/file"}).what(), Catch::Contains("lies inside"));
  const Error in_git = refused(project, {"good", "in-git.csv"});
  CHECK_THAT(in_git.what(), Catch::Contains("tracked by git"));
  CHECK_THAT(in_git.hints().front(), Catch::Contains("git rm -r --cached in-git.csv"));
  project.write("control\x01name", "x");
  CHECK_THAT(refused(project, {"control\x01name"}).what(), Catch::Contains("control character"));
  CHECK_FALSE(project.exists("good.mlops"));
}

TEST_CASE("a directory that holds tracked data or files of git is refused", "[repo]") {
  const TestProject project;
  project.write("data/raw/a", "1");
  project.write("src/code.py", "x");
  project.git.git({"add", "src"});
  add(project, {"data/raw"});
  CHECK_THAT(refused(project, {"data"}).what(), Catch::Contains("tracked already"));
  CHECK_THAT(refused(project, {"src"}).what(), Catch::Contains("tracked by git"));
}

TEST_CASE("outputs of stages are refused", "[repo]") {
  const TestProject project;
  project.write("mlops.yaml", "stages:\n  train:\n    cmd: make\n    outs:\n    - out/model\n");
  project.write("out/model/w", "x");
  CHECK_THAT(refused(project, {"out/model"}).what(), Catch::Contains("stage 'train'"));
  CHECK_THAT(refused(project, {"out/model/w"}).what(), Catch::Contains("stage 'train'"));
  CHECK_THAT(refused(project, {"out"}).what(), Catch::Contains("stage 'train'"));
}

TEST_CASE("a file that cannot be read is refused by name", "[repo]") {
  if (::geteuid() == 0) {
    return;  // nothing is unreadable for root
  }
  const TestProject project;
  project.write("raw/open", "1");
  project.write("raw/shut", "2");
  ::chmod(project.path("raw/shut").c_str(), 0);
  CHECK_THAT(refused(project, {"raw"}).what(), Catch::Contains("shut"));
}

TEST_CASE("data whose pointer git would ignore is refused", "[repo]") {
  const TestProject project;
  project.write(".gitignore", "/data/\n");
  project.write("data/raw/a", "1");
  CHECK_THAT(refused(project, {"data/raw"}).what(), Catch::Contains("git ignores"));
}

TEST_CASE("two adds at once both land, also inside one directory", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  project.write("raw/b", "2");
  add(project, {"raw"});
  for (int round = 0; round < 5; ++round) {
    const std::string text = "round " + std::to_string(round);
    project.write("raw/a", text + "a");
    project.write("raw/b", text + "bb");
    project.write("x" + text, "x");
    project.write("y" + text, "y");
    std::thread other([&] { add(project, {"raw/a", "x" + text}); });
    add(project, {"raw/b", "y" + text});
    other.join();
    CHECK(inside(project, "raw", "a")->size == text.size() + 1);
    CHECK(inside(project, "raw", "b")->size == text.size() + 2);
    CHECK(project.exists("x" + text + ".mlops"));
    CHECK(project.exists("y" + text + ".mlops"));
    const std::string lines = project.read(".gitignore");
    CHECK(lines.find("/x" + text + "\n") != std::string::npos);
    CHECK(lines.find("/y" + text + "\n") != std::string::npos);
  }
}

TEST_CASE("configured links replace what was added by read-only links", "[repo]") {
  const TestProject project;
  auto workspace = project.open();
  repo::set_config(workspace, "cache.type", "hardlink");
  project.write("big", "content");
  repo::add(workspace, {.targets = {"big"}});
  struct stat found {};
  REQUIRE(::stat(project.path("big").c_str(), &found) == 0);
  CHECK(found.st_nlink == 2);
  CHECK((found.st_mode & 0222U) == 0U);
  CHECK(repo::data_status(workspace, {}).clean());
}

TEST_CASE("what is moved away while it is read is not tracked again at its old place", "[repo]") {
  /// Takes a pointer away the moment the other command begins to read.
  class Meanwhile : public ProgressSink {
   public:
    explicit Meanwhile(const TestProject& project) : project_(project) {}
    int begin(std::string_view, std::uint64_t, std::uint64_t) override {
      project_.erase("dir.mlops");
      return 0;
    }
    void expect(int, std::uint64_t, std::uint64_t) override {}
    void advance(int, std::uint64_t, std::uint64_t) override {}
    void end(int) override {}

   private:
    const TestProject& project_;
  };
  const TestProject project;
  project.write("dir/f", "content");
  add(project, {"dir"});
  const std::string pointer = project.read("dir.mlops");
  project.write("dir/g", "more");
  Meanwhile meanwhile(project);
  auto session = project.session();
  session.progress = &meanwhile;
  for (const std::string target : {"dir", "dir/g", ""}) {
    CAPTURE(target);
    project.write("dir.mlops", pointer);
    auto workspace = repo::Workspace::open(session);
    const auto snapshot = repo::Snapshot::of_workspace(workspace);
    CHECK_THROWS_WITH(target.empty() ? repo::store_changes(workspace, {&snapshot->pointers.front()})
                                     : repo::add(workspace, {.targets = {target}}),
                      Catch::Contains("'dir' was moved or removed meanwhile"));
    CHECK_FALSE(project.exists("dir.mlops"));
  }
}

TEST_CASE("what .mlopsignore leaves out of a directory is not added to it", "[repo]") {
  const TestProject project;
  project.write(".mlopsignore", "*.tmp\ncache/\n!keep.tmp\n");
  project.write("dir/f", "content");
  add(project, {"dir"});
  project.write("dir/a.tmp", "1");
  project.write("dir/keep.tmp", "2");
  project.write("dir/cache/deep", "3");
  CHECK_THAT(refused(project, {"dir/a.tmp"}).what(), Catch::Contains("leaves 'dir/a.tmp' out of 'dir'"));
  CHECK_THAT(refused(project, {"dir/cache/deep"}).what(), Catch::Contains("leaves 'dir/cache' out of 'dir'"));
  add(project, {"dir/keep.tmp"});
  auto workspace = project.open();
  CHECK(repo::data_status(workspace, {}).clean());
}

TEST_CASE("what is gone is named with what can be done about it", "[repo]") {
  const TestProject project;
  project.write("dir/f", "content");
  add(project, {"dir"});
  project.erase("dir/f");
  CHECK_THAT(refused(project, {"dir/f"}).hints().at(0), Catch::Contains("mlops add dir"));
  project.erase("dir");
  CHECK_THAT(refused(project, {"dir"}).hints().at(0), Catch::Contains("mlops checkout dir"));
}

TEST_CASE("core.autostage hands the metadata to git", "[repo]") {
  const TestProject project;
  auto workspace = project.open();
  repo::set_config(workspace, "core.autostage", "true");
  project.write("x y", "1");
  CHECK(repo::add(workspace, {.targets = {"x y"}}).staged);
  CHECK(project.git.git({"diff", "--cached", "--name-only"}) == ".gitignore\nx y.mlops");
}

TEST_CASE("nothing can be added below what is tracked as a file", "[repo]") {
  const TestProject project;
  project.write("x", "content");
  auto workspace = project.open();
  repo::add(workspace, {.targets = {"x"}});
  project.erase("x");
  project.write("x/y", "other");
  auto again = project.open();
  CHECK_THROWS_WITH(repo::add(again, {.targets = {"x/y"}}), Catch::Contains("tracked as a file"));
  project.erase("x");
  repo::checkout(again, {});
  CHECK(project.read("x") == "content");
}

TEST_CASE("add writes no pointer where git cannot be told to ignore the data", "[repo]") {
  const TestProject project;
  project.write("d/f", "content");
  std::filesystem::create_directories(project.path("d/.gitignore"));
  auto workspace = project.open();
  CHECK_THROWS_WITH(repo::add(workspace, {.targets = {"d/f"}}), Catch::Contains(".gitignore"));
  CHECK_FALSE(project.exists("d/f.mlops"));
}

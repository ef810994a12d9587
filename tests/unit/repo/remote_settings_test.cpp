// SPDX-License-Identifier: Apache-2.0
#include "repo/remote_url.hpp"
#include "repo/settings.hpp"
#include "support/catch.hpp"
#include "support/test_project.hpp"
#include "util/error.hpp"

using namespace mlops;
using remote::Remote;

TEST_CASE("a relative folder is stored relative to the configuration file", "[repo]") {
  const test::TestProject project;
  std::filesystem::create_directories(project.path("sub"));
  auto workspace = project.open("sub");
  const auto info = repo::add_remote(workspace, {.name = "store", .url = "../../folder", .make_default = true});
  CHECK(info.url == (project.git.dir / "folder").string());
  CHECK(info.is_default);
  CHECK(project.read(".mlops/config").find("url = ../../folder") != std::string::npos);
}

TEST_CASE("remotes are listed, renamed, changed and removed with the default following", "[repo]") {
  const test::TestProject project;
  auto workspace = project.open();
  repo::add_remote(workspace, {.name = "a", .url = "/tmp/a", .make_default = true});
  repo::add_remote(workspace, {.name = "b", .url = "/tmp/b"});
  CHECK_THROWS_AS(repo::add_remote(workspace, {.name = "a", .url = "/tmp/c"}), Error);
  repo::rename_remote(workspace, "a", "c");
  CHECK(repo::default_remote(workspace) == "c");
  repo::modify_remote(workspace, "c", "jobs", "7");
  const auto remotes = repo::list_remotes(workspace);
  REQUIRE(remotes.size() == 2);
  CHECK(remotes[1].name == "c");
  REQUIRE(remotes[1].options.size() == 1);
  CHECK(remotes[1].options[0].second == "7");
  repo::remove_remote(workspace, "c");
  CHECK_FALSE(repo::default_remote(workspace));
  CHECK_THROWS_WITH(repo::remove_remote(workspace, "d"), Catch::Contains("no remote is called"));
  CHECK_THROWS_AS(repo::set_default_remote(workspace, "nowhere"), Error);
}

TEST_CASE("names and urls of remotes are checked", "[repo]") {
  const test::TestProject project;
  auto workspace = project.open();
  CHECK_THROWS_AS(repo::add_remote(workspace, {.name = "-x", .url = "/tmp/a"}), Error);
  CHECK_THROWS_AS(repo::add_remote(workspace, {.name = "a b", .url = "/tmp/a"}), Error);
  CHECK_THROWS_AS(repo::add_remote(workspace, {.name = "x", .url = "gopher://host"}), Error);
  CHECK_THROWS_AS(repo::add_remote(workspace, {.name = "x", .url = "bad\nurl"}), Error);
}

TEST_CASE("urls are shown without user and password", "[repo]") {
  CHECK(repo::shown_url("https://me:pw@host/x") == "https://host/x");
  CHECK(repo::shown_url("/a@b/c") == "/a@b/c");
  CHECK(repo::has_password("https://me:pw@host/x"));
  CHECK_FALSE(repo::has_password("https://host/x:y@z"));
}

TEST_CASE("a folder that only the repository names needs trust unless it is a remote of ours", "[repo]") {
  const test::TestProject project;
  const std::string folder = (project.git.dir / "store").string();
  std::filesystem::create_directories(folder);
  project.write(".mlops/config",
                "[core]\n\tformat = 1\n\tremote = store\n[remote \"store\"]\n\turl = " + folder + "\n");
  auto workspace = project.open();
  CHECK_THROWS_WITH(workspace.open_remote({}, Remote::Access::write), Catch::Contains("is not trusted"));
  CHECK_FALSE(repo::list_remotes(workspace).front().trusted);
  repo::trust(workspace);
  CHECK_NOTHROW(workspace.open_remote({}, Remote::Access::write));
  repo::distrust(workspace);
  // By now it carries our marker and belongs to us.
  CHECK_NOTHROW(workspace.open_remote({}, Remote::Access::read));
  std::filesystem::remove_all(folder);
  CHECK_THROWS_WITH(workspace.open_remote({}, Remote::Access::write), Catch::Contains("is gone"));
  CHECK_FALSE(std::filesystem::exists(folder));
}

TEST_CASE("an unknown remote is named with the nearest one", "[repo]") {
  const test::TestProject project;
  auto workspace = project.open();
  CHECK_THROWS_WITH(workspace.open_remote({}, Remote::Access::read), Catch::Contains("no remote is configured"));
  repo::add_remote(workspace, {.name = "origin", .url = "/tmp/a"});
  CHECK_THROWS_WITH(workspace.open_remote({}, Remote::Access::read), Catch::Contains("none is the default"));
  try {
    workspace.open_remote("origim", Remote::Access::read);
    FAIL("opened");
  } catch (const Error& error) {
    CHECK(error.hints().front() == "did you mean 'origin'?");
  }
}

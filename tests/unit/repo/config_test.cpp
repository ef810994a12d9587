// SPDX-License-Identifier: Apache-2.0
#include "repo/config.hpp"

#include <sys/stat.h>

#include "repo/settings.hpp"
#include "support/catch.hpp"
#include "support/test_project.hpp"
#include "util/error.hpp"

using namespace mlops;
using repo::ConfigLevel;

TEST_CASE("durations are read with their units", "[repo]") {
  CHECK(repo::parse_duration("90") == 90);
  CHECK(repo::parse_duration("1.5h") == 5400);
  CHECK(repo::parse_duration("14d") == 14 * 86400);
  for (const char* bad : {"", "d", "-1s", "5x", "1e400", "5 m"}) {
    CHECK_FALSE(repo::parse_duration(bad));
  }
}

TEST_CASE("every key of the table has a help sentence and a fallback that fits it", "[repo]") {
  for (const repo::ConfigKey& row : repo::config_keys()) {
    CAPTURE(row.name);
    CHECK(row.help.ends_with('.'));
    if (!row.fallback.empty()) {
      CHECK_NOTHROW(repo::check_config_value(row.name, row.fallback));
    }
  }
}

TEST_CASE("an unknown key is refused with the nearest known one", "[repo]") {
  try {
    repo::check_config_value("core.remot", "x");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::usage);
    REQUIRE(error.hints().size() == 1);
    CHECK(error.hints().front() == "did you mean 'core.remote'?");
  }
  CHECK_THROWS_WITH(repo::check_config_value("remote.my.store.ulr", "x"), Catch::Contains("unknown"));
  CHECK_NOTHROW(repo::check_config_value("remote.my.store.url", "x"));
}

TEST_CASE("values are checked by type", "[repo]") {
  CHECK_THROWS_AS(repo::check_config_value("core.autostage", "maybe"), Error);
  CHECK_THROWS_AS(repo::check_config_value("core.durability", "most"), Error);
  CHECK_THROWS_AS(repo::check_config_value("cache.type", "reflink,hardcopy"), Error);
  CHECK_THROWS_WITH(repo::check_config_value("gc.grace", "30m"), Catch::Contains("at least 1h"));
  CHECK_NOTHROW(repo::check_config_value("cache.type", "hardlink, copy"));
}

TEST_CASE("later layers win and environment beats files", "[repo]") {
  test::TestProject project;
  project.git.dir.write("system-config", "[core]\n\tremote = from-system\n\tjobs = 2\n");
  project.git.dir.write("user-config", "[core]\n\tremote = from-user\n");
  auto workspace = project.open();
  CHECK(workspace.config().get("core.remote") == "from-user");
  CHECK(workspace.config().integer("core.jobs") == 2);
  repo::set_config(workspace, "core.remote", "from-project");
  CHECK(workspace.config().get("core.remote") == "from-project");
  repo::set_config(workspace, "core.remote", "from-local", ConfigLevel::local);
  CHECK(workspace.config().get("core.remote") == "from-local");
  project.git.env["MLOPS_REMOTE"] = "from-variable";
  const auto again = project.open();
  CHECK(again.config().get("core.remote") == "from-variable");
  CHECK(again.config().find("core.remote")->file == "MLOPS_REMOTE");
}

TEST_CASE("a mistake in a configuration file names file and line", "[repo]") {
  const test::TestProject project;
  project.write(".mlops/config", "[core]\n\tformat = 1\n\tremoet = x\n");
  CHECK_THROWS_WITH(project.open(), Catch::Contains(".mlops/config:3") && Catch::Contains("core.remoet"));
}

TEST_CASE("a newer format is refused before its keys are judged", "[repo]") {
  const test::TestProject project;
  project.write(".mlops/config", "[core]\n\tunheard = of\n\tformat = 2\n");
  CHECK_THROWS_WITH(project.open(), Catch::Contains("format '2'"));
}

TEST_CASE("keys that a committed file may not decide go to config.local by default", "[repo]") {
  const test::TestProject project;
  auto workspace = project.open();
  const auto change = repo::set_config(workspace, "cache.dir", "../shared");
  CHECK(change.moved_to_local);
  CHECK(change.file == project.path(".mlops/config.local"));
  CHECK(repo::cache_directory(workspace.config(), workspace.root()) == (project.git.dir / "shared").string());
  struct stat found {};
  REQUIRE(::stat(change.file.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777U) == 0600U);
}

TEST_CASE("a committed cache.dir counts only after trust", "[repo]") {
  const test::TestProject project;
  project.write(".mlops/config", "[core]\n\tformat = 1\n[cache]\n\tdir = /somewhere\n");
  auto workspace = project.open();
  const std::string own = project.path(".mlops/cache");
  CHECK(repo::cache_directory(workspace.config(), workspace.root()) == own);
  CHECK(repo::trust_report(workspace).settings.size() == 1);
  repo::trust(workspace);
  CHECK(repo::cache_directory(workspace.config(), workspace.root()) == "/somewhere");
  // Another text is another matter.
  project.write(".mlops/config", "[core]\n\tformat = 1\n[cache]\n\tdir = /elsewhere\n");
  const auto changed = project.open();
  CHECK(repo::cache_directory(changed.config(), changed.root()) == own);
  repo::distrust(workspace);
  CHECK_FALSE(repo::trust_report(workspace).config_trusted);
}

TEST_CASE("a change of the user's own keeps the committed file trusted", "[repo]") {
  const test::TestProject project;
  project.write(".mlops/config", "[core]\n\tformat = 1\n[cache]\n\tdir = /somewhere\n");
  auto workspace = project.open();
  repo::trust(workspace);
  repo::set_config(workspace, "core.autostage", "true");
  CHECK(repo::cache_directory(workspace.config(), workspace.root()) == "/somewhere");
}

TEST_CASE("config.local that git tracks is refused", "[repo]") {
  const test::TestProject project;
  project.write(".mlops/config.local", "[core]\n\tjobs = 3\n");
  CHECK(project.open().config().integer("core.jobs") == 3);
  project.git.git({"add", "-f", ".mlops/config.local"});
  CHECK_THROWS_WITH(project.open(), Catch::Contains("is tracked by git"));
}

TEST_CASE("secrets are kept out of the committed file", "[repo]") {
  const test::TestProject project;
  auto workspace = project.open();
  CHECK_THROWS_WITH(repo::set_config(workspace, "remote.store.password", "x"), Catch::Contains("secret"));
  CHECK_THROWS_WITH(repo::set_config(workspace, "remote.store.url", "https://me:hidden@host/x"),
                    Catch::Contains("secret"));
}

TEST_CASE("unset takes a key out again and refuses one that is not there", "[repo]") {
  const test::TestProject project;
  auto workspace = project.open();
  const std::string before = project.read(".mlops/config");
  repo::set_config(workspace, "core.autostage", "true");
  CHECK(repo::get_config(workspace.config(), "CORE.autostage")->value == "true");
  repo::unset_config(workspace, "core.autostage");
  CHECK(project.read(".mlops/config") == before);
  CHECK_THROWS_AS(repo::unset_config(workspace, "core.autostage"), Error);
}

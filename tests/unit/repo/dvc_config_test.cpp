// SPDX-License-Identifier: Apache-2.0
// The layers of a project whose configuration is DVC's.

#include "spec/dialects/dvc_config.hpp"

#include "repo/remote_options.hpp"
#include "repo/remote_url.hpp"
#include "repo/settings.hpp"
#include "repo/settings_file.hpp"
#include "support/catch.hpp"
#include "support/git_sandbox.hpp"
#include "util/error.hpp"

using namespace mlops;
using repo::ConfigLevel;

namespace {

/// A repository with .dvc, and configuration directories of its own for user and system.
struct DvcSandbox {
  DvcSandbox() {
    git.env["DVC_SYSTEM_CONFIG_DIR"] = (git.dir / "system").string();
    git.env["DVC_GLOBAL_CONFIG_DIR"] = (git.dir / "user").string();
    git.env["MLOPS_CONFIG_SYSTEM"] = (git.dir / "native-system").string();
    git.env["MLOPS_CONFIG_GLOBAL"] = (git.dir / "native-user").string();
    git.env["HOME"] = "/home/ann";
    git.write(".dvc/config", "");
  }
  repo::Session session() const {
    repo::Session made;
    made.cwd = git.root();
    made.env = git.env;
    return made;
  }
  repo::Config load() const { return repo::load_config(session(), git.root(), format); }
  std::string own(const std::string& name) const { return (git.dir / name).string(); }

  test::GitSandbox git;
  const spec::ConfigFormat& format = spec::dvc::config_format();
};

}  // namespace

TEST_CASE("DVC's four files are layers, later ones winning", "[repo]") {
  DvcSandbox project;
  project.git.dir.write("system/config", "[core]\nremote = a\nchecksum_jobs = 2\n");
  CHECK(project.load().get("core.remote") == "a");
  project.git.dir.write("user/config", "[core]\nremote = b\n");
  CHECK(project.load().get("core.remote") == "b");
  project.git.write(".dvc/config", "[core]\nremote = C\n");
  CHECK(project.load().get("core.remote") == "c");
  CHECK(project.load().find("core.remote")->shown() == "C");
  project.git.write(".dvc/config.local", "[core]\nremote = d\nautostage = TRUE\n");
  const auto config = project.load();
  CHECK(config.get("core.remote") == "d");
  CHECK(config.flag("core.autostage"));
  CHECK(config.integer("core.jobs") == 2);
  CHECK(config.list("cache.type") == std::vector<std::string>{"reflink", "copy"});
  CHECK(repo::all_config(config, ConfigLevel::project).size() == 1);
}

TEST_CASE("keys that DVC has no word for stand in the user's own native files", "[repo]") {
  DvcSandbox project;
  project.git.dir.write("native-user", "[gc]\n\tgrace = 30d\n[core]\n\tremote = elsewhere\n\tjobs = 3\n");
  const auto config = project.load();
  CHECK(config.get("gc.grace") == "30d");
  CHECK(config.integer("core.jobs") == 3);
  CHECK_FALSE(config.get("core.remote"));
  project.git.write(".dvc/config", "[core]\nchecksum_jobs = 5\n");
  CHECK(project.load().integer("core.jobs") == 5);
  project.git.env["MLOPS_JOBS"] = "7";
  CHECK(project.load().integer("core.jobs") == 7);
  CHECK_THROWS_WITH(
      repo::settings_file(project.session(), project.git.root(), project.format, ConfigLevel::project, "gc.grace"),
      Catch::Contains("cannot hold 'gc.grace'"));
  CHECK(
      repo::settings_file(project.session(), project.git.root(), project.format, ConfigLevel::user, "gc.grace").path ==
      project.own("native-user"));
}

TEST_CASE("paths are relative to the directory of their file, and ~ is the user's home", "[repo]") {
  const DvcSandbox project;
  project.git.write(".dvc/config", "['remote \"a\"']\nurl = ../../store\n['remote \"b\"']\nurl = ~/x\n");
  project.git.dir.write("user/config", "[cache]\ndir = shared/./cache\n");
  const auto config = project.load();
  CHECK(config.get("remote.a.url") == project.own("store"));
  CHECK(config.get("remote.b.url") == "/home/ann/x");
  CHECK(repo::cache_directory(config, project.git.root()) == project.own("user/shared/cache"));
  CHECK(repo::cache_directory(repo::Config({}, project.format), project.git.root()) == project.git.path(".dvc/cache"));
}

TEST_CASE("a mistake in any of DVC's files names file and line", "[repo]") {
  const DvcSandbox project;
  project.git.write(".dvc/config", "[core]\nremot = x\n");
  CHECK_THROWS_WITH(project.load(), Catch::Contains(".dvc/config:2") && Catch::Contains("core.remot"));
  project.git.write(".dvc/config", "[core]\nautostage = 1\n");
  CHECK_THROWS_WITH(project.load(), Catch::Contains(".dvc/config:2") && Catch::Contains("true or false"));
  // What a later layer says instead is what counts, as in DVC.
  project.git.write(".dvc/config.local", "[core]\nautostage = true\n");
  CHECK_NOTHROW(project.load());
  project.git.write(".dvc/config", "[gc]\ngrace = 14d\n");
  CHECK_THROWS_WITH(project.load(), Catch::Contains("unknown section 'gc'"));
}

TEST_CASE("options of a remote may be spread over the layers", "[repo]") {
  const DvcSandbox project;
  project.git.write(".dvc/config", "['remote \"S\"']\nurl = s3://bucket/p\nregion = eu\n");
  project.git.write(".dvc/config.local", "[remote \"s\"]\nsecret_access_key = k\njobs = 4\n");
  const auto place = repo::remote_place(project.load(), "S");
  CHECK(place.name == "s");
  CHECK(place.committed);
  CHECK(place.options ==
        remote::RemoteOptions{{"url", "s3://bucket/p"}, {"region", "eu"}, {"secret_access_key", "k"}, {"jobs", "4"}});
  CHECK_THROWS_WITH(repo::remote_place(project.load(), "t"), Catch::Contains("no remote is called 't'"));
}

TEST_CASE("a url may name a path below another remote", "[repo]") {
  const DvcSandbox project;
  project.git.write(".dvc/config",
                    "['remote \"images\"']\nurl = remote://server/tmp/pictures\nuser = alice\n"
                    "['remote \"loop\"']\nurl = remote://loop/x\n['remote \"lost\"']\nurl = remote://nowhere/x\n");
  project.git.write(".dvc/config.local", "['remote \"server\"']\nurl = ssh://localhost\nuser = root\nport = 23\n");
  const auto config = project.load();
  const auto place = repo::remote_place(config, "images");
  CHECK(place.options ==
        remote::RemoteOptions{{"url", "ssh://localhost/tmp/pictures"}, {"user", "alice"}, {"port", "23"}});
  CHECK(place.committed);
  CHECK_THROWS_WITH(repo::remote_place(config, "loop"), Catch::Contains("refers to itself"));
  CHECK_THROWS_WITH(repo::remote_place(config, "lost"), Catch::Contains("'nowhere'"));
}

TEST_CASE("of the committed file of a DVC repository, too, only data counts", "[repo]") {
  const DvcSandbox project;
  project.git.write(".dvc/config",
                    "[cache]\ndir = /elsewhere\ntype = symlink\n['remote \"s\"']\nurl = s3://b\nprofile = p\n"
                    "ssl_verify = false\n");
  const auto config = project.load();
  CHECK(config.get("cache.type") == "symlink");
  CHECK_FALSE(config.find("cache.dir"));
  CHECK(repo::remote_place(config, "s").options == remote::RemoteOptions{{"url", "s3://b"}, {"profile", "p"}});
  project.git.write(".dvc/config.local", "[cache]\ndir = /mine\n");
  CHECK(repo::cache_directory(project.load(), project.git.root()) == "/mine");
}

TEST_CASE("a folder is known as a remote of DVC's by what lies in it", "[repo]") {
  const DvcSandbox project;
  std::filesystem::create_directories(project.own("new/files/md5"));
  std::filesystem::create_directories(project.own("old/a0"));
  std::filesystem::create_directories(project.own("other/stuff"));
  CHECK(repo::is_own_remote_folder(project.own("new"), project.format));
  CHECK(repo::is_own_remote_folder(project.own("old"), project.format));
  CHECK_FALSE(repo::is_own_remote_folder(project.own("other"), project.format));
}

TEST_CASE("the user's DVC file is changed as DVC changes it", "[repo]") {
  const DvcSandbox project;
  project.git.dir.write("user/config", "# mine\n[core]\n  analytics = false\n");
  repo::set_config(project.session(), project.format, "remote.Big.url", "data", ConfigLevel::user);
  CHECK(project.git.dir.read(project.own("user/config")) ==
        "[core]\n    analytics = false\n['remote \"big\"']\n    url = ../work/data\n");
  CHECK_THROWS_WITH(repo::set_config(project.session(), project.format, "core.analytics", "no", ConfigLevel::user),
                    Catch::Contains("true or false"));
  CHECK_THROWS_WITH(repo::set_config(project.session(), project.format, "core.analitics", "no", ConfigLevel::user),
                    Catch::Contains("unknown configuration key"));
  repo::unset_config(project.session(), project.format, "CORE.Analytics", ConfigLevel::user);
  CHECK(project.git.dir.read(project.own("user/config")) == "['remote \"big\"']\n    url = ../work/data\n");
  repo::set_config(project.session(), project.format, "gc.grace", "20d", ConfigLevel::user);
  CHECK(project.git.dir.read(project.own("native-user")) == "[gc]\n\tgrace = 20d\n");
}

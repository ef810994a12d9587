// SPDX-License-Identifier: Apache-2.0
// init, config, trust, install and what TAB offers.

#include "support/cli_test.hpp"

using namespace mlops;
using namespace mlops::test;

TEST_CASE("init makes a project once, where it makes sense") {
  const GitSandbox git;
  const auto run = [&](const Words& words) { return run_in(git.root(), git.env, words); };
  const auto json = run({"init", "--json"});
  CHECK(json.code == 0);
  CHECK(keys(json.json()) == Keys{"root", "written", "staged"});
  CHECK(run({"init"}).code == 1);
  CHECK(run({"init"}).says("hint: "));
  CHECK(run({"init", "--force"}).says("Rewrote"));
  git.write("sub/file", "x");
  CHECK(run({"init", "sub"}).code == 1);
  CHECK(run({"init", "sub", "--subdir"}).code == 0);
  const TempDir nowhere;
  CHECK(run_in(nowhere.path().string(), git.env, {"init"}).says("git init"));
}

TEST_CASE("settings are read, written, listed and unset at their level") {
  CliProject project;
  project.good({"config", "cache.type", "copy"});
  CHECK(project.good({"config", "cache.type"}).out == "copy\n");
  CHECK(project.good({"config", "cache.type", "--json"}).json() ==
        nlohmann::json{{"key", "cache.type"}, {"value", "copy"}});
  project.good({"config", "--local", "cache.type", "hardlink"});
  CHECK(project.good({"config", "cache.type"}).out == "hardlink\n");
  CHECK(project.good({"config", "--project", "cache.type"}).out == "copy\n");
  const auto json = project.good({"config", "--list", "--json"}).json();
  CHECK(keys(json) == Keys{"settings"});
  CHECK(keys(json["settings"].at(0)) == Keys{"key", "value", "level", "file", "trusted"});
  project.good({"config", "--local", "-u", "cache.type"});
  CHECK(project.good({"config", "cache.type"}).out == "copy\n");
  CHECK(project.good({"config", "cache.dir", "/elsewhere"}).says("config.local"));
}

TEST_CASE("a key that nothing sets shows its default, or ends with 1") {
  CliProject project;
  CHECK(project.good({"config", "gc.stages"}).out == "90d\n");
  CHECK(project.good({"config", "gc.stages", "--show-origin"}).out == "default\t90d\n");
  CHECK(project.good({"config", "gc.stages", "--json"}).json()["value"] == "90d");
  for (const Words& words : std::vector<Words>{{"config", "core.remote"}, {"config", "--project", "gc.stages"}}) {
    const auto answer = project.run(words);
    CHECK(answer.code == 1);
    CHECK((answer.out + answer.err).empty());
  }
}

TEST_CASE("settings that make no sense are refused with what would") {
  CliProject project;
  CHECK(project.run({"config", "cache.tpye", "copy"}).says("cache.type"));
  CHECK(project.run({"config", "cache.type", "hadlink"}).says("hardlink"));
  CHECK(project.run({"config", "--local", "--global", "cache.type", "copy"}).code == 2);
  CHECK(project.run({"config", "-u"}).code == 2);
  CHECK(project.run({"config", "core.format", "2"}).code == 2);
  CHECK(project.run({"config", "--global", "core.format", "2"}).code == 2);
  project.good({"config", "core.format", "1"});
  CHECK(project.run({"config", "cache.type", "copy", "more"}).code == 2);
}

TEST_CASE("trust shows, grants and takes back") {
  CliProject project;
  const auto json = project.good({"trust", "--show", "--json"}).json();
  CHECK(keys(json) == Keys{"trusted", "settings", "remotes"});
  CHECK(project.good({"trust"}).says("Trusted"));
  CHECK(project.good({"trust", "--forget"}).says("not") == false);
  CHECK(project.good({"trust", "--forget"}).says("any more"));
}

TEST_CASE("install is done once and undone") {
  CliProject project;
  CHECK(project.good({"install"}).says("Installed git hooks"));
  CHECK(project.good({"install"}).says("in place already"));
  CHECK(project.exists(".git/hooks/post-checkout"));
  project.good({"uninstall"});
  CHECK_FALSE(project.exists(".git/hooks/post-checkout"));
  CHECK(project.run({"git-hook", "no-such-hook"}).code == 2);
}

TEST_CASE("completion scripts exist for three shells") {
  const TempDir nowhere;
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const auto answer = run_in(nowhere.path().string(), environment(), {"completion", shell});
    CHECK(answer.code == 0);
    CHECK(answer.says("__complete"));
  }
  CHECK(run_in(nowhere.path().string(), environment(), {"completion", "tcsh"}).says("bash, zsh, fish"));
}

TEST_CASE("TAB offers what fits the place") {
  CliProject project;
  project.fill();
  project.good({"remote", "add", "-q", "store", (project.git.dir / "store").string()});
  project.git.git({"tag", "v1"});
  project.good({"run", "-q", "-n", "named", "-S", "k=2"});
  const std::vector<std::pair<Words, std::string>> table{
      {{"sta"}, "status\t"},
      {{"remote", ""}, "add\t"},
      {{"help", "rem"}, "remote\n"},
      {{"repro", ""}, "copy\t"},
      {{"repro", "--kee"}, "--keep-going\t"},
      {{"checkout", ""}, "data\tdata"},
      {{"checkout", "o"}, "out.txt"},
      {{"push", "-r", ""}, "store\t"},
      {{"push", "--remote=s"}, "store\t"},
      {{"runs", "show", "na"}, "named"},
      {{"diff", ""}, "v1\t"},
      {{"diff", "ma"}, "main\t"},
      {{"config", "core."}, "core.remote"},
      {{"completion", "b"}, "bash"},
      {{"add", ""}, "@files"},
      {{"freeze", "c"}, "copy"},
      {{"repro", "--run", ""}, "named"},
      {{"repro", "-j", "2", "c"}, "copy"},
      {{"-q", "repro", "c"}, "copy"},
      {{"--cd", ".", "repro", "c"}, "copy"},
      {{"runs", "log", "named", ""}, "copy"},
      {{"config", "core.durability", ""}, "strict"},
      {{"config", "core.autostage", "t"}, "true"},
      {{"config", "core.remote", ""}, "store\t"},
      {{"config", "remote.s"}, "remote.store.url"},
      {{"config", "cache.dir", ""}, "@files"},
      {{"remote", "modify", "store", "u"}, "url\t"},
      {{"help", "tut"}, "tutorial\t"},
      {{"help", "runs", "l"}, "list\t"},
      {{"--v"}, "--version\t"},
  };
  for (Words words : std::vector<Words>{{"xyz"}, {"repro", "xyz"}, {"version", ""}, {"init", "--nothing="}}) {
    words.insert(words.begin(), "__complete");
    CHECK(project.good(words).err.empty());
  }
  for (auto [words, text] : table) {
    words.insert(words.begin(), "__complete");
    INFO(words[1] << " " << words.back());
    const auto answer = project.good(words);
    CHECK(answer.says(text));
    CHECK(answer.err.empty());
  }
}

TEST_CASE("TAB offers nothing where nothing fits") {
  CliProject project;
  for (Words words : std::vector<Words>{{"init", "dir", ""}, {"config", "core.remote", "x", ""}, {"repro", "-j", ""}}) {
    words.insert(words.begin(), "__complete");
    INFO(words[1]);
    CHECK(project.good(words).out.empty());
  }
}

TEST_CASE("TAB is silent outside a project and in a broken one") {
  const TempDir nowhere;
  CHECK(run_in(nowhere.path().string(), environment(), {"__complete", "repro", ""}).out.empty());
  CliProject project;
  project.write("mlops.yaml", "stages: [");
  const auto answer = project.good({"__complete", "repro", ""});
  CHECK(answer.err.empty());
}

TEST_CASE("all man pages are written") {
  const TempDir target;
  CHECK(run_in(target.path().string(), environment(), {"__man", target.path().string()}).code == 0);
  CHECK(target.read("mlops.1").starts_with("."));
  CHECK(target.read("mlops-runs-list.1").find("SYNOPSIS") != std::string::npos);
  CHECK(target.read("mlops.yaml.5").size() > 1000);
  CHECK(target.read("mlops-tutorial.7").size() > 1000);
}

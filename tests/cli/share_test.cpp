// SPDX-License-Identifier: Apache-2.0
// Remotes, transfers, gc, fsck and the cache at the command line.

#include "support/cli_test.hpp"

using namespace mlops;
using namespace mlops::test;

namespace {

/// A filled project with a folder as its default remote.
struct Shared : CliProject {
  Shared() {
    fill();
    std::filesystem::create_directory(store);
    good({"remote", "add", "-q", "-d", "store", store});
    commit("remote");
  }
  std::string store = (git.dir / "store").string();
};

}  // namespace

TEST_CASE("remotes are listed, changed, renamed and removed") {
  Shared project;
  const auto json = project.good({"remote", "list", "--json"}).json();
  CHECK(keys(json) == Keys{"remotes"});
  CHECK(keys(json["remotes"].at(0)) == Keys{"name", "url", "default", "trusted", "file", "options"});
  CHECK(project.good({"remote", "list"}).says("(default)"));
  CHECK(project.good({"remote", "default"}).out == "store\n");
  CHECK(project.run({"remote", "add", "store", "/elsewhere"}).code == 1);
  CHECK(project.run({"remote", "add", "a b", "/elsewhere"}).code != 0);
  CHECK(project.run({"remote", "modify", "store", "url"}).code == 2);
  project.good({"remote", "rename", "store", "main-store"});
  CHECK(project.good({"remote", "default"}).out == "main-store\n");
  project.good({"remote", "default", "-u"});
  const auto none = project.run({"remote", "default"});
  CHECK(none.code == 1);
  CHECK(none.out.empty());
  CHECK(none.err.find("no default remote") != std::string::npos);
  project.good({"remote", "remove", "main-store"});
  CHECK(project.good({"remote", "list"}).out.empty());
  CHECK(project.good({"remote", "list"}).err ==
        "There are no remotes yet; `mlops remote add -d NAME FOLDER` names one.\n");
  CHECK(project.run({"remote", "remove", "main-store"}).code == 1);
  CHECK(project.run({"push"}).says("mlops remote add"));
}

TEST_CASE("push, fetch, pull and status --cloud answer in words and JSON") {
  Shared project;
  const auto before = project.run({"status", "--cloud", "--json", "--exit-code"});
  CHECK(before.code == 4);
  CHECK(keys(before.json()) == Keys{"files", "remotes"});
  CHECK(keys(before.json()["files"].at(0)) == Keys{"path", "status", "object", "remote"});
  CHECK(before.json()["files"].at(0)["status"] == "new");
  CHECK(project.good({"push", "--dry-run"}).says("Would push 4 objects"));
  const auto planned = project.good({"push", "--dry-run", "--json"}).json();
  CHECK(keys(planned["remotes"].at(0)["transferred"].at(0)) == Keys{"path", "object", "reason"});
  const auto json = project.good({"push", "--json"}).json();
  CHECK(keys(json) == Keys{"remotes", "paths", "complete", "hints"});
  CHECK(keys(json["remotes"].at(0)) == Keys{"remote", "objects", "bytes", "transferred", "failed", "missing"});
  CHECK(json["remotes"].at(0)["failed"].empty());
  CHECK(json["remotes"].at(0)["objects"] == 4);
  CHECK(project.good({"push"}).says("Everything is up to date."));
  CHECK(project.good({"status", "-c", "--exit-code"}).says("in sync"));

  const std::string clone = project.clone("clone");
  CHECK(run_in(clone, project.git.env, {"fetch"}).says("Fetched 4 objects"));
  const auto pulled = run_in(clone, project.git.env, {"pull", "--json"}).json();
  CHECK(keys(pulled) == Keys{"remotes", "paths", "complete", "hints", "checkout"});
  CHECK(pulled["checkout"]["added"].size() == 3);
}

TEST_CASE("what cannot be had is named, and the transfer ends with 3") {
  Shared project;
  project.good({"push", "-q"});
  project.good({"push", "-q"});
  const std::string clone = project.clone("clone");
  std::filesystem::remove_all(project.store + "/objects");
  // The cache of the clone's origin would be asked, too.
  std::filesystem::remove_all(project.git.root() + "/.mlops/cache/objects");
  const auto answer = run_in(clone, project.git.env, {"fetch"});
  CHECK(answer.code == 3);
  CHECK(answer.says("'data'"));
  CHECK(answer.says("error: "));
  CHECK(run_in(clone, project.git.env, {"fetch", "--json"}).json()["complete"] == false);
}

TEST_CASE("gc and fsck answer in words and JSON") {
  Shared project;
  project.good({"push", "-q"});
  const auto gc = project.good({"gc", "--json"}).json();
  CHECK(keys(gc) == Keys{"kept", "young", "young_bytes", "trashed", "trashed_bytes", "deleted", "deleted_bytes",
                         "restored", "waiting", "waiting_bytes", "expired_stages", "projects"});
  CHECK(project.good({"gc", "--dry-run"}).says(" needed."));
  CHECK(project.run({"gc", "--prune=sometime"}).code == 2);
  const auto healthy = project.good({"fsck", "--json"}).json();
  CHECK(keys(healthy) ==
        Keys{"healthy", "checked", "checked_bytes", "reachable", "orphans", "objects", "foreign", "unreadable"});

  project.erase(".mlops/cache/objects");
  project.erase("data");
  const auto bad = project.run({"fsck", "--json", "--no-repair"});
  CHECK(bad.code == 1);
  CHECK(bad.json()["healthy"] == false);
  CHECK(keys(bad.json()["objects"].at(0)) ==
        Keys{"object", "state", "reason", "quarantined", "needs", "elsewhere", "repaired_from"});
  CHECK(keys(bad.json()["objects"].at(0)["needs"].at(0)) == Keys{"path", "revision"});
  CHECK(project.good({"fsck"}).says("repaired from"));
}

TEST_CASE("the cache may lie elsewhere") {
  Shared project;
  CHECK(project.good({"cache", "dir"}).out == project.root() + "/.mlops/cache\n");
  const std::string other = (project.git.dir / "other").string();
  CHECK(project.good({"cache", "dir", other}).says("was not moved"));
  CHECK(project.good({"cache", "dir", "--json"}).json()["directory"] == other);
  project.good({"cache", "dir", "-u"});
  CHECK(project.good({"cache", "dir"}).out == project.root() + "/.mlops/cache\n");
  CHECK(project.run({"cache", "forget", "/no/such/project"}).code == 1);
  project.good({"add", "-q", "data"});
  CHECK(project.run({"cache", "forget", "/no/such/project"}).says(project.root()));
  CHECK(project.good({"cache", "forget", "./"}).says(project.root()));
}

TEST_CASE("a pull that could not bring all does not name itself as what would") {
  Shared project;
  project.good({"push", "-q"});
  const std::string clone = project.clone("clone");
  std::filesystem::remove_all(project.git.dir / "store" / "objects");
  project.erase(".mlops/cache");
  const auto answer = run_in(clone, project.git.env, {"pull"});
  CHECK(answer.code == 3);
  CHECK(answer.says("Skipped 'data': not all of it could be fetched."));
  CHECK_FALSE(answer.says("`mlops pull` brings it"));
}

TEST_CASE("with -q transfers say nothing on success") {
  Shared project;
  for (const Words& words : {Words{"push"}, {"fetch"}, {"pull"}, {"gc"}}) {
    Words quiet = words;
    quiet.emplace_back("-q");
    INFO(words.front());
    const auto answer = project.good(quiet);
    CHECK(answer.out.empty());
    CHECK(answer.err.empty());
  }
}

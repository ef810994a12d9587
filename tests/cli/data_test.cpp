// SPDX-License-Identifier: Apache-2.0
// The data commands: exit codes, JSON shapes, silence with -q, words for people.

#include <sys/stat.h>

#include "support/cli_test.hpp"

using namespace mlops;
using namespace mlops::test;

namespace {
const Keys entry_keys{"kind", "sha256", "size", "files"};
}  // namespace

TEST_CASE("add tells what it tracked and what to give to git") {
  CliProject project;
  project.write("data/a b", "x");
  const auto text = project.good({"add", "data"});
  CHECK(text.out.empty());
  CHECK(text.says("Added 'data' (1 B in 1 file)."));
  CHECK(text.says("git add .gitignore data.mlops"));
  CHECK(project.good({"add", "data"}).says("'data' did not change."));
  project.write("-dash", "x");
  CHECK(project.good({"add", "--", "-dash"}).says("git add -- -dash.mlops .gitignore"));
}

TEST_CASE("add answers in JSON") {
  CliProject project;
  project.write("data/one", "x");
  const auto json = project.good({"add", "data", "--json", "--desc", "words", "--label", "l", "--type", "t"}).json();
  CHECK(keys(json) == Keys{"files", "bytes_written", "changed_files"});
  CHECK(keys(json["files"].at(0)) == Keys{"path", "pointer", "entry", "changed"});
  CHECK(keys(json["files"].at(0)["entry"]) == entry_keys);
  CHECK(json["files"].at(0)["pointer"] == "data.mlops");
  CHECK(json["files"].at(0)["changed"] == true);
  CHECK(json["changed_files"] == nlohmann::json{".gitignore", "data.mlops"});
  CHECK(project.read("data.mlops").find("desc: words") != std::string::npos);
}

TEST_CASE("checkout -q says nothing") {
  CliProject project;
  project.fill();
  project.erase("data/one");
  const auto quiet = project.good({"checkout", "-q"});
  CHECK(quiet.out + quiet.err == "");
  project.erase("data/one");
  CHECK(project.good({"checkout"}).out == "A\tdata/one\n");
}

TEST_CASE("status answers 0, or 4 when asked with --exit-code") {
  CliProject project;
  project.fill();
  CHECK(project.good({"status", "--exit-code"}).out == "Data and pipeline are up to date.\n");
  const auto clean = project.good({"status", "--json"}).json();
  CHECK(keys(clean) == Keys{"clean", "files", "stages", "untracked_metadata"});
  CHECK(clean["clean"] == true);
  CHECK(clean["files"].at(0)["status"] == "clean");
  CHECK(clean["stages"].empty());

  project.write("data/one", "changed\n");
  project.erase("data/two");
  CHECK(project.run({"status"}).code == 0);
  const auto text = project.run({"status", "--exit-code"});
  CHECK(text.code == 4);
  CHECK(text.says("modified: data"));
  CHECK(text.says("data/one"));
  CHECK(text.says("mlops commit <path>"));
  const auto json = project.run({"status", "--json", "--exit-code"}).json();
  CHECK(json["clean"] == false);
  CHECK(keys(json["files"].at(0)) ==
        Keys{"path", "status", "stage", "in_cache", "recorded", "actual", "problem", "changes"});
  CHECK(json["files"].at(0)["stage"].is_null());
  CHECK(keys(json["files"].at(0)["changes"].at(0)) == Keys{"path", "status"});
  CHECK(keys(json["stages"].at(0)) == Keys{"name", "action", "reasons"});
  CHECK(keys(json["stages"].at(0)["reasons"].at(0)) == Keys{"kind", "subject", "before", "after"});
}

TEST_CASE("status takes added data, outputs and stages as targets") {
  CliProject project;
  project.fill();
  project.write("params.yaml", "k: 2\n");
  for (const Words& words : std::vector<Words>{{"data"}, {"data/one"}, {"data.mlops"}}) {
    const auto json = project.good({"status", "--json", words.front()}).json();
    CHECK(json["files"].size() == 1);
    CHECK(json["stages"].empty());
  }
  CHECK(project.good({"status", "data", "copy", "--json"}).json()["stages"].size() == 1);
  CHECK(project.good({"status", "out.txt", "--json"}).json()["stages"].size() == 1);
  CHECK(project.run({"status", "nothing"}).code == 1);
}

TEST_CASE("status reminds of what was never given to git") {
  CliProject project;
  project.fill();
  project.write("sub/more data", "x");
  project.good({"add", "-q", "sub/more data"});
  const auto text = project.good({"status", "--exit-code"});
  CHECK(
      text.says("Not yet in git:\n  (`git add sub/.gitignore 'sub/more data.mlops'` gives it to git)\n"
                "\tsub/.gitignore\n\tsub/more data.mlops\n"));
  CHECK(project.run_below("sub", {"status"}).says("`git add .gitignore 'more data.mlops'`"));
  CHECK(project.good({"status", "--json"}).json()["untracked_metadata"] ==
        nlohmann::json{"sub/.gitignore", "sub/more data.mlops"});
  project.git.git({"add", "sub"});
  CHECK(project.good({"status"}).out == "Data and pipeline are up to date.\n");
}

TEST_CASE("names that are not UTF-8 come through JSON without loss") {
  CliProject project;
  project.write("data/stray-\xff", "x");
  project.good({"add", "-q", "data"});
  // A lone surrogate, which Python reads back as the byte and stricter readers refuse.
  CHECK(project.good({"ls", "--json", "-R", "data"}).out.find("\"stray-\\udcff\"") != std::string::npos);
  CHECK(project.good({"ls", "-R", "data"}).says("stray-\\xff"));
}

TEST_CASE("commit and checkout record and restore") {
  CliProject project;
  project.fill();
  CHECK(project.good({"commit"}).says("Nothing changed."));
  project.write("data/one", "changed\n");
  const auto json = project.good({"commit", "--json", "data"}).json();
  CHECK(keys(json) == Keys{"items", "changed_files"});
  CHECK(keys(json["items"].at(0)) == Keys{"name", "stage", "changed"});
  project.git.git({"checkout", "-q", "."});
  const auto back = project.good({"checkout", "--json"}).json();
  CHECK(keys(back) == Keys{"added", "modified", "deleted", "rescued", "missing", "not_made"});
  CHECK(back["modified"] == nlohmann::json{"data/one"});
  CHECK(project.good({"checkout"}).out.empty());
}

TEST_CASE("checkout refuses to lose what is nowhere else, and --force keeps it aside") {
  CliProject project;
  project.fill();
  project.write("data/one", "only here\n");
  const auto refused = project.run({"checkout", "--json"});
  CHECK(refused.code == 1);
  CHECK(refused.json()["error"]["hints"].size() >= 1);
  CHECK(project.read("data/one") == "only here\n");
  const auto forced = project.good({"checkout", "--force", "--json"}).json();
  REQUIRE(forced["rescued"].size() == 1);
  CHECK(keys(forced["rescued"].at(0)) == Keys{"path", "kept_at"});
  CHECK(project.read("data/one") == "one\n");
}

TEST_CASE("move, remove and unprotect say what they did") {
  CliProject project;
  project.fill();
  CHECK(project.good({"move", "data", "moved"}).says("Moved 'data' to 'moved'."));
  CHECK(project.good({"unprotect", "moved"}).says("writable"));
  CHECK(project.good({"remove", "moved"}).says("Removed 'moved.mlops'."));
  CHECK(project.exists("moved/one"));
  CHECK(project.good({"rm", "copy", "--outs"}).says("Removed stage 'copy'."));
  CHECK_FALSE(project.exists("out.txt"));
  CHECK(project.run({"mv", "nothing", "x"}).code == 1);
}

TEST_CASE("with -q the data commands say nothing on success") {
  CliProject project;
  project.write("data/one", "one\n");
  for (const Words& words : {Words{"add", "data"},
                             {"commit"},
                             {"checkout"},
                             {"move", "data", "moved"},
                             {"unprotect", "moved"},
                             {"remove", "moved"}}) {
    Words quiet = words;
    quiet.emplace_back("-q");
    INFO(words.front());
    const auto answer = project.good(quiet);
    CHECK(answer.out.empty());
    CHECK(answer.err.empty());
  }
}

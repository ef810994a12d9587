// SPDX-License-Identifier: Apache-2.0
// Recorded runs at the command line.

#include "support/cli_test.hpp"

using namespace mlops;
using namespace mlops::test;

namespace {

/// Two runs, "first" and "second", that differ in one parameter.
struct Recorded : CliProject {
  Recorded() {
    fill();
    good({"run", "-q", "-n", "first", "-S", "k=2"});
    good({"run", "-q", "-n", "second", "-S", "k=3"});
  }
};

}  // namespace

TEST_CASE("runs are listed newest first") {
  Recorded project;
  const auto text = project.good({"runs", "list"});
  CHECK(text.out.find("second") < text.out.find("first"));
  const auto json = project.good({"runs", "list", "--json"}).json();
  CHECK(keys(json) == Keys{"runs"});
  REQUIRE(json["runs"].size() == 2);
  CHECK(keys(json["runs"].at(0)) ==
        Keys{"id", "name", "status", "created", "seconds", "branch", "base", "commit", "params", "metrics"});
  CHECK(json["runs"].at(0)["name"] == "second");
  CHECK(json["runs"].at(0)["params"]["params.yaml"]["k"] == 3);
  CHECK(project.good({"runs", "list", "--name-only", "-n", "1"}).out ==
        json["runs"].at(0)["id"].get<std::string>() + "\n");
  CHECK(project.run({"runs", "list", "-n", "0"}).code == 2);
}

TEST_CASE("a project without runs has an empty list") {
  CliProject project;
  CHECK(project.good({"runs", "push"}).err == "There are no runs to push.\n");
  CHECK(project.good({"runs", "pull"}).err == "There are no runs to pull.\n");
  CHECK(project.good({"runs", "list", "--json"}).json() == nlohmann::json{{"runs", nlohmann::json::array()}});
  CHECK(project.good({"runs", "list"}).out.empty());
}

TEST_CASE("a run is shown by id, beginning of an id, and name") {
  Recorded project;
  const auto json = project.good({"runs", "show", "first", "--json"}).json();
  CHECK(keys(json) == Keys{"id",   "name",    "status", "started",  "finished",  "command",          "commit",
                           "base", "branch",  "stages", "params",   "metrics",   "outputs",          "dependencies",
                           "env",  "machine", "tools",  "left_out", "untracked", "not_reproducible", "undeclared"});
  CHECK(keys(json["stages"].at(0)) == Keys{"name", "outcome", "key", "exit_code", "wall_seconds", "cpu_seconds",
                                           "peak_memory_bytes", "log", "error"});
  CHECK(keys(json["outputs"].at(0)) == Keys{"path", "stage", "entry", "cached", "present"});
  const std::string id = json["id"];
  CHECK(project.good({"runs", "show", id}).out == project.good({"runs", "show", "first"}).out);
  CHECK(project.good({"runs", "show", id.substr(0, 6)}).says("(first)"));
  CHECK(project.run({"runs", "show", "nothing"}).says("mlops runs pull"));
}

TEST_CASE("the distance between two numbers is shown as people would write it") {
  Recorded project;
  project.good({"run", "-q", "-n", "low", "-S", "k=0.1"});
  project.good({"run", "-q", "-n", "high", "-S", "k=0.3"});
  CHECK(project.good({"runs", "diff", "low", "high"}).says("0.2\n"));
  CHECK(project.good({"runs", "diff", "first", "second"}).says("1\n"));
}

TEST_CASE("two runs are compared field by field") {
  Recorded project;
  CHECK(project.good({"runs", "diff", "first", "second"}).says("params.yaml"));
  const auto json = project.good({"runs", "diff", "first", "second", "--json"}).json();
  CHECK(keys(json) == Keys{"before", "after", "params", "metrics", "outputs", "dependencies", "code", "stages", "env",
                           "machine", "tools"});
  CHECK(keys(json["params"].at(0)) == Keys{"file", "key", "before", "after", "delta"});
  CHECK(json["params"].at(0)["delta"] == 1);
  CHECK(keys(json["outputs"].at(0)) == Keys{"path", "state", "before", "after"});
  CHECK(project.good({"runs", "diff", "first", "first", "--json"}).json()["params"].empty());
}

TEST_CASE("runs are applied and removed") {
  Recorded project;
  const auto json = project.good({"runs", "apply", "first", "--force", "--json"}).json();
  CHECK(keys(json) == Keys{"run", "written", "removed", "rescued", "code", "checkout"});
  CHECK(project.read("params.yaml") == "k: 2\n");
  CHECK(project.run({"runs", "remove"}).code == 2);
  CHECK(project.good({"runs", "remove", "--all", "--dry-run"}).says("would remove"));
  CHECK(project.good({"runs", "remove", "first", "--json"}).json()["runs"].size() == 1);
  CHECK(project.good({"runs", "list", "--json"}).json()["runs"].size() == 1);
  CHECK(project.run({"runs", "apply", "first"}).code == 1);
}

TEST_CASE("the words of tolerances and of the choice of a past run are checked") {
  Recorded project;
  CHECK(project.run({"repro", "--run", "first", "--tolerance", "acc"}).code == 2);
  CHECK(project.run({"repro", "--run", "first", "--tolerance", "acc=much"}).code == 2);
  CHECK(project.run({"repro", "--run", "first", "--rev", "HEAD"}).code == 2);
  CHECK(project.run({"repro", "--rev", "nothing"}).code == 1);
}

// SPDX-License-Identifier: Apache-2.0
// Stages, repro, run, why and dag at the command line.

#include "support/cli_test.hpp"

using namespace mlops;
using namespace mlops::test;

namespace {
const Keys stage_keys{"name", "outcome", "reasons", "key", "job", "log", "error", "hints", "warnings"};
}  // namespace

TEST_CASE("stages are declared, listed, frozen and removed") {
  CliProject project;
  project.fill();
  CHECK(project.good({"stage", "list", "--name-only"}).out == "copy\n");
  const auto json = project.good({"stage", "list", "--json"}).json();
  CHECK(keys(json) == Keys{"stages"});
  CHECK(keys(json["stages"].at(0)) == Keys{"name", "cmd", "deps", "outs", "frozen", "desc"});
  CHECK(project.run({"stage", "add", "-n", "copy", "true"}).says("--force"));
  CHECK(project.run({"stage", "add", "true"}).code == 2);
  CHECK(project.good({"freeze", "copy"}).says("Froze 'copy'."));
  CHECK(project.good({"stage", "list", "--json"}).json()["stages"].at(0)["frozen"] == true);
  CHECK(project.good({"unfreeze", "copy"}).says("Unfroze 'copy'."));
  CHECK(project.good({"stage", "remove", "copy"}).says("Removed stage 'copy'."));
  CHECK(project.good({"stage", "list"}).out.empty());
}

TEST_CASE("a declared command keeps its own options and words") {
  CliProject project;
  project.good({"stage", "add", "-n", "s", "-O", "out", "sh", "-c", "echo \"$0 $1\" >out", "a b", "--help"});
  project.good({"repro"});
  CHECK(project.read("out") == "a b --help\n");
}

TEST_CASE("stage add --run executes the stage at once") {
  CliProject project;
  CHECK(project.good({"stage", "add", "-n", "s", "-O", "out", "--run", "echo 1 >out"}).says("executed"));
  CHECK(project.read("out") == "1\n");
  CHECK(project.run({"stage", "add", "-n", "bad", "--run", "exit 3"}).code == 1);
}

TEST_CASE("repro tells each stage's outcome, in words and in JSON") {
  CliProject project;
  project.fill();
  CHECK(project.good({"repro"}).out == "Everything is up to date.\n");
  project.write("params.yaml", "k: 2\n");
  const auto dry = project.good({"repro", "--dry"});
  CHECK(dry.says("would run copy"));
  CHECK(dry.says("params.yaml: k 1 -> 2"));
  CHECK(dry.says("> cat data/* params.yaml >out.txt"));
  CHECK(project.read("out.txt") == "one\ntwo\nk: 1\n");
  CHECK(project.good({"repro", "--dry-run", "--json"}).json()["stages"].at(0)["outcome"] == "would_run");
  const auto json = project.good({"repro", "--json"}).json();
  CHECK(keys(json) == Keys{"stages", "changed", "failed", "undeclared"});
  CHECK(keys(json["stages"].at(0)) == stage_keys);
  CHECK(json["stages"].at(0)["outcome"] == "executed");
  CHECK(keys(json["stages"].at(0)["job"]) == Keys{"exit_code", "wall_seconds", "cpu_seconds", "peak_memory_bytes"});
  CHECK(json["changed"] == true);
  project.write("params.yaml", "k: 1\n");
  CHECK(project.good({"repro"}).says("restored    copy"));
  CHECK(project.good({"repro", "--explain"}).says("copy: up_to_date"));
}

TEST_CASE("a stage that fails is shown with its command, code and log") {
  CliProject project;
  project.good({"stage", "add", "-n", "bad", "-o", "out", "echo words; exit 9"});
  const auto text = project.run({"repro"});
  CHECK(text.code == 1);
  CHECK(text.says("stage 'bad' failed"));
  CHECK(text.says("exit code: 9"));
  CHECK(text.says("command: echo words; exit 9"));
  CHECK(text.says("words\n"));
  CHECK(text.says("what it printed is above"));
  CHECK(project.run({"repro", "-q"}).says("words\n"));
  const auto json = project.run({"repro", "--json"});
  CHECK(json.code == 1);
  CHECK(json.json()["failed"] == true);
  CHECK(json.json()["stages"].at(0)["job"]["exit_code"] == 9);
}

TEST_CASE("a failed stage is named once, and advice stands on a line of its own") {
  CliProject project;
  project.good({"stage", "add", "-n", "lazy", "-o", "out", "true; true"});
  const auto text = project.run({"repro"});
  CHECK(text.says("error: stage 'lazy' failed: it did not write 'out'\nhint: its command must"));
  project.good({"stage", "add", "-f", "-n", "lazy", "-o", "out", "true; exit 3"});
  CHECK(project.run({"repro"}).says("error: stage 'lazy' failed: `true; exit 3` ended with exit code 3\n"));
  CHECK(project.run({"repro"}).says("it printed nothing"));
}

TEST_CASE("a command of several lines is shown line by line") {
  CliProject project;
  project.write("mlops.yaml", "stages:\n  s:\n    cmd: |\n      echo 1\n        true\n      exit 3\n    outs: [out]\n");
  CHECK(project.good({"repro", "--dry"}).says("    > echo 1\n    >   true\n    > exit 3\n"));
  const auto text = project.run({"repro"});
  CHECK(text.says("> echo 1\n>   true\n> exit 3\n"));
  CHECK(
      text.says("error: stage 's' failed: its command ended with exit code 3\n"
                "  command: echo 1\n             true\n           exit 3\n  exit code: 3\n"));
}

TEST_CASE("with --quiet what stages print is kept back, but not of one that fails") {
  CliProject project;
  project.good({"stage", "add", "-n", "good", "-o", "a", "echo chatter; echo > a"});
  project.good({"stage", "add", "-n", "bad", "-d", "a", "-o", "b", "echo the cause >&2; exit 3"});
  const auto text = project.run({"repro", "-q"});
  CHECK(text.says("the cause\nerror: stage 'bad' failed"));
  CHECK_FALSE(text.says("chatter"));
}

TEST_CASE("status says how an output in its place gets into the cache") {
  CliProject project;
  project.good({"stage", "add", "-n", "a", "-o", "out", "echo > out"});
  project.good({"repro", "--no-commit"});
  CHECK(project.good({"status"}).says("`mlops commit <path>` stores what is in its place"));
  project.good({"commit", "out"});
  CHECK_FALSE(project.good({"status"}).says("Not in the cache"));
}

TEST_CASE("what a stage writes and none declares is a warning, and with --strict a failure") {
  CliProject project;
  project.good({"stage", "add", "-n", "a", "-o", "out", "echo > out; echo > junk.log"});
  CHECK(
      project.good({"repro"}).says("warning: 'junk.log' changed while 'a' ran, and no stage declares it as an output"));
  project.good({"stage", "add", "-f", "-n", "a", "-o", "out", "echo > out; echo > more.log"});
  const auto json = project.run({"repro", "--strict", "--json"});
  CHECK(json.code == 1);
  CHECK(json.json()["undeclared"].at(0)["path"] == "more.log");
}

TEST_CASE("options of past runs and of the workspace are not mixed in silence") {
  CliProject project;
  project.fill();
  CHECK(project.run({"repro", "--tolerance", "x=1"}).code == 2);
  CHECK(project.run({"repro", "--keep"}).code == 2);
  project.good({"run", "-S", "k=5", "-n", "five"});
  CHECK(project.run({"repro", "--run", "five", "--dry"}).code == 2);
  CHECK(project.run({"repro", "--run", "five", "-s"}).says("`--single-item` does not go with"));
  CHECK(project.good({"repro", "--run", "five"}).code == 0);
}

TEST_CASE("repro --pull asks no remote while nothing is missing") {
  CliProject project;
  project.fill();
  CHECK(project.good({"repro", "--pull"}).code == 0);
}

TEST_CASE("run records once, and names what an equal run was") {
  CliProject project;
  project.fill();
  const auto json = project.good({"run", "--json", "-S", "k=5", "-n", "five"}).json();
  CHECK(keys(json) == Keys{"stages", "changed", "failed", "undeclared", "nothing_to_do", "run", "equal"});
  CHECK(json["nothing_to_do"] == false);
  CHECK(json["equal"].is_null());
  const auto again = project.good({"run", "--json"}).json();
  CHECK(again["nothing_to_do"] == true);
  CHECK(again["run"].is_null());
  CHECK(again["equal"] == json["run"]);
  CHECK(project.good({"run"}).says("(five)"));
}

TEST_CASE("why tells the reason now and the last time") {
  CliProject project;
  project.fill();
  CHECK(project.good({"why", "copy"}).says("copy is up to date."));
  project.write("params.yaml", "k: 7\n");
  CHECK(project.good({"why"}).says("params.yaml: k 1 -> 7"));
  const auto json = project.good({"why", "--json"}).json();
  CHECK(keys(json) == Keys{"stages"});
  CHECK(keys(json["stages"].at(0)) == Keys{"name", "action", "reasons", "upstream", "last"});
  CHECK(keys(json["stages"].at(0)["last"]) == Keys{"ended", "outcome", "wall_seconds", "reasons"});
  CHECK(project.run({"why", "cpoy"}).says("copy"));
}

TEST_CASE("the graph comes as text, Graphviz, Mermaid and JSON") {
  CliProject project;
  project.fill();
  CHECK(project.good({"dag"}).says("copy"));
  CHECK(project.good({"dag", "--dot"}).out.starts_with("digraph"));
  CHECK(project.good({"dag", "--mermaid"}).says("flowchart"));
  CHECK(project.good({"dag", "--md"}).out.starts_with("```mermaid"));
  const auto json = project.good({"dag", "--json"}).json();
  CHECK(keys(json) == Keys{"nodes", "edges"});
  CHECK(keys(json["nodes"].at(0)) == Keys{"name", "frozen"});
  CHECK(project.run({"dag", "--dot", "--json"}).code == 2);
}

TEST_CASE("with -q repro and run say nothing on success") {
  CliProject project;
  project.good({"stage", "add", "-q", "-n", "s", "-o", "out", "echo words; echo x >out"});
  const auto repro = project.good({"repro", "-q"});
  CHECK(repro.out.empty());
  CHECK(repro.err.empty());
  CHECK(project.run({"repro", "-j", "0"}).code == 2);
  CHECK(project.run({"repro", "nothing"}).code == 1);
  CHECK(project.run({"repro", "--run", "x", "--rev", "HEAD"}).code == 2);
}

TEST_CASE("a pipeline without stages is told from one that is up to date") {
  CliProject project;
  for (const Words& words :
       std::vector<Words>{{"run"}, {"repro"}, {"repro", "--dry"}, {"why"}, {"dag"}, {"stage", "list"}}) {
    const auto answer = project.good(words);
    INFO(words.front());
    CHECK(answer.out.empty());
    CHECK(answer.err == "There are no stages yet; `mlops stage add` declares one.\n");
  }
  CHECK(project.good({"repro", "--json"}).json()["stages"].empty());
}

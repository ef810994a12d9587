// SPDX-License-Identifier: Apache-2.0
#include "pipeline/repro.hpp"

#include "pipeline_project.hpp"
#include "store/checkout.hpp"
#include "support/catch.hpp"
#include "util/error.hpp"

namespace mlops::test {
namespace {

using pipeline::Outcome;
using pipeline::Reason;

constexpr const char* chain = R"(
  first:
    cmd: tr a-z A-Z < in.txt > mid.txt
    deps: [in.txt]
    outs: [mid.txt]
  second:
    cmd: wc -c < mid.txt > end.txt
    deps: [mid.txt]
    outs: [end.txt]
)";

TEST_CASE("stages run in order and a second repro has nothing to do") {
  PipelineProject project;
  project.write("in.txt", "hello");
  project.pipeline(chain);
  CHECK(project.outcomes() == "first: executed, second: executed");
  CHECK(project.read("mid.txt") == "HELLO");
  CHECK(project.last.changed);
  CHECK(project.outcomes() == "first: up_to_date, second: up_to_date");
  CHECK_FALSE(project.last.changed);
  CHECK(project.report("second").state == project.lock().stages.at("second"));
}

TEST_CASE("an upstream that makes the same bytes stops the wave") {
  PipelineProject project;
  project.write("in.txt", "hello");
  project.pipeline(chain);
  project.outcomes();
  project.write("in.txt", "HeLLo");
  CHECK(project.outcomes() == "first: executed, second: up_to_date");
  CHECK(project.watcher.started_stages == std::vector<std::string>{"first"});
}

TEST_CASE("results seen before are restored and nothing executes") {
  PipelineProject project;
  project.write("in.txt", "one");
  project.pipeline(chain);
  project.outcomes();
  project.write("in.txt", "three");
  CHECK(project.outcomes() == "first: executed, second: executed");
  project.write("in.txt", "one");
  CHECK(project.outcomes() == "first: restored, second: restored");
  CHECK(project.read("mid.txt") == "ONE");
  CHECK(project.watcher.started_stages.empty());
  CHECK_FALSE(project.report("first").key.empty());
}

TEST_CASE("force executes although the results are known, and without the stage cache so does a change") {
  PipelineProject project;
  project.write("in.txt", "one");
  project.pipeline(chain);
  project.outcomes();
  CHECK(project.outcomes({.plan = {.force = true}}) == "first: executed, second: executed");
  project.write("in.txt", "two");
  project.outcomes();
  project.write("in.txt", "one");
  CHECK(project.outcomes({.use_stage_cache = false}) == "first: executed, second: executed");
}

TEST_CASE("a missing or edited output is restored from what the lock recorded") {
  PipelineProject project;
  project.write("in.txt", "one");
  project.pipeline(chain);
  project.outcomes();
  std::filesystem::remove(project.git.path("mid.txt"));
  CHECK(project.outcomes() == "first: restored, second: up_to_date");
  project.write("end.txt", "my own notes");
  CHECK(project.outcomes() == "first: up_to_date, second: restored");
  REQUIRE(project.report("second").rescued.size() == 1);
  CHECK(project.git.dir.read(project.report("second").rescued.front().second) == "my own notes");
}

TEST_CASE("an output that is not in the store is rescued before its stage executes") {
  PipelineProject project;
  project.write("in.txt", "one");
  project.write("mid.txt", "precious");
  project.pipeline(chain);
  project.outcomes();
  const auto rescued = project.report("first").rescued;
  REQUIRE(rescued.size() == 1);
  CHECK(rescued.front().first == "mid.txt");
  CHECK(rescued.front().second.find("/.mlops/rescue/") != std::string::npos);
  CHECK(project.git.dir.read(rescued.front().second) == "precious");
  CHECK(project.read("mid.txt") == "ONE");
}

TEST_CASE("what a stage wrote last time is not rescued when it runs again") {
  PipelineProject project;
  project.write("in.txt", "one");
  project.pipeline(
      "  a:\n    cmd: cat in.txt > plain.txt\n    deps: [in.txt]\n    outs:\n    - plain.txt: {cache: false}\n");
  project.outcomes();
  project.write("in.txt", "two");
  CHECK(project.outcomes() == "a: executed");
  CHECK(project.report("a").rescued.empty());
  CHECK(project.read("plain.txt") == "two");
  project.write("in.txt", "one");
  CHECK(project.outcomes() == "a: executed");  // such outputs are kept nowhere, hence never restored
}

TEST_CASE("a failing stage is reported with its exit code and log, and recorded as nothing") {
  PipelineProject project;
  project.write("in.txt", "one");
  project.pipeline(
      "  bad:\n    cmd: echo to out; echo to err >&2; echo half > mid.txt; exit 3\n    deps: [in.txt]\n"
      "    outs: [mid.txt]\n  after:\n    cmd: cp mid.txt end.txt\n    deps: [mid.txt]\n    outs: [end.txt]\n");
  CHECK(project.outcomes() == "bad: failed, after: skipped");
  CHECK(project.last.failed);
  const auto& report = project.report("bad");
  REQUIRE(report.job);
  CHECK(report.job->exit_code == 3);
  CHECK(report.error == "`echo to out; echo to err >&2; echo half > mid.txt; exit 3` ended with exit code 3");
  REQUIRE(report.log);
  CHECK(project.open()->db().read(report.log->id()) == "to out\nto err\n");
  CHECK(project.lock().stages.empty());
  CHECK(project.outcomes() == "bad: failed, after: skipped");
}

TEST_CASE("without keep_going nothing new starts after a failure, with it independent stages do") {
  PipelineProject project;
  project.write("in.txt", "one");
  project.pipeline(
      "  a_bad:\n    cmd: exit 1\n    outs: [x]\n  below:\n    cmd: cp x y\n    deps: [x]\n    outs: [y]\n"
      "  other:\n    cmd: echo 1 > z\n    outs: [z]\n");
  CHECK(project.outcomes() == "a_bad: failed, below: skipped, other: skipped");
  CHECK(project.outcomes({.keep_going = true}) == "a_bad: failed, below: skipped, other: executed");
  CHECK(project.last.failed);
}

TEST_CASE("a stage that does not write a declared output fails") {
  PipelineProject project;
  project.pipeline("  a:\n    cmd: echo 1 > x\n    outs: [x, missing/y]\n");
  CHECK(project.outcomes() == "a: failed");
  CHECK(project.report("a").error == "it did not write 'missing/y'");
  CHECK(project.report("a").hints.size() == 1);
  CHECK(project.lock().stages.empty());
}

TEST_CASE("a missing dependency stops everything before the first stage starts") {
  PipelineProject project;
  project.pipeline(
      "  a:\n    cmd: echo 1 > x\n    outs: [x]\n  b:\n    cmd: cat gone > y\n    deps: [gone]\n    outs: [y]\n");
  CHECK_THROWS_WITH(project.repro(), Catch::Contains("'gone'") && Catch::Contains("mlops.yaml:"));
  CHECK_FALSE(project.exists("x"));
}

TEST_CASE("a working directory that is not there stops everything before the first stage starts") {
  PipelineProject project;
  project.pipeline(
      "  a:\n    cmd: echo 1 > x\n    outs: [x]\n  b:\n    wdir: sub\n    cmd: echo 1 > y\n    outs: [y]\n");
  CHECK_THROWS_WITH(project.repro(), Catch::Contains("mlops.yaml:5: the working directory 'sub' of stage 'b'"));
  CHECK_FALSE(project.exists("x"));
  project.pipeline(
      "  a:\n    cmd: mkdir -p sub/d; echo 1 > sub/d/x\n    outs: [sub/d]\n"
      "  b:\n    wdir: sub/d\n    cmd: cat x > ../y\n    deps: [x]\n    outs: [../y]\n");
  CHECK(project.outcomes() == "a: executed, b: executed");
}

TEST_CASE("a dependency that is a symbolic link is refused with its line") {
  PipelineProject project;
  std::filesystem::create_symlink("/etc/passwd", project.git.path("x"));
  project.pipeline("  a:\n    cmd: cat x > y\n    deps: [x]\n    outs: [y]\n");
  CHECK_THROWS_WITH(project.repro(), "mlops.yaml:4: the dependency 'x' of stage 'a' is a symbolic link");
}

TEST_CASE("an output that git tracks is refused before the first stage starts") {
  PipelineProject project;
  project.git.commit("x", "in git");
  project.pipeline("  a:\n    cmd: echo 1 > x\n    outs: [x]\n");
  CHECK_THROWS_WITH(project.repro(), Catch::Contains("git tracks it"));
  CHECK(project.read("x") == "in git");
}

TEST_CASE("cached outputs are ignored by git, uncached ones are not") {
  PipelineProject project;
  project.pipeline(
      "  a:\n    cmd: echo 1 > x; echo 2 > m.json\n    outs: [x]\n    metrics:\n    - m.json: {cache: false}\n");
  project.outcomes();
  CHECK(project.read(".gitignore") == "/x\n");
  CHECK(project.git.try_git({"check-ignore", "x"}).exit_code == 0);
}

TEST_CASE("uncached metrics come back as plain writable files") {
  PipelineProject project;
  project.write("in.txt", "1");
  project.pipeline(
      "  a:\n    cmd: cat in.txt > m.json\n    deps: [in.txt]\n    metrics:\n    - m.json: {cache: false}\n");
  project.outcomes();
  project.write("in.txt", "2");
  project.outcomes();
  project.write("in.txt", "1");
  CHECK(project.outcomes() == "a: restored");
  CHECK(project.read("m.json") == "1");
  CHECK((std::filesystem::status(project.git.path("m.json")).permissions() & std::filesystem::perms::owner_write) !=
        std::filesystem::perms::none);
  REQUIRE(project.report("a").uncached_outs.size() == 1);
}

TEST_CASE("commands, lists, scripts, working directory and environment are what the stage sees") {
  PipelineProject project;
  project.write("sub/in.txt", "data");
  project.pipeline(R"(
  list:
    cmd:
    - echo one > l.txt
    - echo two >> l.txt
    outs: [l.txt]
  script:
    cmd: |
      x=3
      false
      echo $x > never.txt
    outs: [never.txt]
  there:
    wdir: sub
    cmd: echo "$(cat in.txt) $GREETING $MLOPS_STAGE $MLOPS_ROOT" > out.txt
    deps: [in.txt]
    outs: [out.txt]
    env: {GREETING: "hi you"}
)");
  CHECK(project.outcomes({.keep_going = true}) == "list: executed, script: failed, there: executed");
  CHECK(project.read("l.txt") == "one\ntwo\n");
  CHECK_FALSE(project.exists("never.txt"));
  CHECK(project.read("sub/out.txt") == "data hi you there " + project.git.root() + "\n");
}

TEST_CASE("a list stops at its first failing line") {
  PipelineProject project;
  project.pipeline("  a:\n    cmd:\n    - echo 1 > x\n    - exit 7\n    - echo 2 > x\n    outs: [x]\n");
  CHECK(project.outcomes() == "a: failed");
  CHECK(project.report("a").job->exit_code == 7);
  CHECK(project.report("a").job->failed_line == "exit 7");
  CHECK(project.read("x") == "1\n");
}

TEST_CASE("frozen stages are not judged and always_changed ones always run") {
  PipelineProject project;
  project.write("in.txt", "one");
  project.pipeline(
      "  a:\n    cmd: cp in.txt x\n    deps: [in.txt]\n    outs: [x]\n    frozen: true\n"
      "  b:\n    cmd: cat in.txt > y\n    deps: [in.txt]\n    outs: [y]\n    always_changed: true\n");
  CHECK(project.outcomes() == "a: frozen, b: executed");
  CHECK(project.outcomes() == "a: frozen, b: executed");
  REQUIRE(project.report("a").warnings.size() == 1);
  CHECK_THAT(project.report("a").warnings.front(), Catch::Contains("output 'x' of the frozen stage is missing"));
}

TEST_CASE("targets, single items and downstream choose stages") {
  PipelineProject project;
  project.write("in.txt", "one");
  project.pipeline(chain);
  CHECK(project.outcomes({.plan = {.targets = {"first"}}}) == "first: executed");
  CHECK(project.outcomes({.plan = {.targets = {"end.txt"}}}) == "first: up_to_date, second: executed");
  project.write("in.txt", "two");
  CHECK(project.outcomes({.plan = {.targets = {"second"}, .single_item = true}}) == "second: up_to_date");
  CHECK(project.outcomes({.plan = {.targets = {"first"}, .downstream = true}}) == "first: executed, second: executed");
  CHECK_THROWS_WITH(project.repro({.plan = {.targets = {"secnd"}}}), Catch::Contains("secnd"));
}

TEST_CASE("a dry run changes nothing") {
  PipelineProject project;
  project.write("in.txt", "one");
  project.pipeline(chain);
  CHECK(project.outcomes({.dry = true}) == "first: would_run, second: would_run");
  CHECK_FALSE(project.exists("mid.txt"));
  CHECK_FALSE(project.exists("mlops.lock"));
  CHECK_FALSE(project.exists(".gitignore"));
}

TEST_CASE("an input that changes while its stage runs is not cached, warned of, and run again") {
  PipelineProject project;
  project.write("in.txt", "one");
  project.pipeline("  a:\n    cmd: cp in.txt x; echo more >> in.txt\n    deps: [in.txt]\n    outs: [x]\n");
  CHECK(project.outcomes() == "a: executed");
  REQUIRE(project.report("a").warnings.size() == 1);
  CHECK(project.report("a").warnings.front().find("'in.txt' changed while it ran") != std::string::npos);
  project.write("in.txt", "one");
  std::filesystem::remove(project.git.path("mlops.lock"));
  CHECK(project.outcomes() == "a: executed");
}

TEST_CASE("an output that cannot be described is put aside and made anew") {
  PipelineProject project;
  project.write("in.txt", "one");
  project.pipeline("  a:\n    cmd: mkdir -p d; cp in.txt d/f\n    deps: [in.txt]\n    outs: [d]\n");
  project.outcomes();
  std::filesystem::create_symlink("/etc", project.git.path("d/out"));
  CHECK(project.outcomes({.dry = true}) == "a: would_run");
  CHECK(project.report("a").reasons.front().kind == Reason::Kind::output_changed);
  CHECK(project.outcomes() == "a: restored");
  CHECK(project.report("a").rescued.size() == 1);
  CHECK_FALSE(project.exists("d/out"));
  // The same for what a failed stage left.
  project.write("in.txt", "two");
  project.pipeline("  a:\n    cmd: ln -sfn /etc d\n    deps: [in.txt]\n    outs: [d]\n");
  CHECK(project.outcomes() == "a: failed");
  project.pipeline("  a:\n    cmd: mkdir -p d; cp in.txt d/f\n    deps: [in.txt]\n    outs: [d]\n");
  CHECK(project.outcomes() == "a: executed");
}

TEST_CASE("files that a stage writes and does not declare are told, with the stage") {
  PipelineProject project;
  project.write("in.txt", "one");
  project.write("notes.txt", "mine");
  project.write(".gitignore", "*.tmp\n");
  project.git.commit("notes.txt", "mine");
  project.pipeline(
      "  a:\n    cmd: cp in.txt x; echo 1 > junk.log; echo 1 > scratch.tmp; echo more >> notes.txt\n"
      "    deps: [in.txt]\n    outs: [x]\n");
  CHECK(project.outcomes() == "a: executed");
  const auto& told = project.last.undeclared;
  REQUIRE(told.size() == 2);
  CHECK(told[0].path == "junk.log");
  CHECK(told[0].stages == std::vector<std::string>{"a"});
  CHECK(told[1].path == "notes.txt");
  CHECK(project.outcomes() == "a: up_to_date");
  CHECK(project.last.undeclared.empty());
}

TEST_CASE("strictly, a stage that writes what none declares fails and is not recorded") {
  PipelineProject project;
  project.write("in.txt", "one");
  project.pipeline(
      "  a:\n    cmd: cp in.txt x; echo 1 > junk.log\n    deps: [in.txt]\n    outs: [x]\n"
      "  b:\n    cmd: cp in.txt y\n    deps: [in.txt]\n    outs: [y]\n");
  CHECK(project.outcomes({.keep_going = true, .strict = true}) == "a: failed, b: executed");
  CHECK(project.report("a").error == "it changed what no stage declares: 'junk.log'");
  CHECK(project.last.undeclared.size() == 1);
  CHECK_FALSE(project.lock().stages.contains("a"));
}

TEST_CASE("persistent outputs stay in place and are writable") {
  PipelineProject project;
  project.write("in.txt", "one");
  project.pipeline(
      "  a:\n    cmd: cat in.txt >> all.txt\n    deps: [in.txt]\n    outs:\n    - all.txt: {persist: true}\n");
  project.outcomes();
  project.write("in.txt", "two");
  CHECK(project.outcomes() == "a: executed");
  CHECK(project.read("all.txt") == "onetwo");
}

TEST_CASE("a directory as output is stored, restored and compared") {
  PipelineProject project;
  project.write("in.txt", "one");
  project.pipeline(
      "  a:\n    cmd: mkdir -p d/e && cp in.txt d/e/f && echo k > d/k\n    deps: [in.txt]\n    outs: [d]\n");
  project.outcomes();
  std::filesystem::remove_all(project.git.path("d"));
  CHECK(project.outcomes() == "a: restored");
  CHECK(project.read("d/e/f") == "one");
  project.write("d/k", "changed");
  project.last = project.repro({.dry = true});
  REQUIRE(project.report("a").reasons.size() == 1);
  CHECK(pipeline::describe(project.report("a").reasons.front()) == "output d changed (1 file modified)");
}

TEST_CASE("hard links are made read-only and never written through") {
  PipelineProject project;
  project.write(".mlops/config", project.read(".mlops/config") + "[cache]\n\ttype = hardlink\n");
  project.write("in.txt", "one");
  project.pipeline("  a:\n    cmd: cat in.txt > x\n    deps: [in.txt]\n    outs: [x]\n");
  project.outcomes();
  CHECK(std::filesystem::hard_link_count(project.git.path("x")) == 2);
  project.write("in.txt", "two");
  CHECK(project.outcomes() == "a: executed");
  project.write("in.txt", "one");
  CHECK(project.outcomes() == "a: restored");
  CHECK(project.read("x") == "one");
}

TEST_CASE("independent stages run at once, at most as many as asked for") {
  PipelineProject project;
  std::string stages;
  // Each waits until its neighbour has started too: they end only if two run at once.
  for (const auto& [me, other] : {std::pair("a", "b"), std::pair("b", "a")}) {
    stages += fmt::format(
        "  {0}:\n    cmd: touch {0}.up; until test -e {1}.up; do read -t 0.01 < <(:) || :; done; echo > {0}.out\n"
        "    outs: [{0}.out]\n",
        me, other);
  }
  project.pipeline(stages);
  CHECK(project.outcomes({.jobs = 2}) == "a: executed, b: executed");
  CHECK(project.watcher.most_running == 2);
}

TEST_CASE("a command inside a stage cannot run that stage again") {
  PipelineProject project;
  project.pipeline("  a:\n    cmd: echo $MLOPS_RUNNING_STAGES > x\n    outs: [x]\n");
  project.git.env["MLOPS_ROOT"] = project.git.root();
  project.git.env["MLOPS_RUNNING_STAGES"] = "outer a";
  CHECK_THROWS_WITH(project.repro(), Catch::Contains("stage 'a' is running already"));
  CHECK_FALSE(project.exists("x"));
  project.git.env["MLOPS_RUNNING_STAGES"] = "outer";
  CHECK(project.outcomes() == "a: executed");
  CHECK(project.read("x") == "outer a\n");
}

TEST_CASE("a nested command knows that the run lock is held above it") {
  PipelineProject project;
  project.pipeline("  a:\n    cmd: printenv MLOPS_RUN_TOKEN > x\n    outs: [x]\n");
  project.outcomes();
  CHECK(project.read("x").size() > 10);
}

TEST_CASE("a parameter that is not there is allowed, and appears as a reason when it comes") {
  PipelineProject project;
  project.write("params.yaml", "train: {lr: 0.1}\n");
  project.pipeline("  a:\n    cmd: echo 1 > x\n    params: [prepare.split, train.lr]\n    outs: [x]\n");
  CHECK(project.outcomes() == "a: executed");
  CHECK(project.report("a").warnings.size() == 1);
  CHECK(project.outcomes() == "a: up_to_date");
  project.write("params.yaml", "train: {lr: 0.3}\nprepare: {split: 5}\n");
  CHECK(project.outcomes() == "a: executed");
  const auto& reasons = project.report("a").reasons;
  REQUIRE(reasons.size() == 2);
  CHECK(pipeline::describe(reasons[0]) == "params.yaml: prepare.split is new: 5");
  CHECK(pipeline::describe(reasons[1]) == "params.yaml: train.lr 0.1 -> 0.3");
  project.write("params.yaml", "train: {lr: '0.3'}\n");
  CHECK(project.outcomes() == "a: executed");
  CHECK(pipeline::describe(project.report("a").reasons.back()) == "params.yaml: train.lr 0.3 -> \"0.3\"");
}

}  // namespace
}  // namespace mlops::test

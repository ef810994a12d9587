// SPDX-License-Identifier: Apache-2.0
#include "run/execute.hpp"

#include <signal.h>

#include "run/history.hpp"
#include "run/layout.hpp"
#include "run/pending.hpp"
#include "run/work_tree.hpp"
#include "run_project.hpp"
#include "support/catch.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/log.hpp"

namespace mlops::test {
namespace {

using Words = RunProject::Words;

std::size_t runs_here(RunProject& project) {
  auto workspace = project.open();
  return run::list_runs(workspace).size();
}

TEST_CASE("a run is recorded as a commit whose parent is where it started and whose tree is the code before it") {
  RunProject project;
  project.write("src/train.sh", std::string(train_script) + "# edited\n");
  const std::string index_before = project.git.git({"ls-files", "-s"});
  const auto result = project.run_all();
  REQUIRE(result.run);
  const run::Record& record = result.run->record;
  CHECK(outcomes_of(record) == "prepare: executed, train: executed");
  CHECK(record.status == "success");
  CHECK(record.branch == "main");
  CHECK(record.base == project.git.oid("HEAD"));
  CHECK(project.git.git({"rev-parse", run::ref_name(record.id) + "^"}) == project.git.git({"rev-parse", "HEAD"}));
  CHECK(project.run_file(*result.run, "src/train.sh") == std::string(train_script) + "# edited\n");
  CHECK(project.run_file(*result.run, ".mlops/run/mlops.lock") == project.read("mlops.lock"));
  CHECK(project.run_file(*result.run, ".mlops/run/out/metrics.json") == project.read("metrics.json"));
  CHECK(project.run_file(*result.run, "mlops.lock") == "(none)");
  CHECK(project.run_file(*result.run, "data/raw/a.txt") == "(none)");
  CHECK(project.run_file(*result.run, "data/raw.mlops") == project.read("data/raw.mlops"));
  CHECK(record.params.at("params.yaml").at("train.lr")->number() == 0.1);
  CHECK(record.metrics.at("metrics.json").at("loss")->number() == 0.1);
  CHECK(record.tools.at("mlops") == "1.2.3");
  CHECK(record.machine.contains("kernel"));
  CHECK(record.stages.back().exit_code == 0);
  CHECK(record.stages.back().log);
  CHECK(record.not_reproducible.empty());
  CHECK(project.git.git({"ls-files", "-s"}) == index_before);
  CHECK(project.git.git({"branch", "--format=%(refname)"}) == "refs/heads/main");
  CHECK_FALSE(project.exists(".mlops/tmp/pending-run"));
}

TEST_CASE("a run with nothing to do records nothing and names the run that it equals") {
  RunProject project;
  const auto first = project.run_all();
  const auto second = project.run_all();
  CHECK(second.nothing_to_do);
  CHECK_FALSE(second.run);
  REQUIRE(second.equal);
  CHECK(second.equal->record.id == first.run->record.id);
  CHECK(runs_here(project) == 1);
}

TEST_CASE("-S changes the file, keeps its comments, and runs what it touches") {
  RunProject project;
  project.run_all();
  const auto result = project.run_all({.set = {"train.lr=0.3", "train.epochs=9"}, .name = "bolder"});
  CHECK(project.read("params.yaml") == "train:\n  lr: 0.3  # the rate\n  epochs: 9\n");
  CHECK(result.changed_params == std::vector{at("params.yaml")});
  CHECK(outcomes_of(result.repro) == "prepare: up_to_date, train: executed");
  CHECK(result.run->record.name == "bolder");
  CHECK(project.run_file(*result.run, "params.yaml") == project.read("params.yaml"));
  const auto back = project.run_all({.set = {"train.lr=0.1"}});
  CHECK(outcomes_of(back.repro) == "prepare: up_to_date, train: restored");
  CHECK(project.read("metrics.json") == "{\"loss\": 0.1, \"size\": 2}\n");
}

TEST_CASE("a bad assignment or name changes nothing") {
  RunProject project;
  const std::string before = project.read("params.yaml");
  for (const Words& words :
       {Words{.set = {"train.lr=0.5", "train.lr.x=1"}}, Words{.set = {"train.lr=0.5", "nonsense"}},
        Words{.set = {"train.lr=0.5", "gone.yaml:a=1"}}, Words{.set = {"train.lr=0.5"}, .name = "-x"},
        Words{.set = {"train.lr=0.5"}, .name = "a b"}}) {
    CHECK_THROWS_AS(project.run_all(words), Error);
    CHECK(project.read("params.yaml") == before);
  }
  project.run_all({.name = "mine"});
  CHECK_THROWS_WITH(project.run_all({.set = {"train.lr=0.5"}, .name = "mine"}), Catch::Contains("exists already"));
  CHECK(project.read("params.yaml") == before);
  CHECK(runs_here(project) == 1);
}

TEST_CASE("a new parameter that is nearly like another one is set with a warning") {
  RunProject project;
  std::string said;
  log::set_sink([&](log::Level, std::string_view text) { said += text; });
  CHECK(project.run_all({.set = {"train.lrr=0.3"}}).run);
  CHECK(said.find("'train.lrr' is a new parameter in 'params.yaml'; was 'train.lr' meant?") != std::string::npos);
  said.clear();
  project.run_all({.set = {"train.lr=0.3", "other.unlike=1"}});
  CHECK(said.find("new parameter") == std::string::npos);
  project.write("more.yaml", "");
  project.run_all({.set = {"more.yaml:x=1"}});
  CHECK(said.find("new parameter") == std::string::npos);
  log::set_sink({});
}

TEST_CASE("untracked files enter the tree where a stage declares them, secrets never, and the rest is listed") {
  RunProject project;
  project.write("lib/helper.sh", "help\n");
  project.write("lib/.env", "TOKEN=1\n");
  project.write("lib/__cache__/x", "derived\n");
  project.write("secret.pem", "key\n");
  project.write("notes.txt", "private\n");
  project.write("wanted.txt", "wanted\n");
  project.write(".gitignore", "__cache__/\n");
  project.write("mlops.yaml", std::string(two_stages) +
                                  "  extra:\n    cmd: cat lib/helper.sh secret.pem > extra.txt\n"
                                  "    deps: [lib, secret.pem]\n    outs: [extra.txt]\n");
  project.git.git({"config", "--file", ".mlops/config", "run.include", "wanted.*"});
  const auto result = project.run_all();
  const run::Record& record = result.run->record;
  CHECK(project.run_file(*result.run, "lib/helper.sh") == "help\n");
  CHECK(project.run_file(*result.run, "lib/__cache__/x") == "derived\n");
  CHECK(project.run_file(*result.run, "wanted.txt") == "wanted\n");
  CHECK(project.run_file(*result.run, "lib/.env") == "(none)");
  CHECK(project.run_file(*result.run, "secret.pem") == "(none)");
  CHECK(project.run_file(*result.run, "notes.txt") == "(none)");
  CHECK(record.left_out == std::vector<std::string>{"lib/.env", "notes.txt", "secret.pem"});
  CHECK(record.not_reproducible == std::vector<std::string>{"lib", "secret.pem"});
  CHECK(std::count(record.untracked.begin(), record.untracked.end(), "lib/helper.sh") == 1);
}

TEST_CASE("names that look like secrets are known") {
  for (const char* name : {".env", ".env.local", "a.pem", "id_rsa", "id_ed25519", "server.key", ".netrc"}) {
    CHECK(run::is_secret_name(name));
  }
  for (const char* name : {"environment.yaml", "idea.txt", "train.py", "key.txt"}) {
    CHECK_FALSE(run::is_secret_name(name));
  }
}

TEST_CASE("the first run on an unborn branch and without an identity is recorded") {
  GitSandbox git;
  std::erase_if(git.env, [](const auto& variable) {
    return variable.first.starts_with("GIT_AUTHOR_") || variable.first.starts_with("GIT_COMMITTER_");
  });
  repo::Session session{.cwd = git.root(), .env = git.env, .program = "/bin/false"};
  repo::init(session, {});
  git.write("mlops.yaml", "stages:\n  one:\n    cmd: echo 1 > one.txt\n    outs: [one.txt]\n");
  auto workspace = repo::Workspace::open(session);
  const auto result = run::execute(workspace, {});
  REQUIRE(result.run);
  CHECK_FALSE(result.run->record.base);
  CHECK(workspace.git().commit(result.run->commit).parents.empty());
  CHECK(workspace.git().read_file(result.run->commit, at("mlops.yaml")).has_value());
}

TEST_CASE("a failed run is recorded with what failed and its log") {
  RunProject project;
  project.write("src/train.sh", "echo about to fail; exit 3\n");
  const auto result = project.run_all();
  REQUIRE(result.run);
  CHECK(result.repro.failed);
  CHECK(result.run->record.status == "failed");
  CHECK(outcomes_of(result.run->record) == "prepare: executed, train: failed");
  CHECK(result.run->record.stages.back().exit_code == 3);
  CHECK(result.run->record.stages.back().log);
  CHECK(result.run->record.metrics.empty());
  auto workspace = project.open();
  CHECK_FALSE(run::run_lock(workspace, *result.run).stages.contains("train"));
}

TEST_CASE("a run that failed before anything had ever succeeded has no lock, and is read like any other") {
  RunProject project;
  project.write("mlops.yaml", "stages:\n  a:\n    cmd: exit 3\n    outs: [x]\n");
  const auto result = project.run_all({.name = "first"});
  REQUIRE(result.run);
  CHECK(result.run->record.status == "failed");
  auto workspace = project.open();
  CHECK(run::run_lock(workspace, *result.run) == spec::Lock());
  CHECK(run::show_run(workspace, "first").outputs.empty());
}

TEST_CASE("a failure to record does not hide why the stage failed, and the next run makes up for it") {
  RunProject project;
  project.write("src/train.sh", "mv .git/objects .git/away\n: > .git/objects\nexit 3\n");
  const auto result = project.run_all();
  CHECK(result.repro.failed);
  CHECK_FALSE(result.run);
  CHECK(result.repro.stages.back().job->exit_code == 3);
  std::filesystem::remove(project.git.path(".git/objects"));
  std::filesystem::rename(project.git.path(".git/away"), project.git.path(".git/objects"));
  project.write("src/train.sh", train_script);
  CHECK(project.run_all().recovered.size() == 1);
}

TEST_CASE("a run that cannot start leaves no marker and no record") {
  RunProject project;
  project.erase("src/train.sh");
  CHECK_THROWS_AS(project.run_all(), Error);
  CHECK_FALSE(project.exists(".mlops/tmp/pending-run"));
  CHECK(runs_here(project) == 0);
}

TEST_CASE("a run that never came to a stage leaves the parameters as they were") {
  RunProject project;
  project.write("mlops.yaml", std::string(two_stages) + "  last:\n    cmd: cat gone\n    deps: [gone]\n");
  const std::string before = project.read("params.yaml");
  CHECK_THROWS_AS(project.run_all({.set = {"train.lr=0.7"}}), Error);
  CHECK(project.read("params.yaml") == before);
  project.write("mlops.yaml", two_stages);
  CHECK_THROWS_AS(project.run_all({.set = {"train.lr=0.7"}, .targets = {"nobody"}}), Error);
  CHECK(project.read("params.yaml") == before);
  CHECK_THROWS_AS(project.run_all({.set = {"mlops.yaml:train.lr=0.7"}}), Error);
  CHECK(project.read("mlops.yaml") == two_stages);
  project.write("src/train.sh", "exit 1\n");
  CHECK(project.run_all({.set = {"train.lr=0.7"}}).repro.failed);
  CHECK(project.read("params.yaml") != before);
}

TEST_CASE("an interrupted run is recorded as that") {
  RunProject project;
  install_signal_handlers();
  project.face.on_end = [](const pipeline::StageReport& report) {
    if (report.stage == "prepare") {
      raise_interrupt(SIGINT);
    }
  };
  const auto result = project.run_all();
  clear_interrupt();
  CHECK(result.repro.interrupted == SIGINT);
  REQUIRE(result.run);
  CHECK(result.run->record.status == "interrupted");
  CHECK(outcomes_of(result.run->record) == "prepare: executed, train: skipped");
}

TEST_CASE("whoever interrupts a run hears which stages it waits for") {
  RunProject project;
  project.write("src/train.sh", "echo begun; exec sleep 60\n");
  install_signal_handlers();
  project.face.on_output = [] { raise_interrupt(SIGINT); };
  const auto result = project.run_all();
  clear_interrupt();
  CHECK(result.repro.interrupted == SIGINT);
  CHECK(project.face.stopped_stages == std::vector<std::string>{"train"});
}

TEST_CASE("a run killed after its last stage is recorded by the next one, which has nothing to do") {
  RunProject project;
  CHECK(project.run_killed_after("train") == SIGKILL);
  CHECK(runs_here(project) == 0);
  const auto next = project.run_all();
  CHECK(next.nothing_to_do);
  REQUIRE(next.run);
  CHECK(next.run->record.status == "success");
  CHECK(outcomes_of(next.run->record) == "prepare: executed, train: executed");
  CHECK(next.run->record.stages.back().log);
  CHECK(next.run->record.metrics.at("metrics.json").at("loss")->number() == 0.1);
  CHECK(project.face.started_stages.empty());
  CHECK_FALSE(project.exists(".mlops/tmp/pending-run"));
}

TEST_CASE("a run killed half-way is recorded as interrupted when the next one goes on") {
  RunProject project;
  CHECK(project.run_killed_after("prepare") == SIGKILL);
  const auto next = project.run_all({.set = {"train.lr=0.2"}});
  REQUIRE(next.run);
  CHECK(outcomes_of(next.run->record) == "prepare: up_to_date, train: executed");
  REQUIRE(next.recovered.size() == 1);
  CHECK(next.recovered.front().record.status == "interrupted");
  CHECK(outcomes_of(next.recovered.front().record) == "prepare: executed");
  auto workspace = project.open();
  CHECK(run::run_lock(workspace, next.recovered.front()).stages.contains("prepare"));
  CHECK(runs_here(project) == 2);
}

TEST_CASE("a torn marker costs the lost stage's details only") {
  RunProject project;
  CHECK(project.run_killed_after("train") == SIGKILL);
  const std::string marker = project.read(".mlops/tmp/pending-run");
  project.write(".mlops/tmp/pending-run", marker.substr(0, marker.size() - 10));
  const auto next = project.run_all();
  REQUIRE(next.run);
  CHECK(outcomes_of(next.run->record) == "prepare: executed, train: up_to_date");
  project.write(".mlops/tmp/pending-run", "garbage");
  CHECK(project.run_all().nothing_to_do);
}

TEST_CASE("a dry run records nothing, changes nothing and refuses -S") {
  RunProject project;
  auto workspace = project.open();
  auto options = project.options({});
  options.repro.dry = true;
  const auto result = run::execute(workspace, options);
  CHECK(outcomes_of(result.repro) == "prepare: would_run, train: would_run");
  CHECK_FALSE(result.run);
  options.set_params = {"train.lr=1"};
  CHECK_THROWS_AS(run::execute(workspace, options), Error);
  CHECK(runs_here(project) == 0);
}

TEST_CASE("a project below the top of its repository records its runs there") {
  GitSandbox git;
  git.write("sub/mlops.yaml", "stages:\n  one:\n    cmd: echo 1 > one.txt\n    outs: [one.txt]\n");
  git.write("outside.txt", "outside\n");
  git.git({"add", "-A"});
  git.git({"commit", "-q", "-m", "begin"});
  repo::Session session{.cwd = git.path("sub"), .env = git.env, .program = "/bin/false"};
  repo::init(session, {.directory = {}, .subdir = true});
  auto workspace = repo::Workspace::open(session);
  const auto result = run::execute(workspace, {});
  REQUIRE(result.run);
  CHECK(workspace.git().read_file(result.run->commit, at("sub/.mlops/run/run.json")).has_value());
  CHECK(workspace.git().read_file(result.run->commit, at("outside.txt")).has_value());
  CHECK(run::list_runs(workspace).size() == 1);
  repo::Session top{.cwd = git.root(), .env = git.env, .program = "/bin/false"};
  repo::init(top, {});
  auto other = repo::Workspace::open(top);
  std::vector<std::string> unreadable;
  CHECK(run::list_runs(other, &unreadable).empty());
  CHECK(unreadable.empty());
}

}  // namespace
}  // namespace mlops::test

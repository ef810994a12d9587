// SPDX-License-Identifier: Apache-2.0
#include "run/reproduce.hpp"

#include <signal.h>

#include "repo/sync.hpp"
#include "run_project.hpp"
#include "support/catch.hpp"
#include "util/error.hpp"

namespace mlops::test {
namespace {

using run::Verdict;

std::string verdicts(const run::ReproduceResult& result) {
  std::string text;
  for (const run::OutputVerdict& output : result.outputs) {
    text += (text.empty() ? "" : ", ") + output.path.str() + ": " + std::string(run::to_string(output.verdict));
  }
  return text;
}

constexpr const char* all_identical = "metrics.json: identical, model.txt: identical, prepared.txt: identical";

run::ReproduceResult reproduce(RunProject& project, run::ReproduceOptions options) {
  auto workspace = project.open();
  options.observer = &project.face;
  project.face.started_stages.clear();
  return run::reproduce(workspace, options);
}

std::size_t work_trees(RunProject& project) { return project.open().git().worktrees().size(); }

void require_clean(RunProject& project) {
  CHECK(work_trees(project) == 1);
  for (const auto& entry : std::filesystem::directory_iterator(project.path(".mlops/tmp"))) {
    CHECK_FALSE(entry.path().filename().string().starts_with("repro-"));
  }
  auto workspace = project.open();
  CHECK(workspace.db().registered_projects() == std::vector{project.root()});
}

TEST_CASE("a run is reproduced apart from the workspace, every stage executed, bit by bit") {
  RunProject project;
  project.run_all({.name = "first"});
  project.run_all({.set = {"train.lr=0.3"}});
  project.write("src/train.sh", "exit 9\n");
  const std::string lock = project.read("mlops.lock");
  const auto result = reproduce(project, {.run = "first", .revision = {}});
  CHECK(verdicts(result) == all_identical);
  CHECK(result.same());
  CHECK(project.face.started_stages == std::vector<std::string>{"prepare", "train"});
  CHECK(project.read("mlops.lock") == lock);
  CHECK(project.read("metrics.json") == "{\"loss\": 0.3, \"size\": 2}\n");
  require_clean(project);
}

TEST_CASE("a revision is reproduced by its own lock") {
  RunProject project;
  project.run_all();
  project.commit("first model");
  project.run_all({.set = {"train.lr=0.3"}});
  project.commit("bolder");
  const auto result = reproduce(project, {.run = {}, .revision = "HEAD~1"});
  CHECK(verdicts(result) == all_identical);
  CHECK_FALSE(result.run);
  CHECK_THROWS_WITH(reproduce(project, {.run = {}, .revision = "HEAD~2"}), Catch::Contains("no mlops.lock"));
  CHECK_THROWS_AS(reproduce(project, {.run = {}, .revision = "nowhere"}), Error);
  require_clean(project);
}

TEST_CASE("a stage that prints the time is found and named, and tolerances help metrics only") {
  RunProject project;
  project.write("src/train.sh",
                "date +%s%N > model.txt\nprintf '{\"loss\": 0.5%s, \"size\": 2}\\n' \"$(date +%N)\" > metrics.json\n");
  project.run_all({.name = "noisy"});
  auto result = reproduce(project, {.run = "noisy", .revision = {}});
  CHECK(verdicts(result) == "metrics.json: different, model.txt: different, prepared.txt: identical");
  CHECK_FALSE(result.same());
  REQUIRE(result.outputs[0].metrics.size() == 2);
  CHECK(result.outputs[0].metrics[0].value.delta);
  CHECK_FALSE(result.outputs[0].metrics[0].within);
  CHECK(result.outputs[0].metrics[1].within);
  CHECK(result.outputs[1].stage == "train");

  run::ReproduceOptions tolerant{.run = "noisy", .revision = {}};
  tolerant.tolerances = {run::parse_tolerance("metrics.json:loss=50%")};
  result = reproduce(project, tolerant);
  CHECK(verdicts(result) == "metrics.json: within_tolerance, model.txt: different, prepared.txt: identical");
  CHECK_FALSE(result.same());
  tolerant.tolerances = {run::parse_tolerance("los=1")};
  CHECK_THROWS_WITH(reproduce(project, tolerant), Catch::Contains("no metric 'los'"));
  require_clean(project);
}

TEST_CASE("tolerances are absolute or relative numbers") {
  CHECK(run::parse_tolerance("a.b=0.5").amount == 0.5);
  CHECK(run::parse_tolerance("a=1%").relative);
  CHECK(run::parse_tolerance("a=1%").amount == Approx(0.01));
  CHECK(run::parse_tolerance("f.json:a=1e-3").metric == "f.json:a");
  for (const char* text : {"a", "=1", "a=", "a=x", "a=-1", "a=nan", "a=inf", "a=1%%", "a=1 "}) {
    CHECK_THROWS_AS(run::parse_tolerance(text), Error);
  }
}

TEST_CASE("a dependency that nobody kept stops the reproduction before anything executes") {
  RunProject project;
  project.write("extra/.env", "not kept\n");
  project.write("mlops.yaml",
                std::string(two_stages) +
                    "  extra:\n    cmd: cat extra/.env > extra.txt\n    deps: [extra/.env]\n    outs: [extra.txt]\n");
  const auto recorded = project.run_all({.name = "leaky"});
  CHECK(recorded.run->record.not_reproducible == std::vector<std::string>{"extra/.env"});
  CHECK_THROWS_WITH(reproduce(project, {.run = "leaky", .revision = {}}),
                    Catch::Contains("'extra/.env' of stage 'extra'"));
  CHECK(project.face.started_stages.empty());
  run::ReproduceOptions part{.run = "leaky", .revision = {}};
  part.targets = {"train"};
  CHECK(verdicts(reproduce(project, part)) == all_identical);
  require_clean(project);
}

TEST_CASE("tracked inputs come from the cache, else from the remote, else the run is not reproduced") {
  RunProject project;
  const std::string store = project.add_store();
  project.run_all({.name = "one"});
  {
    auto workspace = project.open();
    CHECK(repo::push(workspace, {}).complete());
  }
  project.erase(".mlops/cache/objects");
  CHECK(verdicts(reproduce(project, {.run = "one", .revision = {}})) == all_identical);
  project.erase(".mlops/cache/objects");
  std::filesystem::remove_all(store);
  CHECK_THROWS_WITH(reproduce(project, {.run = "one", .revision = {}}),
                    Catch::Contains("'data/raw' is not in the cache"));
  require_clean(project);
}

TEST_CASE("code or parameters that are not those of the record stop a revision's reproduction") {
  RunProject project;
  project.run_all();
  project.write("src/train.sh", std::string(train_script) + "# changed after the run\n");
  project.commit("lock and code disagree");
  CHECK_THROWS_WITH(reproduce(project, {.run = {}, .revision = "HEAD"}), Catch::Contains("'src/train.sh'"));
  project.write("src/train.sh", train_script);
  project.write("params.yaml", "train:\n  lr: 0.7\n");
  project.commit("lock and parameters disagree");
  CHECK_THROWS_WITH(reproduce(project, {.run = {}, .revision = "HEAD"}), Catch::Contains("'train.lr'"));
  CHECK(project.face.started_stages.empty());
}

TEST_CASE("with recorded inputs each stage gets what the record has, not what was re-made") {
  RunProject project;
  project.write("mlops.yaml", R"(stages:
  noise:
    cmd: date +%s%N > noise.txt
    outs: [noise.txt]
  use:
    cmd: cat noise.txt > used.txt
    deps: [noise.txt]
    outs: [used.txt]
)");
  project.run_all({.name = "noisy"});
  CHECK(verdicts(reproduce(project, {.run = "noisy", .revision = {}})) == "noise.txt: different, used.txt: different");
  run::ReproduceOptions recorded{.run = "noisy", .revision = {}};
  recorded.from_record = true;
  CHECK(verdicts(reproduce(project, recorded)) == "noise.txt: different, used.txt: identical");
}

TEST_CASE("frozen stages are inputs, uncached outputs of theirs too") {
  RunProject project;
  project.write("mlops.yaml", R"(stages:
  seed:
    cmd: date +%s%N > seed.json
    outs:
    - seed.json:
        cache: false
  use:
    cmd: cat seed.json > used.txt
    deps: [seed.json]
    outs: [used.txt]
)");
  project.run_all();
  std::string text = project.read("mlops.yaml");
  text.insert(text.find("    outs:"), "    frozen: true\n");
  project.write("mlops.yaml", text);
  project.run_all({.name = "thawed", .force = true});
  const auto result = reproduce(project, {.run = "thawed", .revision = {}});
  CHECK(result.inputs == std::vector<std::string>{"seed"});
  CHECK(verdicts(result) == "used.txt: identical");
}

TEST_CASE("a stage that fails again is in the result, and the work tree may be kept to look at") {
  RunProject project;
  project.write("src/train.sh",
                "test ! -e ../../../gate && " + std::string("sh -c 'echo 1 > model.txt; echo {} > metrics.json'\n"));
  project.run_all({.name = "fragile"});
  project.write("gate", "closed");
  run::ReproduceOptions options{.run = "fragile", .revision = {}};
  options.keep = true;
  const auto result = reproduce(project, options);
  CHECK(result.repro.failed);
  CHECK_FALSE(result.same());
  CHECK(verdicts(result) == "prepared.txt: identical");
  REQUIRE_FALSE(result.directory.empty());
  CHECK(std::filesystem::exists(result.directory + "/prepared.txt"));
  auto workspace = project.open();
  CHECK(workspace.db().registered_projects() == std::vector{project.root()});
}

TEST_CASE("what a killed reproduction left is swept by the next command") {
  RunProject project;
  project.run_all({.name = "one"});
  const pid_t child = ::fork();
  if (child == 0) {
    project.face.on_end = [](const pipeline::StageReport&) { ::kill(::getpid(), SIGKILL); };
    try {
      reproduce(project, {.run = "one", .revision = {}});
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  CHECK(work_trees(project) == 2);
  auto workspace = project.open();
  run::sweep_reproductions(workspace);
  require_clean(project);
}

TEST_CASE("an apparent reproduction of nothing is an error") {
  RunProject project;
  project.write("src/train.sh", "exit 1\n");
  project.run_all({.name = "failed"});
  run::ReproduceOptions options{.run = "failed", .revision = {}};
  options.targets = {"train"};
  CHECK_THROWS_WITH(reproduce(project, options), Catch::Contains("no result of stage 'train'"));
  CHECK_THROWS_AS(reproduce(project, {.run = {}, .revision = {}}), Error);
  CHECK(verdicts(reproduce(project, {.run = "failed", .revision = {}})) == "prepared.txt: identical");
}

}  // namespace
}  // namespace mlops::test

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "repo/add.hpp"
#include "repo/checkout.hpp"
#include "repo/settings.hpp"
#include "repo/snapshot.hpp"
#include "run/execute.hpp"
#include "run/reproduce.hpp"
#include "support/test_project.hpp"

namespace mlops::test {

inline constexpr std::string_view two_stages = R"(stages:
  prepare:
    cmd: cat data/raw/* > prepared.txt
    deps: [data/raw]
    outs: [prepared.txt]
  train:
    cmd: sh src/train.sh
    deps: [prepared.txt, src/train.sh]
    params: [train.lr]
    outs: [model.txt]
    metrics:
    - metrics.json:
        cache: false
)";
inline constexpr std::string_view train_script = R"(lr=$(sed -n 's/.*lr: \([0-9.]*\).*/\1/p' params.yaml)
{ echo "lr $lr"; cat prepared.txt; } > model.txt
printf '{"loss": %s, "size": 2}\n' "$lr" > metrics.json
echo "trained with $lr"
)";

/// A face that lets a test look in, or end the process, when a stage ends.
class Onlooker : public pipeline::ReproObserver {
 public:
  void started(const std::string& stage, const spec::StageCommand&, const std::vector<pipeline::Reason>&) override {
    started_stages.push_back(stage);
  }
  void ended(const pipeline::StageReport& report) override {
    if (on_end) {
      on_end(report);
    }
  }
  void output(const std::string&, std::string_view) override {
    if (on_output) {
      on_output();
    }
  }
  void stopping(const std::vector<std::string>& stages) override { stopped_stages = stages; }
  std::vector<std::string> started_stages, stopped_stages;
  std::function<void(const pipeline::StageReport&)> on_end;
  std::function<void()> on_output;
};

/// A project with data, two stages and parameters, committed; nothing has run yet.
class RunProject : public TestProject {
 public:
  RunProject() {
    write("data/raw/a.txt", "alpha\n");
    write("data/raw/b.txt", "beta\n");
    write("params.yaml", "train:\n  lr: 0.1  # the rate\n  epochs: 5\n");
    write("src/train.sh", train_script);
    write("mlops.yaml", two_stages);
    auto workspace = open();
    repo::add(workspace, {.targets = {"data/raw"}, .desc = {}, .type = {}, .labels = {}, .meta = {}});
    commit("pipeline");
  }

  struct Words {
    std::vector<std::string> set{};
    std::string name{};
    std::vector<std::string> targets{};
    bool force = false;
  };
  run::RunOptions options(const Words& words) {
    run::RunOptions made;
    made.set_params = words.set;
    made.name = words.name;
    made.repro.plan.targets = words.targets;
    made.repro.plan.force = words.force;
    made.repro.observer = &face;
    made.command = {"run"};
    made.version = "1.2.3";
    return made;
  }
  run::RunResult run_all(const Words& words) {
    auto workspace = open();
    return run::execute(workspace, options(words));
  }
  run::RunResult run_all() { return run_all(Words()); }

  /// Runs in a child process that is killed (SIGKILL) as soon as `stage` has ended. Returns the signal it died of.
  int run_killed_after(const std::string& stage) {
    const pid_t child = ::fork();
    if (child == 0) {
      face.on_end = [&](const pipeline::StageReport& report) {
        if (report.stage == stage) {
          ::kill(::getpid(), SIGKILL);
        }
      };
      try {
        run_all();
      } catch (...) {
        ::_exit(1);
      }
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }

  /// A folder remote that is the default.
  std::string add_store() {
    const std::string folder = (git.dir / "store").string();
    std::filesystem::create_directories(folder);
    auto workspace = open();
    repo::add_remote(workspace, {.name = "store", .url = folder, .make_default = true});
    commit("remote");
    return folder;
  }

  /// A bare repository that is `origin` and has the branch.
  std::string add_origin() {
    const std::string bare = (git.dir / "origin.git").string();
    git.git({"clone", "-q", "--bare", git.root(), bare});
    git.git({"remote", "add", "origin", bare});
    git.git({"push", "-q", "-u", "origin", "main"});
    return bare;
  }

  /// A clone of the bare origin, as a teammate has it.
  repo::Workspace clone_of(const std::string& origin, const std::string& name) const {
    const std::string target = (git.dir / name).string();
    git.git({"clone", "-q", origin, target});
    return repo::Workspace::open_at(target, session_at(target));
  }

  std::string run_file(const run::Run& run, const std::string& path) const {
    return open().git().read_file(run.commit, at(path)).value_or("(none)");
  }

  Onlooker face;
};

inline std::string outcomes_of(const pipeline::ReproResult& result) {
  std::string text;
  for (const pipeline::StageReport& report : result.stages) {
    text += (text.empty() ? "" : ", ") + report.stage + ": " + std::string(pipeline::to_string(report.outcome));
  }
  return text;
}

inline std::string outcomes_of(const run::Record& record) {
  std::string text;
  for (const run::StageRecord& stage : record.stages) {
    text += (text.empty() ? "" : ", ") + stage.name + ": " + stage.outcome;
  }
  return text;
}

}  // namespace mlops::test

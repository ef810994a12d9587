// SPDX-License-Identifier: Apache-2.0
#include "pipeline/repro.hpp"

#include "fs/stat.hpp"
#include "pipeline/outputs.hpp"
#include "pipeline/recorder.hpp"
#include "pipeline/runner.hpp"
#include "pipeline/selection.hpp"
#include "pipeline/stage_run.hpp"
#include "repo/git_ignore.hpp"
#include "repo/journal.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>

namespace mlops::pipeline {
namespace {

bool anything_to_run(const Plan& plan) {
  return std::any_of(plan.steps.begin(), plan.steps.end(), [](const Step& step) { return step.action == Action::run; });
}

/// What must hold before the first stage starts, so that a mistake in the last one is not found hours later.
class Preflight {
 public:
  Preflight(repo::Workspace& workspace, const Graph& graph, const Plan& plan, Current& current)
      : workspace_(workspace), graph_(graph), plan_(plan), current_(current) {}

  void check() {
    // Tracked paths are looked for only here: a no-op need not walk the work tree.
    const auto whole = repo::Snapshot::of_workspace(workspace_);
    const Graph checked(*whole, workspace_.dialect());
    planned_.assign(graph_.size(), false);
    for (const Step& step : plan_.steps) {
      planned_[step.stage] = step.action == Action::run;
    }
    for (const Step& step : plan_.steps) {
      if (step.action == Action::run) {
        check_not_running(graph_.stage(step.stage));
        check_wdir(graph_.stage(step.stage));
        check_outputs(workspace_, graph_.stage(step.stage));
        check_inputs(graph_.stage(step.stage), *whole);
      }
    }
  }

  std::vector<fs::RepoPath> cached_outputs() const {
    std::vector<fs::RepoPath> paths;
    for (const Step& step : plan_.steps) {
      for (const spec::Output& out : graph_.stage(step.stage).outs) {
        if (step.action == Action::run && out.cache) {
          paths.push_back(out.path);
        }
      }
    }
    return paths;
  }

 private:
  bool will_be_made(const fs::RepoPath& path) const {
    const auto makers = graph_.producers(path);
    return std::any_of(makers.begin(), makers.end(), [&](std::size_t maker) { return planned_[maker]; });
  }

  /// A stage whose command starts the stage again would go on until the machine is full of them.
  void check_not_running(const spec::Stage& stage) const {
    const Environment& env = workspace_.session().env;
    const auto root = env.find("MLOPS_ROOT");
    const auto running = env.find(running_stages_variable);
    if (running == env.end() || root == env.end() || root->second != workspace_.root()) {
      return;
    }
    const std::vector<std::string> names = split(running->second, ' ');
    if (std::find(names.begin(), names.end(), stage.name) != names.end()) {
      throw Error::of(ErrorKind::conflict, "stage '{}' is running already: this command is part of it", stage.name)
          .hint("inside a stage, name the stages to bring up to date: `mlops repro STAGE`");
    }
  }

  void check_wdir(const spec::Stage& stage) const {
    const auto directory = fs::stat_path(workspace_.absolute(stage.wdir));
    const auto makers = graph_.producers(stage.wdir);
    const bool by_another = std::any_of(makers.begin(), makers.end(), [&](std::size_t maker) {
      return planned_[maker] && graph_.stage(maker).name != stage.name;
    });
    if ((!directory || directory->type != fs::FileType::directory) && !by_another) {
      throw Error::of(ErrorKind::missing, "{}:{}: the working directory {} of stage '{}' {}", stage.file.str(),
                      stage.line, quoted(stage.wdir.str()), stage.name,
                      directory ? "is no directory" : "does not exist")
          .hint("make it, or correct `wdir`");
    }
  }

  void check_inputs(const spec::Stage& stage, const repo::Snapshot& whole) {
    for (const spec::Dependency& dep : stage.deps) {
      if (!dep.elsewhere.empty() || will_be_made(dep.path)) {
        continue;
      }
      if (!present(stage, dep)) {
        throw missing(stage, "dependency", dep.path, dep.line, whole);
      }
    }
    for (const spec::ParamsDependency& params : stage.params) {
      if (!will_be_made(params.file) && current_.find_param(params.file, "") == nullptr) {
        throw missing(stage, "parameter file", params.file, params.line, whole);
      }
    }
  }

  bool present(const spec::Stage& stage, const spec::Dependency& dep) const {
    const std::string& file = stage.file.str();
    try {
      return current_.entry(dep.path).has_value();
    } catch (Error& failure) {
      // Links into the cache are read like what they stand for; any other is in the way.
      const auto stat = fs::stat_path(workspace_.absolute(dep.path));
      if (stat && stat->type == fs::FileType::link) {
        throw Error("{}:{}: the dependency {} of stage '{}' is a symbolic link", file, dep.line, quoted(dep.path.str()),
                    stage.name)
            .hint("name the file or directory that it leads to; it has to lie in the repository");
      }
      throw std::move(failure).while_doing("looking at a dependency of stage '{}', {}:{}", stage.name, file, dep.line);
    }
  }

  Error missing(const spec::Stage& stage, std::string_view what, const fs::RepoPath& path, int line,
                const repo::Snapshot& whole) const {
    Error error = Error::of(ErrorKind::missing, "{}:{}: the {} {} of stage '{}' does not exist", stage.file.str(), line,
                            what, quoted(path.str()), stage.name);
    const auto makers = graph_.producers(path);
    if (!makers.empty()) {
      return std::move(error).hint("stage '{0}' makes it: `mlops repro {0}`", graph_.stage(makers.front()).name);
    }
    if (whole.find(path)) {
      return std::move(error).hint("it is tracked: `mlops checkout`, or `mlops pull` if the cache lacks it");
    }
    return std::move(error).hint("make it, or correct its path; paths are relative to the stage's working directory");
  }

  repo::Workspace& workspace_;
  const Graph& graph_;
  const Plan& plan_;
  Current& current_;
  std::vector<bool> planned_;
};

Environment stage_environment(const repo::Workspace& workspace) {
  Environment env = workspace.session().env;
  const auto root = env.find("MLOPS_ROOT");
  if (root == env.end() || root->second != workspace.root()) {
    env.erase(running_stages_variable);
  }
  env.insert_or_assign("MLOPS_ROOT", workspace.root());
  if (!workspace.run_token().empty()) {
    env.insert_or_assign(repo::Workspace::run_token_variable, workspace.run_token());
  }
  return env;
}

/// Keys of stages that had nothing to do are worth their price only when there is a run to describe.
void add_missing_keys(const RunContext& context, ReproResult& result) {
  for (StageReport& report : result.stages) {
    const auto stage = context.graph.find(report.stage);
    if (report.key.empty() && stage && report.outcome == Outcome::up_to_date) {
      report.key = stage_key(context.workspace.dialect(), stage_inputs(context.graph.stage(*stage), report.state));
    }
  }
}

ReproResult nothing_run(const RunContext& context, const Plan& plan, const ReproOptions& options) {
  ReproResult result;
  result.stages.reserve(plan.steps.size());
  for (const Step& step : plan.steps) {
    result.stages.push_back(settled_report(context, step));
    if (step.action == Action::run) {
      result.stages.back().outcome = Outcome::would_run;
    }
    if (options.observer != nullptr) {
      options.observer->ended(result.stages.back());
    }
  }
  return result;
}

ReproResult run_plan(RunContext& context, const Plan& plan) {
  repo::Workspace& workspace = context.workspace;
  Preflight preflight(workspace, context.graph, plan, context.current);
  preflight.check();
  const store::Lease lease(workspace.writable_db());
  workspace.sweep_leftovers();
  repo::ignore_paths(workspace, preflight.cached_outputs());
  const auto executor = make_local_executor();
  ReproResult result = Runner(context, plan, *executor).run();
  add_missing_keys(context, result);
  return result;
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  constexpr std::array<std::string_view, 7> words{"up_to_date", "restored", "executed", "failed",
                                                  "skipped",    "frozen",   "would_run"};
  return words[static_cast<std::size_t>(outcome)];
}

ReproResult repro(repo::Workspace& workspace, const ReproOptions& options) {
  const auto waiting = [&](const std::string& holder) {
    if (options.observer != nullptr) {
      options.observer->waiting_for_lock(holder);
    }
  };
  std::optional<fs::LockFile> lock;
  if (!options.dry) {
    lock = workspace.lock_run("mlops repro", waiting);
  }
  const auto snapshot = repo::Snapshot::of_pipeline(workspace);
  return repro_locked(workspace, *snapshot, options);
}

ReproResult repro_locked(repo::Workspace& workspace, const repo::Snapshot& snapshot, const ReproOptions& options) {
  const Graph graph(snapshot, workspace.dialect());
  Current current(workspace, snapshot);
  PlanOptions plan_options = options.plan;
  plan_options.targets = plan_targets(workspace, snapshot, options.plan.targets);
  const Plan plan = make_plan(workspace.dialect(), graph, snapshot, current, plan_options);
  if (options.observer != nullptr) {
    options.observer->planned(graph, plan);
  }
  const bool dry = options.dry || !anything_to_run(plan);
  Recorder recorder(workspace);
  RunContext context{.workspace = workspace,
                     .snapshot = snapshot,
                     .graph = graph,
                     .current = current,
                     .options = options,
                     .recorder = recorder,
                     .stage_cache = StageCache(workspace),
                     .rescue_directory = workspace.rescue_directory("repro"),
                     .env = dry ? Environment() : stage_environment(workspace)};
  ReproResult result = dry ? nothing_run(context, plan, options) : run_plan(context, plan);
  if (dry && !options.dry && snapshot.journal_pending) {
    recorder.flush();
  }
  const InterruptsHeld held;
  workspace.save_memo();
  return result;
}

}  // namespace mlops::pipeline

// SPDX-License-Identifier: Apache-2.0
#include "run/reproduce.hpp"

#include <algorithm>

#include "fs/beneath.hpp"
#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "repo/target.hpp"
#include "run/inputs.hpp"
#include "run/machine.hpp"
#include "run/past_run.hpp"
#include "run/reproduction_tree.hpp"
#include "run/verdict.hpp"
#include "util/error.hpp"

namespace mlops::run {
namespace {

/// Targets as the stages that they name to whoever typed them; what names none stays, for planning to refuse.
std::vector<std::string> stages_meant(const repo::Workspace& origin, const repo::Snapshot& snapshot,
                                      const std::vector<std::string>& targets) {
  std::vector<std::string> stages;
  for (const std::string& target : targets) {
    const auto named = repo::stages_named(origin, snapshot, target);
    for (const spec::Stage* stage : named) {
      stages.push_back(stage->name);
    }
    if (named.empty()) {
      stages.push_back(target);
    }
  }
  return stages;
}

/// One reproduction, in its work tree.
class Reproduction {
 public:
  Reproduction(repo::Workspace& origin, repo::Workspace& there, const PastRun& past, const ReproduceOptions& options)
      : there_(there),
        options_(options),
        snapshot_(repo::Snapshot::of_workspace(there)),
        graph_(*snapshot_, there.dialect()),
        past_(past),
        selection_(select_stages(past, *snapshot_, graph_, stages_meant(origin, *snapshot_, options.targets))),
        supply_(origin, there, past, *snapshot_),
        judge_(past, *snapshot_, recorded_metrics(origin, past, *snapshot_, selection_), options.tolerances) {}

  ReproduceResult carry_out() {
    judge_.check_tolerances();
    clear_outputs();
    supply_.supply(options_.from_record ? all_inputs() : supply_.external(selection_));
    supply_.check_params(selection_);
    ReproduceResult result{.run = past_.run,
                           .commit = past_.commit,
                           .stages = selection_.stages,
                           .inputs = selection_.inputs,
                           .repro = {},
                           .outputs = {},
                           .directory = {}};
    if (options_.from_record) {
      run_one_by_one(result);
    } else {
      run_together(result);
    }
    std::stable_sort(result.outputs.begin(), result.outputs.end(),
                     [](const OutputVerdict& a, const OutputVerdict& b) { return a.path < b.path; });
    there_.save_memo();
    return result;
  }

 private:
  /// Outputs that git keeps are in the work tree as they were before the run; none may pass for a new one.
  void clear_outputs() const {
    for (const std::string& name : selection_.stages) {
      for (const spec::LockedPath& out : past_.lock.stages.at(name).outs) {
        fs::require_no_link_parents(there_.root(), out.path);
        const std::string path = there_.absolute(out.path);
        const auto stat = fs::stat_path(path);
        if (stat && stat->type == fs::FileType::directory) {
          fs::remove_tree(path);
        } else if (stat) {
          fs::remove_file(path);
        }
      }
    }
  }

  std::vector<Input> all_inputs() const {
    std::vector<Input> inputs;
    for (const std::string& stage : selection_.stages) {
      const std::vector<Input> more = supply_.of_stage(stage);
      inputs.insert(inputs.end(), more.begin(), more.end());
    }
    return inputs;
  }

  pipeline::ReproResult execute(const std::vector<std::string>& stages) {
    pipeline::ReproOptions repro;
    repro.plan.targets = stages;
    repro.plan.force = true;
    repro.plan.single_item = true;
    repro.jobs = options_.jobs;
    repro.use_stage_cache = false;
    repro.save_to_cache = false;
    repro.watch_undeclared = false;
    repro.observer = options_.observer;
    return pipeline::repro_locked(there_, *snapshot_, repro);
  }

  void judge(const pipeline::ReproResult& done, ReproduceResult& result) const {
    for (const pipeline::StageReport& report : done.stages) {
      if (report.outcome == pipeline::Outcome::executed && done.interrupted == 0) {
        for (OutputVerdict& verdict : judge_.judge(there_, report.stage)) {
          result.outputs.push_back(std::move(verdict));
        }
      }
    }
  }

  void run_together(ReproduceResult& result) {
    result.repro = execute(selection_.stages);
    judge(result.repro, result);
  }

  /// Each stage with the recorded outputs of the others: judged before the next inputs take their place.
  void run_one_by_one(ReproduceResult& result) {
    for (const std::string& stage : selection_.stages) {
      supply_.supply(supply_.of_stage(stage));
      pipeline::ReproResult done = execute({stage});
      judge(done, result);
      result.repro.changed = result.repro.changed || done.changed;
      result.repro.failed = result.repro.failed || done.failed;
      result.repro.interrupted = done.interrupted;
      for (pipeline::StageReport& report : done.stages) {
        result.repro.stages.push_back(std::move(report));
      }
      if (done.failed || done.interrupted != 0) {
        return;
      }
    }
  }

  repo::Workspace& there_;
  const ReproduceOptions& options_;
  std::unique_ptr<repo::Snapshot> snapshot_;
  pipeline::Graph graph_;
  const PastRun& past_;
  Selection selection_;
  InputSupply supply_;
  Judge judge_;
};

}  // namespace

bool ReproduceResult::same() const {
  const auto executed = [](const pipeline::StageReport& report) {
    return report.outcome == pipeline::Outcome::executed;
  };
  const auto good = [](const OutputVerdict& output) {
    return output.verdict == Verdict::identical || output.verdict == Verdict::within_tolerance;
  };
  return !repro.failed && repro.interrupted == 0 && repro.stages.size() == stages.size() &&
         std::all_of(repro.stages.begin(), repro.stages.end(), executed) &&
         std::all_of(outputs.begin(), outputs.end(), good);
}

ReproduceResult reproduce(repo::Workspace& workspace, const ReproduceOptions& options) {
  sweep_reproductions(workspace);
  const PastRun past = find_past_run(workspace, options);
  const Environment& env = workspace.session().env;
  ReproductionTree tree(workspace, {.commit = past.commit,
                                    .label = past.run ? past.run->record.id : past.commit.short_hex(),
                                    .env = past.run ? with_recorded_environment(env, past.run->record.env) : env,
                                    .keep = options.keep});
  ReproduceResult result = Reproduction(workspace, tree.workspace(), past, options).carry_out();
  if (options.keep) {
    result.directory = tree.directory();
    tree.keep();
  }
  return result;
}

}  // namespace mlops::run

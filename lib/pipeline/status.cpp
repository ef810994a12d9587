// SPDX-License-Identifier: Apache-2.0
#include "pipeline/status.hpp"

#include "pipeline/selection.hpp"

namespace mlops::pipeline {

PipelineStatus status(repo::Workspace& workspace, const repo::Snapshot& snapshot,
                      const std::vector<std::string>& targets) {
  const Graph graph(snapshot, workspace.dialect());
  Current current(workspace, snapshot);
  Plan plan =
      make_plan(workspace.dialect(), graph, snapshot, current, {.targets = plan_targets(workspace, snapshot, targets)});
  PipelineStatus result{.stages = plan.steps.size(), .changed = {}, .journal_pending = snapshot.journal_pending};
  for (Step& step : plan.steps) {
    if (step.action == Action::run) {
      result.changed.push_back({graph.stage(step.stage).name, step.action, std::move(step.reasons)});
    }
  }
  workspace.save_memo();
  return result;
}

}  // namespace mlops::pipeline

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/status.hpp"

#include "pipeline/selection.hpp"
#include "repo/target.hpp"

#include <algorithm>
#include <iterator>

namespace mlops::pipeline {
namespace {

/// Whether the word names data of a pointer, or a part of it, which no stage makes.
bool is_added_data(const repo::Workspace& workspace, const repo::Snapshot& snapshot, const std::string& word) {
  if (!repo::stages_named(workspace, snapshot, word).empty()) {
    return false;
  }
  const fs::RepoPath path = workspace.resolve(word);
  return std::any_of(snapshot.pointers.begin(), snapshot.pointers.end(),
                     [&](const spec::Pointer& pointer) { return path.within(pointer.path) || path == pointer.file; });
}

}  // namespace

PipelineStatus status(repo::Workspace& workspace, const repo::Snapshot& snapshot,
                      const std::vector<std::string>& targets) {
  std::vector<std::string> words;
  std::copy_if(targets.begin(), targets.end(), std::back_inserter(words),
               [&](const std::string& word) { return !is_added_data(workspace, snapshot, word); });
  if (words.empty() && !targets.empty()) {
    return {.stages = 0, .changed = {}, .journal_pending = snapshot.journal_pending};
  }
  const Graph graph(snapshot, workspace.dialect());
  Current current(workspace, snapshot);
  Plan plan =
      make_plan(workspace.dialect(), graph, snapshot, current, {.targets = plan_targets(workspace, snapshot, words)});
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

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/why.hpp"

#include <algorithm>

#include "repo/target.hpp"

namespace mlops::pipeline {
namespace {

/// Why one stage stands as it does; the plan ends with it, since all else in it is upstream.
Why why_one(repo::Workspace& workspace, const Graph& graph, const repo::Snapshot& snapshot, Current& current,
            const std::string& name) {
  const std::size_t index = graph.index(name);
  Plan plan = make_plan(workspace.dialect(), graph, snapshot, current, {.targets = {name}});
  Why answer;
  answer.stage = name;
  for (Step& step : plan.steps) {
    if (step.stage == index) {
      answer.action = step.action;
      answer.reasons = std::move(step.reasons);
    } else if (step.action == Action::run) {
      answer.upstream.push_back(graph.stage(step.stage).name);
    }
  }
  return answer;
}

}  // namespace

namespace {

std::vector<std::string> all_stages(const Graph& graph) {
  std::vector<std::string> names;
  for (const std::size_t index : graph.order()) {
    names.push_back(graph.stage(index).name);
  }
  return names;
}

}  // namespace

std::vector<Why> why(repo::Workspace& workspace, const std::vector<std::string>& stages) {
  const auto snapshot = repo::Snapshot::of_pipeline(workspace);
  const Graph graph(*snapshot, workspace.dialect());
  Current current(workspace, *snapshot);
  const auto last_runs = read_last_runs(workspace);
  std::vector<Why> answers;
  std::vector<std::string> names = stages.empty() ? all_stages(graph) : std::vector<std::string>();
  for (const std::string& word : stages) {
    const auto named = repo::stages_named(workspace, *snapshot, word);
    if (named.empty()) {
      graph.index(word);  // throws, naming what is near
    }
    for (const spec::Stage* stage : named) {
      names.push_back(stage->name);
    }
  }
  for (const std::string& stage : names) {
    answers.push_back(why_one(workspace, graph, *snapshot, current, stage));
    if (const auto last = last_runs.find(stage); last != last_runs.end()) {
      answers.back().last = last->second;
    }
  }
  workspace.save_memo();
  return answers;
}

}  // namespace mlops::pipeline

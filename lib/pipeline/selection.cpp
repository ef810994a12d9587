// SPDX-License-Identifier: Apache-2.0
#include "pipeline/selection.hpp"

#include "util/error.hpp"

namespace mlops::pipeline {
namespace {

void add_target(const repo::Workspace& workspace, const repo::Snapshot& snapshot, const std::string& typed,
                std::vector<std::string>& targets) {
  const std::string pipeline(workspace.dialect().names().pipeline);
  const bool by_file = typed.starts_with(pipeline + ":");
  const std::string name = by_file ? typed.substr(pipeline.size() + 1) : typed;
  const std::vector<const spec::Stage*> named = snapshot.project.find_all(name);
  for (const spec::Stage* stage : named) {
    targets.push_back(stage->name);
  }
  if (!named.empty()) {
    return;
  }
  if (by_file) {
    targets.push_back(name);  // planning says what is near
  } else if (typed == pipeline) {
    for (const spec::Stage& stage : snapshot.project.stages) {
      targets.push_back(stage.name);
    }
  } else {
    targets.push_back(workspace.resolve(typed).str());
  }
}

}  // namespace

std::vector<std::string> plan_targets(const repo::Workspace& workspace, const repo::Snapshot& snapshot,
                                      const std::vector<std::string>& typed) {
  std::vector<std::string> targets;
  for (const std::string& word : typed) {
    add_target(workspace, snapshot, word, targets);
  }
  return targets;
}

}  // namespace mlops::pipeline

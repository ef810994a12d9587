// SPDX-License-Identifier: Apache-2.0
#include "pipeline/selection.hpp"

#include "repo/target.hpp"
#include "util/error.hpp"

namespace mlops::pipeline {
namespace {

void add_target(const repo::Workspace& workspace, const repo::Snapshot& snapshot, const std::string& typed,
                std::vector<std::string>& targets) {
  const std::vector<const spec::Stage*> named = repo::stages_named(workspace, snapshot, typed);
  for (const spec::Stage* stage : named) {
    targets.push_back(stage->name);
  }
  const std::string pipeline(workspace.dialect().names().pipeline);
  if (!named.empty() || typed == pipeline) {
    return;
  }
  if (typed.find(pipeline + ":") != std::string::npos) {
    targets.push_back(typed.starts_with(pipeline + ":") ? typed.substr(pipeline.size() + 1)
                                                        : typed);  // planning says what is near
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

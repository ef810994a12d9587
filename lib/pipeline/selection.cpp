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
  const bool nothing_declared = snapshot.project.stages.empty() && typed == pipeline;
  if (!named.empty() || nothing_declared) {
    return;
  }
  // Planning says what is near.
  const std::size_t colon = typed.rfind(pipeline + ":");
  const auto file = colon == std::string::npos
                        ? std::nullopt
                        : fs::RepoPath::resolve(workspace.cwd(), typed.substr(0, colon + pipeline.size()));
  targets.push_back(file ? spec::stage_address(*file, typed.substr(colon + pipeline.size() + 1))
                         : workspace.resolve(typed).str());
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

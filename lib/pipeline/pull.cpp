// SPDX-License-Identifier: Apache-2.0
#include "pipeline/pull.hpp"

#include "fs/stat.hpp"
#include "pipeline/graph.hpp"
#include "pipeline/selection.hpp"

#include <algorithm>

namespace mlops::pipeline {
namespace {

bool overlap(const fs::RepoPath& a, const fs::RepoPath& b) { return a.within(b) || b.within(a); }

/// The stages that were named, directly or by an output, and all above them; every stage when none was.
std::vector<std::size_t> concerned(const Graph& graph, const std::vector<std::string>& targets) {
  if (targets.empty()) {
    return graph.order();
  }
  std::vector<std::size_t> named;
  for (const std::string& target : targets) {
    const auto path = fs::RepoPath::try_parse(target);
    const auto makers = graph.find(target) || !path ? std::vector<std::size_t>() : graph.producers(*path);
    named.insert(named.end(), makers.begin(), makers.end());
    if (makers.empty()) {
      named.push_back(graph.index(target));
    }
  }
  return graph.closure(named, false);
}

bool needs(const spec::Stage& stage, const repo::Tracked& tracked) {
  return tracked.stage == &stage ||
         std::any_of(stage.deps.begin(), stage.deps.end(),
                     [&](const spec::Dependency& dep) { return overlap(dep.path, tracked.path); }) ||
         std::any_of(stage.params.begin(), stage.params.end(),
                     [&](const spec::ParamsDependency& params) { return params.file.within(tracked.path); });
}

std::vector<repo::Tracked> needed(const repo::Snapshot& snapshot, const Graph& graph,
                                  const std::vector<std::size_t>& stages) {
  std::vector<repo::Tracked> found = snapshot.tracked();
  std::erase_if(found, [&](const repo::Tracked& tracked) {
    return !tracked.entry || std::none_of(stages.begin(), stages.end(),
                                          [&](std::size_t stage) { return needs(graph.stage(stage), tracked); });
  });
  return found;
}

}  // namespace

repo::PullResult pull_missing(repo::Workspace& workspace, const std::vector<std::string>& targets) {
  const auto snapshot = repo::Snapshot::of_workspace(workspace);
  const Graph graph(*snapshot, workspace.dialect());
  const std::vector<repo::Tracked> wanted =
      needed(*snapshot, graph, concerned(graph, plan_targets(workspace, *snapshot, targets)));
  repo::PullResult result;
  repo::SyncOptions sync;
  for (const repo::Tracked& tracked : wanted) {
    if (!workspace.db().has_all(*tracked.entry)) {
      sync.targets.targets.push_back(workspace.absolute(tracked.path));
    }
  }
  if (!sync.targets.targets.empty()) {
    result.sync = repo::fetch(workspace, sync);
  }
  std::vector<store::CheckoutItem> absent;
  for (const repo::Tracked& tracked : wanted) {
    if (!fs::stat_path(workspace.absolute(tracked.path)) && workspace.db().has_all(*tracked.entry)) {
      absent.push_back({tracked.path, tracked.entry});
    }
  }
  if (!absent.empty()) {
    result.checkout = repo::checkout_items(workspace, absent, {});
  }
  return result;
}

}  // namespace mlops::pipeline

// SPDX-License-Identifier: Apache-2.0
#include "repo/path_filter.hpp"

#include <algorithm>

#include "repo/lock_text.hpp"

namespace mlops::repo {
namespace {

/// What one word chooses on one side.
std::vector<fs::RepoPath> choose(const Workspace& workspace, const std::string& word, const Snapshot& snapshot,
                                 const std::vector<Tracked>& tracked) {
  const std::string in_file = std::string(workspace.dialect().names().pipeline) + ":";
  const auto stages = snapshot.project.find_all(word.starts_with(in_file) ? word.substr(in_file.size()) : word);
  const fs::RepoPath path = stages.empty() ? workspace.resolve(word) : fs::RepoPath();
  std::vector<fs::RepoPath> chosen;
  for (const Tracked& one : tracked) {
    const bool of_stage = std::find(stages.begin(), stages.end(), one.stage) != stages.end();
    const bool by_pipeline = one.stage != nullptr && path == pipeline_path(workspace.dialect());
    const bool by_pointer = one.pointer != nullptr && Snapshot::pointer_file(workspace.dialect(), one.path) == path;
    if (of_stage || (stages.empty() && (by_pipeline || by_pointer))) {
      chosen.push_back(one.path);
    }
  }
  return chosen;
}

}  // namespace

PathFilter::PathFilter(const Workspace& workspace, const std::vector<std::string>& words,
                       const std::vector<const Snapshot*>& snapshots)
    : words_(words.size()) {
  std::vector<std::vector<Tracked>> tracked;
  for (const Snapshot* snapshot : snapshots) {
    tracked.push_back(snapshot->tracked());
  }
  for (const std::string& word : words) {
    bool found = false;
    for (std::size_t i = 0; i < snapshots.size(); ++i) {
      const auto chosen = choose(workspace, word, *snapshots[i], tracked[i]);
      chosen_.insert(chosen_.end(), chosen.begin(), chosen.end());
      found = found || !chosen.empty();
    }
    if (found) {
      continue;
    }
    const fs::RepoPath path = workspace.resolve(word);
    chosen_.push_back(path);
    bool inside = false;
    found = path.is_root();
    for (const auto& side : tracked) {
      for (const Tracked& one : side) {
        inside = inside || (path.within(one.path) && path != one.path);
        found = found || path.within(one.path) || one.path.within(path);
      }
    }
    if (inside) {
      inner_.push_back(word);
    }
    if (!found) {
      unmatched_.push_back(word);
    }
  }
}

bool PathFilter::covers(const fs::RepoPath& path) const {
  return everything() ||
         std::any_of(chosen_.begin(), chosen_.end(), [&](const fs::RepoPath& chosen) { return path.within(chosen); });
}

bool PathFilter::touches(const fs::RepoPath& path) const {
  return everything() || std::any_of(chosen_.begin(), chosen_.end(), [&](const fs::RepoPath& chosen) {
           return path.within(chosen) || chosen.within(path);
         });
}

}  // namespace mlops::repo

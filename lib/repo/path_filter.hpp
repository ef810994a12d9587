// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "repo/snapshot.hpp"

namespace mlops::repo {

/// Which paths a comparison looks at, chosen by words that need not fit the workspace: a path counts when it was tracked
/// on either side, and a directory stands for what lies below it.
class PathFilter {
 public:
  /// `words`: paths, pointer files, the pipeline file and names of stages; none: everything. `snapshots`: the compared
  /// sides.
  PathFilter(const Workspace& workspace, const std::vector<std::string>& words,
             const std::vector<const Snapshot*>& snapshots);

  bool everything() const { return words_ == 0; }
  /// Whether the path is chosen or lies below one that is.
  bool covers(const fs::RepoPath& path) const;
  /// Whether something at or below the path is chosen.
  bool touches(const fs::RepoPath& path) const;
  /// The words that choose nothing that any side tracks.
  const std::vector<std::string>& unmatched() const { return unmatched_; }
  /// The words that choose a part of a tracked directory, not all of it.
  const std::vector<std::string>& inner() const { return inner_; }

 private:
  std::size_t words_ = 0;
  std::vector<fs::RepoPath> chosen_;
  std::vector<std::string> unmatched_, inner_;
};

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repo/sides.hpp"

namespace mlops::repo {

struct DiffOptions {
  std::optional<std::string> before{};  ///< a git revision; none: HEAD
  std::optional<std::string> after{};   ///< a git revision; none: the workspace's files
  std::vector<std::string> targets{};   ///< as PathFilter takes them; empty: everything
  bool look_in_cache = false;           ///< fill DiffResult::not_in_cache
};

struct DiffResult {
  std::string before, after;    ///< as the user wrote them; "HEAD", "workspace" when left out
  std::vector<DiffItem> items;  ///< sorted by path; each directory before what it holds
  /// Tracked directories of which a listing is not in the cache: known to differ, not how.
  std::vector<fs::RepoPath> not_listed;
  std::vector<RecordedFile>
      not_in_cache;  ///< what `before` records and the cache lacks, changed or not; sorted by path
};

/// Compares tracked data between two revisions, or a revision and the workspace, file by file. Throws Error (missing)
/// for an unknown revision, and for a target that neither side tracks.
DiffResult diff(Workspace& workspace, const DiffOptions& options);

}  // namespace mlops::repo

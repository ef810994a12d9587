// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repo/target.hpp"

namespace mlops::repo {

struct DiffOptions {
  std::optional<std::string> before{};  ///< a git revision; none: HEAD
  std::optional<std::string> after{};   ///< a git revision; none: the workspace's files
  std::vector<std::string> targets{};   ///< paths as typed; empty: everything
};

enum class DiffKind { added, deleted, modified, renamed };
std::string_view to_string(DiffKind kind);

/// One path whose data differs; files, and directories that were added or deleted as a whole.
struct DiffItem {
  DiffKind kind = DiffKind::modified;
  fs::RepoPath path;                 ///< the new one when renamed
  std::optional<fs::RepoPath> from;  ///< the old path when renamed
  std::optional<store::Entry> before, after;
};

struct DiffResult {
  std::string before, after;    ///< as the user wrote them; "HEAD", "workspace" when left out
  std::vector<DiffItem> items;  ///< sorted by path; each directory before what it holds
  /// Tracked directories whose trees are not in the cache: known to differ, not how.
  std::vector<fs::RepoPath> not_in_cache;
};

/// Compares tracked data between two revisions, or a revision and the workspace, file by file. Throws Error (missing)
/// for an unknown revision.
DiffResult diff(Workspace& workspace, const DiffOptions& options);

}  // namespace mlops::repo

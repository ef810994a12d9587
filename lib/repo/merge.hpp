// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "repo/snapshot.hpp"

namespace mlops::repo {

struct MergeResult {
  bool conflict = false;                ///< the file holds conflict markers; git must be told (exit 1)
  bool recognised = true;               ///< false: not a file of ours, left alone
  std::vector<fs::RepoPath> conflicts;  ///< files of a directory that both sides changed, below it
};

/// Merges three versions of a file of ours for git's merge driver; the result goes into `ours_file`.
///
/// `path`: of the merged file, relative to the git work tree (%P). Locks merge stage by stage; pointers to directories
/// merge file by file when the trees of all sides are in the cache, and the merged tree is stored. Files named by
/// `base_file`, `ours_file`, `theirs_file` are git's temporary ones, absolute or relative to the session's cwd.
MergeResult merge_file(Workspace& workspace, const std::string& base_file, const std::string& ours_file,
                       const std::string& theirs_file, const std::string& path);

/// Writes the journal's records into the locks, for the pre-commit hook; those that changed and that git tracks are staged
/// in the index that the hook was given. Returns those that changed.
std::vector<fs::RepoPath> fold_journal(Workspace& workspace);

}  // namespace mlops::repo

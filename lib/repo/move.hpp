// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "repo/snapshot.hpp"

namespace mlops::repo {

struct MoveResult {
  fs::RepoPath from, to;
  fs::RepoPath old_pointer, new_pointer;
  std::vector<fs::RepoPath> changed_files;  ///< to be committed, sorted
  bool staged = false;
};

/// Renames a tracked file or directory together with its pointer and .gitignore line. A destination that is an
/// existing directory takes it in. Throws Error when `from` is not the data of a pointer (outputs of stages are renamed
/// in the pipeline file), or something is at the destination; nothing is changed then.
MoveResult move(Workspace& workspace, const std::string& from, const std::string& to);

}  // namespace mlops::repo

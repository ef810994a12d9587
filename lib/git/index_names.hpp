// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fs/repo_path.hpp"

namespace mlops::git {

/// The directory that a `.git` stands for: itself, or the one that it names when it is a file (worktrees, submodules).
std::string git_directory(const std::string& dot_git);

/// Those of the files that git's index of this work tree does not have, in their order. Reads the index itself: opening
/// the repository costs several times as much as a small command. Nothing when the index is of a kind that only git
/// understands (split, or a newer version) or is damaged.
std::optional<std::vector<fs::RepoPath>> absent_from_index(const std::string& work_tree,
                                                           std::vector<fs::RepoPath> files);

}  // namespace mlops::git

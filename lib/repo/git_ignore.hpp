// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fs/lock_file.hpp"
#include "fs/repo_path.hpp"
#include "repo/workspace.hpp"

namespace mlops::repo {

/// The line of .gitignore that covers exactly this name in the file's own directory: "/raw", special characters
/// escaped.
std::string ignore_line(std::string_view name);

/// Makes git ignore these paths: one line each in the .gitignore of the path's own directory, unless it stands there
/// already. Under the metadata lock. Returns the .gitignore files that changed, sorted.
std::vector<fs::RepoPath> ignore_paths(const Workspace& workspace, const std::vector<fs::RepoPath>& paths);
/// The same for a caller that holds the metadata lock.
std::vector<fs::RepoPath> ignore_paths(const Workspace& workspace, const std::vector<fs::RepoPath>& paths,
                                       const fs::LockFile& held);

/// Throws Error where a .gitignore that ignore_paths would have to change cannot be read, before anything is written.
void require_ignorable(const Workspace& workspace, const std::vector<fs::RepoPath>& paths);

/// Takes those lines out again; a file that held nothing else is removed. Returns the files that changed.
std::vector<fs::RepoPath> unignore_paths(const Workspace& workspace, const std::vector<fs::RepoPath>& paths);

}  // namespace mlops::repo

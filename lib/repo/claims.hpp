// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "repo/snapshot.hpp"

namespace mlops::repo {

/// Throws Error unless `path` may become tracked data: it can be declared, is none of our own files or a pointer, lies
/// under real directories, is not (and holds nothing) that git, a pointer or a stage has already, and git would take its
/// pointer. `where` names the command for messages. What is on disk at `path` is not looked at.
void require_free(Workspace& workspace, const Snapshot& snapshot, const fs::RepoPath& path, const std::string& where);

/// Throws Error when git tracks the path or something below it.
void require_not_in_git(Workspace& workspace, const fs::RepoPath& path);

}  // namespace mlops::repo

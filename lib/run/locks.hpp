// SPDX-License-Identifier: Apache-2.0
#pragma once

// The locks of a run, or of any commit: one beside each pipeline file. A run keeps them below run_directory() under
// their own paths, as they were when it ended.

#include <map>
#include <string>

#include "repo/workspace.hpp"
#include "spec/lock.hpp"

namespace mlops::run {

/// Lock files by path, relative to the project's root.
using LockTexts = std::map<fs::RepoPath, std::string>;

/// Those of the work tree; `pipelines` are its pipeline files.
LockTexts work_tree_locks(const repo::Workspace& workspace, const std::vector<fs::RepoPath>& pipelines);
/// Those of a commit or tree that lie below `top`; their paths are relative to it.
LockTexts committed_locks(repo::Workspace& workspace, const git::Oid& commit, const fs::RepoPath& top);
/// What they say together. `commit` holds the pipeline files that belong to them.
spec::Lock parse_locks(repo::Workspace& workspace, const LockTexts& texts, const git::Oid& commit);

}  // namespace mlops::run

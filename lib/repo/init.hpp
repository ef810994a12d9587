// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repo/workspace.hpp"

namespace mlops::repo {

struct InitOptions {
  std::string directory{};  ///< as typed, relative to the session's cwd; empty: the cwd
  bool subdir = false;      ///< allows a project below the git root, or inside another project
  bool force = false;       ///< rewrites the files of an existing project; its cache stays
};

struct InitResult {
  std::string root;                            ///< absolute
  std::vector<fs::RepoPath> written;           ///< files that were made or rewritten, below the root
  bool staged = false;                         ///< they were handed to `git add`
  std::optional<std::string> staging_problem;  ///< git's words when it could not
  bool existed = false;                        ///< there was a project already (force)
};

/// Makes a project: `.mlops/config`, `.mlops/.gitignore` and `.mlopsignore`, staged in git.
///
/// Throws Error when the directory is not inside a git work tree (hint `git init`), is not its root (hint `--subdir`),
/// or holds a project already (hint `-f`); nothing is changed then.
InitResult init(const Session& session, const InitOptions& options);

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#pragma once

// The work tree as a git tree, as it is now, without touching the user's index (D13).
//
// What git tracks enters as `git add -u` would take it, filters applied. Of what git does not track, files enter that a
// stage declares, that lie in a directory which one declares, that are the project's own metadata, or that match
// run.include; git's ignore rules do not keep a declared file out. Names that look like secrets and files larger than
// 50 MB never enter, nor does data that mlops tracks or a stage makes.

#include <string>
#include <vector>

#include "repo/snapshot.hpp"
#include "repo/workspace.hpp"

namespace mlops::run {

struct WorkTree {
  git::Oid tree;
  std::vector<std::string> untracked;  ///< root-relative paths that entered although git does not track them, sorted
  std::vector<std::string> left_out;   ///< those that did not, sorted
  std::vector<std::string> not_reproducible;  ///< dependencies that are neither in the tree nor tracked, sorted
};

/// Writes the tree; it is durable when this returns, unless core.durability is off. `snapshot` is of the workspace.
WorkTree write_work_tree(repo::Workspace& workspace, const repo::Snapshot& snapshot);

/// Whether a file of this name may hold a secret: ".env", "*.pem", "id_*" and the like.
bool is_secret_name(std::string_view name);

}  // namespace mlops::run

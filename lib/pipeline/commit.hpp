// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "pipeline/plan.hpp"
#include "repo/workspace.hpp"

namespace mlops::pipeline {

struct CommitOptions {
  std::vector<std::string> targets{};  ///< stages, tracked paths, pointer files; empty: everything
  bool force = false;                  ///< also where a stage's command or inputs differ from what the lock knows
};

/// What was recorded for one target.
struct CommitItem {
  std::string name;  ///< stage or path; printable
  bool stage = false;
  bool changed = false;  ///< its lock entry or pointer is another one now
};
struct CommitResult {
  std::vector<CommitItem> items;
  std::vector<fs::RepoPath> written;  ///< metadata files to `git add`
};

/// Records the work tree as it is: stores changed tracked paths and the outputs of stages, and updates pointers and
/// mlops.lock. A stage whose command or inputs changed since it last ran is refused (Error lists them, nothing
/// changes) unless `force` is set. Nothing is put into the stage cache: we did not see the command make these bytes.
CommitResult commit(repo::Workspace& workspace, const CommitOptions& options);

}  // namespace mlops::pipeline

// SPDX-License-Identifier: Apache-2.0
#pragma once

// Moving the objects of many runs, and telling which runs are complete afterwards.

#include <set>
#include <string>
#include <vector>

#include "run/share.hpp"

namespace mlops::run {

enum class Direction { push, fetch };

/// Transfers all objects of `runs`; remotes that nothing is wanted from are not opened.
repo::SyncResult transfer_objects(repo::Workspace& workspace, const std::vector<Run>& runs, Direction direction,
                                  const ShareOptions& options);

/// Ids of the runs of which an object failed or is missing.
std::set<std::string> incomplete_runs(repo::Workspace& workspace, const std::vector<Run>& runs,
                                      const repo::SyncResult& result);

}  // namespace mlops::run

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "run/record.hpp"

namespace mlops::run {

struct RemoveRunsOptions {
  std::vector<std::string> runs{};  ///< ids, unique prefixes or names
  bool all = false;                 ///< every run
  bool dry_run = false;
};

/// Removes the refs of runs here; their objects go with the next gc. Every word is resolved before anything is removed.
/// Returns what was removed (or would be).
std::vector<Run> remove_runs(repo::Workspace& workspace, const RemoveRunsOptions& options);

}  // namespace mlops::run

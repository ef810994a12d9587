// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "repo/snapshot.hpp"

namespace mlops::repo {

struct UnprotectResult {
  std::vector<fs::RepoPath> targets;
  std::size_t files = 0;  ///< that were links into the cache or read-only, and are writable copies now
};

/// Makes tracked files safe to edit in place: links into the cache become copies.
UnprotectResult unprotect(Workspace& workspace, const std::vector<std::string>& targets);

}  // namespace mlops::repo

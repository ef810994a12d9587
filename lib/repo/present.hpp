// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "repo/workspace.hpp"
#include "store/build.hpp"

namespace mlops::repo {

/// What stands at one path of the workspace now.
struct Present {
  store::HashedPath now;
  std::string problem;  ///< why that cannot be told (a fifo in it); nothing is in `now` then
};

/// Hashes what lies at `path`, reading no file that the memo knows. What cannot be tracked as it is (a fifo, a link out
/// of the directory) is a state like another. Any thread.
Present look_at(const std::string& root, const fs::RepoPath& path, const store::LocalDb& db,
                const store::BuildOptions& options);

/// A path to look at, and what it is expected to be.
struct ExpectedPath {
  fs::RepoPath path;
  bool tree = false;
};

/// Whether the listings of directories are kept, for comparisons file by file.
enum class KeepTrees { no, yes };

/// Looks at many paths: files side by side, each on one thread; directories one after another, each on all threads.
/// Returns what is there in the same order.
std::vector<Present> look_at_all(Workspace& workspace, const std::vector<ExpectedPath>& paths, KeepTrees trees);

}  // namespace mlops::repo

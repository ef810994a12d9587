// SPDX-License-Identifier: Apache-2.0
#pragma once

// What checkout and add last left in the workspace.
//
// `.mlops/tmp/placed` has one line for each tracked path: kind, digest, size, number of files and the escaped path, as
// in a tree. It tells checkout, after git went to another revision, which paths are ours to take away when nothing
// tracks them any more. Losing it costs nothing but that tidiness.

#include <map>

#include "repo/workspace.hpp"

namespace mlops::repo {

using Placed = std::map<fs::RepoPath, store::Entry>;

/// What the note says; empty when there is none or it is damaged.
Placed read_placed(const Workspace& workspace);

}  // namespace mlops::repo

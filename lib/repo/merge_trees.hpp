// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "store/local_db.hpp"

namespace mlops::repo {

/// Merges two versions of a directory entry by entry, descending only where both sides changed a directory. New trees
/// are added to `batch`, children first. Nothing when both sides changed one file differently; `conflicts` then lists
/// all such paths. All three trees must be in the cache with everything that they list.
std::optional<store::Entry> merge_trees(const store::LocalDb& db, store::WriteBatch& batch,
                                        const std::optional<store::Entry>& base, const store::Entry& ours,
                                        const store::Entry& theirs, std::vector<fs::RepoPath>& conflicts);

}  // namespace mlops::repo

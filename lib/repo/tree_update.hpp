// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/local_db.hpp"

namespace mlops::repo {

/// Returns the tree `top` with the entry at `below` replaced or added; the trees on the way are added to `batch`, the
/// deepest first. A file that stands where a directory is needed gives way. Throws Error (missing) when a tree on the
/// way is not in the cache.
store::Entry with_entry(const store::LocalDb& db, store::WriteBatch& batch, const store::Entry& top,
                        const fs::RepoPath& below, const store::Entry& entry);

/// The entry of a directory with these contents, added to `batch`.
store::Entry add_tree(store::WriteBatch& batch, const store::Tree& tree, store::WriteBatch::Place place);

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a checkout will do, decided and checked before anything changes.

#include <optional>
#include <string>
#include <vector>

#include "store/checkout.hpp"

namespace mlops::store {

/// A file that will get its content from the store.
struct PlannedFile {
  fs::RepoPath path;
  Entry entry;
  std::optional<Entry> replaces;  ///< what stands there now, whose content is in the store
  bool relinked = false;          ///< the content is right already
  bool rescued = false;           ///< what stands there now is moved aside first
};

/// A directory that will be new as a whole: nothing stands there when its turn comes.
struct PlannedTree {
  fs::RepoPath path;
  Entry entry;
  std::vector<fs::RepoPath> directories;  ///< itself and those below, parents first
  std::vector<PlannedFile> files;
};

struct PlannedRemoval {
  fs::RepoPath path;
  Entry entry;           ///< what stands there now, whose content is in the store
  bool rescued = false;  ///< its content is not in the store: it is moved aside first
};

/// In this order: rescues, removals of files and of directories that became empty, then new files and trees.
struct CheckoutPlan {
  std::vector<fs::RepoPath> rescues;
  std::vector<PlannedRemoval> removals;
  std::vector<fs::RepoPath> directories;  ///< to be removed where they are empty, children first
  std::vector<PlannedFile> files;
  std::vector<PlannedTree> trees;
};

/// Compares the workspace with `items`. Throws Error (missing) if an object is not there or corrupt, and, without
/// `options.force`, Error (conflict) if a file that would go away is not in the store; both list the paths.
CheckoutPlan plan_checkout(const std::string& root, const std::vector<CheckoutItem>& items, const LocalDb& db,
                           const CheckoutOptions& options);

/// Where `path` lies.
std::string absolute_path(const std::string& root, const fs::RepoPath& path);

}  // namespace mlops::store

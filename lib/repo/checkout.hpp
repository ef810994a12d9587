// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "repo/target.hpp"

namespace mlops::repo {

struct CheckoutOptions {
  TargetOptions targets{};
  bool force = false;          ///< content that is not in the store goes to the rescue directory instead of refusing
  bool relink = false;         ///< re-makes files whose content is right, after cache.type changed
  bool allow_missing = false;  ///< goes on without what the cache lacks
};

struct CheckoutResult {
  std::vector<fs::RepoPath> added, modified, deleted;         ///< files, sorted
  std::vector<std::pair<fs::RepoPath, std::string>> rescued;  ///< path and where its bytes are now
  std::vector<fs::RepoPath> missing;                          ///< tracked paths skipped by allow_missing
  std::vector<fs::RepoPath> not_made;                         ///< outputs that no stage has made yet
};

/// Makes the workspace hold what pointers and lock say. Without targets, also removes what an earlier checkout or add
/// left here and this revision no longer tracks, as long as it is unchanged and in the store (I-7).
///
/// Throws Error (missing) naming the paths whose objects the cache lacks (hint `mlops pull`), or (conflict) naming
/// those that hold changes found nowhere else (hints: add them, or --force); nothing is changed then.
CheckoutResult checkout(Workspace& workspace, const CheckoutOptions& options);

/// Makes the workspace hold exactly these entries (no entry: nothing at that path) with the project's settings; the
/// part of checkout that other verbs share. Looks at `force` and `relink` only.
CheckoutResult checkout_items(Workspace& workspace, const std::vector<store::CheckoutItem>& items,
                              const CheckoutOptions& options);

/// Notes that the workspace now holds `entry` at `path` because we put or stored it there; nothing: it is gone.
/// checkout relies on it to tell ours from the user's own. Failures to write are ignored: it is only a memo.
void note_placed(Workspace& workspace, const std::vector<std::pair<fs::RepoPath, std::optional<store::Entry>>>& placed);

}  // namespace mlops::repo

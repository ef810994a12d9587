// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "repo/checkout.hpp"
#include "repo/target.hpp"
#include "store/transfer.hpp"

namespace mlops::repo {

/// Which revisions a transfer covers. None set: the workspace alone; otherwise the workspace too.
struct RevisionSet {
  bool all_branches = false, all_tags = false, all_commits = false;
  std::vector<std::string> revisions{};
  bool any() const { return all_branches || all_tags || all_commits || !revisions.empty(); }
};

struct SyncOptions {
  TargetOptions targets{};
  std::optional<std::string> remote{};  ///< none: what the output names, else core.remote
  RevisionSet revisions{};
  bool verify = false;  ///< asks for each object instead of concluding from trees
  bool dry_run = false;
  bool only_asks = false;              ///< with dry_run: not what a push would do, so a remote that is gone is an error
  std::vector<store::Wanted> extra{};  ///< more to transfer with the default remote (stage cache, runs)
};

/// What went to or came from one remote.
struct RemoteSync {
  std::string remote;  ///< its name
  std::string place;   ///< how it describes itself
  store::TransferResult transfer;
};

struct SyncResult {
  std::vector<RemoteSync> remotes;     ///< those that had something to do with the targets, by name
  std::size_t paths = 0;               ///< tracked paths, over all revisions, that were considered
  std::vector<fs::RepoPath> not_made;  ///< outputs of the workspace that no stage has made yet
  std::vector<std::string> hints;      ///< what to do about failures
  bool complete() const;
  std::uint64_t objects() const;
  std::uint64_t bytes() const;
};

/// Sends what the remotes lack of the chosen paths and revisions. Honours `push: false` and `remote` of outputs.
/// A failure of one object is in the result, never hides others, and is no exception.
SyncResult push(Workspace& workspace, const SyncOptions& options);
/// Brings what the cache lacks of them.
SyncResult fetch(Workspace& workspace, const SyncOptions& options);

struct PullOptions {
  SyncOptions sync{};
  bool force = false;          ///< as CheckoutOptions
  bool allow_missing = false;  ///< checks out what there is
  bool relink = false;
};
struct PullResult {
  SyncResult sync;
  CheckoutResult checkout;
};
/// Fetches, then checks out. When something could not be fetched and `allow_missing` is not set, what did arrive is
/// checked out all the same, and the result says what did not.
PullResult pull(Workspace& workspace, const PullOptions& options);

/// One file whose object is not both here and there.
struct CloudItem {
  enum class State { new_here, only_remote, missing };
  State state;
  std::string path;  ///< of the file that needs it
  hash::ObjectId id;
  std::string remote;
};
struct CloudStatus {
  std::vector<CloudItem> items;  ///< sorted by path
  std::vector<std::string> remotes;
  std::size_t paths = 0;
};
/// Compares the cache with the remotes, changing nothing.
CloudStatus cloud_status(Workspace& workspace, const SyncOptions& options);

/// Everything that the revisions of `set` and the workspace declare, each entry once, with its label; for gc, fsck and
/// transfers. `visit` gets the snapshot of each revision; "" names the workspace.
void for_each_snapshot(Workspace& workspace, const RevisionSet& set,
                       const std::function<void(const Snapshot&, const std::string& revision)>& visit);

}  // namespace mlops::repo

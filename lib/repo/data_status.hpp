// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repo/target.hpp"
#include "store/build.hpp"

namespace mlops::repo {

/// How a tracked path stands.
enum class DataState {
  clean,     ///< the workspace holds what is recorded
  modified,  ///< it holds something else
  missing,   ///< nothing is there
  not_made,  ///< a stage declares it and has never made it; nothing is there
  unstored   ///< a stage declares it and something is there, but nothing is recorded
};
std::string_view to_string(DataState state);

struct DataStatusItem {
  fs::RepoPath path;
  DataState state = DataState::clean;
  std::optional<store::Entry> recorded;    ///< what pointer or lock say
  std::optional<store::Entry> actual;      ///< what the workspace holds
  std::string stage;                       ///< whose output it is; empty for a pointer
  fs::RepoPath pointer;                    ///< its file; the root for a stage's output
  bool in_cache = true;                    ///< everything recorded is in the cache
  std::vector<store::Difference> changes;  ///< file by file below `path`, for modified directories
  std::string problem;        ///< why the workspace's state cannot be told (a fifo in it); `actual` is nothing then
  bool changes_known = true;  ///< false: a recorded tree is not in the cache, so `changes` could not be told
};

struct DataStatusOptions {
  TargetOptions targets{};
  bool changes = true;  ///< fill DataStatusItem::changes
};

/// A pointer or locked output that this workspace declares otherwise than HEAD does.
struct CommittedChange {
  fs::RepoPath path;
  std::optional<store::Entry> before, after;
};

struct DataStatus {
  std::vector<DataStatusItem> items;  ///< all targets, sorted by path, clean ones too
  bool clean() const;
};

/// Compares tracked paths with the workspace. Changes nothing but the memo; reads no file that has not changed.
DataStatus data_status(Workspace& workspace, const Snapshot& snapshot, const DataStatusOptions& options);
/// As above with a snapshot of the workspace.
DataStatus data_status(Workspace& workspace, const DataStatusOptions& options);

/// The metadata files that git's index does not have and that would be missed in a clone: pointers, pipeline file, lock,
/// and the .gitignore files beside tracked paths. Those that git ignores are left out, and nothing is said of an index
/// that cannot be read. Sorted by path.
std::vector<fs::RepoPath> untracked_metadata(Workspace& workspace, const Snapshot& snapshot);

/// What pointers and lock say now and HEAD did not: changes that `git commit` would record. Sorted by path.
std::vector<CommittedChange> changes_since_head(Workspace& workspace, const Snapshot& snapshot);

}  // namespace mlops::repo

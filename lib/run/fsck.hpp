// SPDX-License-Identifier: Apache-2.0
#pragma once

// `mlops fsck`: is everything here that should be, and is it what it says? (I-24)

#include <optional>
#include <string>
#include <vector>

#include "repo/workspace.hpp"
#include "store/fsck.hpp"

namespace mlops::run {

struct FsckVerbOptions {
  bool full = true;     ///< hash every object, not only those without evidence
  bool repair = false;  ///< bring back what is urgent from intact files of the workspace, or from remotes
  std::optional<std::string> remote{};  ///< for repair; none: every remote that may be used
};

/// An object that something names and that is not here whole.
struct FsckItem {
  enum class State { missing, corrupt };
  hash::ObjectId id;
  State state = State::missing;
  std::string reason;       ///< of a corrupt one
  std::string quarantined;  ///< where its bytes are now
  struct Need {
    std::string path;      ///< that needs it
    std::string revision;  ///< "workspace", "commit abc1234", "run abcd"
  };
  bool promised = false;      ///< a tree that is here lists it, so it should be here as well
  std::vector<Need> needs;    ///< sorted, at most a hundred; empty: nothing names it
  std::string repaired_from;  ///< "remote 'store'", "workspace file 'data/raw/a'"; empty: not repaired
  bool is_repaired() const { return !repaired_from.empty(); }
  /// Whether its bytes could not be read; it stays in its place, whoever needs it.
  bool is_unreadable() const { return state == State::corrupt && quarantined.empty() && !is_repaired(); }
  /// Whether it is not repaired and hurts now: something needs it, and it is corrupt, or was promised, or the workspace
  /// is what needs it; or nobody knows, since it cannot be read. What only the past needs may simply never have been
  /// fetched.
  bool is_urgent() const;
};

struct FsckVerbResult {
  std::uint64_t checked = 0, checked_bytes = 0;  ///< objects that were hashed
  std::uint64_t reachable = 0;                   ///< objects that something names
  std::uint64_t orphans = 0;                     ///< objects that nothing names
  std::vector<FsckItem> items;                   ///< corrupt and missing ones, sorted by id
  std::vector<hash::ObjectId> incomplete;        ///< trees that are here although something that they list is not
  std::vector<std::string> foreign;              ///< files in objects/ that are not ours
  std::vector<std::string> unreadable;           ///< what could not be asked: refs, pointers, remotes
  /// Whether nothing hurts: no item is urgent and no tree incomplete.
  bool healthy() const;
};

/// Checks the cache's objects and everything that the workspace and all of git name. A missing object of a past commit
/// or run is reported all the same: `needs` tells.
FsckVerbResult fsck(repo::Workspace& workspace, const FsckVerbOptions& options);

}  // namespace mlops::run

// SPDX-License-Identifier: Apache-2.0
#pragma once

// What push and fetch share: the objects to be moved, with their trees in an order that keeps "a tree implies its
// members" true at each moment.

#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "store/transfer.hpp"
#include "util/error.hpp"

namespace mlops::store {

/// One object on its way.
struct Parcel {
  Entry entry;
  std::string label;
};

/// A tree on its way and what it lists.
struct TreeParcel {
  Parcel parcel;
  std::vector<hash::ObjectId> members;
  std::size_t depth = 0;  ///< the longest way from a root; members lie deeper
};

/// Collects what happened, from several threads.
class Outcome {
 public:
  void transferred(const Parcel& parcel, std::uint64_t bytes, bool listed);
  void failed(const Parcel& parcel, const std::string& reason);
  void failed(const Parcel& parcel, const Error& error);
  void missing(const Parcel& parcel);
  /// Returns whether the object did not make it.
  bool is_lost(const hash::ObjectId& id) const;
  /// Fails the tree if one of its members was lost. Returns whether it did.
  bool fail_if_incomplete(const TreeParcel& tree);
  void count_present() { ++result_.present; }
  /// The result with its lists sorted.
  TransferResult take();

 private:
  mutable std::mutex mutex_;
  std::unordered_set<hash::ObjectId> lost_;
  TransferResult result_;
};

/// Trees that were found on the way, so that deep chains and shared subtrees cost no more than they are.
class TreeQueue {
 public:
  struct Next {
    Parcel parcel;
    std::size_t depth;
  };
  /// Adds a tree to be looked at unless it was added before. Throws Error (corrupt) beyond the depth limit.
  void add(const Parcel& parcel, std::size_t depth);
  bool empty() const { return waiting_.empty(); }
  /// Takes all that wait, one level.
  std::vector<Next> take();

 private:
  std::unordered_set<hash::ObjectId> seen_;
  std::vector<Next> waiting_;
};

/// Splits `trees` into groups, children before parents, such that no tree lists another one of its own group.
std::vector<std::vector<const TreeParcel*>> children_first(const std::vector<TreeParcel>& trees);

/// The `jobs` of options, or the default for work that mostly waits for a network.
unsigned transfer_jobs(unsigned wanted);

}  // namespace mlops::store

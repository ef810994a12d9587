// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "store/local_db.hpp"
#include "store/object_db.hpp"
#include "util/progress.hpp"

namespace mlops::store {

struct TransferOptions {
  unsigned jobs = 0;     ///< 0: 4 for each processor
  bool verify = false;   ///< do not conclude from a tree that its members are there; ask for each (I-18)
  bool dry_run = false;  ///< only find out what is missing
  ProgressSink* progress = nullptr;
};

/// Something wanted, and how people call it.
struct Wanted {
  Entry entry;
  std::string label;  ///< the tracked path, or "log of run x"
};

/// What happened, object by object; a failed one never hides the others.
struct TransferResult {
  std::uint64_t objects = 0;  ///< sent or received now (or, on a dry run, to be)
  std::uint64_t bytes = 0;
  std::uint64_t present = 0;  ///< roots that were complete already
  struct Item {
    hash::ObjectId id;
    std::string label;   ///< path of the file that needs it
    std::string reason;  ///< empty for `transferred`
  };
  std::vector<Item> failed;
  std::vector<Item> missing;       ///< neither here nor there
  std::vector<Item> transferred;   ///< filled on dry runs and for listings
  std::vector<std::string> hints;  ///< what to do about those that failed, each once
  bool complete() const { return failed.empty() && missing.empty(); }
};

/// Sends what `to` lacks of everything that `wanted` reaches: files in parallel, a tree only after all it lists is
/// confirmed there (I-17).
TransferResult push(const LocalDb& from, ObjectDb& to, const std::vector<Wanted>& wanted,
                    const TransferOptions& options);

/// Brings what the cache lacks: each object is received into a temporary file, its size checked, hashed and only then
/// published (I-15); a tree is published after its members.
TransferResult fetch(ObjectDb& from, const LocalDb& to, const std::vector<Wanted>& wanted,
                     const TransferOptions& options);

/// Calls `visit` for each object that the entry reaches with the path that needs it; members of a tree that cannot be
/// read are left out and the tree itself is reported through `unreadable`.
void visit_reachable(const LocalDb& db, const Wanted& wanted,
                     const std::function<void(const Entry&, const std::string& label)>& visit,
                     const std::function<void(const Entry&, const std::string& label)>& unreadable);

}  // namespace mlops::store

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "store/local_db.hpp"
#include "util/progress.hpp"

namespace mlops::store {

struct FsckOptions {
  unsigned jobs = 0;
  bool full = true;  ///< hash every object; otherwise trust the memo's evidence
  ProgressSink* progress = nullptr;
};

struct FsckResult {
  std::uint64_t checked = 0, checked_bytes = 0;
  struct Bad {
    hash::ObjectId id;
    std::string reason;       ///< "content does not match its name", "is a directory", ...
    std::string quarantined;  ///< where it is now; empty if it could not be moved
  };
  std::vector<Bad> bad;
  std::vector<hash::ObjectId> incomplete;  ///< trees of which a member is missing
  std::vector<std::string> foreign;        ///< files in objects/ that are not ours; left alone
};

/// Hashes the objects of the cache and quarantines those whose bytes do not match their names (I-6, I-24). Sets or
/// clears the suspect mark. Safe beside everything else.
FsckResult check_objects(const LocalDb& db, const FsckOptions& options);

}  // namespace mlops::store

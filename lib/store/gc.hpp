// SPDX-License-Identifier: Apache-2.0
#pragma once

// Taking out objects that nothing names, while others go on working.
//
// No lock keeps adders out. Instead an object leaves in two steps. A run of gc marks everything that a root reaches and
// moves what is unmarked, and older than the grace period by the store's own clock, into trash/<batch>/; looking an
// object up takes it back from there. The batch remembers which leases were alive once everything had been moved: only
// their holders can have seen the objects in their old place and not yet written the pointer that names them. A later
// run deletes the batch when all those leases had ended before its own mark began and the mark still does not reach
// the objects; reached ones are put back. Trees go to the trash before files and come back after them, so that a tree
// in place always has its members in place.
//
// With a grace of zero and no lease alive, both steps can happen in one run: a process that starts between them finds
// the object in the trash and takes it back.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/local_db.hpp"
#include "util/progress.hpp"

namespace mlops::store {

/// Something that names objects which must stay. A source that cannot be read throws, and gc stops.
class RootSource {
 public:
  virtual ~RootSource() = default;
  /// For the report: "workspace", "commits of /path".
  virtual std::string name() const = 0;
  /// Calls `root` for each entry that it names. An object that is named but absent is no error here.
  virtual void collect(const std::function<void(const Entry&)>& root) = 0;
};

struct GcOptions {
  std::int64_t grace_ns = 14LL * 24 * 3600 * 1'000'000'000;
  bool dry_run = false;
  unsigned jobs = 0;
  ProgressSink* progress = nullptr;
};

struct GcResult {
  std::uint64_t kept = 0;                        ///< objects that roots reach
  std::uint64_t young = 0, young_bytes = 0;      ///< unreachable, within the grace period
  std::uint64_t trashed = 0, trashed_bytes = 0;  ///< moved to the trash now (or would be) and left there
  std::uint64_t deleted = 0, deleted_bytes = 0;  ///< gone for good (or would be)
  std::uint64_t restored = 0;                    ///< taken back from the trash
  std::uint64_t waiting = 0, waiting_bytes = 0;  ///< in the trash, held by a lease or the grace period
};

/// Runs one collection. Holds the sweep lock (waits for another gc).
GcResult collect_garbage(const LocalDb& db, const std::vector<std::unique_ptr<RootSource>>& sources,
                         const GcOptions& options);

/// The store's own clock: the modification time of a file made there now.
std::int64_t store_now_ns(const LocalDb& db);

}  // namespace mlops::store

// SPDX-License-Identifier: Apache-2.0
#pragma once

// What was hashed before, so that nothing is read twice.
//
// A record says: the file with this device, inode, size, modification and change time had this digest. It is evidence,
// not identity: any difference means hashing again, and a file whose times are not older than the moment it was looked
// at (by the clock's grain) is not recorded, since a later change could leave the same times (git's racy rule). For a
// file that is a hard link into the cache the change time is left out: a new link elsewhere alters it.
//
// The table is one file, mapped into memory and probed in place; new records are kept aside and merged when it is
// saved. Deleting or damaging it costs time only.

#include <memory>
#include <optional>
#include <string>

#include "fs/stat.hpp"
#include "hash/digest.hpp"

namespace mlops::store {

class Memo {
 public:
  /// Uses the table at `path`, which need not exist; a damaged one counts as empty. An empty path: memory only.
  explicit Memo(std::string path);
  ~Memo();
  Memo(const Memo&) = delete;
  Memo& operator=(const Memo&) = delete;

  /// Returns the digest recorded for exactly this evidence. Any thread.
  std::optional<hash::Digest> find(const fs::FileStat& stat) const;

  enum class Link { no, into_cache };
  /// Records what was hashed; `stat` was taken after the bytes were read and equals the one before. Does nothing when
  /// the times are too fresh to be evidence at `seen_ns` (the time at which `stat` was taken). Any thread.
  void record(const fs::FileStat& stat, const hash::Digest& digest, std::int64_t seen_ns, Link link = Link::no);

  /// Writes new records, merged with those that another process saved meanwhile. Failures are ignored (logged at
  /// debug level): the memo is only a memo.
  void save();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mlops::store

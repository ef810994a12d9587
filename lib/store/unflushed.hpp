// SPDX-License-Identifier: Apache-2.0
#pragma once

// Names that a power cut may still undo.
//
// Contents are on disk before they get their names, names before a pointer that needs them. But a second process may
// find an object whose name the first one has given and not yet flushed, and write its own pointer sooner. So whoever
// gives names leaves a mark while they are not flushed, and whoever relies on an object that was there already flushes
// the file system, if there is any mark, before it names the object. The mark of a process that died in between stays
// until somebody has flushed for it.

#include <optional>
#include <string>

#include "fs/lock_file.hpp"
#include "store/local_db.hpp"

namespace mlops::store {

/// The mark of a process that is giving names. It stays unless `flushed` is called.
class Unflushed {
 public:
  /// Makes the mark, unless the cache is one whose names nobody flushes.
  explicit Unflushed(const LocalDb& db);
  /// Takes the mark away: every name that was given is durable.
  void flushed();
  /// Makes durable every name that others have given so far. One look when nobody else is giving any.
  void flush_others() const;

 private:
  const LocalDb& db_;
  std::string path_;
  std::optional<fs::LockFile> lock_;
};

/// As Unflushed::flush_others for a process that gives no names itself.
void flush_others(const LocalDb& db);

}  // namespace mlops::store

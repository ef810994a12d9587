// SPDX-License-Identifier: Apache-2.0
#pragma once

// Finished stages, durable one by one, before mlops.lock is rewritten.
//
// `.mlops/tmp/journal` is a text file: a first line naming the format and the SHA-256 of the mlops.lock text that its
// records add to, then one line for each finished stage: a check sum, the stage's name and its locked state as JSON.
// Appends are fsynced; a torn last line is dropped. Records count only while mlops.lock still has the text named in the
// first line: a lock that was rewritten since holds them already, and one that git changed has nothing to do with them.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "repo/workspace.hpp"
#include "spec/lock.hpp"

namespace mlops::repo {

using JournalRecord = std::pair<std::string, spec::LockedStage>;

class Journal {
 public:
  explicit Journal(const Workspace& workspace);
  /// Records that add to this lock text; empty when there are none.
  std::vector<JournalRecord> read(std::string_view lock_text) const;
  /// Appends one record durably. It adds to what mlops.lock says at that moment, which is `lock_text` unless someone
  /// else (a hook, a `commit` in another terminal) rewrote the file meanwhile; the journal starts anew when its base is
  /// another text. Under the metadata lock.
  void append(std::string_view lock_text, const std::string& stage, const spec::LockedStage& state) const;
  /// Removes the journal after its records were written into mlops.lock. The caller holds the metadata lock.
  void clear() const;
  /// Whether there is a journal at all, whatever it adds to.
  bool exists() const;

 private:
  const Workspace& workspace_;
  std::string path_;
};

/// Rewrites mlops.lock as: what it says now, plus the journal, plus `updates`, minus `removed`; under the metadata lock,
/// merged with what others wrote meanwhile; nothing is written when nothing changes. Returns the text in force.
std::string write_lock_file(Workspace& workspace, const std::vector<JournalRecord>& updates,
                            const std::vector<std::string>& removed = {});

}  // namespace mlops::repo

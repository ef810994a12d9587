// SPDX-License-Identifier: Apache-2.0
#pragma once

// Finished stages, durable one by one, before mlops.lock is rewritten.
//
// `.mlops/tmp/journal` is a text file: a first line naming the format, then one line for each finished stage: a check
// sum, the stage's name (spaces and '%' as %XX), a check sum of the entry that mlops.lock had for it, and its new locked state as JSON. Appends
// are fsynced; a torn last line is dropped. A record counts while the lock says of its stage what it said then: git may
// have changed the rest. Where git changed that very entry it has the last word, and the writer says so.

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
  /// What is to be added to a lock.
  struct Contents {
    std::vector<JournalRecord> records;    ///< the last of each stage, in order
    std::vector<std::string> passed_over;  ///< stages of which the lock says something else by now; sorted
  };
  Contents read(const spec::Lock& lock) const;
  /// Appends one record durably, which takes the place of the entry `replaced` (nullptr: there was none). Under the
  /// metadata lock.
  void append(const std::string& stage, const spec::LockedStage* replaced, const spec::LockedStage& state) const;
  /// Removes the journal after its records were written into mlops.lock. The caller holds the metadata lock.
  void clear() const;
  /// The stages that have a record, sorted.
  std::vector<std::string> stages() const;
  /// Whether there is a journal at all, whatever it adds to.
  bool exists() const;

 private:
  const Workspace& workspace_;
  std::string path_;
};

/// Rewrites the locks as: what they say now, plus the journal, plus `updates`, minus `removed`; under the metadata lock,
/// merged with what others wrote meanwhile; nothing is written when nothing changes. A stage whose record had to be
/// passed over is named in a warning. Returns the files that changed.
std::vector<fs::RepoPath> write_lock_files(Workspace& workspace, const std::vector<JournalRecord>& updates,
                                           const std::vector<std::string>& removed = {});

}  // namespace mlops::repo

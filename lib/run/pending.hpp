// SPDX-License-Identifier: Apache-2.0
#pragma once

// A run that has begun and is not recorded yet: `.mlops/tmp/pending-run`.
//
// The first line is written, durably, before the first stage starts: the record as far as it is known, and the git tree
// of the work tree. Each stage that ends well adds a line: how it went and its locked state, after the journal has it.
// Whoever finds the file while holding the run lock knows that its process is dead. A torn last line is dropped.

#include <map>
#include <optional>
#include <string>

#include "run/record.hpp"

namespace mlops::run {

/// What a process that is gone left.
struct Pending {
  Record record;  ///< with the stages that it finished; `finished` is when the last one ended
  git::Oid tree;
  std::map<std::string, spec::LockedStage> states;  ///< of those stages
};

class PendingRun {
 public:
  explicit PendingRun(const repo::Workspace& workspace);
  /// Nothing when there is none, or none that can be read.
  std::optional<Pending> read() const;
  /// Names the run, durably.
  void begin(const Record& record, const git::Oid& tree) const;
  /// Adds a stage that ended well, durably.
  void add(const StageRecord& stage, const spec::LockedStage& state) const;
  /// The run is recorded, or had not got anywhere.
  void clear() const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace mlops::run

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/last_run.hpp"
#include "repo/journal.hpp"
#include "repo/workspace.hpp"

namespace mlops::pipeline {

/// Makes finished stages durable: each at once in the journal, all now and then in mlops.lock (D10).
class Recorder {
 public:
  explicit Recorder(repo::Workspace& workspace);

  /// Records one stage that ended well, of which the lock said `replaced` (nullptr: nothing); when this returns, no
  /// crash can undo it.
  void finished(const std::string& stage, const spec::LockedStage* replaced, const spec::LockedStage& state);
  /// Notes why and how a stage ran, for `why`; kept with the next flush.
  void ran(const std::string& stage, LastRun run);
  /// Rewrites mlops.lock when the last time is long ago.
  void tick();
  /// Rewrites mlops.lock with all that was recorded.
  void flush();

 private:
  repo::Workspace& workspace_;
  repo::Journal journal_;
  std::vector<repo::JournalRecord> pending_;
  std::map<std::string, LastRun> last_runs_;
  std::chrono::steady_clock::time_point flushed_;
  std::chrono::steady_clock::duration flush_cost_{0};
};

}  // namespace mlops::pipeline

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/executor.hpp"
#include "pipeline/plan.hpp"
#include "pipeline/undeclared.hpp"
#include "repo/workspace.hpp"

namespace mlops::pipeline {

/// How one stage ended in a repro.
enum class Outcome { up_to_date, restored, executed, failed, skipped, frozen, would_run };
std::string_view to_string(Outcome outcome);

struct StageReport {
  std::string stage;
  Outcome outcome = Outcome::up_to_date;
  std::vector<Reason> reasons;
  std::string key;                              ///< stage key; empty when inputs were not known
  spec::LockedStage state;                      ///< inputs and, when it is good, outputs
  std::vector<spec::LockedPath> uncached_outs;  ///< outputs with cache: false, hashed
  std::optional<JobResult> job;                 ///< when it was executed
  std::optional<store::Entry> log;              ///< object with what it printed
  std::string error;                            ///< why it failed, to be read behind "stage 'x' failed: "; printable
  std::vector<std::string> hints;               ///< what to do about that
  std::vector<std::pair<std::string, std::string>> rescued;  ///< path -> where its unsaved bytes are now
  std::vector<std::string> warnings;  ///< inputs changed while it ran, processes left behind, ...
  bool interrupted = false;           ///< it failed because it was told to stop
};

/// What a face shows while stages run. Calls come from one thread.
class ReproObserver {
 public:
  virtual ~ReproObserver() = default;
  virtual void planned(const Graph&, const Plan&) {}
  virtual void waiting_for_lock(const std::string& holder) { static_cast<void>(holder); }
  virtual void started(const std::string& stage, const spec::StageCommand& cmd, const std::vector<Reason>& reasons) {
    static_cast<void>(stage), static_cast<void>(cmd), static_cast<void>(reasons);
  }
  virtual void output(const std::string& stage, std::string_view bytes) {
    static_cast<void>(stage), static_cast<void>(bytes);
  }
  virtual void ended(const StageReport& report) { static_cast<void>(report); }
  /// A stop signal was passed to these stages; they have their time to end.
  virtual void stopping(const std::vector<std::string>& stages) { static_cast<void>(stages); }
};

struct ReproOptions {
  PlanOptions plan{};
  unsigned jobs = 1;  ///< stages at once
  bool dry = false;
  bool keep_going = false;
  bool use_stage_cache = true;   ///< restore seen results
  bool pull = false;             ///< also those that the default remote knows of
  bool save_to_cache = true;     ///< false: --no-commit
  bool watch_undeclared = true;  ///< looks for files that stages write and do not declare
  bool strict = false;           ///< a stage that writes one fails
  ReproObserver* observer = nullptr;
};

struct ReproResult {
  std::vector<StageReport> stages;  ///< in order
  bool changed = false;             ///< something was executed or restored
  bool failed = false;
  int interrupted = 0;                 ///< the signal that stopped it, else 0
  std::vector<Undeclared> undeclared;  ///< what changed while stages ran though no stage declares it; sorted
};

/// Brings the workspace up to date. Holds the run lock and a lease; every finished stage is in the journal before the
/// next one starts, mlops.lock is rewritten at the end, on a signal and at most every 2 s (D10). An interrupt is put
/// into the result after everything finished was recorded.
ReproResult repro(repo::Workspace& workspace, const ReproOptions& options);

/// As `repro` for a caller that already holds the run lock, with its own snapshot.
ReproResult repro_locked(repo::Workspace& workspace, const repo::Snapshot& snapshot, const ReproOptions& options);

}  // namespace mlops::pipeline

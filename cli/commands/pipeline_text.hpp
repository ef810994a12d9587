// SPDX-License-Identifier: Apache-2.0
#pragma once

// How plans and runs of stages are shown.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands/shared.hpp"
#include "cli/output.hpp"
#include "pipeline/repro.hpp"

namespace mlops::cli {

/// "up_to_date", "run", "frozen", "skip".
std::string_view action_word(pipeline::Action action);
Json reasons_json(const std::vector<pipeline::Reason>& reasons);
Json report_json(const pipeline::StageReport& report);
Json repro_json(const pipeline::ReproResult& result);

/// Shows stages as they run: the plan in one line, what stages print (prefixed with the stage's name when several run
/// at once), and one line for each stage that ends.
class StageDisplay : public pipeline::ReproObserver {
 public:
  struct Options {
    bool explain = false;  ///< every reason of each step
    bool dry = false;
    bool parallel = false;
  };
  StageDisplay(Context& context, Options options);

  void planned(const pipeline::Graph& graph, const pipeline::Plan& plan) override;
  void waiting_for_lock(const std::string& holder) override;
  void started(const std::string& stage, const spec::StageCommand& cmd,
               const std::vector<pipeline::Reason>& reasons) override;
  void output(const std::string& stage, std::string_view bytes) override;
  void ended(const pipeline::StageReport& report) override;
  void stopping(const std::vector<std::string>& stages) override;

 private:
  void hold_back(const std::string& stage, std::string_view bytes);
  void show_held_back(const pipeline::StageReport& report);
  void flush_line(const std::string& stage);
  std::string outcome_line(const pipeline::StageReport& report) const;

  Context& context_;
  Options options_;
  Paint paint_;
  std::map<std::string, std::string> partial_;    ///< the unfinished last line of each stage's output
  std::map<std::string, std::string> held_back_;  ///< with --quiet: the end of what each stage printed, if it fails
};

/// The options of repro and run.
struct ReproArgs {
  pipeline::ReproOptions options;
  int jobs = 1;
  bool pull = false, explain = false, json = false, no_run_cache = false, no_commit = false, force_downstream = false;
  std::optional<double> lock_wait;
  Args args();
  /// Fills `options` from the flags.
  void finish();
  /// With `--pull`: brings what the stages need and what is not here.
  void pull_missing(Context& context, repo::Workspace& workspace) const;
};

/// Whether nothing was warned of, so that what did not run may be called up to date.
bool nothing_amiss(const pipeline::ReproResult& result);

/// The lock files that hold what was made, as the user would type them.
std::string locks_changed(const repo::Workspace& workspace, const pipeline::ReproResult& result);

/// Whether the stages that ended before an interrupt count for the next call.
enum class Kept { yes, no };

/// Shows what a repro did beyond the lines that were shown while it ran, and returns its exit code; throws Interrupted
/// when it was stopped by a signal.
ExitCode conclude(Context& context, const pipeline::ReproResult& result, Kept kept = Kept::yes);

}  // namespace mlops::cli

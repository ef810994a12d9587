// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/executor.hpp"
#include "pipeline/graph.hpp"
#include "pipeline/log_sink.hpp"
#include "pipeline/outputs.hpp"
#include "pipeline/plan.hpp"
#include "pipeline/recorder.hpp"
#include "pipeline/repro.hpp"
#include "pipeline/stage_cache.hpp"

namespace mlops::pipeline {

/// What all stages of one repro share.
struct RunContext {
  repo::Workspace& workspace;
  const repo::Snapshot& snapshot;
  const Graph& graph;
  Current& current;
  const ReproOptions& options;
  Recorder& recorder;
  StageCache stage_cache;
  std::string rescue_directory;
  Environment env;                           ///< what every stage's environment begins with
  std::unique_ptr<remote::Remote> remote{};  ///< open once a stage asked it for results
  bool remote_failed = false;                ///< it is not asked again
};

/// One stage on its way from a planned step to a report.
///
/// `begin` judges it, and either ends it (up to date, restored, failed) or leaves it ready to execute; then `job`,
/// `output` and `finish`. Errors of the stage end in its report; Interrupted passes through.
class StageRun {
 public:
  enum class State { ready, ended };

  StageRun(RunContext& context, const Step& step);
  State begin();
  const spec::Stage& stage() const { return stage_; }
  Job job() const;
  void output(std::string_view bytes);
  void finish(const JobResult& result);
  /// Instead of `finish`: it ended well, but wrote files that it does not declare.
  void refuse(const JobResult& result, const std::vector<std::string>& undeclared);
  StageReport& report() { return report_; }

 private:
  void judge_again();
  bool restore();
  std::optional<std::vector<spec::LockedPath>> seen_before(const spec::StageInputs& inputs);
  std::optional<std::vector<spec::LockedPath>> seen_elsewhere(const spec::StageInputs& inputs);
  void prepare();
  void collect();
  void keep_log();
  bool inputs_moved();
  void record(Outcome outcome);
  void fail(const std::string& why, const std::vector<std::string>& hints = {});
  bool forced() const;
  std::string how_it_failed(const JobResult& result) const;
  std::vector<std::string> advice(const JobResult& result) const;

  RunContext& context_;
  const spec::Stage& stage_;
  const spec::LockedStage* locked_;
  StageReport report_;
  LogSink log_;
};

/// The variable that names, to commands inside a stage, the stages above them: separated by spaces, outermost first.
inline constexpr const char* running_stages_variable = "MLOPS_RUNNING_STAGES";

/// The report of a step that nothing is to be done for: up to date or frozen.
StageReport settled_report(const RunContext& context, const Step& step);

}  // namespace mlops::pipeline

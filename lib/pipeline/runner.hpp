// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "pipeline/executor.hpp"
#include "pipeline/plan.hpp"
#include "pipeline/repro.hpp"
#include "pipeline/stage_run.hpp"
#include "pipeline/undeclared.hpp"

namespace mlops::pipeline {

/// Carries out a plan: each stage when all its upstreams have ended well, at most `jobs` at once.
///
/// A failed stage keeps everything below it from running; without keep_going nothing new starts after it, and what
/// runs may finish. A stop signal is passed to the running stages, and whatever had finished stays recorded.
class Runner {
 public:
  Runner(RunContext& context, const Plan& plan, Executor& executor);
  ReproResult run();

 private:
  void connect();
  void run_all();
  void start_ready();
  void start(std::size_t at);
  void wait_for_one();
  void ended(std::size_t at, StageReport report);
  void settle(std::size_t at, StageReport report);
  std::vector<std::size_t> released_by(std::size_t at);
  StageReport skipped(std::size_t at, const std::string& why) const;
  void stop(int signal);
  void drain();
  void finish(StageRun& run, const JobResult& job);
  bool may_start() const;

  RunContext& context_;
  const Plan& plan_;
  Executor& executor_;
  UndeclaredFiles files_;
  // All by position in the plan.
  std::vector<std::vector<std::size_t>> downstream_;
  std::vector<std::size_t> waiting_;
  std::vector<std::string> blocked_by_;  // the stage whose failure keeps this one from running
  std::vector<bool> done_;
  std::set<std::size_t> ready_;
  std::map<int, std::pair<std::size_t, std::unique_ptr<StageRun>>> running_;  // by the executor's handle
  ReproResult result_;
  std::string first_failed_;
};

}  // namespace mlops::pipeline

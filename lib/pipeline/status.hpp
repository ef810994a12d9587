// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "pipeline/plan.hpp"
#include "repo/workspace.hpp"

namespace mlops::pipeline {

/// One stage that is not up to date.
struct StageStatus {
  std::string stage;
  Action action = Action::run;
  std::vector<Reason> reasons;
};

struct PipelineStatus {
  std::size_t stages = 0;            ///< how many were looked at
  std::vector<StageStatus> changed;  ///< in the order of the plan
  bool journal_pending = false;      ///< finished stages wait to be written into mlops.lock
};

/// Returns which stages are not up to date and why. An empty list of targets is all. Changes nothing but the memo.
PipelineStatus status(repo::Workspace& workspace, const repo::Snapshot& snapshot,
                      const std::vector<std::string>& targets);

}  // namespace mlops::pipeline

// SPDX-License-Identifier: Apache-2.0
#pragma once

// Why each stage last ran here: `.mlops/tmp/last-runs`, one JSON line a stage, for `mlops why`. Derived and disposable.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/plan.hpp"
#include "repo/workspace.hpp"

namespace mlops::pipeline {

struct LastRun {
  std::int64_t seconds = 0;  ///< when it ended, since 1970
  std::string outcome;       ///< "executed", "restored", "failed"
  std::vector<Reason> reasons;
  double wall_seconds = 0;
  friend bool operator==(const LastRun&, const LastRun&) = default;
};

/// Returns what is known, by stage; damaged lines are left out.
std::map<std::string, LastRun> read_last_runs(const repo::Workspace& workspace);
/// Adds to what is known.
void write_last_runs(const repo::Workspace& workspace, const std::map<std::string, LastRun>& news);

}  // namespace mlops::pipeline

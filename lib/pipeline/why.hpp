// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/last_run.hpp"
#include "pipeline/plan.hpp"
#include "repo/workspace.hpp"

namespace mlops::pipeline {

/// Why a stage would run now and, when it would not, why it last ran.
struct Why {
  std::string stage;
  Action action = Action::up_to_date;
  std::vector<Reason> reasons;        ///< empty when it is up to date
  std::vector<std::string> upstream;  ///< stages that will run before it
  std::optional<LastRun> last;        ///< the last time that it ran here
};

/// Returns one answer for each stage named. Throws Error for an unknown name (with the nearest).
std::vector<Why> why(repo::Workspace& workspace, const std::vector<std::string>& stages);

}  // namespace mlops::pipeline

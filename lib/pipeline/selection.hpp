// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "repo/snapshot.hpp"
#include "repo/workspace.hpp"

namespace mlops::pipeline {

/// Turns targets as typed into what PlanOptions::targets wants: a stage's name stays, the name of a group becomes those
/// of its stages, `mlops.yaml:NAME` becomes the name, `mlops.yaml` stands for all stages, anything else is a path relative to where the user is.
std::vector<std::string> plan_targets(const repo::Workspace& workspace, const repo::Snapshot& snapshot,
                                      const std::vector<std::string>& typed);

}  // namespace mlops::pipeline

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "repo/snapshot.hpp"
#include "repo/workspace.hpp"

namespace mlops::pipeline {

/// Turns targets as typed into what PlanOptions::targets wants: what names stages (repo::stages_named) becomes their
/// addresses, anything else is a path relative to where the user is.
std::vector<std::string> plan_targets(const repo::Workspace& workspace, const repo::Snapshot& snapshot,
                                      const std::vector<std::string>& typed);

}  // namespace mlops::pipeline

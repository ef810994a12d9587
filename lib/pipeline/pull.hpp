// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "repo/checkout.hpp"
#include "repo/sync.hpp"
#include "repo/workspace.hpp"

namespace mlops::pipeline {

/// Brings what a repro of `targets` (as typed; none: everything) may need and what is not here: objects of tracked
/// inputs and of recorded outputs into the cache, and those of them that are absent into the workspace. What is there
/// stays as it is. Asks no remote when nothing is missing; what the remotes lack as well is in the result.
repo::PullResult pull_missing(repo::Workspace& workspace, const std::vector<std::string>& targets);

}  // namespace mlops::pipeline

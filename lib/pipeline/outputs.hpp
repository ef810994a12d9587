// SPDX-License-Identifier: Apache-2.0
#pragma once

// What happens to the outputs of a stage in the workspace: before it runs, after it ran, and instead of running it.

#include <string>
#include <utility>
#include <vector>

#include "pipeline/plan.hpp"
#include "repo/workspace.hpp"
#include "spec/lock.hpp"
#include "store/local_db.hpp"

namespace mlops::pipeline {

/// Paths whose unsaved bytes were moved, and where they are now.
using Rescued = std::vector<std::pair<std::string, std::string>>;

/// Throws Error (naming file and line) if an output of `stage` is, holds or lies in a file of ours or of git's own, or
/// if git tracks a cached one.
void check_outputs(repo::Workspace& workspace, const spec::Stage& stage);

/// Takes away what the stage is about to write, so that it starts without leftovers and never writes through a link
/// into the cache (I-9). Bytes that are neither in the store nor what the lock says this stage wrote are moved to
/// `rescue_directory` (D12). Outputs declared `persist` stay, as writable copies. Parent directories are made.
Rescued clear_outputs(repo::Workspace& workspace, Current& current, const spec::Stage& stage,
                      const spec::LockedStage* locked, const std::string& rescue_directory);

/// Whether outputs go into the store or are only hashed.
enum class Keep { no, yes };

/// Adds what the stage wrote to `batch` and returns its entries, sorted by path. Outputs that neither store nor stage
/// cache need are hashed only. Throws Error for one that is not there.
std::vector<spec::LockedPath> store_outputs(repo::Workspace& workspace, Current& current, const spec::Stage& stage,
                                            store::WriteBatch& batch, Keep keep);

/// Replaces the cached outputs by links into the cache, where the configuration wants links; else does nothing.
void relink_outputs(repo::Workspace& workspace, const spec::Stage& stage, const std::vector<spec::LockedPath>& outs);

/// Makes the workspace hold `outs` from the cache: cached outputs as configured, the others as plain files. What was
/// there and is not in the store is rescued. Throws Error (missing, corrupt) before any change.
Rescued restore_outputs(repo::Workspace& workspace, Current& current, const spec::Stage& stage,
                        const std::vector<spec::LockedPath>& outs, const std::string& rescue_directory);

/// Those of `outs` that the store does not keep for the workspace (`cache: false`).
std::vector<spec::LockedPath> uncached_of(const spec::Stage& stage, const std::vector<spec::LockedPath>& outs);

}  // namespace mlops::pipeline

// SPDX-License-Identifier: Apache-2.0
#pragma once

// What becomes of a run whose process was killed before it was recorded. The caller holds the run lock.

#include <optional>
#include <string>

#include "repo/snapshot.hpp"
#include "run/record.hpp"

namespace mlops::run {

/// Before a new run begins: records the pending one as interrupted if it finished any stage, and drops it else.
/// `new_name` belongs to the new run, so an older one that wanted it goes without.
std::optional<Run> supersede_pending(repo::Workspace& workspace, const std::string& new_name);

struct PendingOutcome {
  std::optional<Run> finished;    ///< all had been done; recorded as a success
  std::optional<Run> superseded;  ///< the work tree is another one now; recorded as interrupted
};
/// When there is nothing to do: if the work tree still is what the pending run started from, all that is missing is its
/// record. `name`, if given, is what the run shall be called.
PendingOutcome settle_pending(repo::Workspace& workspace, const repo::Snapshot& snapshot,
                              const pipeline::ReproResult& result, const std::string& name);

}  // namespace mlops::run

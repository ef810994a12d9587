// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a reproduction is held against: a run's record, or the mlops.lock of a revision.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/graph.hpp"
#include "repo/snapshot.hpp"
#include "run/record.hpp"
#include "run/reproduce.hpp"

namespace mlops::run {

struct PastRun {
  std::optional<Run> run;
  git::Oid commit;
  std::string shown;  ///< "run 'abcd'", "revision 'v1'"
  spec::Lock lock;
};

/// Throws Error (missing) when there is no such run or revision, or it has no lock.
PastRun find_past_run(repo::Workspace& workspace, const ReproduceOptions& options);

/// Which stages are executed again.
struct Selection {
  std::vector<std::string> stages;  ///< in the order of the graph
  std::vector<std::string> inputs;  ///< frozen ones, whose recorded outputs are taken
};
/// Throws Error when nothing of the record can be executed, for unknown targets, and for a stage that is declared
/// otherwise than it was recorded.
Selection select_stages(const PastRun& past, const repo::Snapshot& snapshot, const pipeline::Graph& graph,
                        const std::vector<std::string>& targets);

/// The recorded values of the metrics that the selected stages make, by file; what cannot be read is left out.
std::map<std::string, spec::Value> recorded_metrics(repo::Workspace& workspace, const PastRun& past,
                                                    const repo::Snapshot& snapshot, const Selection& selection);

/// The bytes of an uncached output as recorded; nothing if they were not.
std::optional<std::string> recorded_bytes(repo::Workspace& workspace, const PastRun& past, const fs::RepoPath& path);

}  // namespace mlops::run

// SPDX-License-Identifier: Apache-2.0
#pragma once

// From what a repro reported to a commit under refs/mlops/runs/.

#include <map>
#include <string>

#include "run/locks.hpp"
#include "run/record.hpp"
#include "run/work_tree.hpp"

namespace mlops::run {

StageRecord stage_record(const pipeline::StageReport& report);
/// Whether a stage that ended like this has the outputs that its state says.
bool is_good(pipeline::Outcome outcome);

/// An id that no run here has.
std::string new_run_id(repo::Workspace& workspace);

/// What is to be written: a record without parameters and metrics, the tree of the code, and how its stages ended.
struct Recording {
  Record record;
  git::Oid tree;
  const spec::Project* project = nullptr;
  LockTexts locks;                                  ///< that resulted
  std::map<std::string, spec::LockedStage> states;  ///< of the stages that ended well
};

/// Completes the record (parameters from the tree, metrics and uncached outputs of good stages) and writes tree, commit
/// and ref; all is durable when this returns.
Run write_run(repo::Workspace& workspace, Recording recording);

}  // namespace mlops::run

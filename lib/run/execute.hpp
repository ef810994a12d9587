// SPDX-License-Identifier: Apache-2.0
#pragma once

// `mlops run`: what repro does, and a record of it.
//
// The tree of the run is written and named by a marker (.mlops/tmp/pending-run) before the first stage starts, so that a
// kill at any moment loses no experiment: finished stages are in the journal, and the next `mlops run` either goes on
// from there or records what had been reached.

#include <string>
#include <vector>

#include "run/record.hpp"

namespace mlops::run {

struct RunOptions {
  pipeline::ReproOptions repro{};
  std::vector<std::string> set_params{};  ///< -S, each "[file:]key.path=value"
  std::string name{};                     ///< -n; empty: none
  std::vector<std::string> command{};     ///< the command line as typed, for the record
  std::string version{};                  ///< of this program, for the record
};

struct RunResult {
  pipeline::ReproResult repro;
  bool nothing_to_do = false;
  std::optional<Run> run;    ///< what was recorded; nothing on a dry run and when there was nothing to do
  std::optional<Run> equal;  ///< nothing to do: the newest run that ended with the present lock, if there is one
  std::vector<fs::RepoPath> changed_params;  ///< files that -S changed (on a dry run: would change)
  std::vector<Run> recovered;                ///< runs of killed processes that were recorded now as interrupted
};

/// Sets parameters, brings the pipeline up to date and records the run (D13, D14). Runs that fail or are interrupted are
/// recorded too. When there is nothing to do, nothing is recorded, unless a killed process got here before: then its run
/// is.
///
/// Throws Error before any change for an assignment that cannot be made, and for a name that is not valid or is taken.
RunResult execute(repo::Workspace& workspace, const RunOptions& options);

/// Throws Error::usage unless `name` may name a run: letters, digits, '_', '-', '.'; not beginning with '-' or '.'.
void require_run_name(const std::string& name);

}  // namespace mlops::run

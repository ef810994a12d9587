// SPDX-License-Identifier: Apache-2.0
#pragma once

// One recorded execution.
//
// A run is a commit under refs/mlops/runs/<id>. Its parent is the commit that the run started from; its tree is the work
// tree as it was just before the first stage, and under .mlops/run/ the lock that resulted (mlops.lock), the outputs
// that the store does not keep (out/) and this record (run.json). No branch moves, and the ref never changes.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "git/repository.hpp"
#include "pipeline/repro.hpp"
#include "repo/workspace.hpp"
#include "spec/lock.hpp"

namespace mlops::run {

struct StageRecord {
  std::string name;
  std::string outcome;  ///< pipeline::to_string(Outcome)
  std::string key;
  std::optional<int> exit_code;
  double wall_seconds = 0, cpu_seconds = 0;
  std::uint64_t peak_memory_bytes = 0;
  std::optional<store::Entry> log;
  std::string error;
};

struct Record {
  std::string id;
  std::string name;                        ///< empty: none
  std::string status;                      ///< "success", "failed", "interrupted"
  std::int64_t started = 0, finished = 0;  ///< seconds since 1970
  std::vector<std::string> command;        ///< as typed: "run", "-S", "train.lr=0.3"
  std::vector<std::string> targets;
  std::string branch;                          ///< empty: detached or unborn
  std::optional<git::Oid> base;                ///< the commit it started from
  std::vector<StageRecord> stages;             ///< in order
  std::map<std::string, spec::Value> params;   ///< file -> value of the whole file
  std::map<std::string, spec::Value> metrics;  ///< file -> value
  std::map<std::string, std::string> env;      ///< the recorded variables (an allow-list)
  std::map<std::string, std::string> machine;  ///< os, kernel, cpu, cores, memory, host
  std::map<std::string, std::string> tools;    ///< mlops, git, python3 ... -> version
  std::vector<std::string> left_out;           ///< untracked files that did not enter the tree
  std::vector<std::string> untracked;          ///< untracked files that did
  std::vector<std::string> not_reproducible;   ///< dependencies neither in git nor tracked
  std::vector<std::string> undeclared;         ///< what changed while stages ran though no stage declares it
  spec::Value extra;                           ///< what a newer version wrote
};

/// Reads and writes run.json; round trips, unknown keys kept.
std::string write_record(const Record& record);
Record read_record(std::string_view text, const std::string& where);

/// A run as found in git.
struct Run {
  git::Oid commit;
  Record record;
};

/// All runs, newest first. One that cannot be read is left out and named in `unreadable`.
std::vector<Run> list_runs(repo::Workspace& workspace, std::vector<std::string>* unreadable = nullptr);
/// The ref of a run that list_runs cannot read, by what follows `refs/mlops/runs/`.
std::optional<git::Ref> unreadable_run(repo::Workspace& workspace, const std::string& id);
/// Finds a run by id, unique id prefix, name or commit. Throws Error (missing; hint `mlops runs pull`) for an
/// ambiguous prefix with the candidates, and (corrupt) for the id of one whose record cannot be read.
Run find_run(repo::Workspace& workspace, const std::string& word);
/// The lock that resulted from a run.
spec::Lock run_lock(repo::Workspace& workspace, const Run& run);

}  // namespace mlops::run

// SPDX-License-Identifier: Apache-2.0
#include "run/recovery.hpp"

#include <algorithm>

#include "repo/lock_text.hpp"
#include "run/layout.hpp"
#include "run/locks.hpp"
#include "run/machine.hpp"
#include "run/pending.hpp"
#include "run/recording.hpp"
#include "run/work_tree.hpp"
#include "util/error.hpp"
#include "util/log.hpp"

namespace mlops::run {
namespace {

bool is_taken(const git::Repository& git, const std::string& id) { return !git.refs(ref_name(id)).empty(); }

std::string free_name(repo::Workspace& workspace, const std::string& name, const std::string& reserved) {
  const std::vector<Run> runs = list_runs(workspace);
  const bool taken = name == reserved ||
                     std::any_of(runs.begin(), runs.end(), [&](const Run& run) { return run.record.name == name; });
  return taken ? std::string() : name;
}

/// The locks that a killed run had reached: those that it started from, with its own stages.
LockTexts locks_reached(repo::Workspace& workspace, const Pending& pending) {
  const spec::Dialect& dialect = workspace.dialect();
  LockTexts texts = committed_locks(workspace, pending.tree, {});
  std::map<fs::RepoPath, spec::Lock> locks;
  for (const auto& [name, state] : pending.states) {
    const fs::RepoPath file = repo::lock_of(dialect, spec::parse_stage_address(name, dialect.names().pipeline).file);
    const auto [lock, fresh] = locks.try_emplace(file);
    if (fresh && texts.contains(file)) {
      lock->second = parse_locks(workspace, {{file, texts.at(file)}}, pending.tree);
    }
    lock->second.stages.insert_or_assign(name, state);
  }
  for (const auto& [file, lock] : locks) {
    texts[file] = dialect.write_lock(lock, file, texts[file]);
  }
  return texts;
}

/// The id is this run's alone, and the run lock is ours: a lock of its ref is what a kill left.
void remove_left_lock(repo::Workspace& workspace, const Pending& pending) {
  workspace.git().remove_left_lock(ref_name(pending.record.id));
}

std::optional<Run> record_interrupted(repo::Workspace& workspace, Pending pending, const std::string& new_name) {
  const PendingRun marker(workspace);
  if (pending.states.empty() || is_taken(workspace.git(), pending.record.id)) {
    // Nothing was reached; or it was recorded, and only the marker had not gone yet.
    marker.clear();
    return std::nullopt;
  }
  const auto then = repo::Snapshot::of_tree(workspace, pending.tree);
  pending.record.name = free_name(workspace, pending.record.name, new_name);
  pending.record.status = "interrupted";
  pending.record.machine = machine_facts();
  Run run = write_run(workspace, {.record = std::move(pending.record),
                                  .tree = pending.tree,
                                  .project = &then->project,
                                  .locks = locks_reached(workspace, pending),
                                  .states = pending.states});
  marker.clear();
  return run;
}

/// Whether two trees differ in nothing but what stages write: the lock and their outputs.
bool same_start(repo::Workspace& workspace, const repo::Snapshot& snapshot, const git::Oid& before,
                const git::Oid& after) {
  const auto written_by_stages = [&](const fs::RepoPath& path) {
    if (path.name() == workspace.dialect().names().lock || path.name() == ".gitignore") {
      return true;
    }
    for (const spec::Stage& stage : snapshot.project.stages) {
      for (const spec::Output& out : stage.outs) {
        if (path.within(workspace.git_path(out.path))) {
          return true;
        }
      }
    }
    return false;
  };
  const auto changes = git::diff_trees(workspace.git(), before, after);
  return std::all_of(changes.begin(), changes.end(),
                     [&](const git::FileChange& change) { return written_by_stages(change.path); });
}

/// The stages of a run of which all but the record is done: as noted, and for those whose note was lost as they are.
void complete_stages(const pipeline::ReproResult& result, Pending& pending) {
  std::vector<StageRecord> stages;
  for (const pipeline::StageReport& report : result.stages) {
    const auto noted = std::find_if(pending.record.stages.begin(), pending.record.stages.end(),
                                    [&](const StageRecord& stage) { return stage.name == report.stage; });
    const bool still_so = noted != pending.record.stages.end() && pending.states.at(report.stage) == report.state;
    stages.push_back(still_so ? *noted : stage_record(report));
    if (is_good(report.outcome)) {
      pending.states.insert_or_assign(report.stage, report.state);
    }
  }
  pending.record.stages = std::move(stages);
}

}  // namespace

std::optional<Run> supersede_pending(repo::Workspace& workspace, const std::string& new_name) {
  auto pending = PendingRun(workspace).read();
  if (!pending) {
    return std::nullopt;
  }
  remove_left_lock(workspace, *pending);
  try {
    return record_interrupted(workspace, std::move(*pending), new_name);
  } catch (const Error& error) {
    // Its tree may be gone with git's own garbage; a new run must not be kept back by that.
    log::warning("a killed run could not be recorded: {}", error.what());
    return std::nullopt;
  }
}

PendingOutcome settle_pending(repo::Workspace& workspace, const repo::Snapshot& snapshot,
                              const pipeline::ReproResult& result, const std::string& name) {
  PendingOutcome outcome;
  const PendingRun marker(workspace);
  auto pending = marker.read();
  if (!pending) {
    return outcome;
  }
  remove_left_lock(workspace, *pending);
  const auto whole = repo::Snapshot::of_workspace(workspace);
  const git::Oid now = write_work_tree(workspace, *whole).tree;
  if (is_taken(workspace.git(), pending->record.id) || !same_start(workspace, snapshot, pending->tree, now)) {
    outcome.superseded = supersede_pending(workspace, name);
    return outcome;
  }
  complete_stages(result, *pending);
  pending->record.status = "success";
  pending->record.name = name.empty() ? free_name(workspace, pending->record.name, {}) : name;
  pending->record.machine = machine_facts();
  outcome.finished = write_run(workspace, {.record = std::move(pending->record),
                                           .tree = pending->tree,
                                           .project = &snapshot.project,
                                           .locks = work_tree_locks(workspace, snapshot.pipelines),
                                           .states = std::move(pending->states)});
  marker.clear();
  return outcome;
}

}  // namespace mlops::run

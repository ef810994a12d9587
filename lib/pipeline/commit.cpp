// SPDX-License-Identifier: Apache-2.0
#include "pipeline/commit.hpp"

#include "fs/stat.hpp"
#include "pipeline/outputs.hpp"
#include "repo/add.hpp"
#include "repo/checkout.hpp"
#include "repo/git_ignore.hpp"
#include "repo/journal.hpp"
#include "repo/target.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <set>

namespace mlops::pipeline {
namespace {

const spec::LockedStage* find_locked(const repo::Snapshot& snapshot, const std::string& stage) {
  const auto found = snapshot.lock.stages.find(stage);
  return found == snapshot.lock.stages.end() ? nullptr : &found->second;
}

/// What was asked to be committed.
struct Selection {
  std::set<const spec::Stage*> stages;
  std::set<fs::RepoPath> pointers;
};

void select(const repo::Tracked& tracked, Selection& selection) {
  if (tracked.stage != nullptr) {
    selection.stages.insert(tracked.stage);
  } else {
    selection.pointers.insert(tracked.path);
  }
}

Selection selected(repo::Workspace& workspace, const repo::Snapshot& snapshot, const CommitOptions& options) {
  Selection selection;
  if (options.targets.empty()) {
    for (const spec::Stage& stage : snapshot.project.stages) {
      selection.stages.insert(&stage);
    }
    for (const spec::Pointer& pointer : snapshot.pointers) {
      selection.pointers.insert(pointer.path);
    }
  }
  for (const std::string& target : options.targets) {
    const auto named = repo::stages_named(workspace, snapshot, target);
    selection.stages.insert(named.begin(), named.end());
    if (!named.empty()) {
      continue;
    }
    for (const repo::Target& found : repo::resolve_targets(workspace, snapshot, {.targets = {target}})) {
      select(found.tracked, selection);
    }
  }
  return selection;
}

/// Commits stages: first all questions, then all changes.
class StageCommit {
 public:
  StageCommit(repo::Workspace& workspace, const repo::Snapshot& snapshot, const CommitOptions& options)
      : workspace_(workspace), snapshot_(snapshot), options_(options), current_(workspace, snapshot) {}

  /// Throws Error unless every stage can be committed.
  void check(const std::set<const spec::Stage*>& stages) {
    std::vector<std::string> refused;
    for (const spec::Stage& stage : snapshot_.project.stages) {
      if (!stages.contains(&stage) || !was_made(stage)) {
        continue;
      }
      require_outputs(stage);
      check_outputs(workspace_, stage);
      spec::LockedStage state = current_inputs(stage, current_);
      const spec::LockedStage* locked = find_locked(snapshot_, stage.name);
      if (!options_.force && (locked == nullptr || !same_inputs(workspace_.dialect(), *locked, state))) {
        refused.push_back(locked == nullptr ? stage.name + " (has never run)" : stage.name);
      }
      chosen_.emplace_back(&stage, std::move(state));
    }
    if (!refused.empty()) {
      throw Error::of(ErrorKind::conflict, "the command or inputs of {} changed since the outputs were made: {}",
                      counted(refused.size(), "stage"), join(refused, ", "))
          .hint("`mlops repro` makes the outputs anew; `mlops commit --force` records them as they are");
    }
  }

  void carry_out(CommitResult& result) {
    if (chosen_.empty()) {
      return;
    }
    workspace_.writable_db();
    store::WriteBatch batch(workspace_.db());
    for (auto& [stage, state] : chosen_) {
      state.outs = store_outputs(workspace_, current_, *stage, batch, Keep::yes);
    }
    batch.publish();
    for (const auto& chosen : chosen_) {
      record(*chosen.first, chosen.second, result);
    }
    result.written = repo::ignore_paths(workspace_, ignored_);
    if (!updates_.empty()) {
      const auto locks = repo::write_lock_files(workspace_, updates_);
      repo::note_placed(workspace_, placed_);
      result.written.insert(result.written.end(), locks.begin(), locks.end());
    }
  }

 private:
  /// Without targets, a stage that nobody has run yet is nothing to commit.
  bool was_made(const spec::Stage& stage) const {
    if (!options_.targets.empty() || find_locked(snapshot_, stage.name) != nullptr) {
      return true;
    }
    return !stage.outs.empty() && std::all_of(stage.outs.begin(), stage.outs.end(), [&](const spec::Output& out) {
      return fs::stat_path(workspace_.absolute(out.path)).has_value();
    });
  }

  void require_outputs(const spec::Stage& stage) const {
    for (const spec::Output& out : stage.outs) {
      if (!fs::stat_path(workspace_.absolute(out.path))) {
        throw Error::of(ErrorKind::missing, "the output {} of stage '{}' does not exist", quoted(out.path.str()),
                        stage.name)
            .hint("`mlops checkout` brings the recorded one, `mlops repro {}` makes it", stage.name);
      }
    }
  }

  void record(const spec::Stage& stage, const spec::LockedStage& state, CommitResult& result) {
    relink_outputs(workspace_, stage, state.outs);
    const spec::LockedStage* locked = find_locked(snapshot_, stage.name);
    const bool changed = locked == nullptr || *locked != state;
    result.items.push_back({.name = stage.name, .stage = true, .changed = changed});
    for (const spec::Output& out : stage.outs) {
      if (out.cache) {
        ignored_.push_back(out.path);
      }
    }
    if (changed) {
      updates_.emplace_back(stage.name, state);
      for (const spec::LockedPath& out : state.outs) {
        placed_.emplace_back(out.path, out.entry);
      }
    }
  }

  repo::Workspace& workspace_;
  const repo::Snapshot& snapshot_;
  const CommitOptions& options_;
  Current current_;
  std::vector<std::pair<const spec::Stage*, spec::LockedStage>> chosen_;
  std::vector<repo::JournalRecord> updates_;
  std::vector<fs::RepoPath> ignored_;
  std::vector<std::pair<fs::RepoPath, std::optional<store::Entry>>> placed_;
};

void commit_pointers(repo::Workspace& workspace, const std::set<fs::RepoPath>& pointers, CommitResult& result) {
  if (pointers.empty()) {
    return;
  }
  const repo::AddResult stored =
      repo::store_changes(workspace, std::vector<fs::RepoPath>(pointers.begin(), pointers.end()));
  for (const repo::Added& added : stored.added) {
    result.items.push_back({.name = printable(added.path.str()), .stage = false, .changed = added.changed});
  }
  result.written.insert(result.written.end(), stored.changed_files.begin(), stored.changed_files.end());
}

}  // namespace

CommitResult commit(repo::Workspace& workspace, const CommitOptions& options) {
  const auto snapshot = repo::Snapshot::of_workspace(workspace);
  const Graph graph(*snapshot, workspace.dialect());  // refuses an unsound pipeline
  const Selection selection = selected(workspace, *snapshot, options);
  StageCommit stages(workspace, *snapshot, options);
  stages.check(selection.stages);
  CommitResult result;
  stages.carry_out(result);
  commit_pointers(workspace, selection.pointers, result);
  std::sort(result.written.begin(), result.written.end());
  result.written.erase(std::unique(result.written.begin(), result.written.end()), result.written.end());
  repo::autostage(workspace, result.written);
  workspace.save_memo();
  return result;
}

}  // namespace mlops::pipeline

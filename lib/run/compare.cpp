// SPDX-License-Identifier: Apache-2.0
//
// What differs between two runs.

#include <algorithm>
#include <array>
#include <set>

#include "repo/git_ignore.hpp"
#include "repo/lock_text.hpp"
#include "repo/snapshot.hpp"
#include "run/history.hpp"
#include "run/layout.hpp"
#include "run/values.hpp"
#include "util/text.hpp"

namespace mlops::run {
namespace {

std::vector<ValueDelta> value_deltas(const std::map<std::string, spec::Value>& before,
                                     const std::map<std::string, spec::Value>& after, Unchanged unchanged) {
  std::vector<ValueDelta> all = compare_values(before, after);
  if (unchanged == Unchanged::leave_out) {
    std::erase_if(all, [](const ValueDelta& value) { return !value.differs(); });
  }
  return all;
}

std::vector<TextDelta> text_deltas(const std::map<std::string, std::string>& before,
                                   const std::map<std::string, std::string>& after, Unchanged unchanged) {
  std::map<std::string, TextDelta> all;
  for (const auto& [name, text] : before) {
    all[name] = {.name = name, .before = text, .after = {}};
  }
  for (const auto& [name, text] : after) {
    all[name].name = name;
    all[name].after = text;
  }
  std::vector<TextDelta> deltas;
  for (auto& [name, delta] : all) {
    if (unchanged == Unchanged::list || delta.before != delta.after) {
      deltas.push_back(std::move(delta));
    }
  }
  return deltas;
}

PathDelta::State state_of(const PathDelta& delta) {
  if (!delta.after) {
    return PathDelta::State::only_before;
  }
  if (!delta.before) {
    return PathDelta::State::only_after;
  }
  const bool same = delta.before->kind == delta.after->kind && delta.before->digest == delta.after->digest;
  return same ? PathDelta::State::identical : PathDelta::State::different;
}

std::vector<PathDelta> path_deltas(const std::vector<RunPaths::Path>& before, const std::vector<RunPaths::Path>& after,
                                   Unchanged unchanged) {
  std::map<fs::RepoPath, PathDelta> all;
  for (const RunPaths::Path& path : before) {
    all[path.path].before = path.entry;
  }
  for (const RunPaths::Path& path : after) {
    all[path.path].after = path.entry;
  }
  std::vector<PathDelta> deltas;
  for (auto& [path, delta] : all) {
    delta.path = path;
    delta.state = state_of(delta);
    if (unchanged == Unchanged::list || delta.state != PathDelta::State::identical) {
      deltas.push_back(std::move(delta));
    }
  }
  return deltas;
}

std::vector<StageDelta> stage_deltas(const Record& before, const Record& after, Unchanged unchanged) {
  std::map<std::string, StageDelta> all;
  for (const StageRecord& stage : before.stages) {
    all[stage.name].before = stage;
  }
  for (const StageRecord& stage : after.stages) {
    all[stage.name].after = stage;
  }
  std::vector<StageDelta> deltas;
  for (auto& [name, delta] : all) {
    delta.name = name;
    const bool same = delta.before && delta.after && delta.before->outcome == delta.after->outcome &&
                      delta.before->exit_code == delta.after->exit_code && delta.before->key == delta.after->key;
    if (unchanged == Unchanged::list || !same) {
      deltas.push_back(std::move(delta));
    }
  }
  return deltas;
}

/// One of the two runs, with what its tree declares.
struct Side {
  const Run& run;
  const repo::Snapshot& snapshot;
};

/// A .gitignore without the lines that mlops keeps in it for the tracked paths beside it.
std::string own_ignore_lines(repo::Workspace& workspace, const Side& side, const fs::RepoPath& file) {
  std::set<std::string> managed;
  for (const repo::Tracked& tracked : side.snapshot.tracked()) {
    if (workspace.git_path(tracked.path).parent() == file.parent()) {
      managed.insert(repo::ignore_line(tracked.path.name()));
    }
  }
  std::string own;
  for (const std::string& line :
       split(workspace.git().read_file(side.run.commit, file, record_limit_bytes).value_or(""), '\n')) {
    if (!line.empty() && !managed.contains(line)) {
      own += line + "\n";
    }
  }
  return own;
}

/// Takes out each .gitignore in which nothing changed but lines of ours: they follow from outputs, told elsewhere.
void leave_out_ignore_lines(repo::Workspace& workspace, const Side& before, const Side& after,
                            std::vector<git::FileChange>& changes) {
  std::erase_if(changes, [&](const git::FileChange& change) {
    return change.path.name() == ".gitignore" &&
           own_ignore_lines(workspace, before, change.path) == own_ignore_lines(workspace, after, change.path);
  });
}

/// Files of the code: neither the record nor what the other lists tell already.
std::vector<git::FileChange> code_changes(repo::Workspace& workspace, const Side& before, const Side& after) {
  auto changes = git::diff_trees(workspace.git(), before.run.commit, after.run.commit);
  std::vector<fs::RepoPath> told{workspace.git_path(run_directory(workspace.dialect()))};
  for (const Side* side : {&before, &after}) {
    for (const fs::RepoPath& pipeline : side->snapshot.pipelines) {
      told.push_back(workspace.git_path(repo::lock_of(workspace.dialect(), pipeline)));
    }
  }
  for (const auto* params : {&before.run.record.params, &after.run.record.params}) {
    for (const auto& [file, value] : *params) {
      if (const auto path = fs::RepoPath::try_parse(file)) {
        told.push_back(workspace.git_path(*path));
      }
    }
  }
  for (const Side* side : {&before, &after}) {
    for (const spec::Stage& stage : side->snapshot.project.stages) {
      for (const spec::Output& out : stage.outs) {
        told.push_back(workspace.git_path(out.path));
      }
    }
  }
  std::erase_if(changes, [&](const git::FileChange& change) {
    return std::any_of(told.begin(), told.end(), [&](const fs::RepoPath& path) { return change.path.within(path); });
  });
  leave_out_ignore_lines(workspace, before, after, changes);
  return changes;
}

}  // namespace

std::string_view to_string(PathDelta::State state) {
  constexpr std::array<std::string_view, 4> words{"identical", "different", "only_before", "only_after"};
  return words[static_cast<std::size_t>(state)];
}

Comparison compare_runs(repo::Workspace& workspace, const std::string& before, const std::string& after,
                        Unchanged unchanged) {
  Comparison result{.before = find_run(workspace, before),
                    .after = find_run(workspace, after),
                    .params = {},
                    .metrics = {},
                    .outputs = {},
                    .dependencies = {},
                    .code = {},
                    .stages = {},
                    .env = {},
                    .machine = {},
                    .tools = {}};
  const Record& a = result.before.record;
  const Record& b = result.after.record;
  const RunPaths paths_a(workspace, result.before, run_lock(workspace, result.before));
  const RunPaths paths_b(workspace, result.after, run_lock(workspace, result.after));
  result.params = value_deltas(a.params, b.params, unchanged);
  result.metrics = value_deltas(a.metrics, b.metrics, unchanged);
  result.outputs = path_deltas(paths_a.outputs(), paths_b.outputs(), unchanged);
  result.dependencies = path_deltas(paths_a.dependencies(), paths_b.dependencies(), unchanged);
  result.code = code_changes(workspace, {result.before, paths_a.snapshot()}, {result.after, paths_b.snapshot()});
  result.stages = stage_deltas(a, b, unchanged);
  result.env = text_deltas(a.env, b.env, unchanged);
  result.machine = text_deltas(a.machine, b.machine, unchanged);
  result.tools = text_deltas(a.tools, b.tools, unchanged);
  return result;
}

}  // namespace mlops::run

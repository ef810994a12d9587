// SPDX-License-Identifier: Apache-2.0
#include "run/values.hpp"

#include <algorithm>

#include "run/layout.hpp"
#include "spec/params.hpp"

namespace mlops::run {
namespace {

bool overlap(const fs::RepoPath& a, const fs::RepoPath& b) { return a.within(b) || b.within(a); }

void sort_paths(std::vector<RunPaths::Path>& paths) {
  std::stable_sort(paths.begin(), paths.end(),
                   [](const RunPaths::Path& a, const RunPaths::Path& b) { return a.path < b.path; });
  paths.erase(std::unique(paths.begin(), paths.end(),
                          [](const RunPaths::Path& a, const RunPaths::Path& b) { return a.path == b.path; }),
              paths.end());
}

std::optional<double> difference(const ValueDelta& value) {
  const auto before = value.before ? value.before->number() : std::nullopt;
  const auto after = value.after ? value.after->number() : std::nullopt;
  return before && after ? std::optional(*after - *before) : std::nullopt;
}

void add_values(const std::string& file, const spec::Value* value, std::optional<spec::Value> ValueDelta::*side,
                std::vector<ValueDelta>& into) {
  if (value == nullptr) {
    return;
  }
  for (auto& [key, leaf] : spec::flatten(*value)) {
    const auto same = [&, &name = key](const ValueDelta& one) { return one.file == file && one.key == name; };
    auto found = std::find_if(into.begin(), into.end(), same);
    if (found == into.end()) {
      into.push_back({.file = file, .key = key, .before = {}, .after = {}, .delta = {}});
      found = into.end() - 1;
    }
    (*found).*side = std::move(leaf);
  }
}

const spec::Value* find(const std::map<std::string, spec::Value>& files, const std::string& file) {
  const auto found = files.find(file);
  return found == files.end() ? nullptr : &found->second;
}

}  // namespace

std::vector<ValueDelta> compare_values(const std::map<std::string, spec::Value>& before,
                                       const std::map<std::string, spec::Value>& after) {
  std::map<std::string, spec::Value> files(before);
  files.insert(after.begin(), after.end());
  std::vector<ValueDelta> all;
  for (const auto& [file, value] : files) {
    std::vector<ValueDelta> of_file;
    add_values(file, find(before, file), &ValueDelta::before, of_file);
    add_values(file, find(after, file), &ValueDelta::after, of_file);
    for (ValueDelta& delta : of_file) {
      delta.delta = difference(delta);
      all.push_back(std::move(delta));
    }
  }
  return all;
}

bool is_good_outcome(std::string_view outcome) {
  using pipeline::Outcome;
  return outcome == pipeline::to_string(Outcome::executed) || outcome == pipeline::to_string(Outcome::restored) ||
         outcome == pipeline::to_string(Outcome::up_to_date) || outcome == pipeline::to_string(Outcome::frozen);
}

RunPaths::RunPaths(repo::Workspace& workspace, const Run& run, const spec::Lock& lock)
    : workspace_(workspace), run_(run), snapshot_(repo::Snapshot::of_tree(workspace, run.commit)) {
  for (const StageRecord& stage : run.record.stages) {
    if (const spec::Stage* declared = snapshot_->project.find(stage.name)) {
      for (const spec::Dependency& dep : declared->deps) {
        if (!is_made(dep.path)) {
          read_.push_back(dep.path);
        }
      }
    }
    const auto state = lock.stages.find(stage.name);
    if (state != lock.stages.end() && is_good_outcome(stage.outcome)) {
      add_stage(stage.name, state->second);
    }
  }
  sort_paths(outputs_);
  sort_paths(dependencies_);
}

void RunPaths::add_stage(const std::string& name, const spec::LockedStage& state) {
  const spec::Stage* declared = snapshot_->project.find(name);
  for (const spec::LockedPath& out : state.outs) {
    Path path{.path = out.path, .stage = name, .entry = out.entry, .remote = {}};
    if (declared != nullptr) {
      const auto output = std::find_if(declared->outs.begin(), declared->outs.end(),
                                       [&](const spec::Output& one) { return one.path == out.path; });
      if (output != declared->outs.end()) {
        path.cached = output->cache;
        path.push = output->push;
        path.remote = output->remote;
      }
    }
    outputs_.push_back(std::move(path));
  }
  for (const spec::LockedPath& dep : state.deps) {
    if (!is_made(dep.path)) {
      add_dependency(name, dep);
    }
  }
}

void RunPaths::add_dependency(const std::string& stage, const spec::LockedPath& dep) {
  Path path{.path = dep.path, .stage = stage, .entry = dep.entry, .cached = false, .remote = {}};
  for (const spec::Pointer& pointer : snapshot_->pointers) {
    if (dep.path.within(pointer.path)) {
      path.cached = true;
      path.push = pointer.push;
      path.remote = pointer.remote;
    }
  }
  dependencies_.push_back(std::move(path));
}

bool RunPaths::is_made(const fs::RepoPath& path) const {
  const auto& stages = snapshot_->project.stages;
  return std::any_of(stages.begin(), stages.end(), [&](const spec::Stage& stage) {
    return std::any_of(stage.outs.begin(), stage.outs.end(),
                       [&](const spec::Output& out) { return path.within(out.path); });
  });
}

std::vector<const spec::Pointer*> RunPaths::inputs() const {
  std::vector<const spec::Pointer*> found;
  for (const spec::Pointer& pointer : snapshot_->pointers) {
    if (std::any_of(read_.begin(), read_.end(), [&](const fs::RepoPath& dep) { return overlap(dep, pointer.path); })) {
      found.push_back(&pointer);
    }
  }
  return found;
}

bool RunPaths::is_present(const Path& path) const {
  if (path.cached) {
    return workspace_.db().has_all(path.entry);
  }
  const git::Repository& git = workspace_.git();
  const fs::RepoPath kept = run_output_path(workspace_.dialect(), path.path);
  return git.find(run_.commit, workspace_.git_path(kept)) || git.find(run_.commit, workspace_.git_path(path.path));
}

}  // namespace mlops::run

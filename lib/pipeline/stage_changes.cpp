// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stage_changes.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "fs/stat.hpp"
#include "repo/target.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::pipeline {
namespace {

/// The state of a path that is declared, against what is recorded of it (nullptr: nothing).
class Looker {
 public:
  Looker(repo::Workspace& workspace, Current& current) : workspace_(workspace), current_(current) {}

  std::optional<std::string> dependency(const spec::Dependency& dep, const spec::LockedPath* known) {
    const auto now = look(dep.path, dep.elsewhere, known);
    if (!now) {
      return dep.elsewhere.empty() || dep.elsewhere.starts_with('/') ? std::optional("deleted") : std::nullopt;
    }
    return known != nullptr && *now == known->entry ? std::nullopt : std::optional("modified");
  }

  std::optional<std::string> output(const fs::RepoPath& path, const store::Entry* known, bool cached) {
    if (known != nullptr && cached && !workspace_.db().has_all(*known)) {
      return "not in cache";
    }
    const auto now = known != nullptr ? current_.entry(path, known->digest.algorithm()) : current_.entry(path);
    if (!now) {
      return "deleted";
    }
    if (known == nullptr) {
      return "new";
    }
    return *now == *known ? std::nullopt : std::optional("modified");
  }

  std::string shown(const fs::RepoPath& path, const std::string& elsewhere) const {
    return elsewhere.empty() ? workspace_.shown(path) : printable(elsewhere);
  }

 private:
  std::optional<store::Entry> look(const fs::RepoPath& path, const std::string& elsewhere,
                                   const spec::LockedPath* known) {
    if (!elsewhere.empty()) {
      return known != nullptr ? current_.entry_elsewhere(*known) : current_.entry_elsewhere(elsewhere);
    }
    return known != nullptr ? current_.entry(path, known->entry.digest.algorithm()) : current_.entry(path);
  }

  repo::Workspace& workspace_;
  Current& current_;
};

const spec::LockedPath* find_locked(const std::vector<spec::LockedPath>& paths, const fs::RepoPath& path,
                                    const std::string& elsewhere) {
  const auto found = std::find_if(paths.begin(), paths.end(), [&](const spec::LockedPath& known) {
    return known.path == path && known.elsewhere == elsewhere;
  });
  return found == paths.end() ? nullptr : &*found;
}

class Changes {
 public:
  Changes(repo::Workspace& workspace, const repo::Snapshot& snapshot, Current& current)
      : workspace_(workspace), snapshot_(snapshot), current_(current), looker_(workspace, current) {}

  StageChanges of_stage(const spec::Stage& stage) {
    const auto state = snapshot_.lock.stages.find(stage.name);
    const spec::LockedStage* locked = state == snapshot_.lock.stages.end() ? nullptr : &state->second;
    StageChanges changes{.name = address(stage), .deps = {}, .outs = {}};
    if (!stage.frozen) {
      add_deps(stage, locked, changes);
      add_params(stage, locked, changes);
    }
    for (const spec::Output& out : stage.outs) {
      if (!out.elsewhere.empty()) {
        continue;
      }
      const auto* known = locked == nullptr ? nullptr : find_locked(locked->outs, out.path, out.elsewhere);
      if (const auto word = looker_.output(out.path, known == nullptr ? nullptr : &known->entry, out.cache)) {
        changes.outs.push_back({.path = looker_.shown(out.path, {}), .word = *word});
      }
    }
    changes.command = locked != nullptr && locked->cmd != stage.cmd;
    const bool callback = stage.deps.empty() && stage.params.empty() && stage.outs.empty();
    changes.always = stage.always_changed || callback;
    return changes;
  }

  StageChanges of_pointers(const std::vector<const spec::Pointer*>& pointers) {
    StageChanges changes{.name = workspace_.shown(pointers.front()->file), .deps = {}, .outs = {}};
    for (const spec::Pointer* pointer : pointers) {
      const store::Entry* known = pointer->entry ? &*pointer->entry : nullptr;
      if (const auto word = looker_.output(pointer->path, known, pointer->cache)) {
        changes.outs.push_back({.path = workspace_.shown(pointer->path), .word = *word});
      }
    }
    return changes;
  }

 private:
  std::string address(const spec::Stage& stage) const {
    const bool here = stage.file.parent() == workspace_.cwd();
    const std::string name = spec::local_name(stage.file, stage.name);
    return printable(here ? name : workspace_.shown(stage.file) + ":" + name);
  }

  void add_deps(const spec::Stage& stage, const spec::LockedStage* locked, StageChanges& changes) {
    for (const spec::Dependency& dep : stage.deps) {
      const auto* known = locked == nullptr ? nullptr : find_locked(locked->deps, dep.path, dep.elsewhere);
      if (const auto word = looker_.dependency(dep, known)) {
        changes.deps.push_back({.path = looker_.shown(dep.path, dep.elsewhere), .word = *word});
      }
    }
  }

  void add_params(const spec::Stage& stage, const spec::LockedStage* locked, StageChanges& changes) {
    for (const spec::ParamsDependency& params : stage.params) {
      StageChanges::Item item{.path = workspace_.shown(params.file)};
      const auto known = locked == nullptr ? decltype(locked->params.end())() : locked->params.find(params.file);
      if (current_.find_param(params.file, "") == nullptr) {
        item.word = "deleted";
      } else if (locked == nullptr || known == locked->params.end()) {
        item.word = "new";
      } else {
        item.keys = changed_keys(params, known->second);
      }
      if (!item.word.empty() || !item.keys.empty()) {
        changes.deps.push_back(std::move(item));
      }
    }
  }

  /// The parameters that a stage takes from a file: the declared keys, or for a whole file its top-level keys and those
  /// that it had.
  std::vector<std::pair<std::string, std::string>> changed_keys(const spec::ParamsDependency& params,
                                                                const spec::LockedParams& known) {
    std::vector<std::string> keys = params.keys;
    const spec::Value* whole_before = keys.empty() && !known.empty() ? &known.front().second : nullptr;
    if (keys.empty()) {
      std::set<std::string> all;
      for (const spec::Value* whole : {current_.find_param(params.file, ""), whole_before}) {
        if (const auto* map = whole == nullptr ? nullptr : whole->get<spec::Value::Map>()) {
          std::for_each(map->begin(), map->end(), [&](const auto& member) { all.insert(member.first); });
        }
      }
      keys.assign(all.begin(), all.end());
    }
    std::vector<std::pair<std::string, std::string>> changed;
    for (const std::string& key : keys) {
      const auto listed = std::find_if(known.begin(), known.end(), [&](const auto& one) { return one.first == key; });
      const spec::Value* before = params.keys.empty() ? (whole_before == nullptr ? nullptr : whole_before->find(key))
                                  : listed == known.end() ? nullptr
                                                          : &listed->second;
      const spec::Value* now =
          params.keys.empty() ? current_.find_param(params.file, "")->find(key) : current_.find_param(params.file, key);
      if (now == nullptr) {
        changed.emplace_back(key, "deleted");
      } else if (before == nullptr) {
        changed.emplace_back(key, "new");
      } else if (!workspace_.dialect().equal(*before, *now)) {
        changed.emplace_back(key, "modified");
      }
    }
    return changed;
  }

  repo::Workspace& workspace_;
  const repo::Snapshot& snapshot_;
  Current& current_;
  Looker looker_;
};

/// What the words choose: stages, and pointer files by what they track.
struct Chosen {
  bool all = false;
  std::set<const spec::Stage*> stages;
  std::set<fs::RepoPath> pointer_files;

  bool has(const spec::Stage& stage) const { return all || stages.contains(&stage); }
  bool has(const spec::Pointer& pointer) const { return all || pointer_files.contains(pointer.file); }
};

Chosen choose(const repo::Workspace& workspace, const repo::Snapshot& snapshot,
              const std::vector<std::string>& targets) {
  Chosen chosen{.all = targets.empty(), .stages = {}, .pointer_files = {}};
  for (const std::string& word : targets) {
    const auto named = repo::stages_named(workspace, snapshot, word);
    chosen.stages.insert(named.begin(), named.end());
    if (!named.empty()) {
      continue;
    }
    for (const repo::Target& target : repo::resolve_targets(workspace, snapshot, {.targets = {word}})) {
      if (target.tracked.stage != nullptr) {
        chosen.stages.insert(target.tracked.stage);
      } else {
        chosen.pointer_files.insert(target.tracked.pointer->file);
      }
    }
  }
  return chosen;
}

void prefetch(const repo::Snapshot& snapshot, const Chosen& chosen, Current& current) {
  std::vector<fs::RepoPath> paths;
  for (const spec::Stage& stage : snapshot.project.stages) {
    if (!chosen.has(stage)) {
      continue;
    }
    for (const spec::Dependency& dep : stage.deps) {
      if (dep.elsewhere.empty()) {
        paths.push_back(dep.path);
      }
    }
    for (const spec::Output& out : stage.outs) {
      if (out.elsewhere.empty()) {
        paths.push_back(out.path);
      }
    }
  }
  for (const spec::Pointer& pointer : snapshot.pointers) {
    if (chosen.has(pointer)) {
      paths.push_back(pointer.path);
    }
  }
  current.prefetch(paths);
}

bool is_changed(const StageChanges& changes) {
  return !changes.deps.empty() || !changes.outs.empty() || changes.command || changes.always;
}

}  // namespace

std::vector<StageChanges> stage_changes(repo::Workspace& workspace, const repo::Snapshot& snapshot,
                                        const std::vector<std::string>& targets, std::vector<std::string>& frozen) {
  const Chosen chosen = choose(workspace, snapshot, targets);
  Current current(workspace, snapshot);
  prefetch(snapshot, chosen, current);
  Changes changes(workspace, snapshot, current);
  std::vector<StageChanges> result;
  std::map<fs::RepoPath, std::vector<const spec::Pointer*>> by_file;
  for (const spec::Pointer& pointer : snapshot.pointers) {
    if (chosen.has(pointer)) {
      by_file[pointer.file].push_back(&pointer);
    }
  }
  for (const auto& file : by_file) {
    result.push_back(changes.of_pointers(file.second));
  }
  for (const spec::Stage& stage : snapshot.project.stages) {
    if (!chosen.has(stage)) {
      continue;
    }
    result.push_back(changes.of_stage(stage));
    if (stage.frozen) {
      frozen.push_back(result.back().name);
    }
  }
  std::erase_if(result, [](const StageChanges& item) { return !is_changed(item); });
  workspace.save_memo();
  return result;
}

}  // namespace mlops::pipeline

// SPDX-License-Identifier: Apache-2.0
#include "repo/target.hpp"

#include <algorithm>
#include <set>

#include "fs/ignore.hpp"
#include "fs/walk.hpp"
#include "repo/lock_text.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

/// Collects targets word by word.
class Resolver {
 public:
  Resolver(const Workspace& workspace, const Snapshot& snapshot, const TargetOptions& options)
      : workspace_(workspace), snapshot_(snapshot), options_(options), all_(snapshot.tracked()) {}

  std::vector<Target> run() {
    for (const std::string& word : options_.targets) {
      options_.glob ? add_matching(word) : add_word(word);
    }
    if (options_.targets.empty()) {
      std::for_each(all_.begin(), all_.end(), [&](const Tracked& tracked) { add(tracked); });
    }
    if (options_.with_deps) {
      add_upstream();
    }
    return without_doubles();
  }

 private:
  void add(const Tracked& tracked) { add(tracked, tracked.path); }

  void add(const Tracked& tracked, const fs::RepoPath& path) {
    targets_.push_back({tracked, path});
    if (tracked.stage != nullptr) {
      stages_.insert(tracked.stage);
    }
  }

  void add_stage(const spec::Stage& stage) {
    stages_.insert(&stage);
    for (const Tracked& tracked : all_) {
      if (tracked.stage == &stage) {
        add(tracked);
      }
    }
  }

  void add_word(const std::string& word) {
    const auto named = stages_named(workspace_, snapshot_, word);
    for (const spec::Stage* stage : named) {
      add_stage(*stage);
    }
    if (!named.empty()) {
      return;
    }
    const fs::RepoPath path = workspace_.resolve(word);
    const auto& files = snapshot_.pipelines;
    if (path == pipeline_path(workspace_.dialect()) || std::find(files.begin(), files.end(), path) != files.end()) {
      return;  // it declares no stages
    }
    if (!add_path(path) && !add_below(path)) {
      throw unknown(word, path);
    }
  }

  bool add_path(const fs::RepoPath& path) {
    bool found = false;
    for (const Tracked& tracked : all_) {
      const bool is_pointer = tracked.pointer != nullptr && tracked.pointer->file == path;
      if (is_pointer) {
        add(tracked, tracked.path);
        found = true;
      } else if (path.within(tracked.path)) {
        add(tracked, path);
        return true;
      }
    }
    return found;
  }

  bool add_below(const fs::RepoPath& directory) {
    bool found = false;
    for (const Tracked& tracked : all_) {
      if (options_.recursive && tracked.path.within(directory)) {
        add(tracked);
        found = true;
      }
    }
    return found;
  }

  void add_matching(const std::string& pattern) {
    const auto path = fs::RepoPath::resolve(workspace_.cwd(), pattern);
    bool found = false;
    for (const Tracked& tracked : all_) {
      const bool by_stage = tracked.stage != nullptr && fs::glob_match(pattern, tracked.stage->name);
      if (by_stage || (path && fs::glob_match(path->str(), tracked.path.str()))) {
        add(tracked);
        found = true;
      }
    }
    if (!found) {
      throw Error::of(ErrorKind::missing, "nothing that is tracked matches {}", quoted(pattern));
    }
  }

  Error unknown(const std::string& word, const fs::RepoPath& path) const {
    Error error = Error::of(ErrorKind::missing, "{} is neither tracked nor the name of a stage", quoted(word));
    const auto holds = [&](const Tracked& tracked) { return tracked.path.within(path); };
    if (std::any_of(all_.begin(), all_.end(), holds)) {
      return std::move(error).hint("it holds tracked paths; use -R to choose them all");
    }
    std::vector<std::string> candidates;
    for (const Tracked& tracked : all_) {
      candidates.push_back(tracked.path.relative_to(workspace_.cwd()));
    }
    for (const spec::Stage& stage : snapshot_.project.stages) {
      candidates.push_back(stage.name);
    }
    if (const auto near = nearest(word, candidates)) {
      return std::move(error).hint("did you mean {}?", quoted(*near));
    }
    return std::move(error).hint("`mlops ls` lists what is tracked");
  }

  /// Adds what the chosen stages read and somebody tracks, until nothing new turns up.
  void add_upstream() {
    std::vector<const spec::Stage*> pending(stages_.begin(), stages_.end());
    std::set<const spec::Stage*> seen(stages_);
    while (!pending.empty()) {
      const spec::Stage& stage = *pending.back();
      pending.pop_back();
      for (const spec::Dependency& dependency : stage.deps) {
        for (const Tracked& tracked : all_) {
          if (!tracked.path.within(dependency.path) && !dependency.path.within(tracked.path)) {
            continue;
          }
          add(tracked);
          if (tracked.stage != nullptr && seen.insert(tracked.stage).second) {
            pending.push_back(tracked.stage);
          }
        }
      }
    }
  }

  std::vector<Target> without_doubles() {
    std::stable_sort(targets_.begin(), targets_.end(),
                     [](const Target& a, const Target& b) { return a.path < b.path; });
    std::vector<Target> kept;
    for (Target& target : targets_) {
      // Contents sort right behind the directory that holds them.
      if (kept.empty() || !target.path.within(kept.back().path)) {
        kept.push_back(std::move(target));
      }
    }
    return kept;
  }

  const Workspace& workspace_;
  const Snapshot& snapshot_;
  const TargetOptions& options_;
  std::vector<Tracked> all_;
  std::vector<Target> targets_;
  std::set<const spec::Stage*> stages_;
};

/// The directories of a pattern before its first special character.
fs::RepoPath plain_part(const fs::RepoPath& pattern) {
  fs::RepoPath base;
  for (const std::string& part : split(pattern.str(), '/')) {
    if (part.find_first_of("*?[\\") != std::string::npos) {
      break;
    }
    base = base / part;
  }
  return base == pattern ? base.parent() : base;
}

/// The stages of one file by name; an empty name: all of them.
std::vector<const spec::Stage*> stages_of(const Snapshot& snapshot, const fs::RepoPath& file, const std::string& name) {
  if (!name.empty()) {
    return snapshot.project.find_all(spec::stage_address(file, name));
  }
  std::vector<const spec::Stage*> found;
  for (const spec::Stage& stage : snapshot.project.stages) {
    if (stage.file == file) {
      found.push_back(&stage);
    }
  }
  return found;
}

}  // namespace

std::vector<const spec::Stage*> stages_named(const Workspace& workspace, const Snapshot& snapshot,
                                             const std::string& word) {
  const std::string pipeline(workspace.dialect().names().pipeline);
  const std::size_t end = word == pipeline || word.starts_with(pipeline + ":") ? pipeline.size() : [&] {
    const std::size_t at = word.rfind("/" + pipeline);
    return at == std::string::npos ? at : at + 1 + pipeline.size();
  }();
  if (end != std::string::npos && (end == word.size() || word[end] == ':')) {
    const auto file = fs::RepoPath::resolve(workspace.cwd(), word.substr(0, end));
    const std::string name = end == word.size() ? "" : word.substr(end + 1);
    auto found = file && (end == word.size() || !name.empty()) ? stages_of(snapshot, *file, name)
                                                               : std::vector<const spec::Stage*>();
    return found.empty() ? snapshot.project.find_all(word) : found;
  }
  const auto here = snapshot.project.find_all(spec::stage_address(workspace.cwd() / pipeline, word));
  return here.empty() ? snapshot.project.find_all(word) : here;
}

std::vector<std::string> declarations_named(const Workspace& workspace, const Snapshot& snapshot,
                                            const std::string& word) {
  std::vector<std::string> names;
  for (const spec::Stage* stage : stages_named(workspace, snapshot, word)) {
    const std::string local = spec::local_name(stage->file, stage->name);
    const bool itself = word == local || word.ends_with(":" + local);
    std::string name = itself ? stage->name : spec::stage_group(*stage).value_or(stage->name);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

std::vector<Target> resolve_targets(const Workspace& workspace, const Snapshot& snapshot,
                                    const TargetOptions& options) {
  return Resolver(workspace, snapshot, options).run();
}

std::optional<store::Entry> target_entry(Workspace& workspace, const Target& target) {
  if (!target.tracked.entry || target.whole()) {
    return target.tracked.entry;
  }
  return workspace.db().find_in_tree(*target.tracked.entry, target.below());
}

std::vector<fs::RepoPath> expand_glob(const Workspace& workspace, const std::string& pattern) {
  const fs::RepoPath wanted = workspace.resolve(pattern);
  const std::string_view own = workspace.dialect().names().directory;
  std::vector<fs::RepoPath> found;
  std::vector<fs::RepoPath> pending{plain_part(wanted)};
  while (!pending.empty()) {
    check_interrupt();
    const fs::RepoPath directory = std::move(pending.back());
    pending.pop_back();
    const auto stat = fs::stat_path(workspace.absolute(directory));
    if (!stat || stat->type != fs::FileType::directory) {
      continue;
    }
    const fs::IgnoreStack ignores = workspace.ignore_for(directory);
    for (const fs::StatEntry& entry : fs::stat_directory(workspace.absolute(directory))) {
      const fs::RepoPath path = directory / entry.name;
      const bool is_directory = entry.stat.type == fs::FileType::directory;
      if (entry.name == ".git" || entry.name == own || ignores.ignored(path, is_directory)) {
        continue;
      }
      if (fs::glob_match(wanted.str(), path.str())) {
        found.push_back(path);
      } else if (is_directory) {
        pending.push_back(path);
      }
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace mlops::repo

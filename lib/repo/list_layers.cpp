// SPDX-License-Identifier: Apache-2.0
#include "repo/list_layers.hpp"

#include "fs/stat.hpp"
#include "fs/walk.hpp"
#include "repo/layout.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"

namespace mlops::repo {
namespace {

class WorkTreeLayer : public FileLayer {
 public:
  explicit WorkTreeLayer(const Workspace& workspace) : workspace_(workspace) {}

  std::optional<PlainFile> find(const fs::RepoPath& path) override {
    const auto stat = fs::stat_path(workspace_.absolute(path));
    if (!stat || hidden(path, stat->type == fs::FileType::directory)) {
      return std::nullopt;
    }
    return plain(workspace_.absolute(path), *stat);
  }

  std::map<std::string, PlainFile> children(const fs::RepoPath& directory) override {
    check_interrupt();
    std::map<std::string, PlainFile> found;
    const std::string absolute = workspace_.absolute(directory);
    const auto stat = fs::stat_path(absolute);
    if (!stat || stat->type != fs::FileType::directory) {
      return found;
    }
    const fs::IgnoreStack ignores = workspace_.ignore_for(directory);
    for (const fs::StatEntry& entry : fs::stat_directory(absolute)) {
      const fs::RepoPath path = directory / entry.name;
      const bool is_directory = entry.stat.type == fs::FileType::directory;
      if (!closed(path, is_directory) && !ignores.ignored(path, is_directory)) {
        found.emplace(entry.name, plain(absolute + "/" + entry.name, entry.stat));
      }
    }
    return found;
  }

 private:
  /// Whether the path is no part of this project whatever ignore files say.
  bool closed(const fs::RepoPath& path, bool directory) const {
    const std::string_view own = workspace_.dialect().names().directory;
    return path.name() == ".git" || path.name() == ".hg" || path.name() == own ||
           (directory && fs::stat_path(workspace_.absolute(path / own)).has_value());
  }

  bool hidden(fs::RepoPath path, bool directory) const {
    for (; !path.is_root(); path = path.parent(), directory = true) {
      if (workspace_.ignore_for(path.parent()).ignored(path, directory)) {
        return true;
      }
    }
    return false;
  }

  static PlainFile plain(const std::string& absolute, const fs::FileStat& stat) {
    if (stat.type != fs::FileType::link) {
      return {stat.type == fs::FileType::directory, stat.type == fs::FileType::file && stat.executable(), stat.size};
    }
    const auto target = fs::stat_path(real_path(absolute));
    const bool there = target && target->type != fs::FileType::link;
    return {false, there && target->type == fs::FileType::file && target->executable(), there ? target->size : 0};
  }

  const Workspace& workspace_;
};

class CommitLayer : public FileLayer {
 public:
  CommitLayer(Workspace& workspace, git::Oid commit) : workspace_(workspace), commit_(commit) {}

  std::optional<PlainFile> find(const fs::RepoPath& path) override {
    const auto item = workspace_.git().find(commit_, workspace_.git_path(path));
    return item ? std::optional(plain(*item)) : std::nullopt;
  }

  std::map<std::string, PlainFile> children(const fs::RepoPath& directory) override {
    std::map<std::string, PlainFile> found;
    const auto tree = workspace_.git().find(commit_, workspace_.git_path(directory));
    if (!tree || tree->mode != git::FileMode::directory) {
      return found;
    }
    const auto add = [&](const git::TreeItem& item) {
      if (item.path.str() != workspace_.dialect().names().directory) {
        found.emplace(item.path.str(), plain(item));
      }
    };
    workspace_.git().walk(tree->id, add, [&](const git::TreeItem& item) {
      if (!item.path.is_root()) {
        add(item);
      }
      return item.path.is_root();
    });
    return found;
  }

 private:
  PlainFile plain(const git::TreeItem& item) {
    const bool submodule = item.mode == git::FileMode::submodule;
    return {submodule || item.mode == git::FileMode::directory, item.mode == git::FileMode::executable,
            submodule ? std::nullopt : std::optional(workspace_.git().size_of(item.id))};
  }

  Workspace& workspace_;
  git::Oid commit_;
};

}  // namespace

std::unique_ptr<FileLayer> work_tree_layer(const Workspace& workspace) {
  return std::make_unique<WorkTreeLayer>(workspace);
}

std::unique_ptr<FileLayer> commit_layer(Workspace& workspace, const git::Oid& commit) {
  return std::make_unique<CommitLayer>(workspace, commit);
}

RecordedLayer::RecordedLayer(Workspace& workspace, const Snapshot& snapshot) : db_(workspace.db()) {
  for (const Tracked& tracked : snapshot.tracked()) {
    tracked_.insert_or_assign(tracked.path, tracked.entry);
    Recorded recorded{true, tracked.entry};
    for (fs::RepoPath path = tracked.path; !path.is_root(); path = path.parent()) {
      on_the_way_[path.parent()].emplace(path.name(), recorded);
      recorded = {};
    }
  }
}

std::optional<Recorded> RecordedLayer::find(const fs::RepoPath& path) const {
  if (on_the_way_.contains(path)) {
    return Recorded{};
  }
  for (fs::RepoPath top = path; !top.is_root(); top = top.parent()) {
    const auto found = tracked_.find(top);
    if (found == tracked_.end()) {
      continue;
    }
    if (top == path) {
      return Recorded{true, found->second};
    }
    const auto entry = found->second ? db_.find_in_tree(*found->second, path.below(top)) : std::nullopt;
    return entry ? std::optional(Recorded{true, entry}) : std::nullopt;
  }
  return std::nullopt;
}

bool RecordedLayer::listed(const Recorded& recorded) const {
  return !recorded.tracked || db_.has(recorded.entry->id());
}

std::optional<std::map<std::string, Recorded>> RecordedLayer::children(const fs::RepoPath& directory,
                                                                       const Recorded& recorded) const {
  std::map<std::string, Recorded> found;
  if (!recorded.tracked) {
    const auto held = on_the_way_.find(directory);
    return held == on_the_way_.end() ? found : held->second;
  }
  if (!listed(recorded)) {
    return std::nullopt;
  }
  for (const store::TreeEntry& child : db_.read_tree(recorded.entry->id()).entries) {
    found.emplace(child.name, Recorded{true, child.entry});
  }
  return found;
}

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#include "repo/list.hpp"

#include <algorithm>
#include <map>

#include "fs/stat.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

/// Gathers what lies at or below one directory, down to a depth.
class Lister {
 public:
  Lister(Workspace& workspace, const ListOptions& options)
      : workspace_(workspace), options_(options), base_(workspace.resolve(options.path.empty() ? "." : options.path)) {
    if (options.recursive) {
      depth_ = options.depth.value_or(0);
    }
  }

  ListResult run() {
    std::optional<git::Oid> commit;
    if (options_.revision) {
      commit = workspace_.git().resolve(*options_.revision);
      if (!commit) {
        throw Error::of(ErrorKind::missing, "{} is no revision of this repository", quoted(*options_.revision));
      }
    }
    const auto snapshot = commit ? Snapshot::of_tree(workspace_, *commit) : Snapshot::of_workspace(workspace_);
    for (const Tracked& tracked : snapshot->tracked()) {
      add_tracked(tracked);
    }
    if (!options_.tracked_only) {
      commit ? add_commit(*commit) : add_index();
    }
    if (!known_) {
      throw Error::of(ErrorKind::missing, "{} is neither in git nor tracked", quoted(workspace_.shown(base_)));
    }
    for (auto& [path, item] : items_) {
      result_.items.push_back(std::move(item));
    }
    return std::move(result_);
  }

 private:
  /// How many parts `path` has below the base.
  static std::size_t parts(const fs::RepoPath& below) {
    return static_cast<std::size_t>(std::count(below.str().begin(), below.str().end(), '/')) + 1;
  }

  bool too_deep(const fs::RepoPath& below) const { return depth_ != 0 && parts(below) > depth_; }

  /// The part of `path` that is listed: itself, or the directory at the greatest depth that holds it.
  fs::RepoPath visible(const fs::RepoPath& path) const {
    fs::RepoPath shown = path;
    while (too_deep(shown.below(base_))) {
      shown = shown.parent();
    }
    return shown;
  }

  void add(ListItem item) {
    known_ = true;
    const auto [at, fresh] = items_.try_emplace(item.path, item);
    if (!fresh && item.tracked) {
      at->second = std::move(item);
    }
  }

  /// Adds a file of git, or the directory that hides it.
  void add_git_file(const git::TreeItem& item, const fs::RepoPath& path, std::optional<std::uint64_t> size) {
    if (item.mode == git::FileMode::directory || !path.within(base_)) {
      return;
    }
    if (path == base_) {
      add({path, false, item.mode == git::FileMode::executable, false, size, std::nullopt});
      return;
    }
    const fs::RepoPath shown = visible(path);
    const bool whole = shown == path;
    add({shown, !whole || item.mode == git::FileMode::submodule, whole && item.mode == git::FileMode::executable, false,
         whole ? size : std::nullopt, std::nullopt});
    if (options_.recursive) {
      add_parents(shown);
    }
  }

  void add_parents(const fs::RepoPath& path) {
    for (fs::RepoPath up = path.parent(); up != base_ && up.within(base_) && !items_.contains(up); up = up.parent()) {
      add({up, true, false, false, std::nullopt, std::nullopt});
    }
  }

  void add_index() {
    for (const git::TreeItem& item : workspace_.git().index_items()) {
      if (item.path.within(workspace_.git_prefix()) && item.path != workspace_.git_prefix()) {
        const fs::RepoPath path = item.path.below(workspace_.git_prefix());
        const auto stat = path.within(base_) ? fs::stat_path(workspace_.absolute(path)) : std::nullopt;
        add_git_file(item, path, stat ? std::optional(stat->size) : std::nullopt);
      }
    }
  }

  void add_commit(const git::Oid& commit) {
    workspace_.git().walk(commit, [&](const git::TreeItem& item) {
      if (item.path.within(workspace_.git_prefix()) && item.path != workspace_.git_prefix()) {
        add_git_file(item, item.path.below(workspace_.git_prefix()), std::nullopt);
      }
    });
  }

  void add_tracked(const Tracked& tracked) {
    if (base_ != tracked.path && base_.within(tracked.path)) {
      add_inside(tracked);
      return;
    }
    if (!tracked.path.within(base_)) {
      return;
    }
    const fs::RepoPath shown = tracked.path == base_ ? base_ : visible(tracked.path);
    const bool is_tree = tracked.entry && tracked.entry->kind == store::EntryKind::tree;
    if (shown != tracked.path) {
      add({shown, true, false, false, std::nullopt, std::nullopt});
    } else if (tracked.path != base_ || !is_tree) {
      add(entry_item(tracked.path, tracked.entry));
    }
    if (options_.recursive) {
      add_parents(shown);
    }
    if (is_tree && (tracked.path == base_ || (options_.recursive && shown == tracked.path))) {
      known_ = true;
      add_tree(tracked.path, *tracked.entry);
    }
  }

  void add_inside(const Tracked& tracked) {
    if (!tracked.entry || !workspace_.db().has_all(*tracked.entry)) {
      known_ = true;
      result_.not_in_cache.push_back(tracked.path);
      return;
    }
    const auto entry = workspace_.db().find_in_tree(*tracked.entry, base_.below(tracked.path));
    if (entry && entry->kind == store::EntryKind::tree) {
      known_ = true;
      add_tree(base_, *entry);
    } else if (entry) {
      add(entry_item(base_, entry));
    }
  }

  static ListItem entry_item(const fs::RepoPath& path, const std::optional<store::Entry>& entry) {
    ListItem item{.path = path, .tracked = true, .size_bytes = std::nullopt, .digest = std::nullopt};
    if (entry) {
      item.directory = entry->kind == store::EntryKind::tree;
      item.executable = entry->kind == store::EntryKind::exec;
      item.size_bytes = entry->size;
      item.digest = entry->digest;
    }
    return item;
  }

  /// Adds what a tracked directory holds, as deep as is listed.
  void add_tree(const fs::RepoPath& top, const store::Entry& entry) {
    std::vector<std::pair<fs::RepoPath, store::Entry>> pending{{top, entry}};
    while (!pending.empty()) {
      const auto [path, next] = std::move(pending.back());
      pending.pop_back();
      const auto tree = read_tree(next);
      if (!tree) {
        result_.not_in_cache.push_back(path);
        continue;
      }
      for (const store::TreeEntry& child : tree->entries) {
        const fs::RepoPath below = path / child.name;
        if (too_deep(below.below(base_))) {
          continue;
        }
        add(entry_item(below, child.entry));
        if (child.entry.kind == store::EntryKind::tree && options_.recursive) {
          pending.emplace_back(below, child.entry);
        }
      }
    }
  }

  std::optional<store::Tree> read_tree(const store::Entry& entry) {
    return workspace_.db().has(entry.id()) ? std::optional(workspace_.db().read_tree(entry.id())) : std::nullopt;
  }

  Workspace& workspace_;
  const ListOptions& options_;
  fs::RepoPath base_;
  std::size_t depth_ = 1;  ///< 0: without bound
  bool known_ = false;
  std::map<fs::RepoPath, ListItem> items_;
  ListResult result_;
};

}  // namespace

ListResult list(Workspace& workspace, const ListOptions& options) { return Lister(workspace, options).run(); }

}  // namespace mlops::repo

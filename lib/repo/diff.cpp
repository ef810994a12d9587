// SPDX-License-Identifier: Apache-2.0
#include "repo/diff.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "store/build.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

/// What one side holds at each tracked path, and how to read its trees.
class Side {
 public:
  virtual ~Side() = default;
  virtual std::optional<store::Entry> entry(const fs::RepoPath& path) = 0;
  virtual store::Tree read(const hash::ObjectId& id) = 0;
};

/// A commit: what its pointers and lock say.
class Recorded : public Side {
 public:
  Recorded(const Snapshot& snapshot, const store::LocalDb& db) : db_(db) {
    for (const Tracked& tracked : snapshot.tracked()) {
      entries_.insert_or_assign(tracked.path, tracked.entry);
    }
  }
  std::optional<store::Entry> entry(const fs::RepoPath& path) override {
    const auto found = entries_.find(path);
    return found == entries_.end() ? std::nullopt : found->second;
  }
  store::Tree read(const hash::ObjectId& id) override { return db_.read_tree(id); }

 private:
  const store::LocalDb& db_;
  std::map<fs::RepoPath, std::optional<store::Entry>> entries_;
};

/// The files in the workspace.
class Present : public Side {
 public:
  Present(Workspace& workspace, const std::set<fs::RepoPath>& tracked) : workspace_(workspace), tracked_(tracked) {}
  std::optional<store::Entry> entry(const fs::RepoPath& path) override {
    if (!tracked_.contains(path)) {
      return std::nullopt;
    }
    now_ = store::hash_path_with_trees(workspace_.root(), path, workspace_.memo(), &workspace_.db(),
                                       workspace_.build_options(path, "Comparing " + workspace_.shown(path)));
    return now_.entry;
  }
  store::Tree read(const hash::ObjectId& id) override { return now_.read(id, workspace_.db()); }

 private:
  Workspace& workspace_;
  const std::set<fs::RepoPath>& tracked_;
  store::HashedPath now_;  ///< of the path asked for last
};

git::Oid commit_of(Workspace& workspace, const std::string& revision) {
  const auto commit = workspace.git().resolve(revision);
  if (!commit) {
    throw Error::of(ErrorKind::missing, "{} is no revision of this repository", quoted(revision));
  }
  return *commit;
}

std::unique_ptr<Snapshot> snapshot_before(Workspace& workspace, const std::optional<std::string>& revision) {
  if (!revision && !workspace.git().head()) {
    return std::make_unique<Snapshot>();  // before the first commit everything is new
  }
  return Snapshot::of_tree(workspace, commit_of(workspace, revision.value_or("HEAD")));
}

std::set<fs::RepoPath> paths_of(const Snapshot& snapshot) {
  std::set<fs::RepoPath> paths;
  for (const Tracked& tracked : snapshot.tracked()) {
    paths.insert(tracked.path);
  }
  return paths;
}

DiffKind kind_of(const std::optional<store::Entry>& before, const std::optional<store::Entry>& after) {
  if (!before) {
    return DiffKind::added;
  }
  return after ? DiffKind::modified : DiffKind::deleted;
}

bool is_tree(const std::optional<store::Entry>& entry) { return entry && entry->kind == store::EntryKind::tree; }

/// Adds the differences below one tracked path.
void compare_path(const fs::RepoPath& path, Side& before, Side& after, DiffResult& result) {
  const auto old_entry = before.entry(path);
  const auto new_entry = after.entry(path);
  if (old_entry == new_entry) {
    return;
  }
  if (is_tree(old_entry) || is_tree(new_entry)) {
    result.items.push_back({kind_of(old_entry, new_entry), path, std::nullopt, old_entry, new_entry});
  }
  try {
    const auto differences = store::diff_entries(
        old_entry, [&](const hash::ObjectId& id) { return before.read(id); }, new_entry,
        [&](const hash::ObjectId& id) { return after.read(id); });
    for (const store::Difference& difference : differences) {
      const bool listed = difference.path.is_root() && (is_tree(difference.before) || is_tree(difference.after));
      if (!listed) {
        result.items.push_back({kind_of(difference.before, difference.after), path / difference.path, std::nullopt,
                                difference.before, difference.after});
      }
    }
  } catch (const Error& failure) {
    // A listing that is not here leaves the directory's own line; what it holds cannot be told.
    if (failure.kind() != ErrorKind::missing) {
      throw;
    }
    result.not_in_cache.push_back(path);
  }
}

/// Turns a deletion and an addition of the same content into a renaming. Equal contents pair up in order of path.
void pair_renames(std::vector<DiffItem>& items) {
  std::multimap<hash::Digest, DiffItem*> gone;
  for (DiffItem& item : items) {
    if (item.kind == DiffKind::deleted && item.before) {
      gone.emplace(item.before->digest, &item);
    }
  }
  std::set<const DiffItem*> taken;
  for (DiffItem& item : items) {
    if (item.kind != DiffKind::added) {
      continue;
    }
    auto [first, last] = gone.equal_range(item.after->digest);
    for (; first != last; ++first) {
      DiffItem* source = first->second;
      if (source->before->kind == item.after->kind && taken.insert(source).second) {
        item.kind = DiffKind::renamed;
        item.from = source->path;
        item.before = source->before;
        break;
      }
    }
  }
  std::vector<DiffItem> kept;
  for (DiffItem& item : items) {
    if (!taken.contains(&item)) {
      kept.push_back(std::move(item));
    }
  }
  items = std::move(kept);
}

/// Resolves targets. Throws Error (missing) for one that neither side, which track `paths`, knows anything of.
std::vector<fs::RepoPath> wanted_paths(const Workspace& workspace, const std::vector<std::string>& targets,
                                       const std::set<fs::RepoPath>& paths) {
  std::vector<fs::RepoPath> wanted;
  for (const std::string& word : targets) {
    wanted.push_back(workspace.resolve(word));
    const fs::RepoPath& target = wanted.back();
    if (!target.is_root() && std::none_of(paths.begin(), paths.end(), [&](const fs::RepoPath& path) {
          return path.within(target) || target.within(path);
        })) {
      throw Error::of(ErrorKind::missing, "{} is tracked on neither side", quoted(word))
          .hint("`mlops ls` lists what is tracked");
    }
  }
  return wanted;
}

void keep_targets(const std::vector<fs::RepoPath>& wanted, DiffResult& result) {
  if (wanted.empty()) {
    return;
  }
  std::erase_if(result.items, [&](const DiffItem& item) {
    return std::none_of(wanted.begin(), wanted.end(), [&](const fs::RepoPath& path) {
      return item.path.within(path) || (item.from && item.from->within(path));
    });
  });
}

}  // namespace

std::string_view to_string(DiffKind kind) {
  constexpr std::array<std::string_view, 4> words{"added", "deleted", "modified", "renamed"};
  return words.at(static_cast<std::size_t>(kind));
}

DiffResult diff(Workspace& workspace, const DiffOptions& options) {
  DiffResult result;
  result.before = options.before.value_or("HEAD");
  result.after = options.after.value_or("workspace");
  const auto old_snapshot = snapshot_before(workspace, options.before);
  const auto new_snapshot = options.after ? Snapshot::of_tree(workspace, commit_of(workspace, *options.after))
                                          : Snapshot::of_workspace(workspace);
  const std::set<fs::RepoPath> new_paths = paths_of(*new_snapshot);
  Recorded before(*old_snapshot, workspace.db());
  std::unique_ptr<Side> after;
  if (options.after) {
    after = std::make_unique<Recorded>(*new_snapshot, workspace.db());
  } else {
    after = std::make_unique<Present>(workspace, new_paths);
  }
  std::set<fs::RepoPath> paths = paths_of(*old_snapshot);
  paths.insert(new_paths.begin(), new_paths.end());
  const std::vector<fs::RepoPath> wanted = wanted_paths(workspace, options.targets, paths);
  for (const fs::RepoPath& path : paths) {
    compare_path(path, before, *after, result);
  }
  pair_renames(result.items);
  std::stable_sort(result.items.begin(), result.items.end(),
                   [](const DiffItem& a, const DiffItem& b) { return a.path < b.path; });
  keep_targets(wanted, result);
  workspace.save_memo();
  return result;
}

}  // namespace mlops::repo

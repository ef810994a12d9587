// SPDX-License-Identifier: Apache-2.0
#include "repo/sides.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/parallel.hpp"

namespace mlops::repo {
namespace {

bool is_tree(const std::optional<store::Entry>& entry) { return entry && entry->kind == store::EntryKind::tree; }

DiffKind kind_of(const std::optional<store::Entry>& before, const std::optional<store::Entry>& after) {
  if (!before) {
    return DiffKind::added;
  }
  return after ? DiffKind::modified : DiffKind::deleted;
}

DiffKind kind_of(const store::Difference& difference) { return kind_of(difference.before, difference.after); }

/// What makes a deletion and an addition one renaming.
std::pair<hash::Digest, int> content_key(const store::Entry& entry) {
  const bool executable = entry.kind == store::EntryKind::exec;
  return {entry.digest, static_cast<int>(executable ? store::EntryKind::file : entry.kind)};
}

/// Turns a deletion and an addition of the same content into a renaming.
void pair_renames(std::vector<DiffItem>& items) {
  std::map<std::pair<hash::Digest, int>, std::deque<DiffItem*>> gone;
  for (DiffItem& item : items) {
    if (item.kind == DiffKind::deleted && item.before) {
      gone[content_key(*item.before)].push_back(&item);
    }
  }
  std::set<const DiffItem*> taken;
  for (DiffItem& item : items) {
    const auto sources = item.kind == DiffKind::added ? gone.find(content_key(*item.after)) : gone.end();
    if (sources != gone.end() && !sources->second.empty()) {
      const DiffItem* source = sources->second.front();
      sources->second.pop_front();
      taken.insert(source);
      item.kind = DiffKind::renamed;
      item.from = source->path;
      item.before = source->before;
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

using ReadTree = std::function<store::Tree(const hash::ObjectId&)>;
using VisitEntry = std::function<void(const fs::RepoPath&, const store::Entry&)>;

/// Visits all that a tree holds, directories too; of those whose listings are not here `closed` is told instead.
void walk_tree(const fs::RepoPath& top, const store::Entry& tree, const ReadTree& read, const VisitEntry& visit,
               const VisitEntry& closed) {
  std::vector<std::pair<fs::RepoPath, store::Entry>> waiting{{top, tree}};
  while (!waiting.empty()) {
    check_interrupt();
    const auto [path, entry] = std::move(waiting.back());
    waiting.pop_back();
    std::optional<store::Tree> listing;
    try {
      listing = read(entry.id());
    } catch (const Error& failure) {
      if (failure.kind() != ErrorKind::missing) {
        throw;
      }
      closed(path, entry);
      continue;
    }
    for (const store::TreeEntry& child : listing->entries) {
      visit(path / child.name, child.entry);
      if (child.entry.kind == store::EntryKind::tree) {
        waiting.emplace_back(path / child.name, child.entry);
      }
    }
  }
}

class Comparison {
 public:
  Comparison(const Side& before, const Side& after, const PathFilter& filter, const SidesOptions& options)
      : before_(before), after_(after), filter_(filter), options_(options) {}

  void compare(const fs::RepoPath& path) {
    const auto before = before_.entry(path);
    const auto after = after_.entry(path);
    const bool obscure = after_.obscure(path);
    if (!before && !after && !obscure) {
      return;
    }
    if (!obscure && same(before, after)) {
      add(DiffKind::unchanged, path, before, after);
      if (granular() && options_.unchanged && is_tree(before)) {
        add_unchanged(path, *before, {});
      }
      return;
    }
    add(obscure ? DiffKind::modified : kind_of(before, after), path, before, after);
    if (granular() && !obscure && (is_tree(before) || is_tree(after))) {
      compare_inside(path, before, after);
    }
  }

  SidesDiff finish() {
    pair_renames(result_.items);
    std::stable_sort(result_.items.begin(), result_.items.end(),
                     [](const DiffItem& a, const DiffItem& b) { return a.path < b.path; });
    return std::move(result_);
  }

 private:
  bool granular() const { return options_.granularity == Granularity::files; }

  /// Trees are compared by name, leaves by the store's own rule.
  static bool same(const std::optional<store::Entry>& before, const std::optional<store::Entry>& after) {
    if (is_tree(before) || is_tree(after)) {
      return before && after && before->id() == after->id();
    }
    const store::TreeReader none = [](const hash::ObjectId&) { return store::Tree(); };
    return store::diff_entries(before, none, after, none).empty();
  }

  void add(DiffKind kind, const fs::RepoPath& path, const std::optional<store::Entry>& before,
           const std::optional<store::Entry>& after) {
    if (filter_.covers(path) && (kind != DiffKind::unchanged || options_.unchanged)) {
      result_.items.push_back({kind, path, std::nullopt, before, after});
    }
  }

  ReadTree reader(const Side& side, const fs::RepoPath& path) const {
    return [&side, path](const hash::ObjectId& id) { return side.read(path, id); };
  }

  void compare_inside(const fs::RepoPath& path, const std::optional<store::Entry>& before,
                      const std::optional<store::Entry>& after) {
    std::vector<store::Difference> differences;
    try {
      differences = store::diff_entries(before, reader(before_, path), after, reader(after_, path));
    } catch (const Error& failure) {
      // A listing that is not here leaves the directory's own line; how what it holds differs cannot be told.
      if (failure.kind() != ErrorKind::missing) {
        throw;
      }
      result_.not_listed.push_back(path);
      add_unknown(path, after);
      return;
    }
    std::set<fs::RepoPath> changed;
    for (const store::Difference& difference : differences) {
      if (!difference.path.is_root()) {
        changed.insert(path / difference.path);
        add(kind_of(difference), path / difference.path, difference.before, difference.after);
      }
    }
    if (options_.unchanged && is_tree(before) && is_tree(after)) {
      add_unchanged(path, *before, changed);
    }
  }

  void add_unknown(const fs::RepoPath& path, const std::optional<store::Entry>& after) {
    if (is_tree(after) && before_.entry(path)) {
      const auto visit = [&](const fs::RepoPath& file, const store::Entry& entry) {
        add(DiffKind::unknown, file, std::nullopt, entry);
      };
      walk_tree(path, *after, reader(after_, path), visit, [](const auto&, const auto&) {});
    }
  }

  /// Adds the files of a tree that are the same on both sides.
  void add_unchanged(const fs::RepoPath& path, const store::Entry& before, const std::set<fs::RepoPath>& changed) {
    const auto visit = [&](const fs::RepoPath& file, const store::Entry& entry) {
      if (entry.kind != store::EntryKind::tree && !changed.contains(file)) {
        add(DiffKind::unchanged, file, entry, entry);
      }
    };
    // Where the trees are equal either side may have the listing.
    const auto read = [&](const hash::ObjectId& id) {
      try {
        return before_.read(path, id);
      } catch (const Error& failure) {
        if (failure.kind() != ErrorKind::missing) {
          throw;
        }
        return after_.read(path, id);
      }
    };
    walk_tree(path, before, read, visit, [](const auto&, const auto&) {});
  }

  const Side& before_;
  const Side& after_;
  const PathFilter& filter_;
  const SidesOptions& options_;
  SidesDiff result_;
};

}  // namespace

std::string_view to_string(DiffKind kind) {
  constexpr std::array<std::string_view, 6> words{"added", "deleted", "modified", "renamed", "unknown", "unchanged"};
  return words.at(static_cast<std::size_t>(kind));
}

RecordedSide::RecordedSide(const Snapshot& snapshot, const store::LocalDb& db) : db_(db) {
  for (const Tracked& tracked : snapshot.tracked()) {
    entries_.insert_or_assign(tracked.path, tracked.entry);
  }
}

std::optional<store::Entry> RecordedSide::entry(const fs::RepoPath& path) const {
  const auto found = entries_.find(path);
  return found == entries_.end() ? std::nullopt : found->second;
}

store::Tree RecordedSide::read(const fs::RepoPath&, const hash::ObjectId& id) const { return db_.read_tree(id); }

std::set<fs::RepoPath> paths_of(const RecordedSide& a, const RecordedSide& b) {
  std::set<fs::RepoPath> paths;
  for (const RecordedSide* side : {&a, &b}) {
    for (const auto& [path, entry] : side->entries()) {
      paths.insert(path);
    }
  }
  return paths;
}

PresentSide::PresentSide(Workspace& workspace, const RecordedSide& recorded, const PathFilter& filter, KeepTrees trees)
    : db_(workspace.db()) {
  std::vector<ExpectedPath> paths;
  for (const auto& [path, entry] : recorded.entries()) {
    if (filter.touches(path)) {
      paths.push_back({path, is_tree(entry)});
    }
  }
  std::vector<Present> found = look_at_all(workspace, paths, trees);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    present_.emplace(paths[i].path, std::move(found[i]));
  }
}

std::optional<store::Entry> PresentSide::entry(const fs::RepoPath& path) const {
  const auto found = present_.find(path);
  return found == present_.end() ? std::nullopt : found->second.now.entry;
}

store::Tree PresentSide::read(const fs::RepoPath& path, const hash::ObjectId& id) const {
  return present_.at(path).now.read(id, db_);
}

bool PresentSide::obscure(const fs::RepoPath& path) const {
  const auto found = present_.find(path);
  return found != present_.end() && !found->second.problem.empty();
}

std::vector<std::string> PresentSide::problems() const {
  std::vector<std::string> problems;
  for (const auto& [path, present] : present_) {
    if (!present.problem.empty()) {
      problems.push_back(present.problem);
    }
  }
  return problems;
}

SidesDiff compare_sides(const Side& before, const Side& after, const std::set<fs::RepoPath>& paths,
                        const PathFilter& filter, const SidesOptions& options) {
  Comparison comparison(before, after, filter, options);
  for (const fs::RepoPath& path : paths) {
    const bool whole = filter.covers(path);
    if (whole || (options.granularity == Granularity::files && filter.touches(path))) {
      comparison.compare(path);
    }
  }
  return comparison.finish();
}

std::vector<RecordedFile> recorded_files(const store::LocalDb& db, const RecordedFile& tracked,
                                         const PathFilter& filter, Granularity granularity) {
  std::vector<RecordedFile> files;
  const auto add = [&](const fs::RepoPath& path, const store::Entry& entry) {
    if (filter.covers(path)) {
      files.push_back({path, entry});
    }
  };
  add(tracked.path, tracked.entry);
  if (granularity == Granularity::files && is_tree(tracked.entry) && filter.touches(tracked.path)) {
    const auto leaf = [&](const fs::RepoPath& path, const store::Entry& entry) {
      if (entry.kind != store::EntryKind::tree) {
        add(path, entry);
      }
    };
    const auto closed = [&](const fs::RepoPath& path, const store::Entry& entry) {
      if (path != tracked.path) {
        add(path, entry);
      }
    };
    walk_tree(
        tracked.path, tracked.entry, [&](const hash::ObjectId& id) { return db.read_tree(id); }, leaf, closed);
  }
  return files;
}

std::vector<RecordedFile> recorded_files(const store::LocalDb& db, const RecordedSide& side, const PathFilter& filter,
                                         Granularity granularity) {
  std::vector<RecordedFile> files;
  for (const auto& [path, entry] : side.entries()) {
    if (entry) {
      auto below = recorded_files(db, {path, *entry}, filter, granularity);
      files.insert(files.end(), std::make_move_iterator(below.begin()), std::make_move_iterator(below.end()));
    }
  }
  return files;
}

std::vector<RecordedFile> not_in_cache(const store::LocalDb& db, std::vector<RecordedFile> files, unsigned jobs) {
  std::vector<char> present(files.size());
  parallel_for(files.size(), jobs != 0 ? jobs : processors(),
               [&](std::size_t i) { present[i] = db.has(files[i].entry.id()) ? 1 : 0; });
  std::vector<RecordedFile> missing;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (present[i] == 0) {
      missing.push_back(std::move(files[i]));
    }
  }
  std::sort(missing.begin(), missing.end(),
            [](const RecordedFile& a, const RecordedFile& b) { return a.path < b.path; });
  return missing;
}

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#include "store/checkout_plan.hpp"

#include <algorithm>
#include <atomic>
#include <unordered_set>
#include <utility>

#include "fs/beneath.hpp"
#include "fs/walk.hpp"
#include "store/layout.hpp"
#include "store/manifest.hpp"
#include "store/scan.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/log.hpp"
#include "util/parallel.hpp"
#include "util/text.hpp"

namespace mlops::store {
namespace {

/// More than this in one tracked path is a mistake or an attack; planning it would use up the memory.
constexpr std::uint64_t max_files = 100'000'000;
constexpr std::size_t listed_paths = 10;

/// "'a', 'b' and 3 more".
std::string name_paths(const std::vector<fs::RepoPath>& paths) {
  std::string text;
  for (std::size_t i = 0; i < std::min(paths.size(), listed_paths); ++i) {
    text += (i == 0 ? "" : ", ") + quoted(paths[i].str());
  }
  return paths.size() > listed_paths ? fmt::format("{} and {} more", text, paths.size() - listed_paths) : text;
}

/// A file of a tree with its path from the root.
using Visit = std::function<void(const fs::RepoPath& path, const Entry& entry)>;

/// Walks a tree without recursion, parents before children. Checks that totals are what the parents say, which bounds
/// the work that a tree from elsewhere can cause.
void walk_tree(const fs::RepoPath& path, const Entry& entry, const TreeReader& read, const Visit& directory,
               const Visit& file) {
  struct Todo {
    fs::RepoPath path;
    Entry entry;
    std::size_t depth;
  };
  std::vector<Todo> todo{{path, entry, 0}};
  while (!todo.empty()) {
    check_interrupt();
    const Todo next = std::move(todo.back());
    todo.pop_back();
    const Tree tree = read(next.entry.id());
    // A flat listing was bounded as a whole when it was read, and says nothing of sizes.
    const bool sized = !is_flat(next.entry.digest.algorithm());
    if ((sized && (tree.files() != next.entry.files || tree.size() != next.entry.size)) ||
        next.depth > max_tree_depth) {
      throw Error::of(ErrorKind::corrupt, "the totals or the depth of tree '{}' are not what its parent says",
                      hash::short_name(next.entry.id()))
          .hint("it was made by something else than mlops; add the directory again where it is right");
    }
    directory(next.path, next.entry);
    for (auto item = tree.entries.rbegin(); item != tree.entries.rend(); ++item) {
      if (item->entry.kind == EntryKind::tree) {
        todo.push_back({next.path / item->name, item->entry, next.depth + 1});
      } else {
        file(next.path / item->name, item->entry);
      }
    }
  }
}

void require_landing(const CheckoutItem& item) {
  if (item.path.is_root()) {
    throw Error("the root of the workspace cannot be checked out as a whole");
  }
  for (const std::string& part : split(item.path.str(), '/')) {
    if (const auto reason = fs::unsafe_name(part)) {
      throw Error("cannot check out {}: {}", quoted(item.path.str()), *reason);
    }
  }
  if (item.wanted && item.wanted->kind == EntryKind::link) {
    throw Error("cannot check out {}: a tracked path is a file or a directory", quoted(item.path.str()));
  }
  if (item.wanted && item.wanted->files != Entry::unknown && item.wanted->files > max_files) {
    throw Error("cannot check out {}: it claims to have {} files", quoted(item.path.str()),
                human_count(item.wanted->files));
  }
}

class Planner {
 public:
  Planner(const std::string& root, const LocalDb& db, const CheckoutOptions& options)
      : root_(root),
        db_(db),
        options_(options),
        read_wanted_([this](const hash::ObjectId& id) { return read_wanted(id); }) {}

  CheckoutPlan run(const std::vector<CheckoutItem>& items) {
    for (const CheckoutItem& item : items) {
      require_landing(item);
      if (item.wanted) {
        wanted_paths_.insert(item.path);
        wanted_ids_.insert(item.wanted->id());
      }
    }
    for (const CheckoutItem& item : items) {
      if (!item.wanted && is_wanted_elsewhere(item.path)) {
        continue;
      }
      try {
        plan_item(item);
      } catch (Error& error) {
        if (error.kind() != ErrorKind::corrupt && error.kind() != ErrorKind::missing) {
          throw;
        }
        // A listing is known by its digest only.
        throw std::move(error).while_doing("checking out {}", quoted(item.path.str()));
      }
    }
    require_objects();
    settle_conflicts();
    std::sort(plan_.directories.begin(), plan_.directories.end(), std::greater<>());
    return std::move(plan_);
  }

 private:
  Tree read_wanted(const hash::ObjectId& id) const {
    if (wanted_ids_.count(id) == 0 && !db_.has(id)) {
      note_lost_member();
    }
    return db_.read_tree(id);
  }

  /// A path that goes away as such but lies in a directory that is wanted: that directory's listing decides.
  bool is_wanted_elsewhere(fs::RepoPath path) const {
    while (!path.is_root() && wanted_paths_.count(path) == 0) {
      path = path.parent();
    }
    return !path.is_root();
  }

  /// Returns whether `path`, below `item`, belongs to another path that is wanted: that one decides.
  bool is_other_item(const CheckoutItem& item, fs::RepoPath path) const {
    if (wanted_paths_.size() < 2 && item.wanted) {
      return false;
    }
    while (path != item.path && wanted_paths_.count(path) == 0) {
      path = path.parent();
    }
    return path != item.path;
  }

  void plan_item(const CheckoutItem& item) {
    const BuildOptions build{.jobs = options_.jobs,
                             .ignore = options_.ignore,
                             .ignore_name = options_.ignore_name,
                             .progress = options_.progress,
                             .title = "Comparing"};
    const HashedPath now = hash_path_with_trees(root_, item.path, db_.memo(), &db_, build);
    if (item.wanted && item.wanted->kind == EntryKind::tree && now.entry != item.wanted &&
        !db_.has(item.wanted->id())) {
      lost_.push_back(item.path);
      return;
    }
    const TreeReader read_now = [&](const hash::ObjectId& id) { return now.read(id, db_); };
    const auto differences = diff_entries(now.entry, read_now, item.wanted, read_wanted_, WholeTrees::yes);
    for (std::size_t i = 0; i < differences.size(); ++i) {
      const Difference& difference = differences[i];
      const fs::RepoPath path = item.path / difference.path;
      const bool cleared = i > 0 && differences[i - 1].path == difference.path;
      switch (difference.change) {
        case Change::deleted: {
          const bool refilled = i + 1 < differences.size() && differences[i + 1].path == difference.path;
          plan_removal(item, path, *difference.before, read_now, refilled);
          break;
        }
        case Change::added:
          plan_addition(item, path, *difference.after, cleared);
          break;
        case Change::modified:
          add_file(item, {.path = path, .entry = *difference.after, .replaces = difference.before});
          break;
      }
    }
    if (options_.relink && item.wanted) {
      plan_relinks(item, differences);
    }
  }

  void plan_removal(const CheckoutItem& item, const fs::RepoPath& path, const Entry& entry, const TreeReader& read,
                    bool refilled) {
    if (entry.kind != EntryKind::tree) {
      plan_.removals.push_back({.path = path, .entry = entry});
      return;
    }
    std::unordered_set<std::string> tracked;
    walk_tree(
        path, entry, read,
        [&](const fs::RepoPath& directory, const Entry&) {
          tracked.insert(directory.str());
          plan_.directories.push_back(directory);
        },
        [&](const fs::RepoPath& file, const Entry& content) {
          tracked.insert(file.str());
          if (!is_other_item(item, file)) {
            plan_.removals.push_back({.path = file, .entry = content});
          }
        });
    if (refilled) {
      require_nothing_else(path, tracked);
    }
  }

  /// A directory that becomes a file must not hold ignored files: they are nobody's but the user's.
  void require_nothing_else(const fs::RepoPath& path, const std::unordered_set<std::string>& tracked) {
    std::vector<fs::RepoPath> todo{path};
    while (!todo.empty()) {
      const fs::RepoPath directory = std::move(todo.back());
      todo.pop_back();
      for (const fs::DirEntry& entry : fs::list_directory(absolute_path(root_, directory))) {
        const fs::RepoPath below = directory / entry.name;
        if (tracked.count(below.str()) == 0) {
          conflicts_.push_back(below);
        } else if (entry.type == fs::FileType::directory) {
          todo.push_back(below);
        }
      }
    }
  }

  void plan_addition(const CheckoutItem& item, const fs::RepoPath& path, const Entry& entry, bool cleared) {
    if (!cleared && fs::stat_path(absolute_path(root_, path))) {
      // Something that ignore patterns hide from the comparison.
      plan_over_ignored(item, path, entry);
    } else if (entry.kind == EntryKind::tree) {
      plan_.trees.push_back(new_tree(item, path, entry));
    } else {
      add_file(item, {.path = path, .entry = entry, .replaces = std::nullopt});
    }
  }

  void plan_over_ignored(const CheckoutItem& item, const fs::RepoPath& path, const Entry& entry) {
    const BuildOptions build{.jobs = options_.jobs, .ignore_name = "", .progress = options_.progress};
    const auto now = hash_path(root_, path, db_.memo(), &db_, build);
    if (now == entry) {
      return;
    }
    if (entry.kind != EntryKind::tree && now && now->kind != EntryKind::tree) {
      add_file(item, {.path = path, .entry = entry, .replaces = now});
      return;
    }
    conflicts_.push_back(path);
    if (entry.kind == EntryKind::tree) {
      plan_.trees.push_back(new_tree(item, path, entry));
    } else {
      add_file(item, {.path = path, .entry = entry, .replaces = std::nullopt});
    }
  }

  PlannedTree new_tree(const CheckoutItem& item, const fs::RepoPath& path, const Entry& entry) {
    PlannedTree tree{path, entry, {}, {}};
    walk_tree(
        path, entry, read_wanted_,
        [&](const fs::RepoPath& directory, const Entry&) { tree.directories.push_back(directory); },
        [&](const fs::RepoPath& file, const Entry& content) {
          check_link(item, file, content);
          tree.files.push_back({.path = file, .entry = content, .replaces = std::nullopt});
        });
    return tree;
  }

  void add_file(const CheckoutItem& item, PlannedFile file) {
    check_link(item, file.path, file.entry);
    plan_.files.push_back(std::move(file));
  }

  void check_link(const CheckoutItem& item, const fs::RepoPath& path, const Entry& entry) const {
    if (entry.kind != EntryKind::link || !db_.has(entry.id())) {
      return;
    }
    if (const auto reason = refused_link(path.parent().below(item.path), db_.read(entry.id(), 65'536))) {
      throw Error("cannot check out {}: {}", quoted(path.str()), *reason);
    }
  }

  void plan_relinks(const CheckoutItem& item, const std::vector<Difference>& differences) {
    std::unordered_set<fs::RepoPath> touched;
    for (const Difference& difference : differences) {
      touched.insert(item.path / difference.path);
    }
    const auto relink = [&](const fs::RepoPath& path, const Entry& entry) {
      if (entry.kind != EntryKind::link && touched.count(path) == 0) {
        plan_.files.push_back({.path = path, .entry = entry, .replaces = entry, .relinked = true});
      }
    };
    if (item.wanted->kind != EntryKind::tree) {
      relink(item.path, *item.wanted);
      return;
    }
    std::unordered_set<fs::RepoPath> new_trees;
    for (const PlannedTree& tree : plan_.trees) {
      new_trees.insert(tree.directories.begin(), tree.directories.end());
    }
    walk_tree(
        item.path, *item.wanted, read_wanted_, [](const fs::RepoPath&, const Entry&) {},
        [&](const fs::RepoPath& path, const Entry& entry) {
          if (new_trees.count(path.parent()) == 0) {
            relink(path, entry);
          }
        });
  }

  struct Needed {
    hash::ObjectId id;
    fs::RepoPath path;
    friend bool operator<(const Needed& a, const Needed& b) { return a.id != b.id ? a.id < b.id : a.path < b.path; }
  };

  /// Returns the paths whose objects are not in the store with the right bytes, sorted.
  std::vector<fs::RepoPath> without_object(std::vector<Needed> needed) const {
    std::sort(needed.begin(), needed.end());
    std::vector<std::size_t> first;
    for (std::size_t i = 0; i < needed.size(); ++i) {
      if (i == 0 || needed[i].id != needed[i - 1].id) {
        first.push_back(i);
      }
    }
    std::vector<std::atomic<bool>> absent(first.size());
    parallel_for(first.size(), first.size() < 64 ? 1 : disk_jobs(options_.jobs),
                 [&](std::size_t i) { absent[i] = !db_.has_verified(needed[first[i]].id); });
    std::vector<fs::RepoPath> paths;
    for (std::size_t i = 0; i < first.size(); ++i) {
      const std::size_t end = i + 1 < first.size() ? first[i + 1] : needed.size();
      for (std::size_t at = first[i]; absent[i] && at < end; ++at) {
        paths.push_back(needed[at].path);
      }
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  void require_objects() const {
    std::vector<Needed> needed;
    for (const PlannedFile& file : plan_.files) {
      needed.push_back({file.entry.id(), file.path});
    }
    for (const PlannedTree& tree : plan_.trees) {
      for (const PlannedFile& file : tree.files) {
        needed.push_back({file.entry.id(), file.path});
      }
    }
    auto absent = without_object(std::move(needed));
    absent.insert(absent.end(), lost_.begin(), lost_.end());
    if (absent.empty()) {
      return;
    }
    std::sort(absent.begin(), absent.end());
    if (std::any_of(absent.begin(), absent.end(),
                    [this](const fs::RepoPath& path) { return wanted_paths_.count(path) == 0; })) {
      note_lost_member();
    }
    throw Error::of(ErrorKind::missing, "nothing was changed, because the cache lacks the content of {}: {}",
                    counted(absent.size(), lost_.empty() ? "file" : "path"), name_paths(absent))
        .hint("`mlops pull` fetches what a remote has and checks it out");
  }

  /// A tree that is there while its member is not no longer implies anything: said aloud, so that adding and fetching
  /// look at each member again.
  void note_lost_member() const {
    try {
      db_.set_suspect(true);
    } catch (const Error& error) {
      log::debug("the cache is not marked as suspect: {}", error.what());
    }
  }

  /// Finds what would be lost; with `force` it will be moved aside instead.
  void settle_conflicts() {
    std::vector<Needed> replaced;
    for (const PlannedRemoval& removal : plan_.removals) {
      replaced.push_back({removal.entry.id(), removal.path});
    }
    for (const PlannedFile& file : plan_.files) {
      if (file.replaces && !file.relinked) {
        replaced.push_back({file.replaces->id(), file.path});
      }
    }
    const auto unsaved = without_object(std::move(replaced));
    conflicts_.insert(conflicts_.end(), unsaved.begin(), unsaved.end());
    std::sort(conflicts_.begin(), conflicts_.end());
    conflicts_.erase(std::unique(conflicts_.begin(), conflicts_.end()), conflicts_.end());
    if (conflicts_.empty()) {
      return;
    }
    if (!options_.force) {
      throw_conflict();
    }
    const std::unordered_set<fs::RepoPath> rescued(conflicts_.begin(), conflicts_.end());
    plan_.rescues = std::move(conflicts_);
    for (PlannedRemoval& removal : plan_.removals) {
      removal.rescued = rescued.count(removal.path) != 0;
    }
    for (PlannedFile& file : plan_.files) {
      file.rescued = rescued.count(file.path) != 0;
      if (file.rescued) {
        file.replaces.reset();
      }
    }
  }

  [[noreturn]] void throw_conflict() const {
    throw Error::of(ErrorKind::conflict, "nothing was changed, because the content of {} would be lost: {}",
                    counted(conflicts_.size(), "file"), name_paths(conflicts_))
        .hint("`mlops commit` keeps what was changed in tracked paths, `mlops add` what is new")
        .hint("`--force` moves it aside, where it can be taken from");
  }

  const std::string& root_;
  const LocalDb& db_;
  const CheckoutOptions& options_;
  const TreeReader read_wanted_;
  std::unordered_set<fs::RepoPath> wanted_paths_;
  std::unordered_set<hash::ObjectId> wanted_ids_;
  std::vector<fs::RepoPath> conflicts_;
  std::vector<fs::RepoPath> lost_;  ///< directories whose own listing is not there
  CheckoutPlan plan_;
};

}  // namespace

std::string absolute_path(const std::string& root, const fs::RepoPath& path) {
  return path.is_root() ? root : root + "/" + path.str();
}

CheckoutPlan plan_checkout(const std::string& root, const std::vector<CheckoutItem>& items, const LocalDb& db,
                           const CheckoutOptions& options) {
  return Planner(root, db, options).run(items);
}

}  // namespace mlops::store

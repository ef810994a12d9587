// SPDX-License-Identifier: Apache-2.0
#include "store/checkout.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "fs/beneath.hpp"
#include "fs/seam.hpp"
#include "hash/hasher.hpp"
#include "store/checkout_plan.hpp"
#include "store/evidence.hpp"
#include "store/hash_file.hpp"
#include "store/layout.hpp"
#include "store/scan.hpp"
#include "store/staging.hpp"
#include "util/error.hpp"
#include "util/parallel.hpp"
#include "util/text.hpp"

namespace mlops::store {
namespace {

/// Gives what was staged its names and takes away what the plan says.
class Swap {
 public:
  Swap(const std::string& root, const CheckoutPlan& plan, const Staging& staging, const LocalDb& db,
       const CheckoutOptions& options)
      : root_(root), plan_(plan), staging_(staging), db_(db), options_(options) {}

  CheckoutResult run() {
    try {
      rescue();
      remove();
      make_parents();
      for_each(plan_.files.size(), [this](std::size_t i) { place_file(i); });
      for (std::size_t i = 0; i < plan_.trees.size(); ++i) {
        place_tree(i);
      }
    } catch (const Error& error) {
      if (result_.rescued.empty()) {
        throw;
      }
      throw Error(error).hint("what was moved aside lies in '{}'", options_.rescue_directory);
    }
    flush_names();
    list_changes();
    return std::move(result_);
  }

 private:
  void for_each(std::size_t count, const std::function<void(std::size_t)>& work) const {
    parallel_for(count, count < 64 ? 1 : processors(), work);
  }

  void rescue() {
    for (const fs::RepoPath& path : plan_.rescues) {
      if (!fs::stat_path(absolute_path(root_, path))) {
        continue;
      }
      result_.rescued.emplace_back(path, move_to_rescue(root_, path, options_.rescue_directory));
    }
  }

  void remove() {
    require_real_parents();
    for_each(plan_.removals.size(), [this](std::size_t i) { remove_file(i); });
    for (const fs::RepoPath& directory : plan_.directories) {
      // Ignored files keep their directory.
      fs::remove_empty_directory(absolute_path(root_, directory));
    }
  }

  void require_real_parents() const {
    std::string last;
    for (const PlannedRemoval& removal : plan_.removals) {
      const std::string parent = removal.path.parent().str();
      if (parent != std::exchange(last, parent)) {
        fs::require_no_link_parents(root_, removal.path);
      }
    }
  }

  /// Moved aside first, so that what was written since our last look can be put back.
  void remove_file(std::size_t i) const {
    const PlannedRemoval& removal = plan_.removals[i];
    if (removal.rescued) {
      return;
    }
    const std::string path = absolute_path(root_, removal.path);
    const auto seen = fs::stat_path(path);
    const std::string& aside = staging_.removed()[i];
    if (seen && !has_content(path, *seen, removal.entry.digest)) {
      throw changed(path);
    }
    if (!seen || !move_aside(path, aside)) {
      return;
    }
    if (!same_content(*seen, fs::stat_path(aside))) {
      if (!fs::rename_if_absent(aside, path)) {
        // Yet another file has come.
        fs::make_directories(options_.rescue_directory);
        fs::rename_if_absent(aside, options_.rescue_directory + "/" + std::string(removal.path.name()));
      }
      throw changed(path);
    }
  }

  /// Returns false if nothing is there any more: another checkout was faster.
  static bool move_aside(const std::string& path, const std::string& aside) {
    try {
      fs::rename_path(path, aside);
    } catch (const Error& error) {
      if (error.system_code() != ENOENT || fs::stat_path(path)) {
        throw;
      }
      return false;
    }
    return true;
  }

  void make_parents() const {
    std::string last;
    const auto make_parent = [&](const fs::RepoPath& path) {
      const fs::RepoPath parent = path.parent();
      if (parent.str() != std::exchange(last, parent.str())) {
        fs::open_directory_beneath(root_, parent, true);
      }
    };
    for (const PlannedFile& file : plan_.files) {
      make_parent(file.path);
    }
    for (const PlannedTree& tree : plan_.trees) {
      make_parent(tree.path);
    }
  }

  void place_file(std::size_t i) const {
    const PlannedFile& file = plan_.files[i];
    const std::string& staged = staging_.files()[i];
    const std::string target = absolute_path(root_, file.path);
    const auto seen = file.replaces ? fs::stat_path(target) : std::nullopt;
    if (seen && !has_content(target, *seen, file.replaces->digest)) {
      if (!holds(file.path, file.entry)) {
        throw changed(target);
      }
    } else if (!seen) {
      if (!fs::rename_if_absent(staged, target) && !holds(file.path, file.entry)) {
        throw appeared(file.path);
      }
    } else if (!fs::try_exchange_paths(staged, target)) {
      fs::rename_path(staged, target);
    } else if (const auto out = fs::stat_path(staged); !same_content(*seen, out)) {
      // Somebody wrote since our last look: what he wrote takes its place again, unless it is what we brought.
      if (!out || !has_content(staged, *out, file.entry.digest)) {
        fs::exchange_paths(staged, target);
        throw changed(target);
      }
    }
  }

  void place_tree(std::size_t i) const {
    const std::string target = absolute_path(root_, plan_.trees[i].path);
    // An empty directory that came into being meanwhile is nobody's loss.
    if (const auto stat = fs::stat_path(target); stat && stat->type == fs::FileType::directory) {
      fs::remove_empty_directory(target);
    }
    if (!fs::rename_if_absent(staging_.trees()[i], target) && !holds(plan_.trees[i].path, plan_.trees[i].entry)) {
      throw appeared(plan_.trees[i].path);
    }
  }

  /// Whether another checkout has brought about at `path` just what we are here for.
  bool holds(const fs::RepoPath& path, const Entry& entry) const {
    const std::string target = absolute_path(root_, path);
    const auto stat = fs::stat_path(target);
    if (!stat || stat->type == fs::FileType::other) {
      return false;
    }
    if (entry.kind == EntryKind::link) {
      const auto text = fs::read_link(target);
      return text && hash::digest_of(entry.digest.algorithm(), *text) == entry.digest;
    }
    if (stat->type == fs::FileType::link) {
      return entry.kind == EntryKind::file && linked_object(db_, target) == entry.id();
    }
    const BuildOptions build{.jobs = options_.jobs, .ignore = options_.ignore, .ignore_name = options_.ignore_name};
    return hash_path(root_, path, db_.memo(), &db_, build) == entry;
  }

  static Error appeared(const fs::RepoPath& path) {
    return Error::of(ErrorKind::conflict, "{} appeared during the checkout", quoted(path.str()))
        .hint("move it away, then run the command again");
  }

  static Error changed(const std::string& path) {
    return Error::of(ErrorKind::changed, "{} changed during the checkout", quoted(path))
        .hint("let whatever writes to it finish, then run the command again");
  }

  /// Looks once more, just before it goes or is replaced: a file that was written since the plan is not ours to take.
  bool has_content(const std::string& path, const fs::FileStat& stat, const hash::Digest& digest) const {
    if (stat.type == fs::FileType::link) {
      const auto id = linked_object(db_, path);
      return digest == (id ? id->digest : hash::digest_of(digest.algorithm(), fs::read_link(path).value_or("")));
    }
    if (stat.type != fs::FileType::file) {
      return false;
    }
    const auto known = db_.memo().find(stat);
    return digest == (known ? *known : hash_file(path, digest.algorithm(), db_.memo(), &db_).digest);
  }

  void flush_names() const {
    if (db_.options().durability != fs::Durability::strict) {
      return;
    }
    std::vector<std::string> directories;
    for (const StagedFile& file : staging_.made()) {
      directories.push_back(parent_of(file.target));
    }
    for (const PlannedTree& tree : plan_.trees) {
      directories.push_back(absolute_path(root_, tree.path.parent()));
    }
    std::sort(directories.begin(), directories.end());
    directories.erase(std::unique(directories.begin(), directories.end()), directories.end());
    for (const std::string& directory : directories) {
      fs::sync_directory(directory);
    }
  }

  void list_changes() {
    for (const PlannedRemoval& removal : plan_.removals) {
      result_.deleted.push_back(removal.path);
    }
    for (const PlannedFile& file : plan_.files) {
      if (!file.relinked) {
        (file.replaces || file.rescued ? result_.modified : result_.added).push_back(file.path);
      }
    }
    for (const PlannedTree& tree : plan_.trees) {
      for (const PlannedFile& file : tree.files) {
        result_.added.push_back(file.path);
      }
    }
    for (auto* list : {&result_.added, &result_.modified, &result_.deleted}) {
      std::sort(list->begin(), list->end());
    }
    std::sort(result_.rescued.begin(), result_.rescued.end());
  }

  const std::string& root_;
  const CheckoutPlan& plan_;
  const Staging& staging_;
  const LocalDb& db_;
  const CheckoutOptions& options_;
  CheckoutResult result_;
};

void record_made(const Staging& staging, const LocalDb& db) {
  std::vector<Written> written;
  for (const StagedFile& file : staging.made()) {
    if (file.entry.kind != EntryKind::link) {
      written.push_back({file.target, file.entry.digest, file.link, file.seen});
    }
  }
  record_written(db.memo(), written, processors());
}

}  // namespace

CheckoutResult checkout(const std::string& root, const std::vector<CheckoutItem>& items, const LocalDb& db,
                        const CheckoutOptions& options) {
  const CheckoutPlan plan = plan_checkout(root, items, db, options);
  // Nothing has changed yet. New files are made aside, so that a full disk is noticed before the workspace changes.
  Staging staging(root, db, options);
  staging.make(plan);
  fs::sync_point("store.checkout_staged");
  CheckoutResult result = Swap(root, plan, staging, db, options).run();
  record_made(staging, db);
  return result;
}

}  // namespace mlops::store

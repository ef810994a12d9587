// SPDX-License-Identifier: Apache-2.0
#include "repo/checkout.hpp"

#include <algorithm>
#include <set>

#include "repo/checkout_known.hpp"
#include "repo/placed.hpp"
#include "store/checkout.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

/// How far back in HEAD's reflog a revision counts as one that this workspace was at.
constexpr int reflog_depth = 30;

using Items = std::vector<store::CheckoutItem>;

/// The paths that are declared now.
std::set<fs::RepoPath> declared_paths(const Snapshot& snapshot) {
  std::set<fs::RepoPath> paths;
  for (const spec::Pointer& pointer : snapshot.pointers) {
    paths.insert(pointer.path);
  }
  for (const spec::Stage& stage : snapshot.project.stages) {
    for (const spec::Output& output : stage.outs) {
      paths.insert(output.path);
    }
  }
  return paths;
}

/// Whether something that is declared is `path`, holds it or lies in it.
bool is_claimed(const std::set<fs::RepoPath>& declared, const fs::RepoPath& path) {
  // A directory sorts before all that lies in it, and that before everything else.
  const auto next = declared.lower_bound(path);
  if (next != declared.end() && next->within(path)) {
    return true;
  }
  for (fs::RepoPath above = path.parent(); !above.is_root(); above = above.parent()) {
    if (declared.contains(above)) {
      return true;
    }
  }
  return false;
}

/// Whether what lies at `path` is what `entry` says or, when taking it away was interrupted, a part of that.
bool holds_nothing_else(Workspace& workspace, const fs::RepoPath& path, const store::Entry& entry) {
  const store::LocalDb& db = workspace.db();
  const store::HashedPath actual = store::hash_path_with_trees(workspace.root(), path, workspace.memo(), &db,
                                                               workspace.build_options(path, "Comparing"));
  if (actual.entry == entry) {
    return true;
  }
  const auto differences = store::diff_entries(
      entry, [&](const hash::ObjectId& id) { return db.read_tree(id); }, actual.entry,
      [&](const hash::ObjectId& id) { return actual.read(id, db); });
  return std::all_of(differences.begin(), differences.end(), [](const store::Difference& difference) {
    const bool emptied =
        difference.after && difference.after->kind == store::EntryKind::tree && difference.after->files == 0;
    return difference.change == store::Change::deleted || emptied;
  });
}

/// What an earlier checkout or add left here, nothing tracks now, and nobody has changed.
Placed unclaimed(Workspace& workspace, const Snapshot& snapshot) {
  Placed found;
  const std::set<fs::RepoPath> declared = declared_paths(snapshot);
  for (const auto& [path, entry] : read_placed(workspace)) {
    if (is_claimed(declared, path) || !fs::stat_path(workspace.absolute(path)) ||
        workspace.git().tracks(workspace.git_path(path))) {
      continue;
    }
    if (workspace.db().has_all(entry) && holds_nothing_else(workspace, path, entry)) {
      found.emplace(path, entry);
    }
  }
  return found;
}

/// Of those, what a revision that HEAD was at before tracked: git took that revision away, and its data goes with it.
Items left_behind(Workspace& workspace, const Snapshot& snapshot) {
  Items items;
  Placed candidates = unclaimed(workspace, snapshot);
  for (int i = 1; i <= reflog_depth && !candidates.empty(); ++i) {
    const auto commit = workspace.git().resolve("HEAD@{" + std::to_string(i) + "}");
    if (!commit) {
      break;
    }
    const auto earlier = Snapshot::of_tree(workspace, *commit);
    for (const Tracked& tracked : earlier->tracked()) {
      const auto candidate = candidates.find(tracked.path);
      if (candidate != candidates.end() && tracked.entry == candidate->second) {
        items.push_back({tracked.path, std::nullopt});
        candidates.erase(candidate);
      }
    }
  }
  return items;
}

std::vector<fs::RepoPath> paths_of(const Items& items) {
  std::vector<fs::RepoPath> paths;
  for (const store::CheckoutItem& item : items) {
    paths.push_back(item.path);
  }
  return paths;
}

/// As target_entry, with an error that names the tracked path: in a fresh clone this is the first one that people meet.
std::optional<store::Entry> recorded_entry(Workspace& workspace, const Target& target) {
  try {
    return target_entry(workspace, target);
  } catch (const Error& failure) {
    if (failure.kind() != ErrorKind::missing) {
      throw;
    }
    throw Error::of(ErrorKind::missing, "nothing was changed, because the cache lacks the listing of {}",
                    quoted(target.tracked.path.str()))
        .hint("`mlops pull {}` fetches what a remote has and checks it out",
              shell_quoted(workspace.shown(target.path)));
  }
}

/// What a target shall become. Throws Error (missing) when it is no part of what is recorded.
store::Entry entry_of(Workspace& workspace, const Target& target, const KnownEntries& known) {
  if (const auto found = known.find(target.path); found != known.end()) {
    return found->second;
  }
  const auto entry = recorded_entry(workspace, target);
  if (!entry) {
    throw Error::of(ErrorKind::missing, "{} is not part of {} as it is recorded", quoted(target.path.str()),
                    quoted(target.tracked.path.str()))
        .hint("`mlops ls {}` lists what is", shell_quoted(workspace.shown(target.tracked.path)));
  }
  return *entry;
}

/// Turns the targets into items, listing in `result` what cannot become one.
Items wanted_items(Workspace& workspace, const std::vector<Target>& targets, const CheckoutOptions& options,
                   const KnownEntries& known, CheckoutResult& result) {
  Items items;
  for (const Target& target : targets) {
    if (!target.tracked.entry) {
      result.not_made.push_back(target.path);
      continue;
    }
    const store::Entry entry = entry_of(workspace, target, known);
    if (options.allow_missing && !workspace.db().has_all(entry)) {
      result.missing.push_back(target.path);
    } else {
      items.push_back({target.path, entry});
    }
  }
  return items;
}

}  // namespace

CheckoutResult checkout_items(Workspace& workspace, const std::vector<store::CheckoutItem>& items,
                              const CheckoutOptions& options) {
  store::CheckoutOptions how = workspace.checkout_options(paths_of(items));
  how.force = options.force;
  how.relink = options.relink;
  store::CheckoutResult done = store::checkout(workspace.root(), items, workspace.db(), how);
  workspace.save_memo();
  CheckoutResult result;
  result.added = std::move(done.added);
  result.modified = std::move(done.modified);
  result.deleted = std::move(done.deleted);
  result.rescued = std::move(done.rescued);
  return result;
}

CheckoutResult checkout_known(Workspace& workspace, const CheckoutOptions& options, const KnownEntries& known) {
  workspace.make_state_directory();
  workspace.sweep_leftovers();
  const auto snapshot = Snapshot::of_workspace(workspace);
  const std::vector<Target> targets = resolve_targets(workspace, *snapshot, options.targets);
  CheckoutResult skipped;
  Items items = wanted_items(workspace, targets, options, known, skipped);
  std::vector<std::pair<fs::RepoPath, std::optional<store::Entry>>> placed;
  const std::set<fs::RepoPath> missing(skipped.missing.begin(), skipped.missing.end());
  for (const Target& target : targets) {
    if (target.whole() && target.tracked.entry && !missing.contains(target.path)) {
      placed.emplace_back(target.path, target.tracked.entry);
    }
  }
  if (options.targets.targets.empty()) {
    for (store::CheckoutItem& item : left_behind(workspace, *snapshot)) {
      placed.emplace_back(item.path, std::nullopt);
      items.push_back(std::move(item));
    }
  }
  CheckoutResult result = checkout_items(workspace, items, options);
  result.missing = std::move(skipped.missing);
  result.not_made = std::move(skipped.not_made);
  note_placed(workspace, placed);
  return result;
}

CheckoutResult checkout(Workspace& workspace, const CheckoutOptions& options) {
  return checkout_known(workspace, options, {});
}

}  // namespace mlops::repo

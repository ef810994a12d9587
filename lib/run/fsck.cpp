// SPDX-License-Identifier: Apache-2.0
#include "run/fsck.hpp"

#include <algorithm>
#include <map>
#include <unordered_set>

#include "fs/stat.hpp"
#include "fs/walk.hpp"
#include "run/reach.hpp"
#include "run/repair.hpp"
#include "store/layout.hpp"
#include "util/error.hpp"

namespace mlops::run {
namespace {

/// What was found bad at any time and is not here again.
std::map<hash::ObjectId, std::string> quarantine(const store::LocalDb& db) {
  std::map<hash::ObjectId, std::string> found;
  const std::string directory = store::bad_directory(db);
  if (!fs::stat_path(directory)) {
    return found;
  }
  for (const fs::DirEntry& entry : fs::list_directory(directory)) {
    if (const auto id = store::parse_flat_name(entry.name.substr(0, entry.name.rfind('.')))) {
      found.insert_or_assign(*id, directory + "/" + entry.name);
    }
  }
  return found;
}

std::vector<FsckItem> items_of(const store::LocalDb& db, const store::FsckResult& checked, Reach& reach) {
  std::map<hash::ObjectId, FsckItem> items;
  const auto item_for = [&](const hash::ObjectId& id) -> FsckItem& {
    return items.try_emplace(id, FsckItem{.id = id, .reason = {}, .quarantined = {}, .needs = {}, .repaired_from = {}})
        .first->second;
  };
  for (const store::FsckResult::Bad& bad : checked.bad) {
    FsckItem& item = item_for(bad.id);
    item.state = FsckItem::State::corrupt;
    item.reason = bad.reason;
    item.quarantined = bad.quarantined;
  }
  const auto quarantined_before = quarantine(db);
  for (const hash::ObjectId& id : reach.damaged()) {
    FsckItem& item = item_for(id);
    item.promised = reach.promised().contains(id);
    const auto kept = quarantined_before.find(id);
    if (item.state == FsckItem::State::missing && kept != quarantined_before.end()) {
      item.state = FsckItem::State::corrupt;
      item.reason = "content did not match its name when it was last looked at";
      item.quarantined = kept->second;
    }
  }
  for (auto& [id, needs] : reach.needs()) {
    item_for(id).needs = std::move(needs);
  }
  std::vector<FsckItem> list;
  for (auto& [id, item] : items) {
    list.push_back(std::move(item));
  }
  return list;
}

/// Trees that are here and list something that is not: damage, whoever needs it.
std::vector<hash::ObjectId> still_incomplete(const store::LocalDb& db, const std::vector<hash::ObjectId>& trees) {
  std::vector<hash::ObjectId> incomplete;
  for (const hash::ObjectId& id : trees) {
    try {
      const store::Tree tree = db.read_tree(id);
      if (!std::all_of(tree.entries.begin(), tree.entries.end(),
                       [&](const store::TreeEntry& item) { return db.has(item.entry.id()); })) {
        incomplete.push_back(id);
      }
    } catch (const Error&) {
      incomplete.push_back(id);
    }
  }
  return incomplete;
}

/// One look at what everything needs, and a repair if it is wanted. Returns whether a tree came back: what that lists may
/// be lost as well, and only now does anybody know that it is needed.
bool examine(repo::Workspace& workspace, const FsckVerbOptions& options, const store::FsckResult& checked,
             std::map<hash::ObjectId, FsckItem>& found, FsckVerbResult& result) {
  Reach reach(workspace);
  result.unreadable.clear();
  reach.collect(result.unreadable);
  reach.follow();
  result.reachable = reach.objects().size();
  std::vector<FsckItem> items = items_of(workspace.db(), checked, reach);
  std::erase_if(items, [&](const FsckItem& item) {
    const auto earlier = found.find(item.id);
    return earlier != found.end() && earlier->second.is_repaired();
  });
  if (options.repair && !items.empty()) {
    repair(workspace, reach, options.remote, items, result.unreadable);
  }
  result.orphans = 0;
  for (const hash::ObjectId& id : workspace.db().list()) {
    result.orphans += reach.objects().contains(id) ? 0U : 1U;
  }
  bool tree_came_back = false;
  for (FsckItem& item : items) {
    tree_came_back = tree_came_back || (item.id.is_tree() && item.is_repaired());
    found.insert_or_assign(item.id, std::move(item));
  }
  return tree_came_back;
}

}  // namespace

bool FsckItem::is_urgent() const {
  const bool workspace_needs =
      std::any_of(needs.begin(), needs.end(), [](const Need& need) { return need.revision == "workspace"; });
  return is_unreadable() ||
         (!is_repaired() && !needs.empty() && (state == State::corrupt || promised || workspace_needs));
}

bool FsckVerbResult::healthy() const {
  return incomplete.empty() &&
         std::none_of(items.begin(), items.end(), [](const FsckItem& item) { return item.is_urgent(); });
}

FsckVerbResult fsck(repo::Workspace& workspace, const FsckVerbOptions& options) {
  store::FsckResult checked = store::check_objects(
      workspace.db(), {.jobs = workspace.jobs(), .full = options.full, .progress = workspace.session().progress});
  FsckVerbResult result;
  result.checked = checked.checked;
  result.checked_bytes = checked.checked_bytes;
  result.foreign = std::move(checked.foreign);
  std::map<hash::ObjectId, FsckItem> found;
  while (examine(workspace, options, checked, found, result)) {
  }
  for (auto& [id, item] : found) {
    result.items.push_back(std::move(item));
  }
  result.incomplete = still_incomplete(workspace.db(), checked.incomplete);
  const bool any_repaired =
      std::any_of(result.items.begin(), result.items.end(), [](const FsckItem& item) { return item.is_repaired(); });
  if (any_repaired && result.incomplete.empty()) {
    // The second look decides whether trees can be relied on again; what was hashed just now is not hashed again.
    store::check_objects(workspace.db(),
                         {.jobs = workspace.jobs(), .full = false, .progress = workspace.session().progress});
  }
  workspace.save_memo();
  return result;
}

}  // namespace mlops::run

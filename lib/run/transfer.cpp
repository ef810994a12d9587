// SPDX-License-Identifier: Apache-2.0
#include "run/transfer.hpp"

#include <algorithm>
#include <map>
#include <unordered_set>

#include "repo/neighbour.hpp"
#include "run/needs.hpp"
#include "store/transfer.hpp"
#include "util/error.hpp"

namespace mlops::run {
namespace {

using Needs = std::map<std::string, std::vector<store::Wanted>>;

/// By the remote that will be asked: a named one takes what belongs to the default.
Needs needs_of(repo::Workspace& workspace, const std::vector<Run>& runs, const ShareOptions& options) {
  const std::string fallback = options.remote.value_or(workspace.config().get("core.remote").value_or(""));
  Needs all;
  for (const Run& run : runs) {
    for (auto& [remote, wanted] : needed_objects(workspace, run)) {
      auto& list = all[remote.empty() ? fallback : remote];
      list.insert(list.end(), wanted.begin(), wanted.end());
    }
  }
  return all;
}

}  // namespace

repo::SyncResult transfer_objects(repo::Workspace& workspace, const std::vector<Run>& runs, Direction direction,
                                  const ShareOptions& options) {
  const store::TransferOptions transfer{
      .jobs = workspace.jobs(), .dry_run = options.dry_run, .progress = workspace.session().progress};
  using Access = remote::Remote::Access;
  const Access for_push = options.dry_run ? Access::preview : Access::write;
  const Access access = direction == Direction::push ? for_push : Access::read;
  repo::SyncResult result;
  for (const auto& [name, wanted] : needs_of(workspace, runs, options)) {
    store::LocalDb& db = direction == Direction::fetch ? workspace.writable_db() : workspace.db();
    const bool all_here =
        std::all_of(wanted.begin(), wanted.end(), [&](const store::Wanted& one) { return db.has_all(one.entry); });
    if (direction == Direction::fetch && all_here) {
      continue;
    }
    const auto remote = workspace.open_remote(name.empty() ? std::nullopt : std::optional(name), access);
    result.remotes.push_back({remote->name(), remote->transport().describe(),
                              direction == Direction::push
                                  ? store::push(db, *remote, wanted, transfer)
                                  : repo::fetch_objects(workspace, *remote, wanted, transfer)});
  }
  workspace.save_memo();
  return result;
}

std::set<std::string> incomplete_runs(repo::Workspace& workspace, const std::vector<Run>& runs,
                                      const repo::SyncResult& result) {
  std::unordered_set<hash::ObjectId> lost;
  for (const repo::RemoteSync& sync : result.remotes) {
    for (const auto* items : {&sync.transfer.failed, &sync.transfer.missing}) {
      for (const auto& item : *items) {
        lost.insert(item.id);
      }
    }
  }
  std::set<std::string> incomplete;
  if (lost.empty()) {
    return incomplete;
  }
  for (const Run& run : runs) {
    bool whole = true;
    const auto visit = [&](const store::Entry& entry, const std::string&) {
      whole = whole && !lost.contains(entry.id());
    };
    const auto unreadable = [&](const store::Entry&, const std::string&) { whole = false; };
    for (const auto& [remote, wanted] : needed_objects(workspace, run)) {
      for (const store::Wanted& one : wanted) {
        store::visit_reachable(workspace.db(), one, visit, unreadable);
      }
    }
    if (!whole) {
      incomplete.insert(run.record.id);
    }
  }
  return incomplete;
}

}  // namespace mlops::run

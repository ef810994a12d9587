// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "repo/sync.hpp"

namespace mlops::repo {
namespace {

using State = CloudItem::State;

/// Each object once; what push found missing here may still be found there by fetch.
using Found = std::map<std::pair<std::string, hash::ObjectId>, CloudItem>;

void add(Found& found, State state, const std::vector<store::TransferResult::Item>& items, const std::string& remote) {
  for (const auto& item : items) {
    found.insert_or_assign({item.label, item.id}, CloudItem{state, item.label, item.id, remote});
  }
}

}  // namespace

CloudStatus cloud_status(Workspace& workspace, const SyncOptions& options) {
  SyncOptions dry = options;
  dry.dry_run = true;
  dry.only_asks = true;
  const SyncResult up = push(workspace, dry);
  const SyncResult down = fetch(workspace, dry);
  CloudStatus status;
  status.paths = up.paths;
  Found found;
  for (const RemoteSync& sync : up.remotes) {
    status.remotes.push_back(sync.remote);
    add(found, State::missing, sync.transfer.missing, sync.remote);
    add(found, State::new_here, sync.transfer.transferred, sync.remote);
  }
  for (const RemoteSync& sync : down.remotes) {
    add(found, State::missing, sync.transfer.missing, sync.remote);
    add(found, State::only_remote, sync.transfer.transferred, sync.remote);
  }
  for (auto& [key, item] : found) {
    status.items.push_back(item);
  }
  return status;
}

}  // namespace mlops::repo

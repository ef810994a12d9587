// SPDX-License-Identifier: Apache-2.0
//
// The stage cache on remotes: the same small files under the same names, sent after the objects that they name and
// taken over only when those have arrived. What a remote holds is other people's: each entry is read strictly, and
// dropped unless its inputs give the very name under which it lies.
#include "pipeline/stage_cache.hpp"
#include "pipeline/stage_cache_files.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/parallel.hpp"

#include <algorithm>
#include <set>
#include <unordered_set>

namespace mlops::pipeline {
namespace {

using KeyedEntry = std::pair<std::string, spec::StageEntry>;

constexpr std::uint64_t entry_limit_bytes = 16U << 20U;

std::set<std::string> keys_on(remote::Remote& remote) {
  std::vector<remote::RemoteFile> files;
  remote::with_retries({}, "list the stage cache",
                       [&] { files = remote.transport().list(std::string(stage_cache_folder)); });
  std::set<std::string> keys;
  for (const remote::RemoteFile& file : files) {
    if (auto key = stage_cache_key(file.name)) {
      keys.insert(std::move(*key));
    }
  }
  return keys;
}

std::vector<store::Wanted> wanted_by(const std::vector<KeyedEntry>& entries) {
  std::vector<store::Wanted> wanted;
  for (const auto& keyed : entries) {
    for (const spec::LockedPath& out : keyed.second.outs) {
      wanted.push_back({out.entry, out.path.str()});
    }
  }
  return wanted;
}

bool is_whole(const store::LocalDb& db, const spec::StageEntry& entry) {
  return std::all_of(entry.outs.begin(), entry.outs.end(),
                     [&](const spec::LockedPath& out) { return db.has_all(out.entry); });
}

/// Takes out entries of which an object could not be sent.
void drop_incomplete(const store::LocalDb& db, const store::TransferResult& result, std::vector<KeyedEntry>& entries) {
  std::unordered_set<hash::ObjectId> lost;
  for (const auto* items : {&result.failed, &result.missing}) {
    for (const store::TransferResult::Item& item : *items) {
      lost.insert(item.id);
    }
  }
  if (lost.empty()) {
    return;
  }
  std::erase_if(entries, [&](const KeyedEntry& keyed) {
    bool touched = false;
    const auto check = [&](const store::Entry& entry, const std::string&) {
      touched = touched || lost.contains(entry.id());
    };
    for (const spec::LockedPath& out : keyed.second.outs) {
      store::visit_reachable(db, {out.entry, out.path.str()}, check, check);
    }
    return touched;
  });
}

unsigned jobs_for(const store::TransferOptions& options) { return options.jobs != 0 ? options.jobs : 4 * processors(); }

}  // namespace

store::TransferResult StageCache::push(remote::Remote& remote, const store::TransferOptions& options) const {
  const std::set<std::string> there = keys_on(remote);
  const store::LocalDb& db = workspace_.db();
  std::vector<KeyedEntry> entries = list();
  std::erase_if(entries,
                [&](const KeyedEntry& keyed) { return there.contains(keyed.first) || !is_whole(db, keyed.second); });
  store::TransferResult result = store::push(db, remote, wanted_by(entries), options);
  drop_incomplete(db, result, entries);
  if (options.dry_run) {
    return result;
  }
  parallel_for(entries.size(), jobs_for(options), [&](std::size_t i) {
    const std::string text = workspace_.dialect().write_stage_entry(entries[i].second);
    remote::with_retries({}, "send the stage cache",
                         [&] { remote.transport().write_new(stage_cache_name(entries[i].first), text); });
  });
  remote.transport().flush();
  return result;
}

store::TransferResult StageCache::fetch(remote::Remote& remote, const store::TransferOptions& options) const {
  const std::vector<std::string> here = keys();
  std::vector<std::string> wanted_keys;
  for (const std::string& key : keys_on(remote)) {
    if (!std::binary_search(here.begin(), here.end(), key)) {
      wanted_keys.push_back(key);
    }
  }
  std::vector<std::optional<spec::StageEntry>> read(wanted_keys.size());
  parallel_for(wanted_keys.size(), jobs_for(options), [&](std::size_t i) {
    const std::string name = stage_cache_name(wanted_keys[i]);
    std::optional<std::string> text;
    remote::with_retries({}, "read the stage cache", [&] { text = remote.transport().read(name, entry_limit_bytes); });
    if (text) {
      read[i] = read_stage_cache_entry(workspace_.dialect(), wanted_keys[i], *text, remote.name() + ":" + name);
    }
  });
  std::vector<KeyedEntry> entries;
  for (std::size_t i = 0; i < read.size(); ++i) {
    if (read[i]) {
      entries.emplace_back(wanted_keys[i], std::move(*read[i]));
    }
  }
  store::TransferResult result = store::fetch(remote, workspace_.db(), wanted_by(entries), options);
  for (const KeyedEntry& keyed : entries) {
    if (!options.dry_run && is_whole(workspace_.db(), keyed.second)) {
      save(keyed.second);
    }
  }
  return result;
}

}  // namespace mlops::pipeline

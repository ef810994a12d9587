// SPDX-License-Identifier: Apache-2.0
//
// The stage cache on remotes: the same small files under the same names, sent after the objects that they name and
// taken over only when those have arrived. What a remote holds is other people's: each entry is read strictly, and
// dropped unless its inputs give the very name under which it lies.
#include "fs/file.hpp"
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

std::set<spec::StageEntryName> names_on(const spec::Dialect& dialect, remote::Remote& remote,
                                        const std::string& below) {
  std::vector<remote::RemoteFile> files;
  remote::with_retries({}, "list the stage cache", [&] { files = remote.transport().list(below); });
  std::set<spec::StageEntryName> names;
  for (const remote::RemoteFile& file : files) {
    if (auto name = dialect.stage_entry_name(file.name)) {
      names.insert(std::move(*name));
    }
  }
  return names;
}

std::vector<store::Wanted> wanted_by(const std::vector<KeptEntry>& entries) {
  std::vector<store::Wanted> wanted;
  for (const KeptEntry& kept : entries) {
    for (const spec::LockedPath& out : kept.entry.outs) {
      wanted.push_back({out.entry, out.path.str()});
    }
  }
  return wanted;
}

/// Takes out entries of which an object could not be sent.
void drop_incomplete(const store::LocalDb& db, const store::TransferResult& result, std::vector<KeptEntry>& entries) {
  std::unordered_set<hash::ObjectId> lost;
  for (const auto* items : {&result.failed, &result.missing}) {
    for (const store::TransferResult::Item& item : *items) {
      lost.insert(item.id);
    }
  }
  if (lost.empty()) {
    return;
  }
  std::erase_if(entries, [&](const KeptEntry& kept) {
    bool touched = false;
    const auto check = [&](const store::Entry& entry, const std::string&) {
      touched = touched || lost.contains(entry.id());
    };
    for (const spec::LockedPath& out : kept.entry.outs) {
      store::visit_reachable(db, {out.entry, out.path.str()}, check, check);
    }
    return touched;
  });
}

unsigned jobs_for(const store::TransferOptions& options) { return options.jobs != 0 ? options.jobs : 4 * processors(); }

}  // namespace

store::TransferResult StageCache::push(remote::Remote& remote, const store::TransferOptions& options) const {
  const spec::Dialect& dialect = workspace_.dialect();
  const auto there = names_on(dialect, remote, std::string(dialect.names().stage_cache));
  const store::LocalDb& db = workspace_.db();
  std::vector<KeptEntry> entries = list();
  std::erase_if(entries, [&](const KeptEntry& kept) { return there.contains(kept.name) || !is_whole(kept.entry); });
  store::TransferResult result = store::push(db, remote, wanted_by(entries), options);
  drop_incomplete(db, result, entries);
  if (options.dry_run) {
    return result;
  }
  parallel_for(entries.size(), jobs_for(options), [&](std::size_t i) {
    const std::string place = stage_entry_place(dialect, entries[i].name);
    remote::with_retries({}, "send the stage cache", [&] { remote.transport().write_new(place, entries[i].text); });
  });
  remote.transport().flush();
  return result;
}

store::TransferResult StageCache::fetch(remote::Remote& remote, const store::TransferOptions& options) const {
  const spec::Dialect& dialect = workspace_.dialect();
  const std::vector<spec::StageEntryName> here = names();
  std::vector<spec::StageEntryName> wanted;
  for (const spec::StageEntryName& name : names_on(dialect, remote, std::string(dialect.names().stage_cache))) {
    if (!std::binary_search(here.begin(), here.end(), name)) {
      wanted.push_back(name);
    }
  }
  return take_over(remote, wanted, options);
}

std::optional<std::vector<spec::LockedPath>> StageCache::find_on(remote::Remote& remote,
                                                                 const spec::StageInputs& inputs) const {
  const spec::Dialect& dialect = workspace_.dialect();
  std::vector<spec::StageEntryName> wanted{{.key = stage_key(dialect, inputs)}};
  if (dialect.keeps_all_results()) {
    const auto there = names_on(dialect, remote, dialect.stage_cache_place(wanted.front().key));
    wanted.assign(there.begin(), there.end());
  }
  take_over(remote, wanted, {.jobs = workspace_.session().jobs, .progress = workspace_.session().progress});
  return find(inputs);
}

/// Brings these entries with their objects.
store::TransferResult StageCache::take_over(remote::Remote& remote, const std::vector<spec::StageEntryName>& wanted,
                                            const store::TransferOptions& options) const {
  const spec::Dialect& dialect = workspace_.dialect();
  std::vector<std::optional<KeptEntry>> read(wanted.size());
  parallel_for(wanted.size(), jobs_for(options), [&](std::size_t i) {
    const std::string place = stage_entry_place(dialect, wanted[i]);
    std::optional<std::string> text;
    remote::with_retries({}, "read the stage cache",
                         [&] { text = remote.transport().read(place, stage_entry_limit_bytes); });
    if (text) {
      if (auto entry = read_stage_cache_entry(dialect, wanted[i], *text, remote.name() + ":" + place)) {
        read[i] = KeptEntry{.name = wanted[i], .entry = std::move(*entry), .text = std::move(*text)};
      }
    }
  });
  std::vector<KeptEntry> entries;
  for (std::optional<KeptEntry>& entry : read) {
    if (entry) {
      entries.push_back(std::move(*entry));
    }
  }
  store::TransferResult result = store::fetch(remote, workspace_.db(), wanted_by(entries), options);
  for (const KeptEntry& kept : entries) {
    // One that is here keeps its age, by which results are preferred.
    const std::string path = workspace_.db().root() + "/" + stage_entry_place(dialect, kept.name);
    if (!options.dry_run && is_whole(kept.entry) && fs::try_read_file(path, stage_entry_limit_bytes) != kept.text) {
      write(kept.name, kept.text);
    }
  }
  return result;
}

}  // namespace mlops::pipeline

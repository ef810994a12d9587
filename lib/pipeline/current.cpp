// SPDX-License-Identifier: Apache-2.0
//
// What the workspace holds now.
//
// A no-op repro of a thousand stages asks for some thousand paths, nearly all of them plain files that the memo knows:
// one fstatat and one probe of the memo each. Only what that does not answer (directories, links, files that changed)
// goes through store::hash_path, in parallel.
#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "pipeline/plan.hpp"
#include "spec/params.hpp"
#include "store/build.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/parallel.hpp"
#include "util/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <unordered_map>

namespace mlops::pipeline {

using MaybeEntry = std::optional<store::Entry>;

struct Current::State {
  repo::Workspace& workspace;
  store::Memo& memo;
  fs::Fd root;
  std::unordered_map<fs::RepoPath, MaybeEntry> entries;
  std::unordered_map<fs::RepoPath, std::optional<spec::Value>> files;
  // The keys of `entries` in order, kept only once something was forgotten: a no-op never needs it.
  std::optional<std::set<fs::RepoPath>> sorted;

  explicit State(repo::Workspace& opened)
      : workspace(opened), memo(opened.memo()), root(fs::open_directory(opened.root())) {}

  /// Answers for a plain file that the memo knows, and for absence. False: it must be hashed.
  bool look(const fs::RepoPath& path, MaybeEntry& entry) const {
    const auto stat = fs::stat_at(root.get(), path.is_root() ? "." : path.str().c_str());
    if (!stat) {
      entry = std::nullopt;
      return true;
    }
    if (stat->type != fs::FileType::file) {
      return false;
    }
    const auto digest = memo.find(*stat);
    if (!digest) {
      return false;
    }
    entry = store::Entry{.kind = stat->executable() ? store::EntryKind::exec : store::EntryKind::file,
                         .digest = *digest,
                         .size = stat->size};
    return true;
  }

  MaybeEntry hash(const fs::RepoPath& path, const store::BuildOptions& options) const {
    return store::hash_path(workspace.root(), path, memo, &workspace.db(), options);
  }

  void remember(const fs::RepoPath& path, MaybeEntry entry) {
    entries.insert_or_assign(path, std::move(entry));
    if (sorted) {
      sorted->insert(path);
    }
  }

  void erase(const fs::RepoPath& path) {
    entries.erase(path);
    files.erase(path);
    sorted->erase(path);
  }
};

Current::Current(repo::Workspace& workspace, const repo::Snapshot& snapshot)
    : state_(std::make_unique<State>(workspace)) {
  state_->entries.reserve(snapshot.project.stages.size() * 4);
}

Current::~Current() = default;

std::optional<store::Entry> Current::entry(const fs::RepoPath& path) {
  const auto known = state_->entries.find(path);
  if (known != state_->entries.end()) {
    return known->second;
  }
  MaybeEntry found;
  if (!state_->look(path, found)) {
    found = state_->hash(path, state_->workspace.build_options(path, "Hashing"));
  }
  state_->remember(path, found);
  return found;
}

std::optional<store::Entry> Current::entry(const fs::RepoPath& path, hash::Algorithm algorithm) {
  if (algorithm == state_->workspace.dialect().algorithm()) {
    return entry(path);
  }
  store::BuildOptions options = state_->workspace.build_options(path, "Hashing");
  options.algorithm = algorithm;
  return state_->hash(path, options);
}

std::optional<store::Entry> Current::entry_elsewhere(const std::string& place) {
  if (!place.starts_with('/')) {
    return std::nullopt;
  }
  const auto path = fs::RepoPath::try_parse(place.substr(1));
  const store::BuildOptions options{.jobs = state_->workspace.jobs(), .ignore_name = ""};
  return path ? store::hash_path("/", *path, state_->memo, &state_->workspace.db(), options) : std::nullopt;
}

std::optional<store::Entry> Current::entry_elsewhere(const spec::LockedPath& known) {
  return known.elsewhere.starts_with('/') ? entry_elsewhere(known.elsewhere) : known.entry;
}

void Current::prefetch(const std::vector<fs::RepoPath>& paths) {
  std::vector<fs::RepoPath> unknown;
  for (const fs::RepoPath& path : paths) {
    MaybeEntry found;
    if (state_->entries.contains(path)) {
      continue;
    }
    if (state_->look(path, found)) {
      state_->remember(path, found);
    } else {
      unknown.push_back(path);
    }
  }
  if (unknown.empty()) {
    return;
  }
  std::sort(unknown.begin(), unknown.end());
  unknown.erase(std::unique(unknown.begin(), unknown.end()), unknown.end());
  // Options are made here since they read ignore files through the workspace, which is for one thread.
  std::vector<store::BuildOptions> options;
  for (const fs::RepoPath& path : unknown) {
    options.push_back(state_->workspace.build_options(path, "Hashing"));
    // Each path is one thread's work already, unless there is only one.
    options.back().jobs = unknown.size() > 1 ? 1 : options.back().jobs;
  }
  std::vector<MaybeEntry> found(unknown.size());
  state_->workspace.db();  // opened before threads use it
  std::vector<char> hashed(unknown.size(), 0);
  parallel_for(unknown.size(), processors() * 2, [&](std::size_t i) {
    try {
      found[i] = state_->hash(unknown[i], options[i]);
      hashed[i] = 1;
    } catch (const Error& error) {
      // Whoever asks for this very path gets to know it, and knows whether it matters.
      log::debug("{} is not looked at in advance: {}", quoted(unknown[i].str()), error.what());
    }
  });
  for (std::size_t i = 0; i < unknown.size(); ++i) {
    if (hashed[i] != 0) {
      state_->remember(unknown[i], std::move(found[i]));
    }
  }
}

const spec::Value* Current::find_param(const fs::RepoPath& file, const std::string& key) {
  auto known = state_->files.find(file);
  if (known == state_->files.end()) {
    std::optional<spec::Value> value;
    if (const auto text = fs::try_read_file(state_->workspace.absolute(file))) {
      value = spec::read_values(*text, file.str());
    }
    known = state_->files.emplace(file, std::move(value)).first;
  }
  if (!known->second) {
    return nullptr;
  }
  return key.empty() ? &*known->second : known->second->at(key);
}

std::optional<spec::Value> Current::param(const fs::RepoPath& file, const std::string& key) {
  const spec::Value* value = find_param(file, key);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

void Current::know(const fs::RepoPath& path, const store::Entry& entry) { state_->remember(path, entry); }

void Current::forget(const fs::RepoPath& path) {
  State& state = *state_;
  if (!state.sorted) {
    state.sorted.emplace();
    for (const auto& known : state.entries) {
      state.sorted->insert(known.first);
    }
  }
  for (auto at = state.sorted->lower_bound(path); at != state.sorted->end() && at->within(path);) {
    const fs::RepoPath below = *at++;
    state.erase(below);
  }
  for (fs::RepoPath above = path; !above.is_root();) {
    state.erase(above);
    above = above.parent();
  }
  state.erase(fs::RepoPath());
  std::erase_if(state.files, [&](const auto& file) { return file.first.within(path); });
}

std::string Current::changes_below(const fs::RepoPath& path, const store::Entry& before) {
  constexpr std::uint64_t worth_listing = 200'000;
  State& state = *state_;
  const auto now = entry(path);
  store::LocalDb& db = state.workspace.db();
  if (!now || now->kind != store::EntryKind::tree || before.kind != store::EntryKind::tree ||
      now->files + before.files > worth_listing || !db.has(before.id())) {
    return {};
  }
  const auto hashed = store::hash_path_with_trees(state.workspace.root(), path, state.memo, &db,
                                                  state.workspace.build_options(path, "Comparing"));
  std::size_t counts[3] = {};
  const auto differences = store::diff_entries(
      before, [&](const hash::ObjectId& id) { return db.read_tree(id); }, hashed.entry,
      [&](const hash::ObjectId& id) { return hashed.read(id, db); });
  for (const store::Difference& difference : differences) {
    ++counts[static_cast<std::size_t>(difference.change)];
  }
  std::vector<std::string> parts;
  const auto add = [&](store::Change change, std::string_view verb) {
    if (const std::size_t count = counts[static_cast<std::size_t>(change)]) {
      parts.push_back(fmt::format("{} {}", counted(count, "file"), verb));
    }
  };
  add(store::Change::modified, "modified");
  add(store::Change::added, "added");
  add(store::Change::deleted, "deleted");
  return join(parts, ", ");
}

}  // namespace mlops::pipeline

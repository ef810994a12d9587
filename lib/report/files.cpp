// SPDX-License-Identifier: Apache-2.0
#include "report/files.hpp"

#include "fs/file.hpp"
#include "fs/walk.hpp"
#include "repo/neighbour.hpp"
#include "store/transfer.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

namespace mlops::report {
namespace {

/// No metrics or parameter file that a person looks at is larger, and no directory of them.
constexpr std::uint64_t file_limit_bytes = 64U << 20U;

bool is_regular(const git::TreeItem& item) {
  return item.mode == git::FileMode::regular || item.mode == git::FileMode::executable;
}

Error not_in_cache(const fs::RepoPath& path) {
  return Error::of(ErrorKind::missing, "{} is not in the cache", quoted(path.str()))
      .hint("`mlops fetch` brings what a remote has");
}

/// To look at one file must not bring a whole dataset; a size of zero may also mean that nobody knows it.
bool is_worth_fetching(const store::Entry& entry) {
  return entry.size <= file_limit_bytes && (entry.kind != store::EntryKind::tree || entry.size > 0);
}

}  // namespace

std::string Objects::read(const store::Entry& entry, const fs::RepoPath& path,
                          const std::optional<std::string>& remote) {
  if (!obtain(entry, path, remote)) {
    throw not_in_cache(path);
  }
  return workspace_.db().read(entry.id(), file_limit_bytes);
}

std::optional<store::Tree> Objects::read_tree(const store::Entry& entry, const fs::RepoPath& path,
                                              const std::optional<std::string>& remote) {
  return obtain(entry, path, remote) ? std::optional(workspace_.db().read_tree(entry.id())) : std::nullopt;
}

bool Objects::obtain(const store::Entry& entry, const fs::RepoPath& path, const std::optional<std::string>& remote) {
  if (workspace_.db().has(entry.id())) {
    return true;
  }
  if (!is_worth_fetching(entry) || (!remote && !workspace_.config().get("core.remote"))) {
    return false;
  }
  // That a remote cannot be reached is no reason to show nothing: the file is told to be missing, and `-v` tells why.
  const auto [at, fresh] = remotes_.try_emplace(remote);
  try {
    if (fresh) {
      at->second = workspace_.open_remote(remote, remote::Remote::Access::read);
    }
    if (at->second) {
      workspace_.writable_db();
      repo::fetch_objects(workspace_, *at->second, {{entry, path.str()}},
                          {.jobs = workspace_.jobs(), .progress = workspace_.session().progress});
    }
  } catch (const Error& failure) {
    log::debug("cannot fetch {}: {}", quoted(path.str()), failure.what());
    at->second.reset();
  }
  return workspace_.db().has(entry.id());
}

Files::Files(repo::Workspace& workspace, Objects& objects, std::optional<git::Oid> commit)
    : workspace_(workspace), objects_(objects), commit_(commit) {}

const repo::Snapshot& Files::declared() {
  if (!declared_) {
    declared_ = commit_ ? repo::Snapshot::of_tree(workspace_, *commit_) : repo::Snapshot::of_pipeline(workspace_);
  }
  return *declared_;
}

std::map<fs::RepoPath, Files::Known> Files::known_paths(const repo::Snapshot& snapshot) {
  std::map<fs::RepoPath, Known> known;
  for (const repo::Tracked& tracked : snapshot.tracked()) {
    if (tracked.entry) {
      known.insert_or_assign(tracked.path, Known{.entry = *tracked.entry, .remote = tracked.remote});
    }
  }
  return known;
}

const std::map<fs::RepoPath, Files::Known>& Files::outputs() {
  if (!outputs_) {
    outputs_ = known_paths(declared());
  }
  return *outputs_;
}

const std::map<fs::RepoPath, Files::Known>& Files::all_tracked() {
  if (commit_) {
    return outputs();
  }
  if (!all_tracked_) {
    all_tracked_ = known_paths(*repo::Snapshot::of_workspace(workspace_));
  }
  return *all_tracked_;
}

std::optional<Files::Known> Files::find_among(const std::map<fs::RepoPath, Known>& all, const fs::RepoPath& path) {
  fs::RepoPath top = path;
  auto found = all.find(top);
  while (found == all.end() && !top.is_root()) {
    top = top.parent();
    found = all.find(top);
  }
  if (found == all.end()) {
    return std::nullopt;
  }
  Known known = found->second;
  fs::RepoPath below = path.below(top);
  while (!below.is_root()) {
    if (known.entry.kind != store::EntryKind::tree) {
      return std::nullopt;
    }
    const auto tree = objects_.read_tree(known.entry, top, known.remote);
    if (!tree) {
      known.lost = true;
      return known;
    }
    const store::TreeEntry* child = tree->find(below.first());
    if (child == nullptr) {
      return std::nullopt;
    }
    known.entry = child->entry;
    top = top / child->name;
    below = path.below(top);
  }
  return known;
}

std::optional<Files::Known> Files::find_known(const fs::RepoPath& path) {
  // Looking for pointers walks the work tree, which most questions can do without.
  auto known = find_among(outputs(), path);
  return known || commit_ ? known : find_among(all_tracked(), path);
}

std::optional<fs::FileType> Files::plain_type(const fs::RepoPath& path) const {
  if (!commit_) {
    const auto stat = fs::stat_path(workspace_.absolute(path));
    return stat ? std::optional(stat->type) : std::nullopt;
  }
  if (path.is_root() && workspace_.git_prefix().is_root()) {
    return fs::FileType::directory;
  }
  const auto item = workspace_.git().find(*commit_, workspace_.git_path(path));
  if (!item) {
    return std::nullopt;
  }
  return item->mode == git::FileMode::directory ? fs::FileType::directory
         : is_regular(*item)                    ? fs::FileType::file
                                                : fs::FileType::other;
}

std::optional<std::string> Files::read_plain(const fs::RepoPath& path) const {
  if (commit_) {
    const auto item = workspace_.git().find(*commit_, workspace_.git_path(path));
    return item && is_regular(*item) ? std::optional(workspace_.git().read_blob(item->id, file_limit_bytes))
                                     : std::nullopt;
  }
  const auto stat = fs::stat_path(workspace_.absolute(path));
  const bool readable = stat && (stat->type == fs::FileType::file || stat->type == fs::FileType::link);
  return readable ? fs::try_read_file(workspace_.absolute(path), file_limit_bytes) : std::nullopt;
}

void Files::list_plain(const fs::RepoPath& directory, std::set<fs::RepoPath>& found) const {
  if (commit_) {
    const fs::RepoPath top = workspace_.git_path(directory);
    workspace_.git().walk(
        *commit_,
        [&](const git::TreeItem& item) {
          if (is_regular(item) && item.path.within(top)) {
            found.insert(item.path.below(workspace_.git_prefix()));
          }
        },
        [&](const git::TreeItem& item) { return item.path.within(top) || top.within(item.path); });
    return;
  }
  const fs::IgnoreStack ignores = workspace_.ignore_for(directory);
  for (const fs::StatEntry& entry : fs::stat_directory(workspace_.absolute(directory))) {
    const fs::RepoPath path = directory / entry.name;
    const bool is_directory = entry.stat.type == fs::FileType::directory;
    if (entry.name == ".git" || entry.name == workspace_.dialect().names().directory ||
        ignores.ignored(path, is_directory)) {
      continue;
    }
    if (is_directory) {
      list_plain(path, found);
    } else if (entry.stat.type != fs::FileType::other) {
      found.insert(path);
    }
  }
}

void Files::list_tracked(const fs::RepoPath& directory, const Known& known, std::set<fs::RepoPath>& found) {
  if (known.lost || known.entry.kind != store::EntryKind::tree) {
    found.insert(directory);
    return;
  }
  const auto tree = objects_.read_tree(known.entry, directory, known.remote);
  if (!tree) {
    // Its name stands for it, so that reading it tells what is missing; unless the files themselves are here.
    if (found.lower_bound(directory) == found.end() || !found.lower_bound(directory)->within(directory)) {
      found.insert(directory);
    }
    return;
  }
  for (const store::TreeEntry& child : tree->entries) {
    list_tracked(directory / child.name, {.entry = child.entry, .remote = known.remote}, found);
  }
}

bool Files::exists(const fs::RepoPath& path) { return plain_type(path) || find_known(path); }

std::vector<fs::RepoPath> Files::expand(const fs::RepoPath& path) {
  const auto type = plain_type(path);
  if (type && *type != fs::FileType::directory) {
    return {path};
  }
  std::set<fs::RepoPath> found;
  if (type) {
    list_plain(path, found);
  }
  const auto known = find_known(path);
  if (known) {
    list_tracked(path, *known, found);
  }
  bool holds_tracked = false;
  const auto& tracked = all_tracked();
  for (auto next = tracked.upper_bound(path); next != tracked.end() && next->first.within(path); ++next) {
    holds_tracked = true;
    list_tracked(next->first, next->second, found);
  }
  if (!type && !known && !holds_tracked) {
    return {path};
  }
  return {found.begin(), found.end()};
}

std::optional<std::string> Files::read(const fs::RepoPath& path) {
  if (auto text = read_plain(path)) {
    return text;
  }
  const auto known = find_known(path);
  if (!known || known->entry.kind == store::EntryKind::link) {
    return std::nullopt;
  }
  if (known->entry.kind != store::EntryKind::tree) {
    return objects_.read(known->entry, path, known->remote);
  }
  if (known->lost || !objects_.read_tree(known->entry, path, known->remote)) {
    throw not_in_cache(path);
  }
  return std::nullopt;
}

}  // namespace mlops::report

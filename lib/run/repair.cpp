// SPDX-License-Identifier: Apache-2.0
#include "run/repair.hpp"

#include <algorithm>

#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "hash/hasher.hpp"
#include "repo/settings.hpp"
#include "store/build.hpp"
#include "store/transfer.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

namespace mlops::run {
namespace {

class Repair {
 public:
  Repair(repo::Workspace& workspace, const Reach& reach, std::vector<FsckItem>& items)
      : workspace_(workspace), db_(workspace.writable_db()), reach_(reach), items_(items) {}

  void from_files() {
    for (FsckItem& item : items_) {
      if (!item.id.is_tree() && item.is_urgent()) {
        try_paths(item, [&](const fs::RepoPath& path) { return add_file(path, item.id); });
      }
    }
  }

  /// Trees come after files, and each after those that it lists: a tree that is there implies its members.
  void rebuild_trees() {
    for (bool again = true; again;) {
      again = false;
      for (FsckItem& item : items_) {
        if (item.id.is_tree() && item.is_urgent()) {
          try_paths(item, [&](const fs::RepoPath& path) { return add_tree(path, item.id); });
          again = again || item.is_repaired();
        }
      }
    }
  }

  void from_remote(const std::optional<std::string>& name) {
    const std::vector<store::Wanted> wanted = still_wanted();
    if (wanted.empty()) {
      return;
    }
    const auto remote = workspace_.open_remote(name, remote::Remote::Access::read);
    store::fetch(*remote, db_, wanted, {.jobs = workspace_.jobs(), .progress = workspace_.session().progress});
    for (FsckItem& item : items_) {
      if (item.is_urgent() && db_.has_verified(item.id)) {
        item.repaired_from = remote->describe();
      }
    }
  }

  bool is_done() const { return still_wanted().empty(); }

 private:
  std::vector<store::Wanted> still_wanted() const {
    std::vector<store::Wanted> wanted;
    for (const FsckItem& item : items_) {
      const auto entry = reach_.objects().find(item.id);
      if (item.is_urgent() && entry != reach_.objects().end()) {
        wanted.push_back({entry->second, printable(item.needs.front().path)});
      }
    }
    return wanted;
  }

  /// Whatever revision a path is of, the file that lies there now may have the content.
  template <class Attempt>
  void try_paths(FsckItem& item, const Attempt& attempt) {
    for (const FsckItem::Need& need : item.needs) {
      const auto path = fs::RepoPath::try_parse(need.path);
      try {
        if (path && attempt(*path)) {
          item.repaired_from = "workspace file " + quoted(path->str());
          return;
        }
      } catch (const Error& error) {
        log::debug("{} does not help: {}", quoted(need.path), error.what());
      }
    }
  }

  bool add_file(const fs::RepoPath& path, const hash::ObjectId& id) {
    const std::string absolute = workspace_.absolute(path);
    if (const auto target = fs::read_link(absolute)) {
      // A tracked link: its content is the text of its target.
      return hash::digest_of(id.digest.algorithm(), *target) == id.digest && publish_bytes(*target, id);
    }
    const auto stat = fs::stat_path(absolute);
    const auto fd = stat && stat->type == fs::FileType::file ? fs::try_open_read(absolute) : std::nullopt;
    if (!fd || hash::digest_of_fd(id.digest.algorithm(), fd->get(), absolute) != id.digest) {
      return false;
    }
    store::WriteBatch batch(db_);
    fs::FileStat evidence;
    if (batch.add_file(absolute, evidence) != id.digest) {
      return false;
    }
    batch.publish();
    return db_.has_verified(id);
  }

  bool publish_bytes(std::string_view bytes, const hash::ObjectId& id) {
    store::WriteBatch batch(db_);
    batch.add_bytes(bytes);
    batch.publish();
    return db_.has_verified(id);
  }

  bool add_tree(const fs::RepoPath& path, const hash::ObjectId& id) {
    const store::HashedPath hashed = store::hash_path_with_trees(
        workspace_.root(), path, workspace_.memo(), &db_, workspace_.build_options(path, "Looking for lost objects"));
    const auto found =
        std::find_if(hashed.trees.begin(), hashed.trees.end(), [&](const auto& tree) { return tree.first == id; });
    if (found == hashed.trees.end()) {
      return false;
    }
    const auto& entries = found->second.entries;
    const bool complete = std::all_of(entries.begin(), entries.end(), [&](const store::TreeEntry& item) {
      return db_.has(item.entry.id()) || add_member(path, item);
    });
    if (!complete) {
      return false;
    }
    store::WriteBatch batch(db_);
    batch.add_tree(found->second);
    batch.publish();
    return db_.has_verified(id);
  }

  /// Members of a tree that was lost are known to be needed only now.
  bool add_member(const fs::RepoPath& directory, const store::TreeEntry& item) {
    const fs::RepoPath path = directory / item.name;
    // Directories nest no deeper than the system lets paths be.
    return item.entry.kind == store::EntryKind::tree ? add_tree(path, item.entry.id())
                                                     : add_file(path, item.entry.id());
  }

  repo::Workspace& workspace_;
  store::LocalDb& db_;
  const Reach& reach_;
  std::vector<FsckItem>& items_;
};

}  // namespace

void repair(repo::Workspace& workspace, const Reach& reach, const std::optional<std::string>& remote,
            std::vector<FsckItem>& items, std::vector<std::string>& unreadable) {
  Repair repair(workspace, reach, items);
  repair.from_files();
  repair.rebuild_trees();
  std::vector<std::string> names;
  if (remote) {
    names.push_back(*remote);
  } else {
    for (const repo::RemoteInfo& known : repo::list_remotes(workspace)) {
      if (known.trusted) {
        names.push_back(known.name);
      }
    }
  }
  for (const std::string& name : names) {
    if (repair.is_done()) {
      return;
    }
    try {
      repair.from_remote(name);
    } catch (const Error& error) {
      unreadable.push_back("remote '" + printable(name) + "': " + error.what());
    }
  }
}

}  // namespace mlops::run

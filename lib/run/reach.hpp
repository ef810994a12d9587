// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the workspace, all commits and all runs need of the store, with the paths that need it.

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "repo/workspace.hpp"
#include "run/fsck.hpp"

namespace mlops::run {

class Reach {
 public:
  explicit Reach(repo::Workspace& workspace) : workspace_(workspace) {}

  /// Finds everything that is declared. What cannot be read is named in `unreadable`.
  void collect(std::vector<std::string>& unreadable);
  /// Follows all trees. An object that is not there, or a tree that cannot be read, is damaged.
  void follow();

  /// All objects that something needs, with one entry that names them.
  const std::unordered_map<hash::ObjectId, store::Entry>& objects() const { return objects_; }
  const std::set<hash::ObjectId>& damaged() const { return damaged_; }
  /// Those of the damaged that a tree lists which is here.
  const std::set<hash::ObjectId>& promised() const { return promised_; }
  /// The paths that need each damaged object, the workspace's first; at most a hundred each.
  std::map<hash::ObjectId, std::vector<FsckItem::Need>> needs();

 private:
  struct Root {
    store::Entry entry;
    std::string path, revision;
  };
  void add(const store::Entry& entry, const std::string& path, const std::string& revision);
  void add_workspace();
  void add_commits(std::vector<std::string>& unreadable);
  void add_runs(std::vector<std::string>& unreadable);
  bool leads_to_damage(const store::Entry& entry);
  void list_needs(const store::Entry& entry, const std::string& path, const std::string& revision,
                  std::map<hash::ObjectId, std::vector<FsckItem::Need>>& needs);

  repo::Workspace& workspace_;
  std::vector<Root> roots_;
  std::set<std::pair<hash::ObjectId, std::string>> known_;  // object and path of roots
  std::unordered_map<hash::ObjectId, store::Entry> objects_;
  std::set<hash::ObjectId> damaged_, promised_;
  std::unordered_map<hash::ObjectId, bool> leads_;
};

}  // namespace mlops::run

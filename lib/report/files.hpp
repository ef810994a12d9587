// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "git/repository.hpp"
#include "repo/snapshot.hpp"
#include "repo/workspace.hpp"

namespace mlops::report {

/// Objects of the cache; what it lacks is fetched from the remote, where one is configured and answers.
class Objects {
 public:
  explicit Objects(repo::Workspace& workspace) : workspace_(workspace) {}
  /// Throws Error (missing) naming `path` when the object is nowhere to be had.
  std::string read(const store::Entry& entry, const fs::RepoPath& path, const std::optional<std::string>& remote);
  /// The listing of a tree; nothing when it is nowhere to be had.
  std::optional<store::Tree> read_tree(const store::Entry& entry, const fs::RepoPath& path,
                                       const std::optional<std::string>& remote);

 private:
  bool obtain(const store::Entry& entry, const fs::RepoPath& path, const std::optional<std::string>& remote);

  repo::Workspace& workspace_;
  std::map<std::optional<std::string>, std::unique_ptr<remote::Remote>> remotes_;  // null: it cannot be used
};

/// The files of the work tree or of a commit, and behind them what the store keeps of tracked paths.
class Files {
 public:
  /// `commit`: none for the work tree. All must outlive this.
  Files(repo::Workspace& workspace, Objects& objects, std::optional<git::Oid> commit);

  /// The pipeline and its lock; for the work tree without pointers. Throws Error when they cannot be read.
  const repo::Snapshot& declared();

  bool exists(const fs::RepoPath& path);
  /// The files below a directory, sorted; the path itself for anything else, also for what is not there.
  std::vector<fs::RepoPath> expand(const fs::RepoPath& path);
  /// The bytes of a file; nothing where there is none. Throws Error (missing) when only its object is missing.
  std::optional<std::string> read(const fs::RepoPath& path);

 private:
  /// A tracked path with what is known of its content.
  struct Known {
    store::Entry entry;
    std::optional<std::string> remote;
    bool lost = false;  ///< a listing on the way to it is nowhere to be had; `entry` is that listing's
  };

  std::optional<fs::FileType> plain_type(const fs::RepoPath& path) const;
  std::optional<std::string> read_plain(const fs::RepoPath& path) const;
  void list_plain(const fs::RepoPath& directory, std::set<fs::RepoPath>& found) const;
  void list_tracked(const fs::RepoPath& directory, const Known& known, std::set<fs::RepoPath>& found);
  std::optional<Known> find_known(const fs::RepoPath& path);
  std::optional<Known> find_among(const std::map<fs::RepoPath, Known>& all, const fs::RepoPath& path);
  const std::map<fs::RepoPath, Known>& outputs();
  const std::map<fs::RepoPath, Known>& all_tracked();
  static std::map<fs::RepoPath, Known> known_paths(const repo::Snapshot& snapshot);

  repo::Workspace& workspace_;
  Objects& objects_;
  std::optional<git::Oid> commit_;
  std::unique_ptr<repo::Snapshot> declared_;
  std::optional<std::map<fs::RepoPath, Known>> outputs_, all_tracked_;
};

}  // namespace mlops::report

// SPDX-License-Identifier: Apache-2.0
#pragma once

// The two layers of a listing: files that are there, and data that is recorded.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "repo/list.hpp"

namespace mlops::repo {

/// A file or directory that is there.
struct PlainFile {
  bool directory = false;
  bool executable = false;
  std::optional<std::uint64_t> size_bytes;
};

/// The workspace, or git's tree of a revision.
class FileLayer {
 public:
  virtual ~FileLayer() = default;
  virtual std::optional<PlainFile> find(const fs::RepoPath& path) = 0;
  /// What a directory holds, by name.
  virtual std::map<std::string, PlainFile> children(const fs::RepoPath& directory) = 0;
};

/// All but what ignore files hide, git's and our own directories, and other projects. Links are leaves.
std::unique_ptr<FileLayer> work_tree_layer(const Workspace& workspace);
std::unique_ptr<FileLayer> commit_layer(Workspace& workspace, const git::Oid& commit);

/// A recorded path, or a directory on the way to one.
struct Recorded {
  bool tracked = false;  ///< false: on the way
  std::optional<store::Entry> entry;
  bool directory() const { return !tracked || (entry && entry->kind == store::EntryKind::tree); }
};

/// What a snapshot records.
class RecordedLayer {
 public:
  RecordedLayer(Workspace& workspace, const Snapshot& snapshot);
  /// Throws Error (missing) for a path inside a directory whose listing is not in the cache.
  std::optional<Recorded> find(const fs::RepoPath& path) const;
  /// Whether the listing of a recorded directory is here.
  bool listed(const Recorded& recorded) const;
  /// What a recorded directory holds; nothing when its listing is not in the cache.
  std::optional<std::map<std::string, Recorded>> children(const fs::RepoPath& directory,
                                                          const Recorded& recorded) const;

 private:
  const store::LocalDb& db_;
  std::map<fs::RepoPath, std::optional<store::Entry>> tracked_;
  std::map<fs::RepoPath, std::map<std::string, Recorded>> on_the_way_;  ///< directories and what they hold
};

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fs/ignore.hpp"
#include "fs/repo_path.hpp"
#include "store/local_db.hpp"
#include "util/progress.hpp"

namespace mlops::store {

struct BuildOptions {
  unsigned jobs = 0;         ///< 0: chosen from processors (more than cores: cold reads wait)
  fs::IgnoreStack ignore{};  ///< for entries below the path; `.mlopsignore` files met on the way are added
  std::string ignore_name = ".mlopsignore";  ///< empty: none is read
  ProgressSink* progress = nullptr;
  std::string title = "Hashing";
  bool inside = false;                         ///< the path lies inside a tracked directory
  std::optional<hash::Algorithm> algorithm{};  ///< another family than the cache's, for comparing only
};

/// Returns what stands at `root`/`path` now, hashing what the memo does not know and storing nothing.
///
/// Nothing: nothing is there. A relative symbolic link inside a directory is an entry; a link that is absolute or
/// leaves the directory, a socket, fifo or device, and a name that fs::unsafe_name refuses are Errors that name the
/// path. A link at `path` itself is followed only when it leads into `db`'s own objects (it then counts as that file).
/// `db` may be null when no such links can exist. Trees are computed, not stored.
std::optional<Entry> hash_path(const std::string& root, const fs::RepoPath& path, Memo& memo, const LocalDb* db,
                               const BuildOptions& options);

/// As hash_path, and adds everything to `batch` (not yet published). Throws Error (missing) if nothing is there.
Entry build(const std::string& root, const fs::RepoPath& path, const LocalDb& db, WriteBatch& batch,
            const BuildOptions& options);

/// What differs between two entries, file by file.
enum class Change { added, deleted, modified };
struct Difference {
  fs::RepoPath path;  ///< below the compared entries; the root when they are files themselves
  Change change;
  std::optional<Entry> before;
  std::optional<Entry> after;
};
/// How `diff_entries` reads the trees of one side.
using TreeReader = std::function<Tree(const hash::ObjectId&)>;
/// Whether a directory that was added or deleted as a whole is one difference or one for each of its files.
enum class WholeTrees { no, yes };
/// Compares two sides, descending only where digests differ. Sorted by path. Directories appear only when empty or
/// when `whole_trees` is set and a whole directory was added or deleted.
std::vector<Difference> diff_entries(const std::optional<Entry>& before, const TreeReader& read_before,
                                     const std::optional<Entry>& after, const TreeReader& read_after,
                                     WholeTrees whole_trees = WholeTrees::no);

/// As hash_path, keeping the trees that it computed, so that they can be compared without storing them.
struct HashedPath {
  std::optional<Entry> entry;
  std::vector<std::pair<hash::ObjectId, Tree>> trees;  ///< sorted by id
  /// Reads a tree from `trees`, else from `db`.
  Tree read(const hash::ObjectId& id, const LocalDb& db) const;
};
HashedPath hash_path_with_trees(const std::string& root, const fs::RepoPath& path, Memo& memo, const LocalDb* db,
                                const BuildOptions& options);

}  // namespace mlops::store

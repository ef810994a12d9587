// SPDX-License-Identifier: Apache-2.0
#pragma once

// What stands below a path, directory by directory, with the digests that the memo knows.
//
// Three steps, each parallel: directories are read level by level; the files that the memo does not know are hashed by
// whatever the caller passes; the listings are hashed from the deepest level up. With everything known, 100,000 files
// cost one stat and one probe each.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fs/walk.hpp"
#include "store/build.hpp"
#include "store/hash_file.hpp"
#include "store/local_db.hpp"
#include "store/tree.hpp"

namespace mlops::store {

/// One directory as it was found.
struct ScannedDirectory {
  fs::RepoPath path;
  std::string absolute;
  std::shared_ptr<const fs::IgnoreStack> ignore;
  Tree tree;                                                    ///< digests are zero until they are known
  std::vector<std::uint32_t> unknown;                           ///< entries that are files to be hashed
  std::vector<std::uint32_t> links;                             ///< entries that are symbolic links kept as such
  std::vector<std::pair<std::uint32_t, std::size_t>> children;  ///< entry and index of the directory
};

/// A file below a scanned path.
struct ScannedFile {
  ScannedDirectory* directory;  ///< null for the scanned path itself
  TreeEntry* item;
};

class Scan {
 public:
  Scan(const std::string& root, const fs::RepoPath& path, Memo& memo, const LocalDb* db, const BuildOptions& options);

  bool found() const { return found_; }
  /// What stands at the path; complete once trees were computed.
  const Entry& entry() const { return self_.entry; }
  bool is_directory() const { return self_.entry.kind == EntryKind::tree; }
  /// Whether the scanned path lies inside a tracked directory.
  bool is_inside() const { return options_.inside; }
  /// What a file that was scanned is, by its mode.
  EntryKind kind_of(const TreeEntry& item, const fs::FileStat& stat) const;

  /// Calls `hash` for each file whose content is not known, in parallel, and fills in what it returns.
  void hash_unknown(const std::function<HashedFile(const std::string& path)>& hash);
  /// Fills in the digests of all directories.
  void compute_trees();

  /// Calls `visit` in parallel for the given files, with the path where the content lies.
  void for_each_file(const std::vector<ScannedFile>& files,
                     const std::function<void(TreeEntry& item, const std::string& content_path)>& visit) const;

  /// Parents before children; empty when the path is a file.
  std::vector<std::unique_ptr<ScannedDirectory>>& directories() { return directories_; }
  /// The path itself as a file, known already; nothing when it had to be hashed or is a directory.
  std::vector<ScannedFile> known_self();

 private:
  void scan_levels();
  void scan_directory(ScannedDirectory& directory);
  void add_entry(ScannedDirectory& directory, fs::StatEntry& found);
  void add_link(ScannedDirectory& directory, fs::StatEntry& found);
  void take_file(TreeEntry& item, const fs::FileStat& stat, bool& known) const;
  void enter_children(std::size_t parent);
  void compute_tree(ScannedDirectory& directory);
  void drop_empty_directories();
  hash::Digest name_of(const Tree& tree, bool inside) const;
  std::optional<fs::FileStat> follow(const ScannedDirectory& directory, const std::string& absolute) const;
  std::optional<fs::FileStat> stat_linked_object(const std::string& path) const;
  std::string content_path(const ScannedFile& file) const;
  std::vector<ScannedFile> unknown_files();

  std::string root_;
  fs::RepoPath path_;
  Memo& memo_;
  const LocalDb* db_;
  const BuildOptions& options_;
  hash::Algorithm algorithm_;
  bool found_ = false;
  bool self_known_ = false;
  TreeEntry self_;
  bool flat_;
  std::vector<std::unique_ptr<ScannedDirectory>> directories_;
  std::vector<std::size_t> levels_;  ///< index of the first directory of each level, and one past the last
};

/// Returns why a symbolic link in the directory `below` (relative to the tracked path) with this target is refused, or
/// nothing: it must be relative and stay inside the tracked path.
std::optional<std::string> refused_link(const fs::RepoPath& below, std::string_view target);

/// If `path` is a symbolic link to a file object of `db`, returns which.
std::optional<hash::ObjectId> linked_object(const LocalDb& db, const std::string& path);

}  // namespace mlops::store

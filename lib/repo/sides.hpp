// SPDX-License-Identifier: Apache-2.0
#pragma once

// Two states of all tracked data, compared path by path and, where asked, file by file: what `diff` and `data status`
// have in common.

#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "repo/path_filter.hpp"
#include "repo/present.hpp"

namespace mlops::repo {

enum class DiffKind {
  added,
  deleted,
  modified,
  renamed,
  unknown,  ///< there, in a directory of which one side's listing is not in the cache
  unchanged
};
std::string_view to_string(DiffKind kind);

/// One path that was compared: a tracked path, or a file inside one.
struct DiffItem {
  DiffKind kind = DiffKind::modified;
  fs::RepoPath path;                 ///< the new one when renamed
  std::optional<fs::RepoPath> from;  ///< the old path when renamed
  std::optional<store::Entry> before, after;
};

/// What one side holds at each tracked path, and how to read its trees.
class Side {
 public:
  virtual ~Side() = default;
  virtual std::optional<store::Entry> entry(const fs::RepoPath& path) const = 0;
  /// Reads a tree of the tracked path `path`. Throws Error (missing) when it is not here.
  virtual store::Tree read(const fs::RepoPath& path, const hash::ObjectId& id) const = 0;
  /// Whether something is there that cannot be told.
  virtual bool obscure(const fs::RepoPath&) const { return false; }
};

/// What pointers and lock of a snapshot say.
class RecordedSide : public Side {
 public:
  RecordedSide(const Snapshot& snapshot, const store::LocalDb& db);
  std::optional<store::Entry> entry(const fs::RepoPath& path) const override;
  store::Tree read(const fs::RepoPath& path, const hash::ObjectId& id) const override;
  const std::map<fs::RepoPath, std::optional<store::Entry>>& entries() const { return entries_; }

 private:
  const store::LocalDb& db_;
  std::map<fs::RepoPath, std::optional<store::Entry>> entries_;
};

/// All paths that either side knows.
std::set<fs::RepoPath> paths_of(const RecordedSide& a, const RecordedSide& b);

/// What lies in the workspace at the paths that `recorded` tracks and `filter` touches.
class PresentSide : public Side {
 public:
  PresentSide(Workspace& workspace, const RecordedSide& recorded, const PathFilter& filter, KeepTrees trees);
  std::optional<store::Entry> entry(const fs::RepoPath& path) const override;
  store::Tree read(const fs::RepoPath& path, const hash::ObjectId& id) const override;
  bool obscure(const fs::RepoPath& path) const override;
  /// Why paths could not be told.
  std::vector<std::string> problems() const;

 private:
  const store::LocalDb& db_;
  std::map<fs::RepoPath, Present> present_;
};

/// Whether only tracked paths are compared, or also the files inside directories.
enum class Granularity { paths, files };

struct SidesOptions {
  Granularity granularity = Granularity::files;
  bool unchanged = false;  ///< also what is the same on both sides
};

struct SidesDiff {
  std::vector<DiffItem> items;           ///< sorted by path; a directory before what it holds
  std::vector<fs::RepoPath> not_listed;  ///< directories that differ and of which a listing is not in the cache
};

/// Compares what two sides hold at the paths that the filter covers. A file that went from one path and came at another
/// is one item; equal contents pair up in the order of their paths. Of equal directories nothing is read unless
/// `unchanged` asks for their files.
SidesDiff compare_sides(const Side& before, const Side& after, const std::set<fs::RepoPath>& paths,
                        const PathFilter& filter, const SidesOptions& options);

/// A tracked path or a file inside one, as recorded.
struct RecordedFile {
  fs::RepoPath path;
  store::Entry entry;
};

/// What a tracked entry consists of and the filter covers: itself and, file by file, what it holds; of a directory
/// without listing here only itself.
std::vector<RecordedFile> recorded_files(const store::LocalDb& db, const RecordedFile& tracked,
                                         const PathFilter& filter, Granularity granularity);

/// The same for all that a side records.
std::vector<RecordedFile> recorded_files(const store::LocalDb& db, const RecordedSide& side, const PathFilter& filter,
                                         Granularity granularity);

/// Those of `files` whose objects are not in the cache, sorted by path.
std::vector<RecordedFile> not_in_cache(const store::LocalDb& db, std::vector<RecordedFile> files, unsigned jobs);

}  // namespace mlops::repo

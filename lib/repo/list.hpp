// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repo/snapshot.hpp"

namespace mlops::repo {

/// How far a listing goes.
enum class ListShape {
  children,  ///< what lies in the directory itself
  files,     ///< all files below it; directories only where the depth ends, and where they cannot be looked into
  tree       ///< all files and directories below it
};

struct ListOptions {
  std::string path{};                     ///< as typed; empty: the cwd's directory
  std::optional<std::string> revision{};  ///< a git revision; none: the workspace
  ListShape shape = ListShape::children;
  bool tracked_only = false;        ///< only what mlops tracks, nothing of the workspace or of git
  std::optional<unsigned> depth{};  ///< of `files` and `tree`; 0: the directory itself
};

/// One file or directory: as it is in the workspace (or in git's tree), else as it is recorded.
struct ListItem {
  fs::RepoPath path;
  bool directory = false;
  bool executable = false;
  bool tracked = false;                     ///< kept by mlops: a tracked path, or something inside one
  std::optional<std::uint64_t> size_bytes;  ///< nothing where it is not known; of a tracked directory, of all it holds
  std::optional<store::Entry> entry;        ///< recorded, of tracked content; nothing where a stage never made it
};

struct ListResult {
  ListItem base;                           ///< what was asked for
  std::vector<ListItem> items;             ///< by the text of their paths; of a tree each directory before its contents
  std::vector<fs::RepoPath> not_in_cache;  ///< tracked directories whose listing the cache lacks
};

/// Lists a directory (or one file): the files of the workspace that no ignore file hides, or those of a revision,
/// together with what is tracked there, whose data need not be here. Throws Error (missing) when nothing of that name is
/// known.
ListResult list(Workspace& workspace, const ListOptions& options);

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repo/snapshot.hpp"

namespace mlops::repo {

struct ListOptions {
  std::string path{};                     ///< as typed; empty: the cwd's directory
  std::optional<std::string> revision{};  ///< a git revision; none: the workspace
  bool recursive = false;
  bool tracked_only = false;        ///< only what mlops tracks, not git's files
  std::optional<unsigned> depth{};  ///< of the recursion
};

/// One file or directory of a revision, git's and ours together.
struct ListItem {
  fs::RepoPath path;
  bool directory = false;
  bool executable = false;
  bool tracked = false;                     ///< kept by mlops: a tracked path, or something inside one
  std::optional<std::uint64_t> size_bytes;  ///< nothing where it is not known (git directories)
  std::optional<hash::Digest> digest;       ///< of tracked content
};

struct ListResult {
  std::vector<ListItem> items;             ///< sorted by path
  std::vector<fs::RepoPath> not_in_cache;  ///< tracked directories whose listing the cache lacks
};

/// Lists a directory (or one file) of the workspace or of a revision, as git and mlops together know it; the data
/// itself need not be here. Throws Error (missing) when nothing of that name is known.
ListResult list(Workspace& workspace, const ListOptions& options);

}  // namespace mlops::repo

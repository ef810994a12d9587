// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repo/list.hpp"

namespace mlops::repo {

struct DuOptions {
  std::string path{};                     ///< as typed; empty: the cwd's directory
  std::optional<std::string> revision{};  ///< a git revision; none: the workspace
};

/// How many bytes a path takes: the file's, or all below the directory.
struct DuItem {
  fs::RepoPath path;
  std::uint64_t size_bytes = 0;
};

struct DuResult {
  std::vector<DuItem> items;  ///< what lies in the directory, sorted by path; none for a file
  DuItem total;               ///< the path itself
  std::vector<fs::RepoPath>
      not_in_cache;  ///< directories whose listing the cache lacks, so that nothing counts for them
};

/// Adds up what `list` knows of a path: files as they are in the workspace or in git's tree, else as recorded. Metadata
/// files (pointers, pipeline and ignore files) do not count. Throws Error (missing) as `list` does.
DuResult du(Workspace& workspace, const DuOptions& options);

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "run/record.hpp"

namespace mlops::run {

/// Whether the content of a file can be had again: from HEAD, from the index, or from a run's tree.
class SavedContent {
 public:
  explicit SavedContent(repo::Workspace& workspace);
  /// Whether git holds `content` for this path of the project. The lock and outputs that a run recorded count too.
  bool has(const fs::RepoPath& path, std::string_view content);

 private:
  bool has_blob(const git::Oid& tree, const fs::RepoPath& path, std::string_view content);
  bool is_staged(const fs::RepoPath& path, std::string_view content);

  repo::Workspace& workspace_;
  std::vector<git::Oid> runs_;
  std::map<fs::RepoPath, git::Oid> index_;
  std::map<git::Oid, std::string> blobs_;
};

}  // namespace mlops::run

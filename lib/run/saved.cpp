// SPDX-License-Identifier: Apache-2.0
#include "run/saved.hpp"

#include "run/layout.hpp"

namespace mlops::run {

SavedContent::SavedContent(repo::Workspace& workspace) : workspace_(workspace) {
  for (const git::Ref& ref : workspace.git().refs(ref_prefix)) {
    if (ref.commit) {
      runs_.push_back(ref.target);
    }
  }
  for (const git::TreeItem& item : workspace.git().index_items()) {
    index_.insert_or_assign(item.path, item.id);
  }
}

bool SavedContent::has(const fs::RepoPath& path, std::string_view content) {
  const fs::RepoPath in_git = workspace_.git_path(path);
  if (is_staged(in_git, content)) {
    return true;
  }
  const auto head = workspace_.git().head();
  if (head && has_blob(*head, in_git, content)) {
    return true;
  }
  const spec::Dialect& dialect = workspace_.dialect();
  const fs::RepoPath kept =
      path.name() == dialect.names().lock ? run_directory(dialect) / path : run_output_path(dialect, path);
  for (const git::Oid& run : runs_) {
    if (has_blob(run, workspace_.git_path(kept), content) || has_blob(run, in_git, content)) {
      return true;
    }
  }
  return false;
}

bool SavedContent::has_blob(const git::Oid& tree, const fs::RepoPath& path, std::string_view content) {
  const auto item = workspace_.git().find(tree, path);
  if (!item || item->mode == git::FileMode::directory || item->mode == git::FileMode::submodule) {
    return false;
  }
  auto known = blobs_.find(item->id);
  if (known == blobs_.end()) {
    known = blobs_.emplace(item->id, workspace_.git().read_blob(item->id, record_limit_bytes)).first;
  }
  return known->second == content;
}

bool SavedContent::is_staged(const fs::RepoPath& path, std::string_view content) {
  const auto item = index_.find(path);
  return item != index_.end() && workspace_.git().read_blob(item->second, record_limit_bytes) == content;
}

}  // namespace mlops::run

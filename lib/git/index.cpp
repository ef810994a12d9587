// SPDX-License-Identifier: Apache-2.0
// Git's index and its ignore rules.

#include <algorithm>

#include "git/handle.hpp"
#include "git/mode.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::git {
namespace {

/// Throws Error; the two formats of the index that libgit2 lacks get the command that turns them off.
void check_index(int code) {
  if (code >= 0) {
    return;
  }
  const std::string message = last_message();
  Error error("cannot read git's index: {}", message);
  if (message.find("'link'") != std::string::npos) {
    throw std::move(error).hint("split indexes are not supported: `git update-index --no-split-index`");
  }
  if (message.find("'sdir'") != std::string::npos) {
    throw std::move(error).hint("sparse indexes are not supported: `git sparse-checkout reapply --no-sparse-index`");
  }
  throw error;
}

}  // namespace

git_index* Repository::State::fresh_index() {
  if (index) {
    check_index(git_index_read(index.get(), 0));
  } else {
    check_index(git_repository_index(out(index), get()));
  }
  return index.get();
}

bool Repository::tracks(const fs::RepoPath& path) const {
  git_index* index = state_->fresh_index();
  if (path.is_root()) {
    return git_index_entrycount(index) > 0;
  }
  std::size_t position = 0;
  return git_index_find(&position, index, path.str().c_str()) == 0 ||
         git_index_find_prefix(&position, index, (path.str() + "/").c_str()) == 0;
}

std::vector<TreeItem> Repository::index_items() const {
  git_index* index = state_->fresh_index();
  const std::size_t count = git_index_entrycount(index);
  std::vector<TreeItem> items;
  items.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const git_index_entry* entry = git_index_get_byindex(index, i);
    if (std::optional<fs::RepoPath> path = fs::RepoPath::try_parse(entry->path)) {
      items.push_back({std::move(*path), oid(entry->id), file_mode(entry->mode)});
    }
  }
  std::stable_sort(items.begin(), items.end(), [](const TreeItem& a, const TreeItem& b) { return a.path < b.path; });
  return items;
}

bool Repository::ignores(const fs::RepoPath& path) const {
  if (path.is_root()) {
    return false;
  }
  int ignored = 0;
  check(git_ignore_path_is_ignored(&ignored, state_->get(), path.str().c_str()), "read git's ignore rules for {}",
        quoted(path.str()));
  return ignored != 0;
}

}  // namespace mlops::git

// SPDX-License-Identifier: Apache-2.0
#include "repo/du.hpp"

#include <map>

#include "repo/pointers.hpp"

namespace mlops::repo {
namespace {

bool is_metadata(const spec::Dialect& dialect, std::string_view name) {
  const spec::Names& names = dialect.names();
  return name == names.pipeline || name == names.ignore || is_pointer_name(dialect, name);
}

/// The part of `path` that lies directly below `base`.
fs::RepoPath child_of(const fs::RepoPath& base, const fs::RepoPath& path) { return base / path.below(base).first(); }

}  // namespace

DuResult du(Workspace& workspace, const DuOptions& options) {
  ListResult listed = list(workspace, {.path = options.path, .revision = options.revision, .shape = ListShape::tree});
  DuResult result;
  result.total.path = listed.base.path;
  result.not_in_cache = std::move(listed.not_in_cache);
  std::map<fs::RepoPath, std::uint64_t> sizes;
  for (const ListItem& item : listed.items) {
    if (is_metadata(workspace.dialect(), item.path.name())) {
      continue;
    }
    const std::uint64_t bytes = item.directory ? 0 : item.size_bytes.value_or(0);
    result.total.size_bytes += bytes;
    if (item.path != listed.base.path) {
      sizes[child_of(listed.base.path, item.path)] += bytes;
    }
  }
  for (const auto& [path, bytes] : sizes) {
    result.items.push_back({path, bytes});
  }
  return result;
}

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#include "repo/present.hpp"

#include "util/error.hpp"
#include "util/parallel.hpp"

namespace mlops::repo {
namespace {

Present look(const std::string& root, const fs::RepoPath& path, const store::LocalDb& db,
             const store::BuildOptions& options, KeepTrees trees) {
  try {
    if (trees == KeepTrees::yes) {
      return {store::hash_path_with_trees(root, path, db.memo(), &db, options), {}};
    }
    return {{store::hash_path(root, path, db.memo(), &db, options), {}}, {}};
  } catch (const Error& failure) {
    if (failure.kind() != ErrorKind::failed || failure.system_code() != 0) {
      throw;
    }
    return {{}, failure.what()};
  }
}

}  // namespace

Present look_at(const std::string& root, const fs::RepoPath& path, const store::LocalDb& db,
                const store::BuildOptions& options) {
  return look(root, path, db, options, KeepTrees::yes);
}

std::vector<Present> look_at_all(Workspace& workspace, const std::vector<ExpectedPath>& paths, KeepTrees trees) {
  const store::LocalDb& db = workspace.db();
  std::vector<store::BuildOptions> options;
  options.reserve(paths.size());
  for (const ExpectedPath& expected : paths) {
    options.push_back(workspace.build_options(expected.path, "Comparing " + workspace.shown(expected.path)));
    options.back().jobs = expected.tree ? options.back().jobs : 1;
  }
  std::vector<Present> found(paths.size());
  parallel_for(paths.size(), workspace.jobs() != 0 ? workspace.jobs() : processors(), [&](std::size_t i) {
    if (!paths[i].tree) {
      found[i] = look(workspace.root(), paths[i].path, db, options[i], trees);
    }
  });
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (paths[i].tree) {
      found[i] = look(workspace.root(), paths[i].path, db, options[i], trees);
    }
  }
  workspace.save_memo();
  return found;
}

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "repo/workspace.hpp"

namespace mlops::run {

/// What a reproduction's work tree is made of.
struct ReproductionTreeOptions {
  git::Oid commit;
  std::string label;  ///< part of the directory's name: letters and digits
  Environment env;    ///< of its session, before our own variables
  bool keep = false;
};

/// A project in a temporary git work tree below .mlops/tmp that shares this project's cache.
///
/// Checked out by git itself, so filters apply; no hook runs. Removed with the object, and after a kill by
/// `sweep_reproductions`.
class ReproductionTree {
 public:
  ReproductionTree(repo::Workspace& origin, const ReproductionTreeOptions& options);
  ~ReproductionTree();
  ReproductionTree(const ReproductionTree&) = delete;
  ReproductionTree& operator=(const ReproductionTree&) = delete;

  repo::Workspace& workspace() { return *workspace_; }
  const std::string& directory() const { return directory_; }
  /// Leaves the directory in place for good.
  void keep();

 private:
  void remove();

  repo::Workspace& origin_;
  std::string directory_;
  bool kept_ = false;
  std::unique_ptr<repo::Workspace> workspace_;
};

}  // namespace mlops::run

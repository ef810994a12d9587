// SPDX-License-Identifier: Apache-2.0
#include "repo/unprotect.hpp"

#include "repo/target.hpp"
#include "store/checkout.hpp"

namespace mlops::repo {

UnprotectResult unprotect(Workspace& workspace, const std::vector<std::string>& targets) {
  const auto snapshot = Snapshot::of_workspace(workspace);
  const std::vector<Target> chosen = resolve_targets(workspace, *snapshot, {.targets = targets});
  UnprotectResult result;
  for (const Target& target : chosen) {
    result.targets.push_back(target.path);
  }
  const store::CheckoutOptions options = workspace.checkout_options(result.targets);
  for (const fs::RepoPath& path : result.targets) {
    if (fs::stat_path(workspace.absolute(path))) {
      result.files += store::unprotect(workspace.root(), path, workspace.db(), options);
    }
  }
  workspace.save_memo();
  return result;
}

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "repo/workspace.hpp"

namespace mlops::run {

/// A parameter file as it is and as it shall be.
struct ParamEdit {
  fs::RepoPath file;
  std::string before, after;
};

/// Works out what `[file:]key.path=value` words make of the parameter files, several for one file in their order;
/// changes nothing. Files that stay as they are are left out. Throws Error for the first word that cannot be carried
/// out.
std::vector<ParamEdit> plan_param_edits(const repo::Workspace& workspace, const std::vector<std::string>& words);
/// Writes them, each file as a whole.
void apply_param_edits(const repo::Workspace& workspace, const std::vector<ParamEdit>& edits);

}  // namespace mlops::run

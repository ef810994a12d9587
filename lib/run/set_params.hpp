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

/// Parameter files as edited: written at once, each as a whole, and back as they were when this is destroyed, unless
/// they were kept. A run that never came to its first stage has changed nothing.
class ParamChange {
 public:
  ParamChange(const repo::Workspace& workspace, std::vector<ParamEdit> edits);
  ParamChange(const ParamChange&) = delete;
  ParamChange& operator=(const ParamChange&) = delete;
  ~ParamChange();
  void keep() { kept_ = true; }
  std::vector<fs::RepoPath> files() const;

 private:
  void undo() const;

  const repo::Workspace& workspace_;
  std::vector<ParamEdit> edits_;
  bool kept_ = false;
};

}  // namespace mlops::run

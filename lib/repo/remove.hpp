// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "repo/snapshot.hpp"

namespace mlops::repo {

struct RemoveOptions {
  std::vector<std::string> targets{};  ///< tracked paths, pointer files or names of stages, as typed
  std::vector<std::string> stages{};   ///< names of stages, whatever else is called so
  bool outs = false;                   ///< deletes the data too
  bool force = false;                  ///< with outs: data that is not in the store goes to the rescue directory
};

struct RemoveResult {
  std::vector<fs::RepoPath> pointers;  ///< pointer files that are gone
  std::vector<std::string> stages;     ///< stages taken out of the pipeline file
  std::vector<fs::RepoPath> data;      ///< data that was deleted
  std::vector<std::pair<fs::RepoPath, std::string>> rescued;
  std::vector<fs::RepoPath> changed_files;  ///< to be committed, sorted
  bool staged = false;
};

/// Stops tracking: removes the pointer (or the stage, from pipeline file and lock) and the .gitignore lines. The data
/// stays unless `outs`; it is only deleted when the store holds it, else Error (conflict) and nothing changes.
RemoveResult remove(Workspace& workspace, const RemoveOptions& options);

}  // namespace mlops::repo

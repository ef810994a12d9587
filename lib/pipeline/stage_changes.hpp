// SPDX-License-Identifier: Apache-2.0
#pragma once

// What changed, stage by stage, in the words that scripts and editors know from DVC's `status --json`.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/plan.hpp"
#include "repo/workspace.hpp"

namespace mlops::pipeline {

/// One stage or pointer file of which something changed. Paths are as a person in cwd would type them.
struct StageChanges {
  /// What happened to a path ("modified", "deleted", "new", "not in cache"), or to the keys of a parameter file.
  struct Item {
    std::string path;
    std::string word{};
    std::vector<std::pair<std::string, std::string>> keys{};  ///< key and word; `word` is then empty
  };
  std::string name;  ///< address relative to cwd: "train", "../mlops.yaml:train", "data/raw.mlops"
  std::vector<Item> deps, outs;
  bool command = false;  ///< it would run another command than the last time
  bool always = false;   ///< it counts as changed whatever happens
};

/// Compares all stages and pointers, or those of `targets`, with what lock and pointers say; only those of which something
/// changed, stages in the order of their files, pointers before them. Changes nothing but the memo. The dependencies of a
/// frozen stage are not looked at; their names are added to `frozen`.
std::vector<StageChanges> stage_changes(repo::Workspace& workspace, const repo::Snapshot& snapshot,
                                        const std::vector<std::string>& targets, std::vector<std::string>& frozen);

}  // namespace mlops::pipeline

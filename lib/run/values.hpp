// SPDX-License-Identifier: Apache-2.0
#pragma once

// The values and paths of runs in the forms that several verbs need.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "repo/snapshot.hpp"
#include "run/history.hpp"
#include "run/record.hpp"

namespace mlops::run {

/// Every key of the files on either side, sorted by file, keys in the file's order.
std::vector<ValueDelta> compare_values(const std::map<std::string, spec::Value>& before,
                                       const std::map<std::string, spec::Value>& after);

/// Whether the outcome of a recorded stage says that its lock entry is of this run or still held in it.
bool is_good_outcome(std::string_view outcome);

/// What the stages of a run read and made, by its lock and its tree.
class RunPaths {
 public:
  RunPaths(repo::Workspace& workspace, const Run& run, const spec::Lock& lock);

  struct Path {
    fs::RepoPath path;
    std::string stage;
    store::Entry entry;
    bool cached = true;  ///< kept by the store (an output with cache, or tracked data); otherwise in the run's tree
    bool push = true;
    std::optional<std::string> remote;
  };
  /// Outputs of the stages that ended well; sorted by path.
  const std::vector<Path>& outputs() const { return outputs_; }
  /// What they read and no stage of the project makes; sorted by path.
  const std::vector<Path>& dependencies() const { return dependencies_; }
  /// Pointers of the run's tree that lie at, in or around a dependency of its stages.
  std::vector<const spec::Pointer*> inputs() const;
  /// What the run's tree declares.
  const repo::Snapshot& snapshot() const { return *snapshot_; }
  /// Whether the bytes are here: in the cache, or in git.
  bool is_present(const Path& path) const;

 private:
  void add_stage(const std::string& name, const spec::LockedStage& state);
  void add_dependency(const std::string& stage, const spec::LockedPath& dep);
  bool is_made(const fs::RepoPath& path) const;

  repo::Workspace& workspace_;
  const Run& run_;
  std::unique_ptr<repo::Snapshot> snapshot_;
  std::vector<Path> outputs_, dependencies_;
  std::vector<fs::RepoPath> read_;  // all dependencies that no stage makes, of all stages of the record
};

}  // namespace mlops::run

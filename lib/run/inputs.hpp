// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "run/past_run.hpp"

namespace mlops::run {

/// One thing that a stage reads and nobody makes again: it must be there exactly as recorded.
struct Input {
  std::string stage;
  spec::LockedPath recorded;
};

/// Puts recorded inputs into a reproduction's work tree and checks them.
class InputSupply {
 public:
  /// `origin` has the cache and the remotes; `there` is the work tree, `snapshot` is of it.
  InputSupply(repo::Workspace& origin, repo::Workspace& there, const PastRun& past, const repo::Snapshot& snapshot);

  /// What the selected stages read and none of them makes.
  std::vector<Input> external(const Selection& selection) const;
  /// All that one stage reads.
  std::vector<Input> of_stage(const std::string& stage) const;

  /// Takes git's files as they are, tracked data and outputs from the cache or else a remote. Throws Error naming the
  /// first input that cannot be supplied as recorded.
  void supply(const std::vector<Input>& inputs);
  /// Throws Error unless the parameters that the stages read, and none of them makes, are those of the record.
  void check_params(const Selection& selection) const;

 private:
  struct Item {
    spec::LockedPath wanted;
    std::string remote;  ///< "": the default one
  };
  std::vector<Item> items_for(const std::vector<Input>& inputs);
  void place_uncached(const fs::RepoPath& path, const store::Entry& entry);
  void add_outputs(const Input& input, std::vector<Item>& items);
  void fetch_missing(const std::vector<Item>& items);
  void check(const Input& input) const;

  repo::Workspace& origin_;
  repo::Workspace& there_;
  const PastRun& past_;
  const repo::Snapshot& snapshot_;
  std::string trouble_;  // why the remote could not help
};

}  // namespace mlops::run

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "fs/repo_path.hpp"
#include "repo/snapshot.hpp"
#include "spec/stage.hpp"

namespace mlops::pipeline {

/// The stages of a project as a graph: an edge wherever a dependency overlaps another stage's output.
///
/// Building checks what makes a pipeline sound and throws Error naming file, line and both parties: two stages (or a
/// stage and a pointer) with the same output, an output inside another output, a stage whose dependency is its own
/// output, a cycle (shown as a path a -> b -> a), an output that is a file of ours or that git tracks is checked when it
/// matters (stage add, run).
class Graph {
 public:
  explicit Graph(const repo::Snapshot& snapshot);

  std::size_t size() const { return stages_.size(); }
  const spec::Stage& stage(std::size_t index) const { return *stages_[index]; }
  /// Index by name; throws Error (with the nearest name) for an unknown one.
  std::size_t index(const std::string& name) const;
  const std::vector<std::size_t>& upstream(std::size_t index) const { return upstream_[index]; }
  const std::vector<std::size_t>& downstream(std::size_t index) const { return downstream_[index]; }
  /// Every stage after all its upstreams; ties in the order of the file.
  const std::vector<std::size_t>& order() const { return order_; }
  /// `start` and everything upstream (or downstream) of it, in order().
  std::vector<std::size_t> closure(const std::vector<std::size_t>& start, bool downstream) const;
  /// The stage whose output is, or holds, or lies below `path`.
  std::vector<std::size_t> producers(const fs::RepoPath& path) const;

 private:
  std::vector<const spec::Stage*> stages_;
  std::vector<std::vector<std::size_t>> upstream_, downstream_;
  std::vector<std::size_t> order_;
  std::unordered_map<std::string, std::size_t> by_name_;
};

}  // namespace mlops::pipeline

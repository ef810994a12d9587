// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
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
/// output, a cycle (shown as a path a -> b -> a). Whether an output is a file of ours or of git is checked when it
/// matters (stage add, run). Points into the snapshot, which must outlive it. Building is O(n log n) in paths.
class Graph {
 public:
  /// `dialect` names the pipeline file in messages.
  explicit Graph(const repo::Snapshot& snapshot, const spec::Dialect& dialect = spec::native_dialect());

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
  /// The stages one of whose outputs is, or holds, or lies below `path`; sorted, each once.
  std::vector<std::size_t> producers(const fs::RepoPath& path) const;
  /// Index by name; nothing for an unknown one.
  std::optional<std::size_t> find(const std::string& name) const;

  /// A path that a stage or a pointer claims.
  struct Claim {
    const fs::RepoPath* path;
    std::size_t stage;  ///< `no_stage` for a pointer
    int line;
  };
  static constexpr std::size_t no_stage = static_cast<std::size_t>(-1);

 private:
  void collect_claims(const repo::Snapshot& snapshot);
  std::string place_of(const Claim& claim) const;
  void connect();
  void connect_to_producers(std::size_t consumer, const fs::RepoPath& path, int line);
  void sort();

  std::vector<const spec::Stage*> stages_;
  std::vector<std::vector<std::size_t>> upstream_, downstream_;
  std::vector<std::size_t> order_;
  std::unordered_map<std::string, std::size_t> by_name_;
  std::vector<Claim> claims_;  // sorted by path; none lies inside another
  std::string where_;          // what messages say of the pipeline file; empty where there are several
};

}  // namespace mlops::pipeline

// SPDX-License-Identifier: Apache-2.0
#pragma once

// Files that change while stages run and that no stage declares (I-28).
//
// Problem: a file that a stage writes behind mlops' back is neither kept nor restored, and what reads it is not
// reproducible. Idea: git knows what is unusual in the work tree, ignored files aside, which are declared to be of no
// interest. So its status is asked before the first stage starts and after the last one has ended, and what became
// unusual or changed meanwhile is told, with the stages that were running at the time the file's inode changed.
// Cost: two times `git status`. A directory that git does not know at all counts as one.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pipeline/graph.hpp"
#include "repo/workspace.hpp"

namespace mlops::pipeline {

/// A path that changed while stages ran.
struct Undeclared {
  std::string path;                 ///< printable
  std::vector<std::string> stages;  ///< those that were running then; empty: that cannot be told
};

class UndeclaredFiles {
 public:
  UndeclaredFiles(const repo::Workspace& workspace, const Graph& graph);
  /// Notes that a stage is about to start; the first one makes the look that later ones are compared with.
  void started(const std::string& stage);
  void ended(const std::string& stage);
  /// Returns what changed since the last look, and takes that as known.
  std::vector<Undeclared> news();

 private:
  using Look = std::map<fs::RepoPath, std::int64_t>;  // path -> when its inode changed; 0: it is not there

  struct Window {
    std::string stage;
    std::int64_t from_ns, to_ns;
  };

  /// Nothing: git does not tell.
  std::optional<Look> look() const;
  bool is_declared(const fs::RepoPath& path) const;
  std::vector<std::string> running_at(std::int64_t time_ns) const;

  const repo::Workspace& workspace_;
  const Graph& graph_;
  std::set<fs::RepoPath> locks_;
  bool looked_ = false;
  std::optional<Look> before_;
  std::vector<Window> windows_;
};

}  // namespace mlops::pipeline

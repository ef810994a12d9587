// SPDX-License-Identifier: Apache-2.0
#pragma once

// What git trees name of the store: pointers, locks, and the logs and locks of runs.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "repo/workspace.hpp"
#include "store/tree.hpp"

namespace mlops::run {

/// One entry of the store that something in git names.
struct Reference {
  std::string label;  ///< path of the data, or "log of train" of a run; printable
  store::Entry entry;
};

/// Reads the references of many commits and trees of one project.
///
/// A file and a directory are looked at once, however many commits have them, so that a long history costs what
/// changed in it. Files that cannot be read throw Error naming commit and path; gc must not guess.
class References {
 public:
  explicit References(repo::Workspace& workspace);
  References(const References&) = delete;
  References& operator=(const References&) = delete;
  ~References();

  using Visit = std::function<void(const Reference&)>;
  /// Visits what a commit or tree names and no tree before it did.
  void visit_new(const git::Oid& commit_or_tree, const Visit& visit);
  /// Visits everything that a commit or tree names; entries of files seen before are known already.
  void visit_all(const git::Oid& commit_or_tree, const Visit& visit);
  /// Visits what one blob names, given its path in a git tree; nothing for files that name none.
  void visit_blob(const git::Oid& blob, const fs::RepoPath& path, const Visit& visit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What the work tree names: its pointers, lock and journal.
std::vector<Reference> workspace_references(repo::Workspace& workspace);

}  // namespace mlops::run

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "git/repository.hpp"
#include "repo/workspace.hpp"
#include "spec/dialect.hpp"

namespace mlops::repo {

/// One path that the store keeps, and who says so.
struct Tracked {
  fs::RepoPath path;
  std::optional<store::Entry> entry;  ///< nothing: a stage declares it but has never made it
  const spec::Pointer* pointer = nullptr;
  const spec::Stage* stage = nullptr;  ///< the stage whose output it is
  const spec::Output* output = nullptr;
  bool push = true;
  std::optional<std::string> remote;
};

/// Everything that one revision declares: pipeline, lock with journal, pointers. Immutable once loaded.
struct Snapshot {
  spec::Project project;
  spec::Lock lock;                      ///< with the journal's records in it, for the workspace
  std::vector<spec::Pointer> pointers;  ///< sorted by path
  std::vector<fs::RepoPath> pipelines;  ///< the pipeline files, the root's first; of a workspace whether there or not
  bool journal_pending = false;         ///< the journal holds records that mlops.lock lacks

  /// All cached outputs and pointers, sorted by path. Pointers into this snapshot.
  std::vector<Tracked> tracked() const;
  /// The tracked path that is `path` or holds it, or nothing.
  std::optional<Tracked> find(const fs::RepoPath& path) const;
  /// The file of a pointer ("data/raw.mlops").
  static fs::RepoPath pointer_file(const spec::Dialect& dialect, const fs::RepoPath& data);

  /// Reads the work tree. Pipeline files and locks come from their compiled form when their texts have not changed (D8);
  /// they and pointer files are found by a walk that skips .git, .mlops, ignored and tracked directories.
  static std::unique_ptr<Snapshot> of_workspace(Workspace& workspace);
  /// As of_workspace without looking for pointers, for commands that only need the pipeline.
  static std::unique_ptr<Snapshot> of_pipeline(Workspace& workspace);
  /// Reads a commit or tree.
  static std::unique_ptr<Snapshot> of_tree(Workspace& workspace, const git::Oid& commit_or_tree);
};

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "repo/snapshot.hpp"

namespace mlops::repo {

/// The longest pointer file that is read.
constexpr std::uint64_t pointer_limit_bytes = 1U << 20U;

/// All pointers of the work tree, in no order. Does not enter `outputs` (made by stages), tracked directories, .git, .mlops,
/// directories that git or we ignore, or other projects.
std::vector<spec::Pointer> find_pointers(const Workspace& workspace, const std::vector<fs::RepoPath>& outputs);

/// The files of a commit or tree that declare what is tracked, before any of them is read.
struct Declarations {
  git::Oid revision;       ///< the commit or tree itself
  bool templates = false;  ///< the pipeline file may take values from other files of the revision
  std::optional<git::Oid> pipeline, lock;
  std::vector<git::TreeItem> pointers;  ///< paths are the project's
  /// Equal for two trees that declare the same.
  std::string key() const;
};
Declarations find_declarations(Workspace& workspace, const git::Oid& commit_or_tree);
std::unique_ptr<Snapshot> read_declarations(Workspace& workspace, const Declarations& found);

/// Reads one pointer file of the work tree. Throws Error with file and line.
spec::Pointer read_pointer(const Workspace& workspace, const fs::RepoPath& file);

/// Throws Error (conflict) when the pointer of `data`, which the caller has seen, is gone: writing it would track again
/// what another command has just moved or removed. The caller holds the metadata lock.
void require_still_tracked(const Workspace& workspace, const fs::RepoPath& data);

/// Whether a file of this name is a pointer.
bool is_pointer_name(const spec::Dialect& dialect, std::string_view name);

}  // namespace mlops::repo

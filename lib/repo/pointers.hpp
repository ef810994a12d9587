// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "repo/snapshot.hpp"
#include "util/error.hpp"

namespace mlops::repo {

/// The longest pointer file that is read.
constexpr std::uint64_t pointer_limit_bytes = 1U << 20U;

/// A pointer file of the work tree: what it says, or why it cannot be read.
struct PointerFile {
  fs::RepoPath file;
  std::vector<spec::Pointer> pointers{};
  std::optional<Error> failure{};
};

/// The files of the work tree that declare what is tracked.
struct Declaring {
  std::vector<fs::RepoPath> pipelines;  ///< the one at the root first, there or not; the others by path
  std::vector<PointerFile> pointers;    ///< in no order
};

enum class Pointers { skip, read };
/// Looks through all directories but tracked ones, .git, our own, those that git or we ignore, and other projects.
Declaring find_declaring(const Workspace& workspace, Pointers pointers);

/// The files of a commit or tree that declare what is tracked, before any of them is read.
struct Declarations {
  git::Oid revision;       ///< the commit or tree itself
  bool templates = false;  ///< a pipeline file may take values from other files of the revision
  std::vector<git::TreeItem> pipelines, locks, pointers;  ///< paths are the project's
  /// Equal for two trees that declare the same.
  std::string key() const;
};
Declarations find_declarations(Workspace& workspace, const git::Oid& commit_or_tree);
std::unique_ptr<Snapshot> read_declarations(Workspace& workspace, const Declarations& found);

/// What a pointer file's text says of `data`. Throws Error with file and line, and where it speaks of other paths only.
spec::Pointer parse_pointer(const spec::Dialect& dialect, std::string_view text, const fs::RepoPath& file,
                            const fs::RepoPath& data);
/// The same for a file of the work tree.
spec::Pointer read_pointer(const Workspace& workspace, const fs::RepoPath& file, const fs::RepoPath& data);

/// Throws Error (conflict) when the pointer of `data`, which the caller has seen, is gone: writing it would track again
/// what another command has just moved or removed. The caller holds the metadata lock.
void require_still_tracked(const Workspace& workspace, const fs::RepoPath& file, const fs::RepoPath& data);

/// Whether a file of this name is a pointer.
bool is_pointer_name(const spec::Dialect& dialect, std::string_view name);

}  // namespace mlops::repo

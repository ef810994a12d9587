// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repo/snapshot.hpp"

namespace mlops::repo {

struct AddOptions {
  std::vector<std::string> targets{};         ///< as typed
  bool glob = false;                          ///< targets are patterns
  std::optional<std::string> desc{}, type{};  ///< replace what the pointer says, when given
  std::optional<std::vector<std::string>> labels{};
  std::optional<spec::Value> meta{};
};

/// One target that was added.
struct Added {
  fs::RepoPath path;     ///< as asked for
  fs::RepoPath data;     ///< the tracked path: `path`, or the tracked directory that holds it
  fs::RepoPath pointer;  ///< its pointer file
  store::Entry entry;    ///< of `path`
  bool changed = false;  ///< the pointer was made or says something else than before
};

struct AddResult {
  std::vector<Added> added;                 ///< sorted by path
  std::uint64_t bytes_written = 0;          ///< that the cache did not have
  std::vector<fs::RepoPath> changed_files;  ///< pointers and .gitignore files to be committed, sorted
  bool staged = false;                      ///< core.autostage gave them to `git add`
};

/// Takes files and directories under version control: hashes and stores them, writes their pointers and the managed
/// lines of .gitignore. A path inside a tracked directory updates that entry alone.
///
/// Every target is checked before anything changes. Throws Error for one that is missing, unreadable, outside the
/// repository, in .git or .mlops, a symbolic link, a pointer, tracked by git, or overlapping another tracked path or
/// an output.
AddResult add(Workspace& workspace, const AddOptions& options);

/// Stores again what the workspace holds at these pointers' paths and rewrites the pointers that changed: what
/// `commit` does for data that no stage makes. `pointers` are of a snapshot of it.
AddResult store_changes(Workspace& workspace, const std::vector<const spec::Pointer*>& pointers);

/// Those of the changed files that git can be told of: of one that is gone and that it never knew it wants to hear nothing.
std::vector<fs::RepoPath> known_to_git(Workspace& workspace, std::vector<fs::RepoPath> files);

/// Hands changed metadata files to `git add` when core.autostage says so; whether it did.
bool autostage(Workspace& workspace, const std::vector<fs::RepoPath>& files);

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repo/sides.hpp"

namespace mlops::repo {

/// Which of git's own changes are looked at.
enum class GitLook {
  none,
  changes,   ///< whether there are any to files that git tracks
  untracked  ///< these, and the names of all files that git does not track
};

struct DataChangesOptions {
  std::vector<std::string> targets{};  ///< as PathFilter takes them; empty: everything
  Granularity granularity = Granularity::paths;
  bool unchanged = false;               ///< fill DataChanges::unchanged
  bool not_in_remote = false;           ///< fill DataChanges::not_in_remote
  std::optional<std::string> remote{};  ///< to ask instead of the default one
  bool refresh = true;                  ///< false: the remote is not asked; what it had when it was last asked counts
  GitLook git = GitLook::changes;
};

/// How data stands between the last commit, the metadata files of the workspace and the data in the workspace.
struct DataChanges {
  std::vector<RecordedFile> not_in_cache;   ///< recorded by the metadata files, absent from the cache
  std::vector<RecordedFile> not_in_remote;  ///< recorded and meant to be pushed, absent from its remote
  std::vector<DiffItem> committed;          ///< HEAD against the metadata files: what `git commit` would record
  std::vector<DiffItem> uncommitted;        ///< the metadata files against the data: what `mlops commit` would record
  std::vector<DiffItem> unchanged;          ///< the same in all three
  std::vector<std::string> untracked;       ///< files that nobody tracks, as typed from the cwd; sorted
  bool no_commits = false;                  ///< git has no commit yet
  bool git_changes = false;                 ///< git knows of changes of its own
  std::vector<std::string> notes;           ///< what could not be told, and words that choose nothing
};

/// Compares the three. Reads no file that the memo knows, and no listing of directories that are equal. Changes nothing
/// but the memo and the note of what a remote has.
DataChanges data_changes(Workspace& workspace, const DataChangesOptions& options);

}  // namespace mlops::repo

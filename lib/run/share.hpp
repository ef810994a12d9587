// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs elsewhere: objects through the mlops remote, refs through git (D15).

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "repo/sync.hpp"
#include "run/record.hpp"

namespace mlops::run {

/// Content that git does not track and that will leave this machine inside a run's tree.
struct UntrackedContent {
  std::string run;
  std::vector<std::string> paths;
};

struct ShareOptions {
  std::vector<std::string> runs{};          ///< words; empty: all. For pull: ids or prefixes of what the git remote has
  std::optional<std::string> remote{};      ///< for objects; none: core.remote
  std::optional<std::string> git_remote{};  ///< none: the branch's, else origin
  bool dry_run = false;
  /// For push: asked once before content that no run of this git remote has is first sent; an empty function agrees.
  std::function<bool(const std::vector<UntrackedContent>&)> confirm{};
};

struct ShareResult {
  repo::SyncResult objects;
  std::optional<std::string> git_remote;                    ///< nothing: there is none, and no refs were transferred
  std::size_t found = 0;                                    ///< how many runs there were to look at
  std::vector<std::string> runs;                            ///< ids whose refs were transferred (or would be)
  std::vector<std::string> present;                         ///< ids that were there already
  std::vector<std::pair<std::string, std::string>> failed;  ///< id and why its ref was not transferred
  std::vector<UntrackedContent> untracked;
  bool declined = false;  ///< `confirm` said no; nothing was sent
  bool complete() const { return objects.complete() && failed.empty(); }
};

/// Sends the objects that the runs need, then their refs. The ref of a run whose objects did not all arrive is not sent.
ShareResult push_runs(repo::Workspace& workspace, const ShareOptions& options);
/// Brings refs of runs and the objects that they need. A ref that exists here as something else is a failure of that
/// run; its objects are not brought.
ShareResult pull_runs(repo::Workspace& workspace, const ShareOptions& options);

/// The git remote that runs go to when none is named; nothing: there is none.
std::optional<std::string> default_git_remote(repo::Workspace& workspace);

}  // namespace mlops::run

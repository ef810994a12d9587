// SPDX-License-Identifier: Apache-2.0
#pragma once

// Refs of runs on a git remote, through the git program, which has the user's credentials.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "repo/workspace.hpp"

namespace mlops::run {

using RemoteRefs = std::map<std::string, git::Oid>;  ///< run id -> commit

/// The runs that the remote has. Names that are no run's are passed over. Throws Error (network) with git's words.
RemoteRefs list_remote_runs(const repo::Workspace& workspace, const std::string& git_remote);

/// Sends the refs of these runs in one call; none is ever moved there. Returns those that failed, with the reason.
std::vector<std::pair<std::string, std::string>> push_run_refs(const repo::Workspace& workspace,
                                                               const std::string& git_remote,
                                                               const std::vector<std::string>& ids);

/// Brings the commits of these runs into the repository without making any ref. Throws Error (network).
void fetch_run_commits(const repo::Workspace& workspace, const std::string& git_remote,
                       const std::vector<std::string>& ids);

}  // namespace mlops::run

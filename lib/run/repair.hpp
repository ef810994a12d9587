// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repo/workspace.hpp"
#include "run/fsck.hpp"
#include "run/reach.hpp"

namespace mlops::run {

/// Brings back what is corrupt or missing and needed: from files of the work tree that still have the content, else from
/// remotes. Says in each item where it came from, and in `unreadable` which remotes could not be asked.
void repair(repo::Workspace& workspace, const Reach& reach, const std::optional<std::string>& remote,
            std::vector<FsckItem>& items, std::vector<std::string>& unreadable);

}  // namespace mlops::run

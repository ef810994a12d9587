// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "git/repository.hpp"

namespace mlops::git {

/// The commit that HEAD of the worktree with this git directory named `moves` (digits) moves ago, as `HEAD@{1}` means
/// it; nothing when its log does not go back so far.
std::optional<Oid> head_before(const std::string& git_dir, const std::string& moves);

}  // namespace mlops::git

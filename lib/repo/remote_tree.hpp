// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "repo/workspace.hpp"

namespace mlops::repo {

/// The entry at `below` inside the tree `top`, reading listings from the cache or, where it lacks them, from the remote
/// (verified, and not kept: a listing in the cache would promise its members). Nothing: there is no such entry.
/// Throws Error (missing) when a listing is in neither.
std::optional<store::Entry> find_in_remote(Workspace& workspace, remote::Remote& remote, const store::Entry& top,
                                           const fs::RepoPath& below);

}  // namespace mlops::repo

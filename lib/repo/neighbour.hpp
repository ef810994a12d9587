// SPDX-License-Identifier: Apache-2.0
#pragma once

// Objects from next door.
//
// A clone of a repository on the same machine can do without a push: what the remote lacks, the cache of the project
// that git calls `origin` may have. It is asked only for what is missing, read only when it belongs to this user or
// root, and its bytes are hashed like those of any remote.

#include <vector>

#include "remote/remote.hpp"
#include "repo/workspace.hpp"
#include "store/transfer.hpp"

namespace mlops::repo {

/// As store::fetch from `remote`, which must be open, with the neighbour's cache for what it lacks.
store::TransferResult fetch_objects(Workspace& workspace, remote::Remote& remote,
                                    const std::vector<store::Wanted>& wanted, const store::TransferOptions& options);

}  // namespace mlops::repo

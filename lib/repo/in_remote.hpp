// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "repo/data_changes.hpp"

namespace mlops::repo {

/// What the snapshot records and means to push, and its remote (its own, else `options.remote`, else the default) does
/// not have; where there is no remote at all, all of it. What a remote answers is noted in the state directory; with
/// `options.refresh` unset the note answers instead. Sorted by path.
std::vector<RecordedFile> not_in_remote(Workspace& workspace, const Snapshot& snapshot, const PathFilter& filter,
                                        const DataChangesOptions& options);

}  // namespace mlops::repo

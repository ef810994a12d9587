// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace mlops::fs {

/// Removes from a directory the temporary files and directories (TempFile, TempDir) of processes that are gone. Those of
/// another host or container, whose processes cannot be asked for, are left for a day.
void sweep_temporary(const std::string& directory);

}  // namespace mlops::fs

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace mlops::fs {

/// Removes from a directory the temporary files and directories (TempFile, TempDir) of processes that are gone. Those of
/// another host or container, whose processes cannot be asked for, are left for a day. What cannot be removed stays.
void sweep_temporary(const std::string& directory);

/// As above for a directory on another machine, whose clock shows `now_ns`.
void sweep_temporary(const std::string& directory, std::int64_t now_ns);

}  // namespace mlops::fs

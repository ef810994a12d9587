// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fs/file.hpp"
#include "fs/repo_path.hpp"

namespace mlops::fs {

/// Opens the directory `path` below `root` without following any symbolic link on the way (openat2 with
/// RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS, else a walk with O_NOFOLLOW). A link in the way is an Error that names it (I-31).
/// With `create`, missing directories are made.
Fd open_directory_beneath(const std::string& root, const RepoPath& path, bool create);

/// Throws Error unless every existing parent of root/path is a real directory (no symbolic link in between).
void require_no_link_parents(const std::string& root, const RepoPath& path);

}  // namespace mlops::fs

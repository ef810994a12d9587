// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "fs/stat.hpp"

namespace mlops::fs {

/// One name in a directory.
struct DirEntry {
  std::string name;
  FileType type = FileType::other;  ///< as the directory says; `other` may also mean unknown
};

/// Returns the entries of a directory in byte order, without '.' and '..'. Throws Error.
std::vector<DirEntry> list_directory(const std::string& path);
std::vector<DirEntry> list_directory(int directory_fd, const std::string& path);

/// One name in a directory with its stat.
struct StatEntry {
  std::string name;
  FileStat stat;
};

/// As list_directory with the stat of each entry; entries that vanish meanwhile are left out.
std::vector<StatEntry> stat_directory(const std::string& path);

}  // namespace mlops::fs

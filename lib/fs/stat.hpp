// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace mlops::fs {

enum class FileType { file, directory, link, other };

/// What decides "unchanged" for a file, and what kind of thing a path is. Never follows a link.
struct FileStat {
  FileType type = FileType::other;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;  ///< bytes
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  std::uint32_t mode = 0;  ///< permission bits only
  std::uint32_t owner = 0;
  std::uint32_t links = 1;

  bool executable() const { return (mode & 0100U) != 0; }
  bool writable() const { return (mode & 0222U) != 0; }
  friend bool operator==(const FileStat&, const FileStat&) = default;
};

/// Returns nothing if nothing is there (or a parent is not a directory). Throws Error on other failures.
std::optional<FileStat> stat_path(const std::string& path);
/// As stat_path, for what a symbolic link leads to; nothing when it leads nowhere.
std::optional<FileStat> stat_target(const std::string& path);
/// As stat_path for a name inside an open directory.
std::optional<FileStat> stat_at(int directory_fd, const char* name);
FileStat stat_fd(int fd);

}  // namespace mlops::fs

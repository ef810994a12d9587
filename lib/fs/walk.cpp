// SPDX-License-Identifier: Apache-2.0
#include "fs/walk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

#include "fs/file.hpp"
#include "util/error.hpp"

namespace mlops::fs {
namespace {

constexpr std::size_t listing_size = 64U << 10U;

FileType type_of(int directory_fd, const dirent64& entry) {
  switch (entry.d_type) {
    case DT_REG:
      return FileType::file;
    case DT_DIR:
      return FileType::directory;
    case DT_LNK:
      return FileType::link;
    case DT_UNKNOWN:
      break;
    default:
      return FileType::other;
  }
  // Some file systems keep no types in their directories.
  const auto found = stat_at(directory_fd, entry.d_name);
  return found ? found->type : FileType::other;
}

/// Calls `use` with each entry; getdents64 directly, because readdir allocates a stream for every directory.
template <class Use>
void for_each_entry(int fd, const std::string& path, Use use) {
  alignas(dirent64) thread_local static std::byte buffer[listing_size];
  while (true) {
    const ssize_t filled = ::getdents64(fd, buffer, sizeof buffer);
    if (filled == 0) {
      return;
    }
    if (filled < 0) {
      throw system_error(errno, "list directory", path);
    }
    for (ssize_t at = 0; at < filled;) {
      const auto& entry = *reinterpret_cast<const dirent64*>(buffer + at);
      const std::string_view name = entry.d_name;
      if (name != "." && name != "..") {
        use(entry);
      }
      at += entry.d_reclen;
    }
  }
}

std::vector<DirEntry> entries_of(int fd, const std::string& path) {
  std::vector<DirEntry> entries;
  for_each_entry(fd, path, [&](const dirent64& entry) { entries.push_back({entry.d_name, type_of(fd, entry)}); });
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

}  // namespace

std::vector<DirEntry> list_directory(const std::string& path) {
  const Fd directory = open_directory(path);
  return entries_of(directory.get(), path);
}

std::vector<DirEntry> list_directory(int directory_fd, const std::string& path) {
  // Opened anew, because the position in a listing belongs to the descriptor and the caller keeps using his.
  const Fd directory(::openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) {
    throw system_error(errno, "open directory", path);
  }
  return entries_of(directory.get(), path);
}

std::vector<StatEntry> stat_directory(const std::string& path) {
  const Fd directory = open_directory(path);
  std::vector<StatEntry> entries;
  for_each_entry(directory.get(), path, [&](const dirent64& entry) {
    if (const auto found = stat_at(directory.get(), entry.d_name)) {
      entries.push_back({entry.d_name, *found});
    }
  });
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

}  // namespace mlops::fs

// SPDX-License-Identifier: Apache-2.0
#include "fs/stat.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "util/error.hpp"

namespace mlops::fs {
namespace {

FileType type_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return FileType::file;
    case S_IFDIR:
      return FileType::directory;
    case S_IFLNK:
      return FileType::link;
    default:
      return FileType::other;
  }
}

std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec; }

FileStat convert(const struct stat& found) {
  return {.type = type_of(found.st_mode),
          .device = found.st_dev,
          .inode = found.st_ino,
          .size = static_cast<std::uint64_t>(found.st_size),
          .mtime_ns = nanoseconds(found.st_mtim),
          .ctime_ns = nanoseconds(found.st_ctim),
          .mode = static_cast<std::uint32_t>(found.st_mode & 07777U),
          .owner = found.st_uid,
          .links = static_cast<std::uint32_t>(found.st_nlink)};
}

}  // namespace

std::optional<FileStat> stat_at(int directory_fd, const char* name) {
  struct stat found {};
  if (::fstatat(directory_fd, name, &found, AT_SYMLINK_NOFOLLOW) == 0) {
    return convert(found);
  }
  if (errno == ENOENT || errno == ENOTDIR) {
    return std::nullopt;
  }
  throw system_error(errno, "look at", name);
}

std::optional<FileStat> stat_target(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0) {
    return convert(found);
  }
  if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) {
    return std::nullopt;
  }
  throw system_error(errno, "look at", path);
}

std::optional<FileStat> stat_path(const std::string& path) { return stat_at(AT_FDCWD, path.c_str()); }

FileStat stat_fd(int fd) {
  struct stat found {};
  if (::fstat(fd, &found) != 0) {
    throw system_error(errno, "look at", "open file");
  }
  return convert(found);
}

}  // namespace mlops::fs

// SPDX-License-Identifier: Apache-2.0
//
// Every change to a file system by path.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>

#include "fs/file.hpp"
#include "fs/mutate.hpp"
#include "util/text.hpp"

namespace mlops::fs {
namespace {

/// Returns whether the file system, not this pair of paths, is why a flag of renameat2 was refused.
bool lacks_rename_flags(int code) { return code == EINVAL || code == ENOSYS || code == EOPNOTSUPP; }

int link_then_unlink(const std::string& from, const std::string& to) {
  const int code = attempt("link", to, [&] { return ::link(from.c_str(), to.c_str()); });
  if (code != 0) {
    return code;
  }
  return attempt("unlink", from, [&] { return ::unlink(from.c_str()); });
}

/// For file systems with neither rename flags nor hard links (exFAT): two steps, between which another may come in.
int rename_if_seen_absent(const std::string& from, const std::string& to) {
  if (stat_path(to)) {
    return EEXIST;
  }
  return attempt("rename", to, [&] { return ::rename(from.c_str(), to.c_str()); });
}

timespec to_timespec(std::int64_t ns) {
  constexpr std::int64_t second = 1'000'000'000;
  const std::int64_t rest = ((ns % second) + second) % second;
  return {.tv_sec = (ns - rest) / second, .tv_nsec = rest};
}

/// Returns 0, or the errno; an existing directory, also through a link, is fine.
int make_one(const std::string& path) {
  const int code = attempt("mkdir", path, [&] { return ::mkdir(path.c_str(), 0777); });
  struct stat found {};
  if (code == EEXIST && ::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode)) {
    return 0;
  }
  return code;
}

struct Opened {
  Fd fd;
  bool created = false;
};

Opened open_to_append(const std::string& path) {
  constexpr int flags = O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
  Opened opened{Fd(::open(path.c_str(), flags))};
  if (opened.fd.valid()) {
    return opened;
  }
  if (errno != ENOENT) {
    throw system_error(errno, "open", path);
  }
  int fd = -1;
  require("create", "create", path, [&] { return fd = ::open(path.c_str(), flags | O_CREAT, 0600); });
  return {Fd(fd), true};
}

}  // namespace

void write_all(int fd, std::span<const char> bytes, const std::string& path) {
  while (!bytes.empty()) {
    ssize_t count = 0;
    require("write", "write", path, [&] { return count = ::write(fd, bytes.data(), bytes.size()); });
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void sync_fd(int fd, const std::string& path) {
  require("fsync", "flush to disk", path, [&] { return ::fsync(fd); });
}

int rename_no_replace(const std::string& from, const std::string& to) {
  const int code = attempt("rename", to,
                           [&] { return ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE); });
  if (!lacks_rename_flags(code)) {
    return code;
  }
  const auto source = stat_path(from);
  if (source && source->type == FileType::directory) {
    return rename_if_seen_absent(from, to);
  }
  const int link_code = link_then_unlink(from, to);
  return link_code == EPERM || lacks_rename_flags(link_code) ? rename_if_seen_absent(from, to) : link_code;
}

void make_directory(const std::string& path) {
  if (const int code = make_one(path); code != 0) {
    throw system_error(code, "create directory", path);
  }
}

void make_directories(const std::string& path) {
  // From the far end: usually only the last part is missing, and the first ones may not be ours to touch.
  std::vector<std::string> missing;
  for (std::string at = path; !at.empty();) {
    const int code = make_one(at);
    if (code == 0) {
      break;
    }
    const std::string parent = directory_of(at);
    if (code != ENOENT || parent == at || parent == ".") {
      throw system_error(code, "create directory", at);
    }
    missing.push_back(std::exchange(at, parent));
  }
  for (std::size_t i = missing.size(); i-- > 0;) {
    make_directory(missing[i]);
  }
}

void rename_path(const std::string& from, const std::string& to) {
  require("rename", "rename to", to, [&] { return ::rename(from.c_str(), to.c_str()); });
}

bool rename_if_absent(const std::string& from, const std::string& to) {
  const int code = rename_no_replace(from, to);
  if (code != 0 && code != EEXIST) {
    throw system_error(code, "rename to", to);
  }
  return code == 0;
}

bool try_exchange_paths(const std::string& a, const std::string& b) {
  const int code =
      attempt("exchange", b, [&] { return ::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE); });
  if (code != 0 && !lacks_rename_flags(code)) {
    throw system_error(code, "exchange", b);
  }
  return code == 0;
}

void exchange_paths(const std::string& a, const std::string& b) {
  if (!try_exchange_paths(a, b)) {
    throw system_error(EOPNOTSUPP, "exchange", b);
  }
}

void remove_file(const std::string& path) {
  const int code = attempt("unlink", path, [&] { return ::unlink(path.c_str()); });
  if (code != 0 && code != ENOENT && code != ENOTDIR) {
    throw system_error(code, "remove", path);
  }
}

bool remove_empty_directory(const std::string& path) {
  const int code = attempt("rmdir", path, [&] { return ::rmdir(path.c_str()); });
  if (code == ENOTEMPTY || code == EEXIST) {
    return false;
  }
  if (code != 0 && code != ENOENT) {
    throw system_error(code, "remove directory", path);
  }
  return true;
}

void set_mode(const std::string& path, std::uint32_t mode) {
  require("chmod", "set the mode of", path,
          [&] { return ::fchmodat(AT_FDCWD, path.c_str(), static_cast<mode_t>(mode), AT_SYMLINK_NOFOLLOW); });
}

void set_mtime(const std::string& path, std::int64_t mtime_ns) {
  const std::array<timespec, 2> times{timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, to_timespec(mtime_ns)};
  require("utimens", "set the time of", path,
          [&] { return ::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW); });
}

void make_symlink(const std::string& target, const std::string& path) {
  require("symlink", "create link", path, [&] { return ::symlink(target.c_str(), path.c_str()); });
}

void make_hardlink(const std::string& existing, const std::string& path) {
  require("link", "create hard link", path, [&] { return ::link(existing.c_str(), path.c_str()); });
}

void append_file_durable(const std::string& path, std::string_view bytes) {
  Opened opened = open_to_append(path);
  const std::uint64_t before = stat_fd(opened.fd.get()).size;
  try {
    write_all(opened.fd.get(), bytes, path);
  } catch (const Error&) {
    // Half a record would stand before the next one; if it cannot be cut off either, readers drop it by its checksum.
    attempt("truncate", path, [&] { return ::ftruncate(opened.fd.get(), static_cast<off_t>(before)); });
    throw;
  }
  sync_fd(opened.fd.get(), path);
  opened.fd.close(path);
  if (opened.created) {
    sync_directory(directory_of(path));
  }
}

void truncate_file(const std::string& path, std::uint64_t size) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) {
    throw system_error(errno, "open", path);
  }
  require("truncate", "shorten", path, [&] { return ::ftruncate(fd.get(), static_cast<off_t>(size)); });
  fd.close(path);
}

void sync_file(const std::string& path) {
  const Fd fd = open_read(path);
  sync_fd(fd.get(), path);
}

void sync_directory(const std::string& path) {
  const Fd directory = open_directory(path);
  const int code = attempt("fsync_directory", path, [&] { return ::fsync(directory.get()); });
  // Some network and FUSE file systems have nothing to flush for a directory and say so.
  if (code != 0 && code != EINVAL && code != ENOSYS) {
    throw system_error(code, "flush to disk", path);
  }
}

void sync_filesystem(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) {
    throw system_error(errno, "open", path);
  }
  require("syncfs", "flush to disk the file system of", path, [&] { return ::syncfs(fd.get()); });
}

}  // namespace mlops::fs

// SPDX-License-Identifier: Apache-2.0
#include "fs/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "fs/mutate.hpp"
#include "util/text.hpp"

namespace mlops::fs {
namespace {

constexpr std::size_t transfer_size = 256U << 10U;

bool is_absent(int code) { return code == ENOENT || code == ENOTDIR; }

int open_retrying(const std::string& path, int flags) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

int open_for_reading(const std::string& path) {
  // Without O_NONBLOCK a fifo where a file was expected would hang us; regular files ignore the flag.
  return open_retrying(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
}

[[noreturn]] void fail_to_open(int code, const std::string& path) {
  if (code == ELOOP) {
    throw Error("cannot open {}: it is a symbolic link", quoted(path));
  }
  throw system_error(code, "open", path);
}

Error too_large(const std::string& path, std::uint64_t limit_bytes) {
  return Error("cannot read {}: it is larger than {}", quoted(path), human_size(limit_bytes));
}

std::string read_all(const Fd& fd, const std::string& path, std::uint64_t limit_bytes) {
  const FileStat found = stat_fd(fd.get());
  if (found.type != FileType::file) {
    throw Error("cannot read {}: it is not a regular file", quoted(path));
  }
  if (found.size > limit_bytes) {
    throw too_large(path, limit_bytes);
  }
  // One byte more than the stat says tells a file that is growing, and files of /proc that say 0.
  std::string content(static_cast<std::size_t>(found.size) + 1, '\0');
  std::size_t size = 0;
  while (true) {
    size += read_full(fd.get(), std::span(content).subspan(size), path);
    if (size < content.size()) {
      content.resize(size);
      return content;
    }
    if (size > limit_bytes) {
      throw too_large(path, limit_bytes);
    }
    content.resize(content.size() * 2);
  }
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    const Fd old(std::exchange(fd_, other.release()));
  }
  return *this;
}

Fd::~Fd() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

int Fd::release() { return std::exchange(fd_, -1); }

void Fd::close(const std::string& path) {
  const int fd = release();
  if (fd < 0) {
    return;
  }
  const int fault = failpoint("close", path);
  // Linux frees the descriptor even when close fails, EINTR included, so it is never called twice.
  const int code = ::close(fd) == 0 || errno == EINTR ? fault : errno;
  if (code != 0) {
    throw system_error(code, "finish writing", path);
  }
}

Fd open_read(const std::string& path) {
  Fd fd(open_for_reading(path));
  if (!fd.valid()) {
    fail_to_open(errno, path);
  }
  return fd;
}

std::optional<Fd> try_open_read(const std::string& path) {
  Fd fd(open_for_reading(path));
  if (fd.valid()) {
    return fd;
  }
  if (!is_absent(errno)) {
    fail_to_open(errno, path);
  }
  return std::nullopt;
}

Fd open_directory(const std::string& path) {
  Fd fd(open_retrying(path, O_RDONLY | O_DIRECTORY));
  if (!fd.valid()) {
    throw system_error(errno, "open directory", path);
  }
  return fd;
}

std::size_t read_some(int fd, std::span<char> buffer, const std::string& path) {
  while (true) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count >= 0) {
      return static_cast<std::size_t>(count);
    }
    if (errno != EINTR) {
      throw system_error(errno, "read", path);
    }
  }
}

std::size_t read_full(int fd, std::span<char> buffer, const std::string& path) {
  std::size_t size = 0;
  while (size < buffer.size()) {
    const std::size_t count = read_some(fd, buffer.subspan(size), path);
    if (count == 0) {
      break;
    }
    size += count;
  }
  return size;
}

std::string read_file(const std::string& path, std::uint64_t limit_bytes) {
  return read_all(open_read(path), path, limit_bytes);
}

std::optional<std::string> try_read_file(const std::string& path, std::uint64_t limit_bytes) {
  const auto fd = try_open_read(path);
  return fd ? std::optional(read_all(*fd, path, limit_bytes)) : std::nullopt;
}

std::optional<std::string> read_link(const std::string& path) {
  std::string target(256, '\0');
  while (true) {
    const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
    if (size < 0) {
      if (is_absent(errno) || errno == EINVAL) {
        return std::nullopt;
      }
      throw system_error(errno, "read link", path);
    }
    if (static_cast<std::size_t>(size) < target.size()) {
      target.resize(static_cast<std::size_t>(size));
      return target;
    }
    target.resize(target.size() * 2);
  }
}

std::span<char> transfer_buffer() {
  thread_local const auto buffer = std::make_unique<std::array<char, transfer_size>>();
  return *buffer;
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) {
    return ".";
  }
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string_view name_of(std::string_view path) { return path.substr(path.find_last_of('/') + 1); }

}  // namespace mlops::fs

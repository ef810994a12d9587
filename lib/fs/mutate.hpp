// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <span>
#include <string>
#include <string_view>

#include "fs/file.hpp"
#include "fs/seam.hpp"
#include "util/error.hpp"

namespace mlops::fs {

/// Does one mutating system call through the fault seam, again when a signal cut it short.
/// `call` returns a negative number and sets errno when it fails. Returns 0 or the errno.
template <class Call>
int attempt(std::string_view name, std::string_view path, Call call) {
  if (const int code = failpoint(name, path); code != 0) {
    return code;
  }
  while (call() < 0) {
    if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

/// As `attempt`; throws "cannot <what> '<path>': ...".
template <class Call>
void require(std::string_view name, std::string_view what, std::string_view path, Call call) {
  if (const int code = attempt(name, path, call); code != 0) {
    throw system_error(code, what, path);
  }
}

/// Writes all of `bytes`, whatever the kernel takes at a time. Throws Error.
void write_all(int fd, std::span<const char> bytes, const std::string& path);

/// fsyncs an open file. A failure is final: the kernel may have dropped the pages, so a second try proves nothing.
void sync_fd(int fd, const std::string& path);

/// Renames `from` to `to` unless something is there. Returns 0, EEXIST or another errno.
int rename_no_replace(const std::string& from, const std::string& to);

/// The directory that holds `path`: "." for a bare name.
std::string directory_of(const std::string& path);
std::string_view name_of(std::string_view path);

/// A buffer of this thread for moving file contents; its bytes are valid until the next call that moves some.
std::span<char> transfer_buffer();

/// Reads from `fd` at most a buffer. Returns 0 at the end of the file. Throws Error.
std::size_t read_some(int fd, std::span<char> buffer, const std::string& path);

}  // namespace mlops::fs

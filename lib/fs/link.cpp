// SPDX-License-Identifier: Apache-2.0
#include "fs/link.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <exception>

#include "fs/file.hpp"
#include "fs/mutate.hpp"
#include "util/interrupt.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

namespace mlops::fs {
namespace {

/// Returns whether the answer means that this file system, or this pair of them, has no such links.
bool is_unsupported(int code) {
  return code == EXDEV || code == EPERM || code == EMLINK || code == EOPNOTSUPP || code == ENOSYS || code == EINVAL;
}

bool made_unless_unsupported(int code, const std::string& target) {
  if (code != 0 && !is_unsupported(code)) {
    throw system_error(code, "create link", target);
  }
  return code == 0;
}

/// A new file at `target` that is removed again unless it is kept.
class NewFile {
 public:
  NewFile(const std::string& target, unsigned mode) : path_(target) {
    int fd = -1;
    require("create", "create", path_,
            [&] { return fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode); });
    fd_ = Fd(fd);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    if (path_.empty()) {
      return;
    }
    try {
      remove_file(path_);
    } catch (const std::exception& failure) {
      log::debug("left {} behind: {}", quoted(path_), failure.what());
    }
  }
  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }
  void keep() {
    fd_.close(path_);
    path_.clear();
  }

 private:
  std::string path_;
  Fd fd_;
};

bool reflink(const std::string& source, const std::string& target, unsigned mode) {
  const Fd from = open_read(source);
  NewFile to(target, mode);
  if (!try_reflink(from.get(), to.fd())) {
    return false;
  }
  to.keep();
  return true;
}

void copy(const std::string& source, const std::string& target, unsigned mode) {
  const Fd from = open_read(source);
  NewFile to(target, mode);
  const std::span<char> buffer = transfer_buffer();
  while (const std::size_t count = read_some(from.get(), buffer, source)) {
    write_all(to.fd(), buffer.first(count), target);
    check_interrupt();
  }
  to.keep();
}

}  // namespace

const char* to_string(LinkType type) {
  switch (type) {
    case LinkType::reflink:
      return "reflink";
    case LinkType::copy:
      return "copy";
    case LinkType::hardlink:
      return "hardlink";
    case LinkType::symlink:
      return "symlink";
  }
  return "copy";
}

bool make_link(LinkType type, const std::string& source, const std::string& target, unsigned mode) {
  switch (type) {
    case LinkType::reflink:
      return reflink(source, target, mode);
    case LinkType::copy:
      copy(source, target, mode);
      return true;
    case LinkType::hardlink:
      return made_unless_unsupported(attempt("link", target, [&] { return ::link(source.c_str(), target.c_str()); }),
                                     target);
    case LinkType::symlink:
      return made_unless_unsupported(
          attempt("symlink", target, [&] { return ::symlink(source.c_str(), target.c_str()); }), target);
  }
  return false;
}

}  // namespace mlops::fs

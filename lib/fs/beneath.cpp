// SPDX-License-Identifier: Apache-2.0
#include "fs/beneath.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "fs/mutate.hpp"
#include "util/text.hpp"

namespace mlops::fs {
namespace {

enum class Missing { fail, create, stop };

/// Asks the kernel to walk. Invalid where it cannot, and for every failure: the walk of our own then says what it was.
Fd open_by_kernel(int root, const RepoPath& path, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return Fd(static_cast<int>(::syscall(SYS_openat2, root, path.str().c_str(), &how, sizeof how)));
}

[[noreturn]] void fail_at(int code, int parent, const std::string& name, const RepoPath& at) {
  const auto found = code == ENOTDIR || code == ELOOP ? stat_at(parent, name.c_str()) : std::nullopt;
  if (found && found->type == FileType::link) {
    throw Error("cannot enter {}: it is a symbolic link", quoted(at.str()))
        .hint("mlops does not write through links inside the workspace; replace it by a directory");
  }
  if (found && found->type != FileType::directory) {
    throw Error("cannot enter {}: it is not a directory", quoted(at.str()));
  }
  throw system_error(code, "open directory", at.str());
}

/// Steps from `parent` into `name`, which is `at` from the root; an invalid Fd means that it is missing (Missing::stop).
Fd step(int parent, const std::string& name, const RepoPath& at, int access, Missing missing) {
  const int flags = access | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  Fd fd(::openat(parent, name.c_str(), flags));
  if (fd.valid()) {
    return fd;
  }
  if (errno != ENOENT) {
    fail_at(errno, parent, name, at);
  }
  if (missing == Missing::stop) {
    return fd;
  }
  if (missing == Missing::fail) {
    throw system_error(ENOENT, "open directory", at.str());
  }
  const int made = attempt("mkdir", at.str(), [&] { return ::mkdirat(parent, name.c_str(), 0777); });
  if (made != 0 && made != EEXIST) {
    throw system_error(made, "create directory", at.str());
  }
  fd = Fd(::openat(parent, name.c_str(), flags));
  if (!fd.valid()) {
    fail_at(errno, parent, name, at);
  }
  return fd;
}

/// Walks one part at a time. Directories on the way need to be searchable only; the last is opened with `access`.
Fd walk(Fd root, const RepoPath& path, int access, Missing missing) {
  Fd current = std::move(root);
  RepoPath at;
  for (const std::string& name : split(path.str(), '/')) {
    at = at / name;
    current = step(current.get(), name, at, at == path ? access : O_PATH, missing);
    if (!current.valid()) {
      break;
    }
  }
  return current;
}

}  // namespace

Fd open_directory_beneath(const std::string& root, const RepoPath& path, bool create) {
  Fd top = open_directory(root);
  if (path.is_root()) {
    return top;
  }
  Fd fd = open_by_kernel(top.get(), path, O_RDONLY);
  return fd.valid() ? std::move(fd) : walk(std::move(top), path, O_RDONLY, create ? Missing::create : Missing::fail);
}

void require_no_link_parents(const std::string& root, const RepoPath& path) {
  const RepoPath parent = path.parent();
  if (parent.is_root()) {
    return;
  }
  Fd top = open_directory(root);
  if (!open_by_kernel(top.get(), parent, O_PATH).valid()) {
    walk(std::move(top), parent, O_PATH, Missing::stop);
  }
}

}  // namespace mlops::fs

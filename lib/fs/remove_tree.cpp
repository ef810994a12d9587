// SPDX-License-Identifier: Apache-2.0
//
// Removing a tree that may be hostile or still in use.
//
// Every step goes through the descriptor of the directory that holds the name, so a directory that is exchanged for a
// link meanwhile is never followed. Each level on the way holds one descriptor; a tree deeper than `depth_limit` is
// flattened: directories at the limit are moved up to the top and removed from there. Cost: one pass, plus one rename
// per directory at the limit.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "fs/file.hpp"
#include "fs/mutate.hpp"
#include "fs/walk.hpp"
#include "util/clock.hpp"
#include "util/interrupt.hpp"

namespace mlops::fs {
namespace {

constexpr int depth_limit = 64;

/// Opens a directory, first giving us the rights to list and change it.
Fd open_writable(int parent, const std::string& name, const std::string& path) {
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  Fd fd(::openat(parent, name.c_str(), flags));
  if (!fd.valid() && errno == EACCES) {
    const Fd handle(::openat(parent, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    // fchmod refuses O_PATH handles; their name in /proc leads to exactly what was opened.
    const std::string self = "/proc/self/fd/" + std::to_string(handle.get());
    attempt("chmod", path, [&] { return ::chmod(self.c_str(), 0700); });
    fd = Fd(::openat(parent, name.c_str(), flags));
  }
  if (!fd.valid()) {
    throw system_error(errno, "open directory", path);
  }
  if ((stat_fd(fd.get()).mode & 0700U) != 0700U) {
    require("chmod", "set the mode of", path, [&] { return ::fchmod(fd.get(), 0700); });
  }
  return fd;
}

class TreeRemover {
 public:
  /// `top`: the directory to be removed, opened.
  explicit TreeRemover(int top) : top_(top) {}

  void empty(int directory, const std::string& path, int depth) {
    // Entries that were moved up may come to stand in a directory that was listed already, hence until it stays empty.
    for (auto entries = list_directory(directory, path); !entries.empty();) {
      for (const DirEntry& entry : entries) {
        check_interrupt();
        remove_entry(directory, entry, path + "/" + entry.name, depth);
      }
      entries = list_directory(directory, path);
    }
  }

 private:
  void remove_entry(int directory, const DirEntry& entry, const std::string& path, int depth) {
    if (entry.type != FileType::directory) {
      const int code = attempt("unlink", path, [&] { return ::unlinkat(directory, entry.name.c_str(), 0); });
      if (code == 0 || code == ENOENT) {
        return;
      }
      if (code != EISDIR) {
        throw system_error(code, "remove", path);
      }
    }
    remove_directory(directory, entry.name, path, depth);
  }

  void remove_directory(int parent, const std::string& name, const std::string& path, int depth) {
    const Fd directory = open_writable(parent, name, path);
    if (depth >= depth_limit) {
      const std::string above = "deep-" + random_word(12);
      require("rename", "move up", path, [&] { return ::renameat(parent, name.c_str(), top_, above.c_str()); });
      return;
    }
    empty(directory.get(), path, depth + 1);
    require("rmdir", "remove directory", path, [&] { return ::unlinkat(parent, name.c_str(), AT_REMOVEDIR); });
  }

  int top_;
};

}  // namespace

void remove_tree(const std::string& path) {
  const auto found = stat_path(path);
  if (!found) {
    return;
  }
  if (found->type != FileType::directory) {
    remove_file(path);
    return;
  }
  const Fd top = open_writable(AT_FDCWD, path, path);
  TreeRemover(top.get()).empty(top.get(), path, 0);
  require("rmdir", "remove directory", path, [&] { return ::rmdir(path.c_str()); });
}

}  // namespace mlops::fs

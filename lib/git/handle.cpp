// SPDX-License-Identifier: Apache-2.0
#include "git/handle.hpp"

#include <cerrno>
#include <cstring>

#include "util/error.hpp"
#include "util/text.hpp"

#ifdef __SANITIZE_ADDRESS__
// libgit2 1.5 leaks a match block of PCRE's when it opens a repository that has extensions.
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier): the sanitizer's name
  return "leak:libpcre2";
}
#endif

namespace mlops::git {
namespace {

// Extensions that change nothing about what we read or write: per-worktree configuration (sparse checkouts switch it
// on), a promise never to prune, and partial clones, whose absent objects are found out when they are asked for.
constexpr const char* harmless_extensions[] = {"worktreeconfig", "preciousobjects", "partialclone"};

int start() {
  const int code = git_libgit2_init();
  check(code, "start libgit2");
  git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, harmless_extensions, std::size(harmless_extensions));
  // A ref must never outlive a power cut that its objects did not (I-3).
  git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
  return code;
}

}  // namespace

void start_library() {
  static const int started = start();
  static_cast<void>(started);
}

std::string last_message() {
  const git_error* error = git_error_last();
  if (error == nullptr || error->message == nullptr || *error->message == '\0') {
    return "unknown git failure";
  }
  return printable(error->message);
}

void fail(int code, const std::string& doing) {
  const ErrorKind kind = code == GIT_ENOTFOUND   ? ErrorKind::missing
                         : code == GIT_EEXISTS   ? ErrorKind::conflict
                         : code == GIT_ELOCKED   ? ErrorKind::conflict
                         : code == GIT_EMODIFIED ? ErrorKind::conflict
                                                 : ErrorKind::failed;
  const std::string message = last_message();
  Error error = Error::of(kind, "cannot {}: {}", doing, message);
  if (message.ends_with(std::strerror(ENOSPC))) {
    throw std::move(error).hint("free some space and run the command again");
  }
  if (code == GIT_ELOCKED) {
    throw std::move(error).hint("another git process is at work; run the command again when it is done");
  }
  throw error;
}

std::vector<std::string> setting_names(git_config* config) {
  ConfigIteratorHandle iterator;
  check(git_config_iterator_new(out(iterator), config), "read git's configuration");
  std::vector<std::string> names;
  git_config_entry* entry = nullptr;
  while (git_config_next(&entry, iterator.get()) == 0) {
    names.emplace_back(entry->name);
  }
  return names;
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') {
    path.pop_back();
  }
  return path;
}

}  // namespace mlops::git

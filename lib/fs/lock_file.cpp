// SPDX-License-Identifier: Apache-2.0
#include "fs/lock_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "fs/mutate.hpp"
#include "util/clock.hpp"
#include "util/interrupt.hpp"
#include "util/text.hpp"

namespace mlops::fs {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t holder_limit = 1024;

flock whole_file(LockFile::Mode mode) {
  flock range{};
  range.l_type = mode == LockFile::Mode::exclusive ? F_WRLCK : F_RDLCK;
  range.l_whence = SEEK_SET;
  return range;
}

Fd open_lock(const std::string& path, LockFile::Mode mode) {
  int fd = -1;
  const int code = attempt("create", path,
                           [&] { return fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666); });
  if (code == 0) {
    return Fd(fd);
  }
  // In a store that we may only read, readers still lock each other's writers out.
  if (mode == LockFile::Mode::shared && (code == EACCES || code == EROFS)) {
    return open_read(path);
  }
  throw system_error(code, "open lock", path);
}

bool lock(const Fd& fd, LockFile::Mode mode, const std::string& path) {
  flock range = whole_file(mode);
  int code = 0;
  do {
    code = ::fcntl(fd.get(), F_OFD_SETLK, &range) == 0 ? 0 : errno;
  } while (code == EINTR);
  if (code == 0) {
    return true;
  }
  if (code == EAGAIN || code == EACCES) {
    return false;
  }
  if (code == ENOLCK || code == EINVAL || code == EOPNOTSUPP) {
    throw system_error(code, "lock", path).hint("its file system has no locks; put the project on one that has");
  }
  throw system_error(code, "lock", path);
}

/// Says who holds the lock. Only for messages, so a full disk does not keep anyone (gc, above all) from taking it.
void write_holder(const Fd& fd, const std::string& path, const std::string& holder) {
  const auto size = std::min(holder.size(), holder_limit);
  if (attempt("truncate", path, [&] { return ::ftruncate(fd.get(), 0); }) == 0) {
    attempt("write", path, [&] { return ::pwrite(fd.get(), holder.data(), size, 0); });
  }
}

void sleep_until_interrupt(milliseconds time) {
  pollfd wake{interrupt_fd(), POLLIN, 0};
  ::poll(&wake, 1, static_cast<int>(time.count()));
}

}  // namespace

std::optional<LockFile> LockFile::try_acquire(const std::string& path, Mode mode, const std::string& holder) {
  Fd fd = open_lock(path, mode);
  if (!lock(fd, mode, path)) {
    return std::nullopt;
  }
  if (mode == Mode::exclusive) {
    write_holder(fd, path, holder);
  }
  return LockFile(std::move(fd));
}

LockFile LockFile::acquire(const std::string& path, Mode mode, const std::string& holder,
                           std::optional<std::chrono::milliseconds> limit,
                           const std::function<void(const std::string&)>& waiting) {
  const auto deadline = limit ? std::optional(Clock::now() + *limit) : std::nullopt;
  milliseconds pause{0};
  while (true) {
    check_interrupt();
    if (auto taken = try_acquire(path, mode, holder)) {
      return std::move(*taken);
    }
    if (deadline && Clock::now() >= *deadline) {
      const std::string other = LockFile::holder(path);
      throw Error::of(ErrorKind::conflict, "cannot lock {}: it is held by {}", quoted(path),
                      other.empty() ? "another process" : printable(other))
          .hint("wait until that process has ended, then run the command again");
    }
    if (pause.count() == 0 && waiting) {
      waiting(LockFile::holder(path));
    }
    pause = std::clamp(pause + pause / 2, milliseconds{20}, milliseconds{200});
    const auto left = deadline ? std::chrono::ceil<milliseconds>(*deadline - Clock::now()) : pause;
    sleep_until_interrupt(std::clamp(left, milliseconds{0}, pause));
  }
}

bool LockFile::is_held(const std::string& path, Mode mode) {
  const auto fd = try_open_read(path);
  if (!fd) {
    return false;
  }
  flock range = whole_file(mode);
  if (::fcntl(fd->get(), F_OFD_GETLK, &range) != 0) {
    throw system_error(errno, "look at lock", path);
  }
  return range.l_type != F_UNLCK;
}

std::string LockFile::holder(const std::string& path) {
  if (!is_held(path)) {
    return {};  // what stands in the file is the last holder's
  }
  std::array<char, holder_limit> text{};
  const auto fd = try_open_read(path);
  return fd ? std::string(trim({text.data(), read_full(fd->get(), text, path)})) : std::string();
}

std::string holder_text(const std::string& what) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) {
    host[0] = '?';
  }
  return fmt::format("pid {} on {}: {}, since {}", ::getpid(), host.data(), what, utc_time(now_ns() / 1'000'000'000));
}

}  // namespace mlops::fs

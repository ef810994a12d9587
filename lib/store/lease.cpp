// SPDX-License-Identifier: Apache-2.0

// A lease is a file "<host>-<pid>-<random>" that its process keeps locked. Making one takes two steps, creating and
// locking; whoever sweeps between them unlinks the file, which the maker notices and starts over. It has looked at
// nothing yet, so nobody had to wait for it.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "fs/walk.hpp"
#include "store/gc.hpp"
#include "store/layout.hpp"
#include "store/local_db.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/log.hpp"

namespace mlops::store {
namespace {

/// After this long without its end being seen, a lease of another host counts as dead: its lock cannot be tested here.
constexpr std::int64_t foreign_lifetime_ns = 7LL * 24 * 3600 * 1'000'000'000;

std::string host_name() {
  std::array<char, 256> buffer{};
  if (::gethostname(buffer.data(), buffer.size() - 1) != 0 || buffer[0] == '\0') {
    return "unknown";
  }
  std::string name(buffer.data());
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

bool is_ours(const std::string& name, const std::string& host) {
  const std::size_t random = name.rfind('-');
  const std::size_t pid = random == std::string::npos || random == 0 ? random : name.rfind('-', random - 1);
  return pid != std::string::npos && name.substr(0, pid) == host;
}

/// Returns whether the lease's holder lives, as far as this host can see.
bool is_locked(const std::string& path) {
  try {
    return fs::LockFile::is_held(path);
  } catch (const Error&) {
    // Another user's, which we may not open: it may be alive, so it is.
    return fs::stat_path(path).has_value();
  }
}

void sweep_dead(const std::string& path) {
  try {
    if (const auto lock = fs::LockFile::try_acquire(path, fs::LockFile::Mode::exclusive, "")) {
      fs::remove_file(path);
    }
  } catch (const Error& error) {
    log::debug("a dead lease stays: {}", error.what());
  }
}

}  // namespace

Lease::Lease(const LocalDb& db) {
  db.ensure_layout();
  const std::string prefix = lease_directory(db) + "/" + host_name() + "-" + std::to_string(::getpid()) + "-";
  while (!lock_) {
    path_ = prefix + random_word(8);
    lock_ = fs::LockFile::try_acquire(path_, fs::LockFile::Mode::exclusive, fs::holder_text("adding objects"));
    if (lock_ && !fs::stat_path(path_)) {
      lock_.reset();
    }
  }
  if (db.options().group_shared) {
    fs::set_mode(path_, 0660);
  }
}

Lease::Lease(Lease&& other) noexcept : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {
  other.lock_.reset();
}

Lease::~Lease() {
  if (!lock_) {
    return;
  }
  try {
    fs::remove_file(path_);
  } catch (const Error& error) {
    // The lock ends with the descriptor; the file is swept by the next gc.
    log::debug("a lease file stays: {}", error.what());
  }
}

std::vector<std::string> Lease::alive(const LocalDb& db) {
  std::vector<std::string> names;
  const std::string directory = lease_directory(db);
  if (!fs::stat_path(directory)) {
    return names;
  }
  const std::string host = host_name();
  for (const fs::DirEntry& entry : fs::list_directory(directory)) {
    const std::string path = directory + "/" + entry.name;
    const auto stat = fs::stat_path(path);
    if (!stat) {
      continue;
    }
    const bool lives = is_ours(entry.name, host)
                           ? is_locked(path)
                           : is_locked(path) || store_now_ns(db) - stat->mtime_ns < foreign_lifetime_ns;
    if (lives) {
      names.push_back(entry.name);
    } else {
      sweep_dead(path);
    }
  }
  return names;
}

}  // namespace mlops::store

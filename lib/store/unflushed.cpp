// SPDX-License-Identifier: Apache-2.0
#include "store/unflushed.hpp"

#include <unistd.h>

#include <vector>

#include "fs/file.hpp"
#include "fs/walk.hpp"
#include "store/layout.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/log.hpp"

namespace mlops::store {
namespace {

bool is_dead(const std::string& path) {
  try {
    return !fs::LockFile::is_held(path);
  } catch (const Error&) {
    return false;  // another user's, which we may not open
  }
}

void sweep(const std::string& path) {
  try {
    if (const auto lock = fs::LockFile::try_acquire(path, fs::LockFile::Mode::exclusive, "")) {
      fs::remove_file(path);
    }
  } catch (const Error& error) {
    log::debug("a mark of unflushed names stays: {}", error.what());
  }
}

void flush_all_but(const LocalDb& db, const std::string& own) {
  const std::string directory = unflushed_directory(db);
  if (db.options().durability == fs::Durability::off || !fs::stat_path(directory)) {
    return;
  }
  bool others = false;
  std::vector<std::string> dead;
  for (const fs::DirEntry& entry : fs::list_directory(directory)) {
    const std::string path = directory + "/" + entry.name;
    others = others || path != own;
    // Seen dead before the flush: then the flush covers every name that it gave.
    if (path != own && is_dead(path)) {
      dead.push_back(path);
    }
  }
  if (others) {
    fs::sync_filesystem(db.root());
  }
  for (const std::string& path : dead) {
    sweep(path);
  }
}

}  // namespace

Unflushed::Unflushed(const LocalDb& db) : db_(db) {
  if (db.options().durability == fs::Durability::off) {
    return;
  }
  make_cache_directory(db, unflushed_directory(db));
  while (!lock_) {
    path_ = unflushed_directory(db) + "/" + std::to_string(::getpid()) + "-" + random_word(8);
    prepare_lock_file(db, path_);
    lock_ = fs::LockFile::try_acquire(path_, fs::LockFile::Mode::exclusive, "");
    // Somebody may have swept it before it was locked; no name was given yet.
    if (lock_ && !fs::stat_path(path_)) {
      lock_.reset();
    }
  }
}

void Unflushed::flushed() {
  if (!lock_) {
    return;
  }
  fs::remove_file(path_);
  lock_.reset();
}

void Unflushed::flush_others() const { flush_all_but(db_, path_); }

void flush_others(const LocalDb& db) { flush_all_but(db, {}); }

}  // namespace mlops::store

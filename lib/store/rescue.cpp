// SPDX-License-Identifier: Apache-2.0

// Files leaving their place without being lost: moved aside, or turned from links into files of their own.

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "fs/beneath.hpp"
#include "fs/walk.hpp"
#include "hash/hasher.hpp"
#include "store/checkout.hpp"
#include "store/checkout_plan.hpp"
#include "store/evidence.hpp"
#include "store/hash_file.hpp"
#include "store/layout.hpp"
#include "store/scan.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/text.hpp"

namespace mlops::store {
namespace {

/// Copies a file to `target` and reads it back before its name is given.
void copy_verified(const std::string& source, const std::string& target) {
  const fs::Fd from = fs::open_read(source);
  const fs::FileStat before = fs::stat_fd(from.get());
  fs::TempFile to(parent_of(target));
  hash::Hasher hasher(hash::Algorithm::sha256);
  fs::copy_bytes(from.get(), to, source, [&](std::span<const char> bytes) { hasher.update(bytes); });
  if (!unmoved(from, source, before)) {
    throw changed_meanwhile(source);
  }
  if (::lseek(to.fd(), 0, SEEK_SET) != 0 ||
      hash::digest_of_fd(hash::Algorithm::sha256, to.fd(), to.path()) != hasher.finish()) {
    throw Error("cannot copy {}: the copy differs from it", quoted(source));
  }
  to.chmod(before.mode & 0777U);
  to.sync();
  if (!to.publish(target)) {
    throw Error("cannot copy {}: '{}' appeared meanwhile", quoted(source), target);
  }
}

/// Moves across file systems, each thing removed only once its copy is complete.
void move_by_copying(const std::string& source, const std::string& target) {
  check_interrupt();
  const auto stat = fs::stat_path(source);
  switch (stat ? stat->type : fs::FileType::other) {
    case fs::FileType::file:
      copy_verified(source, target);
      break;
    case fs::FileType::link:
      fs::make_symlink(fs::read_link(source).value_or(""), target);
      break;
    case fs::FileType::directory: {
      fs::make_directory(target);
      for (const fs::DirEntry& entry : fs::list_directory(source)) {
        move_by_copying(source + "/" + entry.name, target + "/" + entry.name);
      }
      fs::sync_directory(target);
      fs::remove_empty_directory(source);
      return;
    }
    case fs::FileType::other:
      throw Error("cannot move {}: it is no file, directory or link", quoted(source));
  }
  fs::remove_file(source);
}

/// Renames if nothing is at `target`. Returns false if something is.
bool try_move(const std::string& source, const std::string& target) {
  try {
    return fs::rename_if_absent(source, target);
  } catch (const Error& error) {
    if (error.system_code() != EXDEV) {
      throw;
    }
  }
  if (fs::stat_path(target)) {
    return false;
  }
  move_by_copying(source, target);
  return true;
}

/// The object that the workspace file at `path` shares its bytes with; nothing if it stands for itself.
std::optional<hash::ObjectId> shared_object(const std::string& path, const fs::FileStat& stat, const LocalDb& db) {
  if (stat.type == fs::FileType::link) {
    return linked_object(db, path);
  }
  if (stat.type != fs::FileType::file || stat.links < 2) {
    return std::nullopt;
  }
  const hash::Digest digest = hash_file(path, db.algorithm(), db.memo(), &db).digest;
  const hash::ObjectId id{digest, hash::ObjectKind::file};
  const auto object = fs::stat_path(db.path(id));
  const bool same = object && object->inode == stat.inode && object->device == stat.device;
  return same ? std::optional(id) : std::nullopt;
}

/// Replaces the workspace file, which was looked at as `seen`, by a copy of the object.
Written make_own(const std::string& path, const fs::FileStat& seen, const hash::ObjectId& id, const LocalDb& db,
                 const std::string& temp) {
  db.open_verified(id);
  const auto parent = fs::stat_path(parent_of(path));
  const auto preferred = fs::stat_path(temp);
  const bool same = parent && preferred && parent->device == preferred->device;
  const fs::TempDir directory(same ? temp : parent_of(path), ".mlops-tmp-unprotect-");
  const std::string copy = directory.path() + "/file";
  if (!link_object(db, id, fs::LinkType::reflink, copy, 0666)) {
    link_object(db, id, fs::LinkType::copy, copy, 0666);
  }
  if (db.options().durability != fs::Durability::off) {
    fs::sync_file(copy);
  }
  Written written{path, id.digest, Memo::Link::no, fs::stat_path(copy)};
  if (!same_content(seen, fs::stat_path(path))) {
    throw changed_meanwhile(path);
  }
  if (!fs::try_exchange_paths(copy, path)) {
    fs::rename_path(copy, path);
  } else if (!same_content(seen, fs::stat_path(copy))) {
    // What somebody saved since our last look takes its place again.
    fs::exchange_paths(copy, path);
    throw changed_meanwhile(path);
  }
  return written;
}

}  // namespace

std::string move_to_rescue(const std::string& root, const fs::RepoPath& path, const std::string& directory) {
  fs::require_no_link_parents(root, path);
  const std::string first = directory + "/" + path.str();
  fs::make_directories(parent_of(first));
  std::string target = first;
  for (unsigned number = 1; !try_move(absolute_path(root, path), target); ++number) {
    target = first + "." + std::to_string(number);
  }
  return target;
}

std::size_t unprotect(const std::string& root, const fs::RepoPath& path, const LocalDb& db,
                      const CheckoutOptions& options) {
  fs::require_no_link_parents(root, path);
  fs::make_directories(options.temp_directory);
  std::vector<Written> written;
  std::vector<std::string> todo{absolute_path(root, path)};
  while (!todo.empty()) {
    check_interrupt();
    const std::string at = std::move(todo.back());
    todo.pop_back();
    const auto stat = fs::stat_path(at);
    if (!stat) {
      continue;
    }
    if (stat->type == fs::FileType::directory) {
      for (const fs::DirEntry& entry : fs::list_directory(at)) {
        todo.push_back(at + "/" + entry.name);
      }
    } else if (const auto id = shared_object(at, *stat, db)) {
      written.push_back(make_own(at, *stat, *id, db, options.temp_directory));
    }
  }
  record_written(db.memo(), written, 1);
  return written.size();
}

}  // namespace mlops::store

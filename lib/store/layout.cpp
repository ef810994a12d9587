// SPDX-License-Identifier: Apache-2.0
#include "store/layout.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "fs/walk.hpp"
#include "hash/hasher.hpp"
#include "store/evidence.hpp"
#include "store/manifest.hpp"
#include "util/error.hpp"
#include "util/parallel.hpp"
#include "util/text.hpp"

namespace mlops::store {
namespace {

/// The directories that hold objects, relative to the cache: objects/<algorithm>/<two digits>.
std::vector<std::string> fan_out_directories(const LocalDb& db, Listing& listing) {
  std::vector<std::string> directories;
  const std::string objects = objects_directory(db);
  if (is_flat(db.algorithm())) {
    // The older layout lies at the cache's root, among other things; only what has the shape of an object counts there.
    for (const std::string_view folder : {"files/md5/", ""}) {
      const std::string place = db.root() + "/" + std::string(folder);
      for (const fs::DirEntry& fan : fs::stat_path(place) ? fs::list_directory(place) : std::vector<fs::DirEntry>()) {
        if (fan.type == fs::FileType::directory && fan.name.size() == 2 && from_hex(fan.name)) {
          directories.push_back(std::string(folder) + fan.name);
        }
      }
    }
    return directories;
  }
  if (!fs::stat_path(objects)) {
    return directories;
  }
  for (const fs::DirEntry& algorithm : fs::list_directory(objects)) {
    if (algorithm.type != fs::FileType::directory) {
      listing.others.push_back(objects + "/" + algorithm.name);
      continue;
    }
    for (const fs::DirEntry& fan : fs::list_directory(objects + "/" + algorithm.name)) {
      const std::string below = algorithm.name + "/" + fan.name;
      if (fan.type == fs::FileType::directory) {
        directories.push_back("objects/" + below);
      } else {
        listing.others.push_back(objects + "/" + below);
      }
    }
  }
  return directories;
}

/// Reads what is left of `fd`, at most `limit_bytes`.
std::string read_rest(int fd, std::uint64_t limit_bytes, const std::string& path) {
  const std::uint64_t size = fs::stat_fd(fd).size;
  if (size > limit_bytes) {
    throw Error::of(ErrorKind::corrupt, "'{}' is too large for what it should be: {} bytes", path, size);
  }
  std::string text(size, '\0');
  text.resize(fs::read_full(fd, text, path));
  return text;
}

}  // namespace

std::string objects_directory(const LocalDb& db) {
  return db.root() + (is_flat(db.algorithm()) ? "/files/md5" : "/objects");
}
std::string trash_directory(const LocalDb& db) { return db.own_root() + "/trash"; }
std::string temp_directory(const LocalDb& db) { return db.own_root() + "/tmp"; }
std::string lease_directory(const LocalDb& db) { return db.own_root() + "/leases"; }
std::string unflushed_directory(const LocalDb& db) { return db.own_root() + "/unflushed"; }
std::string bad_directory(const LocalDb& db) { return db.own_root() + "/bad"; }

std::string flat_name(const hash::ObjectId& id) {
  const std::string path = hash::object_path(id);
  std::string name = path.substr(path.rfind('/', path.rfind('/') - 1) + 1);
  std::replace(name.begin(), name.end(), '/', '-');
  return std::string(hash::to_string(id.digest.algorithm())) + "-" + name;
}

std::optional<hash::ObjectId> parse_flat_name(std::string_view name) {
  const std::size_t last = name.rfind('-');
  const std::size_t first = last == std::string_view::npos || last == 0 ? last : name.rfind('-', last - 1);
  const auto algorithm = first == std::string_view::npos ? std::nullopt : hash::parse_algorithm(name.substr(0, first));
  if (!algorithm || *algorithm == hash::Algorithm::part) {
    return std::nullopt;
  }
  const std::string folder = *algorithm == hash::Algorithm::sha256 ? "objects/sha256/"
                             : *algorithm == hash::Algorithm::md5  ? "files/md5/"
                                                                   : "";
  return hash::parse_object_path(folder + std::string(name.substr(first + 1, last - first - 1)) + "/" +
                                 std::string(name.substr(last + 1)));
}

bool is_temp_name(std::string_view name) {
  return !name.empty() && name[0] == '.' && name.find("mlops-tmp-") != std::string_view::npos;
}

bool make_cache_directory(const LocalDb& db, const std::string& path) {
  if (fs::stat_path(path)) {
    return false;
  }
  if (path.size() > db.root().size()) {
    make_cache_directory(db, parent_of(path));
    fs::make_directory(path);
  } else {
    fs::make_directories(path);
  }
  // Another process may have made it first; then it also sets the mode.
  if (db.options().group_shared && fs::stat_path(path)->owner == ::geteuid()) {
    fs::set_mode(path, 02775);
  }
  return true;
}

void write_cache_file(const LocalDb& db, const std::string& path, std::string_view text) {
  if (!db.options().group_shared) {
    fs::write_file_atomic(path, text, 0666, db.options().durability);
    return;
  }
  fs::TempFile file(path, 0600);
  file.write(text);
  file.chmod(0664);
  if (db.options().durability != fs::Durability::off) {
    file.sync();
  }
  file.replace(path);
  if (db.options().durability != fs::Durability::off) {
    fs::sync_directory(parent_of(path));
  }
}

void prepare_lock_file(const LocalDb& db, const std::string& path) {
  if (!db.options().group_shared) {
    return;
  }
  const auto stat = fs::stat_path(path);
  if (!stat) {
    fs::TempFile file(path, 0600);
    file.chmod(0664);
    file.publish(path);
  } else if (stat->owner == ::geteuid() && (stat->mode & 0060U) != 0060U) {
    // Made before the cache was shared.
    fs::set_mode(path, 0664);
  }
}

Listing list_objects(const LocalDb& db) {
  Listing all;
  const std::vector<std::string> directories = fan_out_directories(db, all);
  std::vector<Listing> parts(directories.size());
  parallel_for(directories.size(), processors(), [&](std::size_t i) {
    for (const fs::DirEntry& entry : fs::list_directory(db.root() + "/" + directories[i])) {
      const std::string path = directories[i] + "/" + entry.name;
      if (const auto id = hash::parse_object_path(path)) {
        parts[i].objects.push_back(*id);
      } else {
        parts[i].others.push_back(db.root() + "/" + path);
      }
    }
  });
  for (const Listing& part : parts) {
    all.objects.insert(all.objects.end(), part.objects.begin(), part.objects.end());
    all.others.insert(all.others.end(), part.others.begin(), part.others.end());
  }
  std::sort(all.objects.begin(), all.objects.end());
  std::sort(all.others.begin(), all.others.end());
  return all;
}

std::vector<std::string> trash_batches(const LocalDb& db) {
  const std::string trash = trash_directory(db);
  // Asked for each absent object, so gc leaves no empty directory. Its number of links says nothing: some file systems
  // (SMB) answer 2 for every directory.
  if (!fs::stat_path(trash)) {
    return {};
  }
  std::vector<std::string> batches;
  try {
    for (const fs::DirEntry& entry : fs::list_directory(trash)) {
      batches.push_back(trash + "/" + entry.name);
    }
  } catch (const Error& error) {
    if (error.system_code() != ENOENT) {
      throw;
    }
  }
  return batches;
}

bool content_matches(int fd, const std::string& path, const hash::ObjectId& id, Memo& memo) {
  const fs::FileStat before = fs::stat_fd(fd);
  if (before.type != fs::FileType::file) {
    return false;
  }
  const auto known = memo.find(before);
  if (known && known->algorithm() == id.digest.algorithm()) {
    return *known == id.digest;
  }
  const hash::Digest digest = hash::digest_of_fd(id.digest.algorithm(), fd, path);
  if (::lseek(fd, 0, SEEK_SET) != 0) {
    throw system_error(errno, "rewind", path);
  }
  const fs::FileStat after = fs::stat_fd(fd);
  if (after == before) {
    memo.record(after, digest, wall_clock_ns(), after.links > 1 ? Memo::Link::into_cache : Memo::Link::no);
  }
  return digest == id.digest;
}

Tree decode_open_tree(const fs::Fd& fd, const std::string& path, const hash::ObjectId& id) {
  const std::string text = read_rest(fd.get(), max_tree_bytes, path);
  const std::string where = "object '" + hash::short_name(id) + "'";
  return is_flat(id.digest.algorithm()) ? decode_manifest(text, id.digest.algorithm(), where)
                                        : decode_tree(text, where);
}

std::optional<Tree> read_tree_at(const std::string& path, const hash::ObjectId& id, Memo& memo) {
  if (is_part(id)) {
    const auto part = find_part(id);
    return part ? std::optional(*part) : std::nullopt;
  }
  const auto fd = fs::try_open_read(path);
  if (!fd) {
    return std::nullopt;
  }
  if (!content_matches(fd->get(), path, id, memo)) {
    throw Error::of(ErrorKind::corrupt, "object '{}' is corrupt: its content does not match its name",
                    hash::short_name(id))
        .hint("`mlops fsck` says what needs it, and mends it from a remote or the workspace if they have it");
  }
  return decode_open_tree(*fd, path, id);
}

bool link_object(const LocalDb& db, const hash::ObjectId& id, fs::LinkType type, const std::string& target,
                 unsigned mode) {
  constexpr int attempts = 20;
  for (int attempt = 1;; ++attempt) {
    try {
      return fs::make_link(type, db.path(id), target, mode);
    } catch (const Error& error) {
      if (error.system_code() != ENOENT || attempt == attempts || !db.has(id)) {
        throw;
      }
    }
  }
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

unsigned disk_jobs(unsigned wanted) {
  // Reading what is not in memory waits for the disk; more threads than processors keep it busy.
  return wanted != 0 ? wanted : std::clamp(4 * processors(), 4U, 16U);
}

}  // namespace mlops::store

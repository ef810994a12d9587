// SPDX-License-Identifier: Apache-2.0
#pragma once

// Names inside the cache directory that several files of this layer share.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/link.hpp"
#include "hash/object_id.hpp"
#include "store/local_db.hpp"

namespace mlops::store {

/// No workspace path is deeper (PATH_MAX); deeper trees come from elsewhere and are refused before they recurse far.
inline constexpr std::size_t max_tree_depth = 2048;
/// A listing of one directory that is larger than this is refused unread.
inline constexpr std::uint64_t max_tree_bytes = 1ULL << 30U;

std::string objects_directory(const LocalDb& db);
std::string trash_directory(const LocalDb& db);
std::string temp_directory(const LocalDb& db);
std::string lease_directory(const LocalDb& db);
std::string unflushed_directory(const LocalDb& db);
std::string bad_directory(const LocalDb& db);

/// An object's name as one file name, for trash/ and bad/: "sha256-ab-cdef...".
std::string flat_name(const hash::ObjectId& id);
std::optional<hash::ObjectId> parse_flat_name(std::string_view name);

/// Returns whether a file of this name is one that fs::TempFile or fs::TempDir made.
bool is_temp_name(std::string_view name);

/// Makes a directory of the cache with its parents, with the modes that sharing needs. Returns whether it was missing.
bool make_cache_directory(const LocalDb& db, const std::string& path);

/// Replaces a small file of the cache as a whole; in a cache that a group shares it is readable and writable for the
/// group from the first moment, whatever the umask.
void write_cache_file(const LocalDb& db, const std::string& path, std::string_view text);

/// Makes sure that a lock file of the cache is there with the mode that sharing needs. It is never replaced: others may
/// hold it.
void prepare_lock_file(const LocalDb& db, const std::string& path);

/// What lies in objects/, sorted.
struct Listing {
  std::vector<hash::ObjectId> objects;
  std::vector<std::string> others;  ///< paths of whatever has no object's name
};
Listing list_objects(const LocalDb& db);

/// Paths of the batches in the trash, oldest first.
std::vector<std::string> trash_batches(const LocalDb& db);

/// Reads the tree at `path` after checking that it is `id`'s. Returns nothing if no file is there; throws Error
/// (corrupt) if its bytes or their form are wrong.
std::optional<Tree> read_tree_at(const std::string& path, const hash::ObjectId& id, Memo& memo);

/// Reads the tree in an open file that is known to hold `id`'s bytes. Throws Error (corrupt) if their form is wrong.
Tree decode_open_tree(const fs::Fd& fd, const std::string& path, const hash::ObjectId& id);

/// Returns whether the open file holds `id`'s bytes, by the memo's evidence or by hashing, which becomes evidence.
/// The descriptor's position is the start afterwards.
bool content_matches(int fd, const std::string& path, const hash::ObjectId& id, Memo& memo);

/// fs::make_link from an object that was seen to be there, which gc may be moving to the trash and looking takes back.
bool link_object(const LocalDb& db, const hash::ObjectId& id, fs::LinkType type, const std::string& target,
                 unsigned mode);

/// The directory part of an absolute path.
std::string parent_of(const std::string& path);

/// The `jobs` of options, or the default for work that mostly waits for a disk.
unsigned disk_jobs(unsigned wanted);

}  // namespace mlops::store

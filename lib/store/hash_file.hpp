// SPDX-License-Identifier: Apache-2.0
#pragma once

// Hashing a file that others may be writing: what is returned is what stood there at one moment.

#include <optional>
#include <string>

#include "fs/file.hpp"
#include "hash/digest.hpp"
#include "store/local_db.hpp"
#include "util/error.hpp"

namespace mlops::store {

/// Up to this size a file is read whole into a buffer of the thread.
inline constexpr std::uint64_t small_file_bytes = 1U << 20U;
/// How often a file that moves is tried.
inline constexpr int stable_attempts = 3;

/// Returns whether the open file and its path still are what was looked at before its bytes were read (I-9b).
bool unmoved(const fs::Fd& fd, const std::string& path, const fs::FileStat& before);

/// Reads a file of `size` bytes, at most small_file_bytes, into a buffer of this thread, valid until the next call.
/// Returns nothing if the file has another size.
std::optional<std::string_view> read_small(const fs::Fd& fd, const std::string& path, std::uint64_t size);

/// Records the evidence for a file that was hashed just now; one that is an object's own inode is recorded as a link.
/// `db` may be null.
void record_hashed(Memo& memo, const LocalDb* db, const fs::FileStat& stat, const hash::Digest& digest);

struct HashedFile {
  hash::Digest digest;
  fs::FileStat stat;  ///< of the moment at which the bytes were read
};

/// Hashes the file at `path` and records it in the memo. Throws Error (changed) if it does not keep still.
HashedFile hash_file(const std::string& path, hash::Algorithm algorithm, Memo& memo, const LocalDb* db);

/// The failure of a file that does not keep still.
Error changed_meanwhile(const std::string& path);

}  // namespace mlops::store

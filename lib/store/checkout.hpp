// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fs/ignore.hpp"
#include "fs/link.hpp"
#include "fs/repo_path.hpp"
#include "store/build.hpp"
#include "store/local_db.hpp"
#include "util/progress.hpp"

namespace mlops::store {

struct CheckoutOptions {
  std::vector<fs::LinkType> links{fs::LinkType::reflink, fs::LinkType::copy};  ///< first that works, per file
  unsigned jobs = 0;
  bool force = false;   ///< content that is not in the store is moved to `rescue_directory` instead of refusing
  bool relink = false;  ///< also re-make files whose content is right (after cache.type changed)
  std::string rescue_directory;  ///< absolute; made when needed
  std::string temp_directory;    ///< absolute, on the workspace's file system if possible (.mlops/tmp)
  std::string ignore_name = ".mlopsignore";
  fs::IgnoreStack ignore{};  ///< for entries below tracked directories: ignored files are left alone
  ProgressSink* progress = nullptr;
};

/// One tracked path and what it shall become; no entry: it shall go away.
struct CheckoutItem {
  fs::RepoPath path;
  std::optional<Entry> wanted;
};

struct CheckoutResult {
  std::vector<fs::RepoPath> added, modified, deleted;         ///< files, sorted
  std::vector<std::pair<fs::RepoPath, std::string>> rescued;  ///< path and where its bytes are now
};

/// Makes the workspace hold what `items` say with the fewest changes; what is already right is not touched.
///
/// Invariants (I-7, I-8, I-30, I-31): before anything changes, every object needed is there and verified, and every
/// file that would be replaced or removed has its content in the store (else Error (conflict) lists the paths and
/// nothing changed; with `force` they are moved to the rescue directory). Files are replaced by rename; a directory
/// that is new as a whole is built aside and renamed into place; no symbolic link on the way is followed; an entry
/// never lands outside `root` or in .git or .mlops. Files come out read-only only when linked (hardlink, symlink).
/// Missing objects: Error (missing) lists the paths, with kind and hint, before anything changes.
CheckoutResult checkout(const std::string& root, const std::vector<CheckoutItem>& items, const LocalDb& db,
                        const CheckoutOptions& options);

/// Replaces files that are links into the cache (symbolic or hard) by writable copies. Returns how many.
std::size_t unprotect(const std::string& root, const fs::RepoPath& path, const LocalDb& db,
                      const CheckoutOptions& options);

/// Moves whatever lies at root/path into `directory` under its own relative path, a number appended if taken.
/// Returns the new absolute path. Same file system: a rename; else a verified copy first.
std::string move_to_rescue(const std::string& root, const fs::RepoPath& path, const std::string& directory);

}  // namespace mlops::store

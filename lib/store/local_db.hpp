// SPDX-License-Identifier: Apache-2.0
#pragma once

// The cache: a directory that may be shared by projects and users.
//
//   mlops-cache                    "version: 1": format of the directory
//   objects/sha256/ab/cdef...      contents, read-only; objects/sha256/ab/cdef....tree  directory listings
//   stages/ab/cdef...              stage cache entries (lib/pipeline)
//   trash/<batch>/                 unreachable objects on their way out (lib/store/gc)
//   bad/                           objects whose bytes did not match their name; never used, never deleted by us
//   tmp/                           files being written
//   leases/                        one locked file for each process that is adding: what gc must wait for
//   unflushed/                     one locked file for each process that is giving names which a power cut may undo
//   projects/                      one file for each project that uses the cache: its root directory
//   gc.lock
//
// A tree is published after everything it lists and removed before it; so a tree that is there implies its members,
// unless the file `suspect` says that something was quarantined or lost (fsck removes it after a clean pass).
//
// With MD5 names it is a cache of DVC's: objects in files/md5/ab/cdef..., listings in files/md5/ab/cdef....dir, those of
// DVC 2 in ab/cdef...; all the rest of the above in mlops/. DVC gives no promise about members, so it is always suspect.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fs/file.hpp"
#include "fs/lock_file.hpp"
#include "fs/repo_path.hpp"
#include "hash/object_id.hpp"
#include "store/memo.hpp"
#include "store/tree.hpp"

namespace mlops::store {

struct LocalDbOptions {
  std::string root;  ///< absolute path of the cache directory
  hash::Algorithm algorithm = hash::Algorithm::sha256;
  fs::Durability durability = fs::Durability::batch;
  bool group_shared = false;  ///< directories g+ws, objects 0440 instead of 0444
};

/// The local object database. Opening an existing one changes nothing on disk.
class LocalDb {
 public:
  /// Opens the cache; a directory that does not exist counts as empty until the first write. Throws Error (format) when
  /// it was made by a newer version.
  LocalDb(LocalDbOptions options, Memo& memo);

  const std::string& root() const { return options_.root; }
  /// Where what is not objects lies: the root, or in a cache that is DVC's too a directory of ours in it.
  std::string own_root() const;
  const LocalDbOptions& options() const { return options_; }
  hash::Algorithm algorithm() const { return options_.algorithm; }
  Memo& memo() const { return memo_; }

  /// Where the object lies or would lie.
  std::string path(const hash::ObjectId& id) const;
  /// Returns whether the object is there; one that lies in the trash is taken back first.
  bool has(const hash::ObjectId& id) const;
  /// Returns whether `id` and everything that it lists is there (fast for trees unless the cache is suspect).
  bool has_all(const Entry& entry) const;
  /// Returns whether the object is there and its bytes match its name (by the memo, else by hashing). A mismatch
  /// quarantines it: mere presence proves nothing (I-5).
  bool has_verified(const hash::ObjectId& id) const;
  /// Opens a file object for reading after making sure that its bytes match its name (by the memo, else by hashing).
  /// A mismatch quarantines it and throws Error (corrupt); absence throws Error (missing).
  fs::Fd open_verified(const hash::ObjectId& id) const;
  /// Reads a small verified file object (a metric, a log's tail, a link's target).
  std::string read(const hash::ObjectId& id, std::uint64_t limit_bytes = 64U << 20U) const;
  /// Reads and checks a tree. Throws Error (missing or corrupt; one whose bytes do not match its name is quarantined).
  Tree read_tree(const hash::ObjectId& id) const;
  /// Returns the entry at `below` inside `tree`; nothing if there is none.
  std::optional<Entry> find_in_tree(const Entry& tree, const fs::RepoPath& below) const;

  /// Lists all objects in objects/, in order.
  std::vector<hash::ObjectId> list() const;
  /// Moves a bad object to bad/ and marks the cache suspect. Returns its new path; nothing, with all as it was, when
  /// what stands there is not the file that was `examined` any more.
  std::optional<std::string> quarantine(const hash::ObjectId& id, const fs::FileStat& examined) const;
  bool suspect() const;
  void set_suspect(bool suspect) const;

  /// Makes the cache's directories and format file if they are missing.
  void ensure_layout() const;
  /// Notes that the project at `root` uses this cache, so that gc elsewhere respects it.
  void register_project(const std::string& root) const;
  std::vector<std::string> registered_projects() const;
  /// Returns whether it was noted.
  bool forget_project(const std::string& root) const;

 private:
  bool rescue(const hash::ObjectId& id, const std::vector<std::string>& batches) const;
  std::optional<fs::Fd> open_if_there(const hash::ObjectId& id) const;
  /// As open_if_there for an object whose bytes match its name; one that does not is moved to `aside`.
  std::optional<fs::Fd> open_sound(const hash::ObjectId& id, std::string& aside) const;

  LocalDbOptions options_;
  Memo& memo_;
};

/// A process's promise to gc: what I have seen or written since this moment may be about to be referenced.
///
/// Held from before the first look at the cache until the pointer or lock that names the objects is durable. A locked
/// file in leases/: it ends with the process, however that ends.
class Lease {
 public:
  explicit Lease(const LocalDb& db);
  Lease(Lease&&) noexcept;
  Lease& operator=(Lease&&) = delete;
  Lease(const Lease&) = delete;
  ~Lease();

  /// Names of the leases that are alive now; dead ones are swept away.
  static std::vector<std::string> alive(const LocalDb& db);

 private:
  std::string path_;
  std::optional<fs::LockFile> lock_;
};

/// Objects being added together: nothing is visible before `publish`, which makes all durable with few flushes.
///
/// Any thread may add; one publishes. Holds a lease.
class WriteBatch {
 public:
  explicit WriteBatch(const LocalDb& db);
  ~WriteBatch();
  WriteBatch(const WriteBatch&) = delete;
  WriteBatch& operator=(const WriteBatch&) = delete;

  /// Copies a file into the store and hashes it in the same pass (reflink where possible, then hashing the clone).
  /// The source is looked at before and after; if it moved, it is tried three times, then Error (changed) names it.
  /// `stat` receives the evidence for what was hashed. Never makes an alias of the source.
  hash::Digest add_file(const std::string& source_path, fs::FileStat& stat);
  /// As add_file for a workspace file whose digest the memo already knows: does nothing when the object is there.
  void add_known_file(const std::string& source_path, const hash::Digest& digest);
  hash::Digest add_bytes(std::string_view content);
  /// Where a listing stands: it is a tracked path's own, or lies inside one, and then is no object in a flat family.
  enum class Place { top, inside };
  hash::Digest add_tree(const Tree& tree, Place place = Place::top);
  /// Takes a temporary file (made in `temp_directory()`) whose bytes have this digest.
  void add_temp(fs::TempFile file, const hash::ObjectId& id);
  /// Returns whether the object is in this batch already or, verified, in the store.
  bool holds(const hash::ObjectId& id) const;
  /// Where temporary files for add_temp must be made.
  std::string temp_directory() const;
  /// As temp_directory, beside the place where `id` will lie: threads that write different objects then do not wait for
  /// each other.
  std::string temp_directory(const hash::ObjectId& id) const;

  /// Makes everything durable and visible: files first, then trees in the order in which they were added (children
  /// before parents).
  void publish();
  /// Bytes that were really written (not already there).
  std::uint64_t bytes_written() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mlops::store

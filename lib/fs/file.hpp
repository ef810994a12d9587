// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fs/stat.hpp"

namespace mlops::fs {

/// Owns a descriptor. Closing in the destructor ignores errors; writers call `close` and get them.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd();
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release();
  /// Closes and throws Error on failure (a full quota shows here on network file systems).
  void close(const std::string& path);

 private:
  int fd_ = -1;
};

/// Opens for reading, never following a link in the last part. Throws Error; ENOENT has kind `missing`.
Fd open_read(const std::string& path);
/// As open_read with absence when nothing is there.
std::optional<Fd> try_open_read(const std::string& path);
/// Opens a directory for listing, syncing and *at calls; `path` itself may be a link to it.
Fd open_directory(const std::string& path);
/// Reads into `buffer` until it is full or the file ends; returns the number of bytes.
std::size_t read_full(int fd, std::span<char> buffer, const std::string& path);

/// Reads a whole small file. Throws Error when it is missing or larger than `limit_bytes`.
std::string read_file(const std::string& path, std::uint64_t limit_bytes = 64U << 20U);
/// As read_file with absence when nothing is there.
std::optional<std::string> try_read_file(const std::string& path, std::uint64_t limit_bytes = 64U << 20U);
/// Returns the target text of a symbolic link; nothing when nothing or something else is there.
std::optional<std::string> read_link(const std::string& path);

/// How sure we are, when a write returns, that a power cut cannot undo it.
enum class Durability { off, batch, strict };

/// Replaces a small file as a whole: a reader, a crash or a power cut sees the old or the new content.
///
/// Writes a temporary file, fsyncs it, renames it over `path`, fsyncs the directory. The temporary file lies in
/// `scratch` where that is on the same file system, else (and when it is empty) beside `path`. Keeps the mode of a file
/// that it replaces; `mode` is for a new one. When `path` is a symbolic link it is refused.
void write_file_atomic(const std::string& path, std::string_view content, std::uint32_t mode = 0666,
                       Durability durability = Durability::batch, const std::string& scratch = {});

/// A file being written under a temporary name in `directory`; gone again unless published.
///
/// Invariants: created with O_EXCL and mode 0600; `publish` and `replace` give it its name in one step; the destructor
/// removes what was not published.
class TempFile {
 public:
  /// `directory` must exist.
  explicit TempFile(const std::string& directory);
  /// In the directory of `beside` and with its name in front, so that people see what it was meant for; created with
  /// `mode` as far as the umask lets it.
  TempFile(const std::string& beside, std::uint32_t mode);
  TempFile(TempFile&&) noexcept;
  TempFile& operator=(TempFile&&) = delete;
  TempFile(const TempFile&) = delete;
  ~TempFile();
  const std::string& path() const { return path_; }
  int fd() const { return fd_.get(); }
  void write(std::span<const char> bytes);
  void chmod(std::uint32_t mode);
  /// fsyncs; an error is final, never retried.
  void sync();
  /// Closes the descriptor, reporting delayed write errors; the file stays temporary.
  void close();
  /// Closes, then renames to `target` unless something is there already. Returns false (and removes the temporary file)
  /// if so.
  bool publish(const std::string& target);
  /// Closes, then renames over `target`.
  void replace(const std::string& target);

 private:
  std::string path_;
  Fd fd_;
};

/// Returns whether the process id in a temporary name (of a TempFile or TempDir) is one of this host, boot and pid
/// namespace, so that asking for the process tells whether it lives.
bool is_temporary_of_here(std::string_view name);

/// Every mutation by path. All throw Error; each is a point of the fault seam (fs/seam.hpp).
void make_directory(const std::string& path);                           ///< one level; an existing directory is fine
void make_directories(const std::string& path);                         ///< with parents
void rename_path(const std::string& from, const std::string& to);       ///< replaces `to`
bool rename_if_absent(const std::string& from, const std::string& to);  ///< false if `to` exists
void exchange_paths(const std::string& a, const std::string& b);        ///< both must exist; atomic
/// As exchange_paths; false, with nothing changed, where the file system cannot.
bool try_exchange_paths(const std::string& a, const std::string& b);
void remove_file(const std::string& path);  ///< nothing there is fine
/// Returns false when the directory is not empty; nothing there is fine.
bool remove_empty_directory(const std::string& path);
/// Removes a whole tree without following links. Only for what is ours (temporary directories) or safe in the store.
void remove_tree(const std::string& path);
void set_mode(const std::string& path, std::uint32_t mode);
void set_mtime(const std::string& path, std::int64_t mtime_ns);
void make_symlink(const std::string& target, const std::string& path);
void make_hardlink(const std::string& existing, const std::string& path);
/// Appends `bytes` to a file (created with mode 0600) and fsyncs it, for journals.
void append_file_durable(const std::string& path, std::string_view bytes);
void truncate_file(const std::string& path, std::uint64_t size);
void sync_file(const std::string& path);
void sync_directory(const std::string& path);
/// Flushes the whole file system that holds `path` (syncfs).
void sync_filesystem(const std::string& path);

/// Copies bytes of `from_fd` to `to` (a TempFile), reflinking first where the file system can.
/// Calls `seen` with each buffer that was written, so that hashing costs no second pass; with a reflink the bytes are
/// read back from the clone. Returns the number of bytes.
std::uint64_t copy_bytes(int from_fd, TempFile& to, const std::string& from_path,
                         const std::function<void(std::span<const char>)>& seen);
/// Tries to make `to_fd` share the blocks of `from_fd`; false where the file system cannot.
bool try_reflink(int from_fd, int to_fd);

/// A directory that is removed with all it holds when it goes out of scope.
class TempDir {
 public:
  /// Made inside `parent`, which must exist, with mode 0700. Its name ends in our process id and a random word, so that
  /// what a crash leaves can be told from what is in use.
  explicit TempDir(const std::string& parent, std::string_view prefix = "tmp-");
  TempDir(TempDir&& other) noexcept;
  TempDir& operator=(TempDir&&) = delete;
  TempDir(const TempDir&) = delete;
  ~TempDir();
  const std::string& path() const { return path_; }
  /// Leaves the directory in place.
  std::string keep();

 private:
  std::string path_;
};

}  // namespace mlops::fs

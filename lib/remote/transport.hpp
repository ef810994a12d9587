// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/file.hpp"

namespace mlops::remote {

/// A failure that may pass by itself (connection reset, timeout, busy); the caller retries with back-off.
/// Everything else is an ordinary Error.
class Transient : public std::exception {
 public:
  explicit Transient(std::string what) : what_(std::move(what)) {}
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  std::string what_;
};

struct RemoteFile {
  std::string name;  ///< relative to the remote's root, '/'-separated
  std::uint64_t size = 0;
};

/// Bytes under names, somewhere else: what a folder, an S3 bucket or an SSH host can all do.
///
/// Contract: `write_file` and `write` are all-or-nothing under a name and return only when the place has confirmed the
/// size that it holds; a reader never sees a partial file. Names are ours: relative, '/'-separated, ASCII. Any thread
/// may call. Nothing here trusts what the place says about content: callers hash.
class Transport {
 public:
  virtual ~Transport() = default;
  /// How it is called in messages, without secrets.
  virtual std::string describe() const = 0;
  enum class Place { absent, empty, occupied };
  /// Whether the place itself (the folder, the bucket) is there, and holds anything besides what we make in passing.
  virtual Place place() = 0;
  /// Size of the file of that name; nothing if there is none.
  virtual std::optional<std::uint64_t> stat(const std::string& name) = 0;
  /// All files below `prefix` (a directory name), in any order.
  virtual std::vector<RemoteFile> list(const std::string& prefix) = 0;
  /// Reads a whole file into `to`, at most `limit_bytes` (else Error). Returns false if there is none.
  virtual bool read_to(const std::string& name, fs::TempFile& to, std::uint64_t limit_bytes) = 0;
  /// Reads a small file; nothing if there is none.
  virtual std::optional<std::string> read(const std::string& name, std::uint64_t limit_bytes) = 0;
  /// Sends a local file. `seen` gets the bytes as they are sent; when `accept` returns false at the end, the upload is undone
  /// and nothing appears under the name. A file of that name and another size is replaced.
  virtual void write_file(const std::string& name, const std::string& source_path,
                          const std::function<void(std::span<const char>)>& seen,
                          const std::function<bool()>& accept) = 0;
  /// Writes a small file, replacing one that is there.
  virtual void write(const std::string& name, std::string_view content) = 0;
  /// Writes a small file unless one is there; returns whether it wrote. The only call that makes an absent place, where
  /// that is possible (a folder whose parent exists).
  virtual bool write_new(const std::string& name, std::string_view content) = 0;
  /// Makes an absent place with all above it, where that is possible.
  virtual void make_place() = 0;
  /// Removes a file; nothing there is fine.
  virtual void remove(const std::string& name) = 0;
  /// Makes everything written so far durable.
  virtual void flush() = 0;
  /// About how many `stat` calls one page of `list` is worth; steers "list or ask".
  virtual unsigned list_page() const = 0;
};

/// What a remote's configuration says, as strings (`url`, and whatever the scheme knows).
using RemoteOptions = std::map<std::string, std::string>;

/// One kind of place.
struct Scheme {
  std::string_view name;         ///< "" for plain folders, "file", ...
  std::string_view description;  ///< for the manual
  std::unique_ptr<Transport> (*make)(const RemoteOptions& options);
  /// Options that it understands besides url.
  std::span<const std::string_view> options;
};
/// The table of all kinds; the only list of them.
std::span<const Scheme> schemes();

/// Makes the transport for `options["url"]`. Throws Error (usage-like, with the known schemes) for an unknown one.
std::unique_ptr<Transport> make_transport(const RemoteOptions& options);

}  // namespace mlops::remote

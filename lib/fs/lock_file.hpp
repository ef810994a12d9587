// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "fs/file.hpp"

namespace mlops::fs {

/// An advisory lock on an open descriptor (OFD), gone with its holder however that ends. The file is never removed.
///
/// The file's text says who holds it ("pid 12 on host: mlops run, since ..."): for messages only, never for decisions.
class LockFile {
 public:
  enum class Mode { shared, exclusive };

  /// Takes the lock or returns nothing at once. `holder` is written into the file by an exclusive locker.
  static std::optional<LockFile> try_acquire(const std::string& path, Mode mode, const std::string& holder);

  /// Takes the lock, waiting at most `limit` (none: without bound). `waiting` is called once, with the holder's text,
  /// before the wait starts. Waits in short polls, so an interrupt is noticed. Throws Error (kind conflict) at the limit.
  static LockFile acquire(const std::string& path, Mode mode, const std::string& holder,
                          std::optional<std::chrono::milliseconds> limit,
                          const std::function<void(const std::string&)>& waiting);

  /// Returns whether a locker of this mode would have to wait now: for `shared` when some process holds the lock
  /// exclusively, for `exclusive` when some process holds it at all.
  static bool is_held(const std::string& path, Mode mode = Mode::shared);
  /// Returns the exclusive holder's text, empty if there is none.
  static std::string holder(const std::string& path);

 private:
  explicit LockFile(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

/// Returns "pid N on HOST: WHAT, since TIME".
std::string holder_text(const std::string& what);

}  // namespace mlops::fs

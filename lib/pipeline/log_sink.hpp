// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fs/file.hpp"
#include "store/local_db.hpp"

namespace mlops::pipeline {

/// What one stage prints, kept until it can be stored as an object: in memory while it is little, then in a file.
///
/// Invariants: never throws while a stage runs, since a log that cannot be kept must not end a stage; nothing beyond
/// `limit_bytes` is kept, and the log then says so.
class LogSink {
 public:
  static constexpr std::uint64_t default_limit_bytes = 1ULL << 30U;

  /// `directory` holds the file, when one is needed; it must exist by then.
  explicit LogSink(std::string directory, std::uint64_t limit_bytes = default_limit_bytes);

  void write(std::string_view bytes);
  /// Adds the log to `batch`; nothing when nothing was printed. Throws Error.
  std::optional<store::Entry> store(store::WriteBatch& batch);
  /// Why part of the log was lost; empty when it was not.
  const std::string& problem() const { return problem_; }

 private:
  void keep(std::string_view bytes);

  std::string directory_;
  std::uint64_t limit_bytes_;
  std::uint64_t size_bytes_ = 0;
  bool truncated_ = false;
  std::string memory_;
  std::optional<fs::TempFile> file_;
  std::string problem_;
};

}  // namespace mlops::pipeline

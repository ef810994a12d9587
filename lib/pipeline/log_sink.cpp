// SPDX-License-Identifier: Apache-2.0
#include "pipeline/log_sink.hpp"

#include "util/error.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <utility>

namespace mlops::pipeline {
namespace {

constexpr std::size_t memory_limit_bytes = 256U << 10U;

}  // namespace

LogSink::LogSink(std::string directory, std::uint64_t limit_bytes)
    : directory_(std::move(directory)), limit_bytes_(limit_bytes) {}

void LogSink::write(std::string_view bytes) {
  if (truncated_ || !problem_.empty()) {
    return;
  }
  const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), limit_bytes_ - size_bytes_));
  try {
    keep(bytes.substr(0, room));
    if (room < bytes.size()) {
      truncated_ = true;
      keep("\n[mlops: the log ends here; only its first " + human_size(limit_bytes_) + " are kept]\n");
    }
  } catch (const Error& error) {
    problem_ = error.what();
  }
}

void LogSink::keep(std::string_view bytes) {
  size_bytes_ += bytes.size();
  memory_ += bytes;
  if (memory_.size() > memory_limit_bytes) {
    if (!file_) {
      file_.emplace(directory_);
    }
    file_->write({memory_.data(), memory_.size()});
    memory_.clear();
  }
}

std::optional<store::Entry> LogSink::store(store::WriteBatch& batch) {
  if (size_bytes_ == 0) {
    return std::nullopt;
  }
  if (!file_) {
    return store::Entry{.kind = store::EntryKind::file, .digest = batch.add_bytes(memory_), .size = memory_.size()};
  }
  file_->write({memory_.data(), memory_.size()});
  memory_.clear();
  fs::FileStat stat;
  const hash::Digest digest = batch.add_file(file_->path(), stat);
  return store::Entry{.kind = store::EntryKind::file, .digest = digest, .size = stat.size};
}

}  // namespace mlops::pipeline

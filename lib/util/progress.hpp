// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mlops {

/// What long work tells whoever shows it. Implementations live in the face; calls may come from several threads.
class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  /// A task of `total_items` things and `total_bytes` bytes starts; 0 where unknown. Returns its id.
  virtual int begin(std::string_view title, std::uint64_t total_items, std::uint64_t total_bytes) = 0;
  /// More of the totals became known.
  virtual void expect(int id, std::uint64_t items, std::uint64_t bytes) = 0;
  virtual void advance(int id, std::uint64_t items, std::uint64_t bytes) = 0;
  virtual void end(int id) = 0;
};

/// A sink that shows nothing.
ProgressSink& no_progress();

/// One task on a sink, ended by its scope.
class Activity {
 public:
  Activity(ProgressSink& sink, std::string_view title, std::uint64_t items = 0, std::uint64_t bytes = 0)
      : sink_(sink), id_(sink.begin(title, items, bytes)) {}
  ~Activity() { sink_.end(id_); }
  Activity(const Activity&) = delete;
  Activity& operator=(const Activity&) = delete;
  void expect(std::uint64_t items, std::uint64_t bytes) { sink_.expect(id_, items, bytes); }
  void advance(std::uint64_t items, std::uint64_t bytes) { sink_.advance(id_, items, bytes); }

 private:
  ProgressSink& sink_;
  int id_;
};

}  // namespace mlops

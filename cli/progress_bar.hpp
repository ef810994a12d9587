// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "cli/command.hpp"
#include "util/log.hpp"
#include "util/progress.hpp"

namespace mlops::cli {

/// The share of work that is done, 0 to 1, by what is behind of files and bytes: many small files take long though they
/// weigh nothing. 0 when no total is known.
double share_done(std::uint64_t items, std::uint64_t total_items, std::uint64_t bytes, std::uint64_t total_bytes);

/// Shows long work: one redrawn line on a terminal (files, bytes, rate, time left), a plain line every few seconds
/// elsewhere, nothing with -q. Nothing appears for work that takes less than half a second. Any thread.
class ProgressBar : public ProgressSink {
 public:
  explicit ProgressBar(const Context& context);
  ~ProgressBar() override;

  int begin(std::string_view title, std::uint64_t total_items, std::uint64_t total_bytes) override;
  void expect(int id, std::uint64_t items, std::uint64_t bytes) override;
  void advance(int id, std::uint64_t items, std::uint64_t bytes) override;
  void end(int id) override;

  /// Prints a message above the bar.
  void print(log::Level level, std::string_view text);

 private:
  using Clock = std::chrono::steady_clock;
  struct Task {
    std::string title;
    std::uint64_t items = 0, total_items = 0, bytes = 0, total_bytes = 0;
    Clock::time_point begun;
  };
  void draw(Clock::time_point now);
  void clear();
  std::string line(const Task& task, Clock::time_point now) const;

  std::ostream& err_;
  const bool terminal_;
  const bool quiet_;
  const bool color_;
  const unsigned width_;
  std::mutex mutex_;
  std::map<int, Task> tasks_;
  int next_id_ = 0;
  Clock::time_point last_draw_;
  bool drawn_ = false;
};

}  // namespace mlops::cli

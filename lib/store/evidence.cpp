// SPDX-License-Identifier: Apache-2.0
#include "store/evidence.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <thread>

#include "util/parallel.hpp"

namespace mlops::store {
namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t fine_grain_ns = 20 * ms;
constexpr std::int64_t coarse_grain_ns = 2'000 * ms;
/// Reading this much takes longer than the fine grain lasts.
constexpr std::uint64_t worth_waiting_bytes = 64U << 20U;

/// Records one file; returns its size if it is too fresh for that.
std::uint64_t try_record(Memo& memo, const Written& file) {
  const auto stat = fs::stat_path(file.path);
  const std::int64_t seen = wall_clock_ns();
  if (!stat || stat->type != fs::FileType::file || (file.made && !same_content(*file.made, stat))) {
    return 0;
  }
  if (too_fresh(*stat, seen, file.link)) {
    return stat->size;
  }
  memo.record(*stat, file.digest, seen, file.link);
  return 0;
}

}  // namespace

std::int64_t wall_clock_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

bool too_fresh(const fs::FileStat& stat, std::int64_t seen_ns, Memo::Link link) {
  const bool linked = link == Memo::Link::into_cache;
  const bool coarse = stat.mtime_ns % ms == 0 && (linked || stat.ctime_ns % ms == 0);
  const std::int64_t newest = linked ? stat.mtime_ns : std::max(stat.mtime_ns, stat.ctime_ns);
  return newest >= seen_ns - (coarse ? coarse_grain_ns : fine_grain_ns);
}

bool same_content(const fs::FileStat& before, const std::optional<fs::FileStat>& now) {
  return now && now->device == before.device && now->inode == before.inode && now->size == before.size &&
         now->mtime_ns == before.mtime_ns;
}

void record_written(Memo& memo, const std::vector<Written>& files, unsigned jobs) {
  std::atomic<std::uint64_t> fresh_bytes{0};
  const unsigned threads = files.size() < 256 ? 1 : jobs;
  parallel_for(files.size(), threads, [&](std::size_t i) { fresh_bytes += try_record(memo, files[i]); });
  if (fresh_bytes >= worth_waiting_bytes) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(fine_grain_ns + ms));
    parallel_for(files.size(), threads, [&](std::size_t i) { try_record(memo, files[i]); });
  }
}

}  // namespace mlops::store

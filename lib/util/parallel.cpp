// SPDX-License-Identifier: Apache-2.0
#include "util/parallel.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "util/interrupt.hpp"

namespace mlops {
namespace {

/// Hands out runs of items until there are none left or one failed.
class Batch {
 public:
  Batch(std::size_t count, unsigned jobs, const std::function<void(std::size_t)>& work)
      : count_(count), run_(std::clamp<std::size_t>(count / (std::size_t{jobs} * 8), 1, 64)), work_(work) {}

  void drain() noexcept {
    try {
      while (!stopped_.load(std::memory_order_relaxed)) {
        const std::size_t first = next_.fetch_add(run_, std::memory_order_relaxed);
        if (first >= count_) {
          return;
        }
        do_run(first, std::min(first + run_, count_));
      }
    } catch (...) {
      keep(std::current_exception());
    }
  }

  void rethrow() const {
    if (failure_) {
      std::rethrow_exception(failure_);
    }
  }

 private:
  void do_run(std::size_t first, std::size_t end) {
    for (std::size_t i = first; i < end && !stopped_.load(std::memory_order_relaxed); ++i) {
      check_interrupt();
      work_(i);
    }
  }

  void keep(std::exception_ptr failure) {
    const std::lock_guard guard(mutex_);
    if (!failure_) {
      failure_ = std::move(failure);
    }
    stopped_.store(true);
  }

  const std::size_t count_;
  const std::size_t run_;
  const std::function<void(std::size_t)>& work_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::exception_ptr failure_;
};

}  // namespace

unsigned processors() {
  // The mask of this process, which taskset and container runtimes narrow; machines with more processors than a
  // cpu_set_t holds fall back to what the C++ library counts.
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (::sched_getaffinity(0, sizeof mask, &mask) == 0) {
    return static_cast<unsigned>(std::max(1, CPU_COUNT(&mask)));
  }
  return std::max(1U, std::thread::hardware_concurrency());
}

void parallel_for(std::size_t count, unsigned jobs, const std::function<void(std::size_t)>& work) {
  if (count == 0) {
    return;
  }
  const auto threads = static_cast<unsigned>(std::clamp<std::size_t>(jobs, 1, count));
  Batch batch(count, threads, work);
  {
    std::vector<std::jthread> others;
    others.reserve(threads);
    try {
      while (others.size() + 1 < threads) {
        others.emplace_back([&batch] { batch.drain(); });
      }
    } catch (const std::system_error&) {
      // At the limit of threads the ones that started, and this one, do all the work.
    }
    batch.drain();
  }
  batch.rethrow();
}

}  // namespace mlops

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <mutex>
#include <vector>

namespace mlops {

/// The children that this process started itself and has not yet waited for.
///
/// Whoever reaps orphans must tell them from children that another thread waits for; a process cannot ask the kernel
/// for that, so there is one such list per process. A child is listed while the lock is held in which it was started,
/// hence nobody sees a child of ours that is not listed.
class StartedChildren {
 public:
  static StartedChildren& instance();
  /// Held while a child is started and while orphans are looked for.
  std::unique_lock<std::mutex> lock() { return std::unique_lock(mutex_); }
  /// These three need the lock.
  void add(pid_t pid) { pids_.push_back(pid); }
  bool contains(pid_t pid) const;
  bool empty() const { return pids_.empty(); }
  /// Takes the lock itself.
  void remove(pid_t pid);

 private:
  std::mutex mutex_;
  std::vector<pid_t> pids_;
};

}  // namespace mlops

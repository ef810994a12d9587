// SPDX-License-Identifier: Apache-2.0
#include "fs/seam.hpp"

#ifdef MLOPS_FAILPOINTS

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "util/error.hpp"

namespace mlops::fs {
namespace {

// What a test set for the whole process; this file is empty in ordinary builds.
std::mutex seam_mutex;
std::shared_ptr<const FaultHook> current_hook;  // shared: a call may still be in it while a test removes it
std::atomic<bool> hook_is_set{false};
std::string sync_name;
std::string sync_fifo;

std::shared_ptr<const FaultHook> hook_now() {
  const std::lock_guard guard(seam_mutex);
  return current_hook;
}

std::string fifo_of(std::string_view name) {
  const std::lock_guard guard(seam_mutex);
  return name == sync_name ? sync_fifo : std::string();
}

}  // namespace

void set_fault_hook(FaultHook hook) {
  const std::lock_guard guard(seam_mutex);
  hook_is_set.store(static_cast<bool>(hook));
  current_hook = hook ? std::make_shared<const FaultHook>(std::move(hook)) : nullptr;
}

int failpoint(std::string_view call, std::string_view path) {
  if (!hook_is_set.load(std::memory_order_relaxed)) {
    return 0;
  }
  const auto hook = hook_now();
  return hook ? (*hook)(call, path) : 0;
}

void set_sync_point(std::string_view name, std::string_view fifo) {
  const std::lock_guard guard(seam_mutex);
  sync_name = name;
  sync_fifo = fifo;
}

void sync_point(std::string_view name) {
  const std::string fifo = fifo_of(name);
  if (fifo.empty()) {
    return;
  }
  // Both the open and the read wait: for a test that opens the other end, and for it to close that again.
  const int fd = ::open(fifo.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    throw system_error(errno, "wait at", fifo);
  }
  std::array<char, 64> ignored{};
  while (::read(fd, ignored.data(), ignored.size()) > 0) {
  }
  ::close(fd);
}

}  // namespace mlops::fs

#endif

// SPDX-License-Identifier: Apache-2.0
#include "util/interrupt.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "util/error.hpp"

namespace mlops {
namespace {

// Written by a signal handler, hence global and lock-free.
std::atomic<int> first_signal{0};
std::atomic<int> signal_count{0};
std::atomic<int> wake_fd{-1};
static_assert(std::atomic<int>::is_always_lock_free);

thread_local int holds = 0;

void record(int signal) {
  const int saved_errno = errno;
  int none = 0;
  first_signal.compare_exchange_strong(none, signal);
  signal_count.fetch_add(1);
  const std::uint64_t one = 1;
  // A full counter is readable already, so a failed write loses nothing.
  [[maybe_unused]] const ssize_t written = ::write(wake_fd.load(), &one, sizeof one);
  errno = saved_errno;
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

void install_signal_handlers() {
  if (wake_fd.load() < 0) {
    const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) {
      throw system_error(errno, "create", "event descriptor");
    }
    wake_fd.store(fd);
  }
  handle(SIGINT, record);
  handle(SIGTERM, record);
  // Under nohup the terminal's end must not end us.
  if (!is_ignored(SIGHUP)) {
    handle(SIGHUP, record);
  }
  handle(SIGPIPE, SIG_IGN);
  handle(SIGXFSZ, SIG_IGN);  // a file that grew too large is an error like a full disk
}

int pending_interrupt() { return first_signal.load(std::memory_order_relaxed); }

int interrupt_count() { return signal_count.load(); }

int interrupt_fd() { return wake_fd.load(); }

void raise_interrupt(int signal) { record(signal); }

void clear_interrupt() {
  first_signal.store(0);
  signal_count.store(0);
  std::uint64_t drained = 0;
  [[maybe_unused]] const ssize_t count = ::read(wake_fd.load(), &drained, sizeof drained);
}

void check_interrupt() {
  if (const int signal = pending_interrupt(); signal != 0 && holds == 0) {
    throw Interrupted(signal);
  }
}

InterruptsHeld::InterruptsHeld() { ++holds; }

InterruptsHeld::~InterruptsHeld() { --holds; }

}  // namespace mlops

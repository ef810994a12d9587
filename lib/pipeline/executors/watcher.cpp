// SPDX-License-Identifier: Apache-2.0
#include "pipeline/executors/watcher.hpp"

#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/process.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

namespace mlops::pipeline {
namespace {

/// What goes through the pipe; small enough to be written in one piece.
struct Order {
  char what;  ///< '+' a group began, '-' it ended, '.' all is well
  pid_t group;
};

constexpr int grace_ms = 3000;
constexpr unsigned mark_letters = 20;

/// Reads orders until the pipe ends. Returns the groups that were running then; does not return when we are let go.
std::vector<pid_t> groups_at_the_end(int orders) {
  std::vector<pid_t> groups;
  Order order{};
  while (true) {
    const ssize_t count = ::read(orders, &order, sizeof order);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count != static_cast<ssize_t>(sizeof order)) {
      return groups;
    }
    if (order.what == '.') {
      ::_exit(0);
    }
    std::erase(groups, order.group);
    if (order.what == '+') {
      groups.push_back(order.group);
    }
  }
}

/// Sends `signal` to all groups; returns whether any lives.
bool signal_groups(const std::vector<pid_t>& groups, int signal) {
  return std::count_if(groups.begin(), groups.end(), [&](pid_t group) { return ::kill(-group, signal) == 0; }) > 0;
}

/// Kills every process that has `mark` in its environment, as only descendants of our stages do.
void kill_marked(const std::string& mark) {
  DIR* const processes = ::opendir("/proc");
  if (processes == nullptr) {
    return;
  }
  const std::string wanted = std::string(Watcher::variable) + "=" + mark;
  while (const dirent* entry = ::readdir(processes)) {
    const pid_t pid = std::atoi(entry->d_name);
    std::ifstream stream("/proc/" + std::string(entry->d_name) + "/environ", std::ios::binary);
    const std::string environment{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    if (pid > 1 && environment.find(wanted) != std::string::npos) {
      ::kill(pid, SIGKILL);
    }
  }
  ::closedir(processes);
}

[[noreturn]] void watch(int orders, const std::string& mark) {
  // Out of the terminal's reach: its signals are for mlops.
  ::setsid();
  if (const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC); null >= 0) {
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
      ::dup2(null, standard);
    }
  }
  const std::vector<pid_t> groups = groups_at_the_end(orders);
  signal_groups(groups, SIGTERM);
  for (int waited_ms = 0; waited_ms < grace_ms && signal_groups(groups, 0); waited_ms += 50) {
    ::poll(nullptr, 0, 50);
  }
  signal_groups(groups, SIGKILL);
  kill_marked(mark);
  // Once more, for what was just being started when we were killed and did not show the mark yet.
  ::poll(nullptr, 0, 100);
  kill_marked(mark);
  ::_exit(0);
}

}  // namespace

Watcher::Watcher() : mark_(random_word(mark_letters)) {
  std::array<int, 2> orders{}, farewell{};
  if (::pipe2(orders.data(), O_CLOEXEC) != 0 || ::pipe2(farewell.data(), O_CLOEXEC) != 0) {
    throw system_error(errno, "create", "pipe");
  }
  // By the death of a process in between, the watcher becomes init's child: as ours it would look like an orphan.
  ::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
  const pid_t between = ::fork();
  if (between == 0) {
    if (::fork() == 0) {
      ::close(orders[1]);
      ::close(farewell[0]);
      watch(orders[0], mark_);
    }
    ::_exit(0);
  }
  const int code = errno;
  ::close(orders[0]);
  ::close(farewell[1]);
  orders_ = orders[1];
  farewell_ = farewell[0];
  if (between < 0) {
    throw system_error(code, "start", "watcher of stages");
  }
  while (::waitpid(between, nullptr, 0) < 0 && errno == EINTR) {
  }
  become_subreaper();
}

Watcher::~Watcher() {
  send('.', 0);
  ::close(orders_);
  char none = 0;
  while (::read(farewell_, &none, 1) < 0 && errno == EINTR) {
  }
  ::close(farewell_);
}

void Watcher::started(pid_t group) const { send('+', group); }

void Watcher::ended(pid_t group) const { send('-', group); }

void Watcher::send(char what, pid_t group) const {
  const Order order{.what = what, .group = group};
  // Without its watcher a run goes on as well; only a kill would then leave stages running.
  if (::write(orders_, &order, sizeof order) != static_cast<ssize_t>(sizeof order)) {
    log::debug("the watcher of stages is gone");
  }
}

}  // namespace mlops::pipeline

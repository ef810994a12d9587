// SPDX-License-Identifier: Apache-2.0
//
// Ending what a stage left behind.
//
// Problem: a stage may leave processes: in its group (a background job of its shell), or outside of it (a daemon that
// made its own session). As subreaper we become the parent of both once their own parents are gone, so they are found
// among our children. Idea: kill the group, then kill every child of ours that we did not start, and repeat, since the
// children of a killed process become ours in turn. While other stages run, an orphan outside the group could be
// theirs, and nothing in the kernel tells; it is left alone until none of them runs any more.
// Cost: reading one small file of /proc per thread of ours and round; nothing else when nobody was left.

#include <dirent.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>
#include <string>

#include "util/error.hpp"
#include "util/process.hpp"
#include "util/process_registry.hpp"

namespace mlops {
namespace {

constexpr std::chrono::seconds reap_limit{5};

/// Returns the entries of a directory of /proc that are numbers.
std::vector<pid_t> numbers_in(const char* directory) {
  std::vector<pid_t> numbers;
  const auto close = [](DIR* open) { ::closedir(open); };
  const std::unique_ptr<DIR, decltype(close)> entries(::opendir(directory), close);
  if (!entries) {
    return numbers;
  }
  while (const dirent* entry = ::readdir(entries.get())) {
    const std::string_view name = entry->d_name;
    pid_t number = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), number).ec == std::errc()) {
      numbers.push_back(number);
    }
  }
  return numbers;
}

/// The parent's number stands two fields behind the parenthesised name, which itself may hold anything.
bool is_child_of(pid_t pid, pid_t parent) {
  std::ifstream stream("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(stream, text, '\0');
  const std::size_t name_end = text.rfind(") ");
  if (name_end == std::string::npos || text.size() < name_end + 4) {
    return false;
  }
  pid_t found = 0;
  std::from_chars(text.data() + name_end + 4, text.data() + text.size(), found);
  return found == parent;
}

/// Returns all children of this process, zombies too.
std::vector<pid_t> all_children() {
  std::vector<pid_t> children;
  bool listed = false;
  for (const pid_t thread : numbers_in("/proc/self/task")) {
    std::ifstream stream("/proc/self/task/" + std::to_string(thread) + "/children");
    listed = listed || stream.is_open();
    for (pid_t child = 0; stream >> child;) {
      children.push_back(child);
    }
  }
  if (listed) {
    return children;
  }
  // Kernels built without that file have only the list of all processes.
  const pid_t self = ::getpid();
  children = numbers_in("/proc");
  std::erase_if(children, [self](pid_t pid) { return !is_child_of(pid, self); });
  return children;
}

/// Returns the children of ours that may be ended together with `group`.
std::vector<pid_t> orphans_of(pid_t group) {
  StartedChildren& started = StartedChildren::instance();
  const auto lock = started.lock();
  std::vector<pid_t> orphans = all_children();
  const bool others_run = !started.empty();
  std::erase_if(orphans, [&](pid_t pid) { return started.contains(pid) || (others_run && ::getpgid(pid) != group); });
  return orphans;
}

/// Returns whether the group has members besides a leader that its Child still has to wait for.
bool group_lives(pid_t group) {
  if (group <= 0 || ::kill(-group, 0) != 0) {
    return false;
  }
  StartedChildren& started = StartedChildren::instance();
  const auto lock = started.lock();
  return !started.contains(group);
}

/// Returns whether `pid` was still alive when it got our signal.
bool reap_one(pid_t pid) {
  int status = 0;
  ::kill(pid, SIGKILL);
  return ::waitpid(pid, &status, WNOHANG) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

}  // namespace

StartedChildren& StartedChildren::instance() {
  static StartedChildren children;
  return children;
}

bool StartedChildren::contains(pid_t pid) const { return std::find(pids_.begin(), pids_.end(), pid) != pids_.end(); }

void StartedChildren::remove(pid_t pid) {
  const std::lock_guard guard(mutex_);
  std::erase(pids_, pid);
}

void become_subreaper() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
    throw system_error(errno, "become the reaper of", "child processes");
  }
}

int reap_descendants(pid_t group) {
  // Two reapers at once could wait for the same process, and signal a number that has been given away again.
  static std::mutex one_at_a_time;
  const std::lock_guard guard(one_at_a_time);
  const auto deadline = std::chrono::steady_clock::now() + reap_limit;
  int survivors = 0;
  while (true) {
    if (group > 0) {
      ::kill(-group, SIGKILL);
    }
    const std::vector<pid_t> orphans = orphans_of(group);
    if ((orphans.empty() && !group_lives(group)) || std::chrono::steady_clock::now() > deadline) {
      return survivors;
    }
    survivors += static_cast<int>(std::count_if(orphans.begin(), orphans.end(), reap_one));
    ::poll(nullptr, 0, 1);
  }
}

}  // namespace mlops

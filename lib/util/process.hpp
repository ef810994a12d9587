// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mlops {

using Environment = std::map<std::string, std::string>;

/// What to start: always an argument vector, never a shell line.
struct Command {
  std::vector<std::string> argv;       ///< argv[0] is looked up on PATH of `env`
  std::string cwd;                     ///< empty: inherited
  Environment env;                     ///< the whole environment of the child
  std::optional<std::string> input{};  ///< bytes for its standard input; none: /dev/null
};

/// How a child ended and what it printed.
struct Completed {
  int exit_code = 0;  ///< 128 + n when ended by signal n
  int signal = 0;     ///< 0 unless ended by a signal
  std::string out;
  std::string err;
};

/// Whether a process with this id runs here; one that we may not signal does.
bool is_alive(pid_t pid);

/// Runs a short helper program (git) to its end, collecting its output. Throws Error when it cannot be started.
///
/// It stays in our process group, so that it may ask on the terminal. A stop signal that arrives meanwhile is passed on
/// and throws Interrupted once the program has ended.
Completed run_process(const Command& command);

/// A child in a process group of its own whose output the caller reads as it comes.
///
/// Invariants:
/// - the child leads its own process group, so a signal reaches all it started and kept in the group;
/// - standard output and error share one pipe, `output_fd`, readable without blocking;
/// - destroying a Child that still runs kills its group.
class Child {
 public:
  explicit Child(const Command& command);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  Child(const Child&) = delete;
  ~Child();

  pid_t pid() const { return pid_; }
  int output_fd() const { return output_fd_; }
  /// A descriptor readable when the child has ended (pidfd), or -1 where the kernel has none.
  int exit_fd() const { return exit_fd_; }
  /// Sends `signal` to the child's whole group, also to what is left of it after the child has ended; nothing happens
  /// when all of it is gone.
  void signal_group(int signal) const;

  /// How it ended, with what it used.
  struct Ended {
    int exit_code = 0;  ///< 128 + n when ended by signal n
    int signal = 0;
    double cpu_seconds = 0;
    std::uint64_t peak_memory_bytes = 0;
  };
  /// Returns nothing while the child runs.
  std::optional<Ended> poll();

 private:
  pid_t pid_ = -1;
  int output_fd_ = -1;
  int exit_fd_ = -1;
  std::optional<Ended> ended_;
};

/// Makes orphans of our children become ours, so that none escapes (Linux subreaper).
void become_subreaper();

/// Kills and reaps what a stage left behind: the process group `group`, and orphans that became ours (see
/// become_subreaper). `group` 0 means orphans only, for the end of a run.
///
/// Children that were started here and have not ended are never touched. While there are any, an orphan outside `group`
/// may belong to one of them and is left alone too; the call at the end of the last one gets it. Gives up after five
/// seconds on processes that the kernel does not let go. Returns how many had to be killed.
int reap_descendants(pid_t group);

}  // namespace mlops

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "util/process.hpp"

namespace mlops::pipeline {

/// One stage's command, ready to start.
struct Job {
  std::string stage{};
  std::vector<std::string> lines{};  ///< shell scripts, one after another
  std::string cwd;                   ///< absolute
  Environment env;                   ///< the whole environment
  std::optional<double> timeout_seconds{};
};

/// How a job ended.
struct JobResult {
  enum class How { finished, killed, timed_out, interrupted };
  How how = How::finished;
  int exit_code = 0;
  std::string failed_line;  ///< the line that ended with `exit_code`
  double wall_seconds = 0, cpu_seconds = 0;
  std::uint64_t peak_memory_bytes = 0;
  int survivors = 0;  ///< processes that the stage left behind and that were ended
  bool ok() const { return how == How::finished && exit_code == 0; }
};

/// Starts jobs somewhere and tells when they end. One thread.
class Executor {
 public:
  virtual ~Executor() = default;
  /// Starts a job; its output goes to `output` piece by piece. Returns a handle.
  virtual int start(const Job& job, std::function<void(std::string_view)> output) = 0;
  /// Waits until a job ends or output came or a signal is pending; returns a job that ended, if one did.
  virtual std::optional<std::pair<int, JobResult>> wait() = 0;
  /// Forwards a stop signal to all jobs; they get `grace` to end, then SIGKILL; at once on a second signal.
  virtual void stop(int signal) = 0;
};

/// Runs jobs on this machine: each line in a shell of its own process group, with a poll loop (I-27).
std::unique_ptr<Executor> make_local_executor(double grace_seconds = 10);

}  // namespace mlops::pipeline

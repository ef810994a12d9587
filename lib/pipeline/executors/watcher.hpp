// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

namespace mlops::pipeline {

/// A small process that ends the stages when mlops itself is killed in a way that leaves it no time to do so.
///
/// It is a fork of mlops that waits at a pipe; the pipe's end without a word means that mlops is gone. It then ends the
/// groups that were running and, found by a variable in their environment, whatever those had put into sessions of
/// their own. As a fork it keeps the run lock: nobody starts anew while something still writes.
///
/// Cost: one fork for each run that executes stages, one small write at the start and the end of each line.
class Watcher {
 public:
  /// Must be made while this process has no child whose orphans matter; it leaves the process a subreaper.
  Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  /// Lets the process go, and waits until it has.
  ~Watcher();

  /// The variable, and its value, that stages have in their environment.
  static constexpr const char* variable = "MLOPS_EXECUTOR";
  const std::string& mark() const { return mark_; }

  void started(pid_t group) const;
  void ended(pid_t group) const;

 private:
  void send(char what, pid_t group) const;

  std::string mark_;
  int orders_ = -1;    // we write, it reads
  int farewell_ = -1;  // it never writes; its end means that the watcher is gone
};

}  // namespace mlops::pipeline

// SPDX-License-Identifier: Apache-2.0
// The mutating system calls: which they are, how to be stopped at them, and how to tell what one is about to change.
#pragma once

#include <linux/filter.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace crashrun {

/// How a call's arguments tell what it changes.
enum class Kind {
  open,     // a path at `at`, flags after it: counts when it can create, truncate or write
  openat2,  // a path at `at`, a struct open_how after it
  path,     // changes what the path at `at` names
  file,     // acts on the descriptor at `at`
  ioctl,    // a descriptor at `at`, a clone request after it
  times,    // a path at `at`, or the descriptor before it when there is no path
  close,    // closes the descriptor at `at`: counts when that was open for writing
};

/// One system call that can change a file system.
struct Rule {
  long number;
  const char* name;
  Kind kind;
  int dir;  // argument that holds the directory descriptor, -1 for none
  int at;   // argument that holds the path, or the descriptor
};

using Arguments = std::span<const std::uint64_t>;

/// Returns the rule of a system call number, null when the call changes no file system.
const Rule* find_rule(std::uint64_t number);

/// Returns the seccomp program that stops a thread for the tracer at each call of the table and lets all others pass.
std::vector<sock_filter> build_filter();

/// Returns the path that the call is about to change, or nothing when it is none that counts.
std::optional<std::string> changed_path(pid_t tid, const Rule& rule, Arguments arguments);

/// Puts a result, or a negated errno, where the stopped thread will find its call's result.
void set_result(pid_t tid, long result);

/// Makes the thread, stopped before a call, not execute it.
void skip_call(pid_t tid);

}  // namespace crashrun

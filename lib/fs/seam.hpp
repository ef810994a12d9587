// SPDX-License-Identifier: Apache-2.0
#pragma once

// The seam through which every change that we make to a file system passes.
//
// In ordinary builds it is nothing but the system call. In builds with MLOPS_FAILPOINTS each mutating call first asks
// `failpoint`, so that a unit test can make the n-th one fail with any errno, or throw a simulated crash, without
// another process. Reads do not pass through it.

#include <functional>
#include <string_view>

namespace mlops::fs {

/// A test's hook: gets the name of the call ("rename", "write", ...) and its path; returns 0 to let it happen or the
/// errno that it shall fail with.
using FaultHook = std::function<int(std::string_view call, std::string_view path)>;

#ifdef MLOPS_FAILPOINTS
void set_fault_hook(FaultHook hook);
/// Returns the errno with which the call must fail, or 0.
int failpoint(std::string_view call, std::string_view path);
#else
inline int failpoint(std::string_view, std::string_view) { return 0; }
#endif

/// Stops at a named place until a test lets it go on: in builds with failpoints, when the environment of the process
/// named it (`name:fifo=/path`, handed in by the face), opens the fifo for reading; otherwise nothing.
#ifdef MLOPS_FAILPOINTS
void set_sync_point(std::string_view name, std::string_view fifo);
void sync_point(std::string_view name);
#else
inline void sync_point(std::string_view) {}
#endif

}  // namespace mlops::fs

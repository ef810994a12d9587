// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>

namespace mlops {

/// Returns how many processors this process may use; at least 1.
unsigned processors();

/// Calls `work(i)` for every i in [0, count) on at most `jobs` threads (the caller's is one of them).
///
/// The first exception stops the hand-out of further items; when all threads have returned it is rethrown here.
/// An interrupt does the same. Items are handed out in order in small runs, so neighbours tend to share a thread.
void parallel_for(std::size_t count, unsigned jobs, const std::function<void(std::size_t)>& work);

}  // namespace mlops

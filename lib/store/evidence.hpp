// SPDX-License-Identifier: Apache-2.0
#pragma once

// When times can be believed, and how what was just written becomes evidence in the memo.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fs/stat.hpp"
#include "hash/digest.hpp"
#include "store/memo.hpp"

namespace mlops::store {

/// Nanoseconds since 1970 by the machine's clock, never shifted by tests: it is compared with times of files.
std::int64_t wall_clock_ns();

/// Returns whether the file could still change without its times showing it, seen at `seen_ns`.
bool too_fresh(const fs::FileStat& stat, std::int64_t seen_ns, Memo::Link link);

/// A file that was just written and whose content is known.
struct Written {
  std::string path;
  hash::Digest digest;
  Memo::Link link = Memo::Link::no;
  std::optional<fs::FileStat> made{};  ///< as it was when it was made, where somebody may have written to it since
};

/// Returns whether two looks saw the same bytes of one file. Giving it another name alters its change time only.
bool same_content(const fs::FileStat& before, const std::optional<fs::FileStat>& now);

/// Records `files` as they are on disk now. Those that are too fresh are left out, unless they are so large that
/// waiting for the clock is cheaper than reading them again.
void record_written(Memo& memo, const std::vector<Written>& files, unsigned jobs);

}  // namespace mlops::store

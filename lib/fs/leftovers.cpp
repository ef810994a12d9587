// SPDX-License-Identifier: Apache-2.0
#include "fs/leftovers.hpp"

#include <charconv>
#include <optional>
#include <string_view>

#include "fs/file.hpp"
#include "fs/walk.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/process.hpp"

namespace mlops::fs {
namespace {

constexpr std::int64_t foreign_age_ns = 24LL * 3600 * 1'000'000'000;

/// The process that a temporary name says made it ("...mlops-tmp-...<pid>-<random>"); nothing for other names.
std::optional<pid_t> maker_of(std::string_view name) {
  const std::size_t last = name.rfind('-');
  const std::size_t before = last == std::string_view::npos || last == 0 ? last : name.rfind('-', last - 1);
  if (name.find("mlops-tmp-") == std::string_view::npos || before == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view digits = name.substr(before + 1, last - before - 1);
  pid_t pid = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), pid);
  return failure == std::errc() && end == digits.data() + digits.size() && pid > 0 ? std::optional(pid) : std::nullopt;
}

/// A process of another host or container is not ours to ask for: its files are its own for a day.
bool is_left_over(const StatEntry& entry, pid_t maker, std::int64_t now) {
  return is_temporary_of_here(entry.name) ? !is_alive(maker) : now - entry.stat.mtime_ns > foreign_age_ns;
}

}  // namespace

void sweep_temporary(const std::string& directory) { sweep_temporary(directory, now_ns()); }

void sweep_temporary(const std::string& directory, std::int64_t now) {
  for (const StatEntry& entry : stat_directory(directory)) {
    const auto maker = maker_of(entry.name);
    if (!maker || !is_left_over(entry, *maker, now)) {
      continue;
    }
    try {
      remove_tree(directory + "/" + entry.name);
    } catch (const Error& error) {
      // Another user's, for one: a leftover is no reason to keep anybody from working.
      log::debug("a leftover stays: {}", error.what());
    }
  }
}

}  // namespace mlops::fs

// SPDX-License-Identifier: Apache-2.0
//
// What a workspace keeps in .mlops/tmp and .mlops/rescue: locks, and what dead processes left.

#include <signal.h>

#include <cerrno>
#include <charconv>
#include <set>

#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "fs/walk.hpp"
#include "repo/workspace.hpp"
#include "util/clock.hpp"

namespace mlops::repo {
namespace {

constexpr std::chrono::seconds metadata_wait{60};
constexpr std::int64_t foreign_age_ns = 24LL * 3600 * 1'000'000'000;
constexpr std::int64_t rescue_age_ns = 14LL * 24 * 3600 * 1'000'000'000;

bool is_alive(pid_t pid) { return ::kill(pid, 0) == 0 || errno != ESRCH; }

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
bool is_left_over(const fs::StatEntry& entry, pid_t maker) {
  return fs::is_temporary_of_here(entry.name) ? !is_alive(maker) : now_ns() - entry.stat.mtime_ns > foreign_age_ns;
}

void sweep_temporary(const std::string& directory) {
  for (const fs::StatEntry& entry : fs::stat_directory(directory)) {
    if (const auto maker = maker_of(entry.name); maker && is_left_over(entry, *maker)) {
      fs::remove_tree(directory + "/" + entry.name);
    }
  }
}

void sweep_rescue(const std::string& directory) {
  for (const fs::StatEntry& entry : fs::stat_directory(directory)) {
    if (now_ns() - entry.stat.mtime_ns > rescue_age_ns) {
      fs::remove_tree(directory + "/" + entry.name);
    }
  }
}

}  // namespace

store::CheckoutOptions Workspace::checkout_options(const std::vector<fs::RepoPath>& paths) const {
  store::CheckoutOptions options = checkout_options();
  std::set<fs::RepoPath> directories;
  for (const fs::RepoPath& path : paths) {
    for (fs::RepoPath above = path.parent(); !above.is_root(); above = above.parent()) {
      directories.insert(above);
    }
  }
  // Each file's rules count below its own directory only, and parents sort first: one stack serves all paths.
  for (const fs::RepoPath& directory : directories) {
    const std::string file = absolute(directory / dialect().names().ignore);
    if (const auto text = fs::try_read_file(file)) {
      options.ignore = options.ignore.with(fs::IgnoreFile(directory, *text));
    }
  }
  make_state_directory();
  return options;
}

fs::LockFile Workspace::lock_metadata() const {
  make_state_directory();
  return fs::LockFile::acquire(state_directory() + "/metadata.lock", fs::LockFile::Mode::exclusive,
                               fs::holder_text("mlops, changing metadata"), metadata_wait, {});
}

void Workspace::write_file(const fs::RepoPath& path, std::string_view text, std::uint32_t mode) const {
  make_state_directory();
  fs::write_file_atomic(absolute(path), text, mode, durability(), state_directory());
}

void Workspace::sweep_leftovers() const {
  if (fs::stat_path(state_directory())) {
    sweep_temporary(state_directory());
  }
  const std::string rescue = root() + "/" + std::string(dialect().names().directory) + "/rescue";
  if (fs::stat_path(rescue)) {
    sweep_rescue(rescue);
  }
}

}  // namespace mlops::repo

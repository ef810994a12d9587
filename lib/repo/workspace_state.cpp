// SPDX-License-Identifier: Apache-2.0
//
// What a workspace keeps in .mlops/tmp and .mlops/rescue: locks, and what dead processes left.

#include <set>

#include "fs/file.hpp"
#include "fs/leftovers.hpp"
#include "fs/stat.hpp"
#include "fs/walk.hpp"
#include "repo/workspace.hpp"
#include "util/clock.hpp"

namespace mlops::repo {
namespace {

constexpr std::chrono::seconds metadata_wait{60};
constexpr std::int64_t rescue_age_ns = 14LL * 24 * 3600 * 1'000'000'000;

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
    fs::sweep_temporary(state_directory());
  }
  const std::string rescue = root() + "/" + std::string(dialect().names().rescue);
  if (fs::stat_path(rescue)) {
    sweep_rescue(rescue);
  }
}

}  // namespace mlops::repo

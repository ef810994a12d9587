// SPDX-License-Identifier: Apache-2.0
#include "pipeline/undeclared.hpp"

#include "fs/stat.hpp"
#include "repo/lock_text.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <limits>
#include <set>

namespace mlops::pipeline {
namespace {

/// Inode times come from a clock that ticks coarsely and so lies behind ours by up to a tick.
constexpr std::int64_t tick_ns = 20'000'000;
constexpr std::int64_t still_running = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t status_letters = 3;  // "?? "

/// The paths of `git status --porcelain -z`, which are relative to git's work tree; a directory ends in '/'.
std::vector<fs::RepoPath> parse_status(std::string_view text) {
  std::vector<fs::RepoPath> paths;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\0', start), text.size());
    std::string_view item = text.substr(start, end - start);
    if (item.ends_with('/')) {
      item.remove_suffix(1);
    }
    if (item.size() > status_letters) {
      if (const auto path = fs::RepoPath::try_parse(item.substr(status_letters))) {
        paths.push_back(*path);
      }
    }
    start = end + 1;
  }
  return paths;
}

}  // namespace

UndeclaredFiles::UndeclaredFiles(const repo::Workspace& workspace, const Graph& graph)
    : workspace_(workspace), graph_(graph) {
  for (std::size_t index = 0; index < graph.size(); ++index) {
    locks_.insert(repo::lock_of(workspace.dialect(), graph.stage(index).file));
  }
}

std::optional<UndeclaredFiles::Look> UndeclaredFiles::look() const {
  const Completed status =
      workspace_.git_program().try_run({"--no-optional-locks", "status", "--porcelain=v1", "-z", "--no-renames",
                                        "--untracked-files=normal", "--ignore-submodules=all", "--", "."});
  if (status.exit_code != 0) {
    log::debug("files outside of declared outputs are not looked for: {}", printable(trim(status.err)));
    return std::nullopt;
  }
  Look found;
  for (const fs::RepoPath& in_git : parse_status(status.out)) {
    const fs::RepoPath path = in_git.below(workspace_.git_prefix());
    if (!is_declared(path)) {
      const auto stat = fs::stat_path(workspace_.absolute(path));
      found.emplace(path, stat ? stat->ctime_ns : 0);
    }
  }
  return found;
}

/// Whether stages say that they write there, or it is a file of ours, or a directory that git knows nothing of and that
/// holds one.
bool UndeclaredFiles::is_declared(const fs::RepoPath& path) const {
  const auto lock = locks_.lower_bound(path);
  return path.first() == workspace_.dialect().names().directory || (lock != locks_.end() && lock->within(path)) ||
         !graph_.producers(path).empty();
}

void UndeclaredFiles::started(const std::string& stage) {
  if (!looked_) {
    before_ = look();
    looked_ = true;
  }
  windows_.push_back({stage, now_ns() - tick_ns, still_running});
}

void UndeclaredFiles::ended(const std::string& stage) {
  for (Window& window : windows_) {
    if (window.stage == stage && window.to_ns == still_running) {
      window.to_ns = now_ns();
    }
  }
}

std::vector<std::string> UndeclaredFiles::running_at(std::int64_t time_ns) const {
  std::set<std::string> stages;
  for (const Window& window : windows_) {
    if (window.from_ns <= time_ns && time_ns <= window.to_ns) {
      stages.insert(window.stage);
    }
  }
  return {stages.begin(), stages.end()};
}

std::vector<Undeclared> UndeclaredFiles::news() {
  if (!before_) {
    return {};
  }
  std::optional<Look> now = look();
  if (!now) {
    return {};
  }
  std::vector<Undeclared> found;
  for (const auto& [path, changed_ns] : *now) {
    const auto known = before_->find(path);
    if (known == before_->end() || known->second != changed_ns) {
      found.push_back({printable(path.str()), running_at(changed_ns)});
    }
  }
  for (const auto& [path, changed_ns] : *before_) {
    if (!now->contains(path)) {
      found.push_back({printable(path.str()), {}});
    }
  }
  std::sort(found.begin(), found.end(), [](const Undeclared& a, const Undeclared& b) { return a.path < b.path; });
  before_ = std::move(now);
  return found;
}

}  // namespace mlops::pipeline

// SPDX-License-Identifier: Apache-2.0
#include "run/reproduction_tree.hpp"

#include <unistd.h>

#include <charconv>
#include <optional>

#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "fs/walk.hpp"
#include "run/reproduce.hpp"
#include "run/uninterrupted.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/process.hpp"
#include "util/text.hpp"

namespace mlops::run {
namespace {

constexpr std::string_view temporary_prefix = "repro-";
constexpr std::string_view kept_prefix = "kept-";
constexpr unsigned random_letters = 4;

std::string project_in(const repo::Workspace& origin, const std::string& directory) {
  return origin.git_prefix().is_root() ? directory : directory + "/" + origin.git_prefix().str();
}

void remove_work_tree(repo::Workspace& origin, const std::string& directory) {
  // First of all: a project of the register that is gone would stop the next gc.
  origin.db().forget_project(project_in(origin, directory));
  // Twice: one that was killed while git made it is locked.
  const Completed git = origin.git_program().try_run({"worktree", "remove", "--force", "--force", "--", directory});
  if (git.exit_code != 0) {
    log::debug("git does not know the work tree {}: {}", quoted(directory), printable(trim(git.err)));
  }
  if (fs::stat_path(directory)) {
    fs::remove_tree(directory);
  }
}

/// The process whose work tree a directory of this name is: "repro-<label>-<random>-<pid>".
std::optional<pid_t> owner_of(std::string_view name) {
  const std::size_t dash = name.rfind('-');
  if (!name.starts_with(temporary_prefix) || dash == std::string_view::npos) {
    return std::nullopt;
  }
  pid_t pid = 0;
  const std::string_view digits = name.substr(dash + 1);
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), pid);
  return failure == std::errc() && end == digits.data() + digits.size() && pid > 0 ? std::optional(pid) : std::nullopt;
}

}  // namespace

ReproductionTree::ReproductionTree(repo::Workspace& origin, const ReproductionTreeOptions& options) : origin_(origin) {
  origin.make_state_directory();
  directory_ = fmt::format("{}/{}{}-{}-{}", origin.state_directory(), options.keep ? kept_prefix : temporary_prefix,
                           options.label, random_word(random_letters), ::getpid());
  try {
    origin.git_program().run({"worktree", "add", "--quiet", "--detach", "--", directory_, options.commit.hex()});
    repo::Session session = origin.session();
    session.cwd = project_in(origin, directory_);
    session.env = options.env;
    session.env.erase(repo::Workspace::run_token_variable);
    session.env.insert_or_assign("MLOPS_CACHE_DIR", origin.db().root());
    workspace_ = std::make_unique<repo::Workspace>(repo::Workspace::open_at(session.cwd, session));
  } catch (...) {
    remove();
    throw;
  }
}

ReproductionTree::~ReproductionTree() {
  if (!kept_) {
    remove();
  }
}

void ReproductionTree::keep() {
  kept_ = true;
  // The user may remove it at any time; it must not count as a project of the cache.
  origin_.db().forget_project(project_in(origin_, directory_));
}

void ReproductionTree::remove() {
  const Uninterrupted meanwhile;
  workspace_.reset();
  try {
    remove_work_tree(origin_, directory_);
  } catch (const std::exception& error) {
    // The next reproduction, run or gc sweeps it.
    log::warning("the temporary work tree {} is left behind: {}", quoted(directory_), error.what());
  }
}

void sweep_reproductions(repo::Workspace& workspace) {
  if (!fs::stat_path(workspace.state_directory())) {
    return;
  }
  for (const fs::DirEntry& entry : fs::list_directory(workspace.state_directory())) {
    if (const auto owner = owner_of(entry.name); owner && !is_alive(*owner)) {
      remove_work_tree(workspace, workspace.state_directory() + "/" + entry.name);
    }
  }
}

}  // namespace mlops::run

// SPDX-License-Identifier: Apache-2.0
#include "git/repository.hpp"

#include <algorithm>
#include <filesystem>

#include "fs/stat.hpp"
#include "git/handle.hpp"
#include "util/text.hpp"

namespace mlops::git {

std::optional<Oid> Oid::parse(std::string_view hex) {
  std::string lower(hex);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  const std::optional<std::vector<unsigned char>> decoded = from_hex(lower);
  std::array<unsigned char, 20> bytes{};
  if (!decoded || decoded->size() != bytes.size()) {
    return std::nullopt;
  }
  std::copy(decoded->begin(), decoded->end(), bytes.begin());
  return Oid(bytes);
}

std::string Oid::hex() const { return to_hex(bytes_); }

Repository::Repository(std::unique_ptr<State> state) : state_(std::move(state)) {}
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;
Repository::~Repository() = default;

std::string Repository::work_tree() const { return without_slash(git_repository_workdir(state_->get())); }
std::string Repository::git_dir() const { return without_slash(git_repository_path(state_->get())); }
std::string Repository::common_dir() const { return without_slash(git_repository_commondir(state_->get())); }
bool Repository::is_shallow() const { return git_repository_is_shallow(state_->get()) == 1; }

bool Repository::is_partial() const {
  ConfigHandle snapshot;
  check(git_repository_config_snapshot(out(snapshot), state_->get()), "read git's configuration");
  const std::vector<std::string> names = setting_names(snapshot.get());
  // The mark has moved from the repository to its remotes between versions of git.
  return std::any_of(names.begin(), names.end(), [](const std::string& name) {
    return name == "extensions.partialclone" || (name.starts_with("remote.") && name.ends_with(".promisor"));
  });
}

std::vector<std::string> Repository::worktrees() const {
  std::vector<std::string> roots;
  RepositoryHandle main;
  check(git_repository_open(out(main), git_repository_commondir(state_->get())), "open the main worktree");
  if (const char* root = git_repository_workdir(main.get())) {
    roots.push_back(without_slash(root));
  }
  git_strarray names{};
  check(git_worktree_list(&names, state_->get()), "list git worktrees");
  const std::unique_ptr<git_strarray, Deleter<git_strarray_dispose>> owned(&names);
  for (std::size_t i = 0; i < names.count; ++i) {
    WorktreeHandle worktree;
    check(git_worktree_lookup(out(worktree), state_->get(), names.strings[i]), "look up git worktree {}",
          mlops::quoted(names.strings[i]));
    roots.push_back(without_slash(git_worktree_path(worktree.get())));
  }
  std::erase_if(roots, [](const std::string& root) { return !fs::stat_path(root + "/.git"); });
  std::sort(roots.begin(), roots.end());
  return roots;
}

std::string Repository::hooks_directory() const {
  ConfigHandle config;
  check(git_repository_config(out(config), state_->get()), "read git's configuration");
  Buffer configured;
  const int code = git_config_get_path(configured.get(), config.get(), "core.hookspath");
  if (code == GIT_ENOTFOUND || (code == 0 && configured.str().empty())) {
    return common_dir() + "/hooks";
  }
  check(code, "read core.hooksPath");
  // A relative path counts from where hooks run: the root of the work tree. An absolute one replaces it here.
  return without_slash((std::filesystem::path(work_tree()) / configured.str()).lexically_normal().string());
}

std::optional<std::string> Repository::config(const std::string& key) const {
  ConfigHandle snapshot;
  check(git_repository_config_snapshot(out(snapshot), state_->get()), "read git's configuration");
  Buffer value;
  const int code = git_config_get_string_buf(value.get(), snapshot.get(), key.c_str());
  if (code == GIT_ENOTFOUND) {
    return std::nullopt;
  }
  check(code, "read git's setting {}", mlops::quoted(key));
  return value.str();
}

std::optional<Signature> Repository::identity() const {
  std::optional<std::string> name = config("user.name");
  std::optional<std::string> email = config("user.email");
  if (!name || !email || name->empty() || email->empty()) {
    return std::nullopt;
  }
  return Signature{.name = std::move(*name), .email = std::move(*email)};
}

}  // namespace mlops::git

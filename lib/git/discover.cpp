// SPDX-License-Identifier: Apache-2.0
// Finding the repository around a path. We climb ourselves instead of letting libgit2 do it, because it would also
// accept a directory that merely looks like a bare repository: data that someone sent could hold one, with a
// configuration of its own (I-33).

#include <unistd.h>

#include <filesystem>

#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "git/handle.hpp"
#include "git/index_names.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::git {
namespace {

namespace stdfs = std::filesystem;

constexpr std::uint64_t pointer_limit = 16384;

/// Returns the directory whose `config` governs the repository with this `.git`.
std::string config_directory(const std::string& dot_git) {
  const stdfs::path git_dir = git_directory(dot_git);
  const std::optional<std::string> common = fs::try_read_file(git_dir / "commondir", pointer_limit);
  return common ? (git_dir / trim(*common)).lexically_normal().string() : git_dir.string();
}

std::string value_of(git_config* config, const char* key) {
  Buffer value;
  return git_config_get_string_buf(value.get(), config, key) == 0 ? value.str() : std::string();
}

/// Throws the Error for a repository that libgit2 would not open: names the format when that is why.
[[noreturn]] void refuse(const std::string& directory, const std::string& reason) {
  const std::string config_path = config_directory(directory + "/.git") + "/config";
  ConfigHandle config;
  if (git_config_open_ondisk(out(config), config_path.c_str()) < 0) {
    throw Error("cannot open the git repository at {}: {}", mlops::quoted(directory), reason);
  }
  const std::string names = value_of(config.get(), "extensions.objectformat");
  if (!names.empty() && names != "sha1") {
    throw Error::of(ErrorKind::format, "the git repository at {} names its objects by {}, which is not supported",
                    mlops::quoted(directory), printable(names))
        .hint("use a repository made with `git init --object-format=sha1`");
  }
  const std::string refs = value_of(config.get(), "extensions.refstorage");
  if (!refs.empty() && refs != "files") {
    throw Error::of(ErrorKind::format, "the git repository at {} keeps its refs as {}, which is not supported",
                    mlops::quoted(directory), printable(refs))
        .hint("convert it: `git refs migrate --ref-format=files`");
  }
  Error error =
      Error::of(ErrorKind::format, "cannot open the git repository at {}: {}", mlops::quoted(directory), reason);
  std::vector<std::string> found = setting_names(config.get());
  std::erase_if(found, [](const std::string& name) { return !name.starts_with("extensions."); });
  if (!found.empty()) {
    throw std::move(error).hint("its configuration asks for: {}", printable(join(found, ", ")));
  }
  throw error;
}

[[noreturn]] void refuse_owner(const std::string& directory) {
  throw Error::of(ErrorKind::untrusted, "the git repository at {} belongs to another user", mlops::quoted(directory))
      .hint("if you trust it: `git config --global --add safe.directory {}`", shell_quoted(directory));
}

/// Whether somebody else owns what looks like a repository. libgit2 1.5 says "not found" for it when no safe.directory
/// is configured at all.
bool is_foreign(const std::string& directory) {
  const auto foreign = [](const std::string& path) {
    const std::optional<fs::FileStat> stat = fs::stat_path(path);
    return stat && stat->owner != ::geteuid();
  };
  return fs::stat_path(directory + "/.git/HEAD") && (foreign(directory) || foreign(directory + "/.git"));
}

/// Whether the user trusts every directory (`safe.directory = *`), which libgit2 1.5 does not know. Counts from the
/// user's and the system's configuration only; an empty value takes back what came before it.
bool trusts_all() {
  ConfigHandle config;
  check(git_config_open_default(out(config)), "read git's configuration");
  ConfigIteratorHandle iterator;
  if (git_config_multivar_iterator_new(out(iterator), config.get(), "safe.directory", nullptr) < 0) {
    return false;
  }
  bool all = false;
  git_config_entry* entry = nullptr;
  while (git_config_next(&entry, iterator.get()) == 0) {
    const std::string_view value = entry->value == nullptr ? "" : entry->value;
    all = value == "*" || (all && !value.empty());
  }
  return all;
}

int open_without_search(RepositoryHandle& repository, const std::string& directory) {
  return git_repository_open_ext(out(repository), directory.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr);
}

int open_whoever_owns_it(RepositoryHandle& repository, const std::string& directory) {
  git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
  const int code = open_without_search(repository, directory);
  git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 1);
  return code;
}

/// Opens the repository whose `.git` lies in `directory`; nothing when that is none or a bare one.
RepositoryHandle open_at(const std::string& directory) {
  const std::optional<fs::FileStat> dot_git = fs::stat_path(directory + "/.git");
  if (!dot_git) {
    return nullptr;
  }
  start_library();
  RepositoryHandle repository;
  int code = open_without_search(repository, directory);
  if (code == GIT_EOWNER && trusts_all()) {
    code = open_whoever_owns_it(repository, directory);
  }
  if (code == GIT_EOWNER || (code == GIT_ENOTFOUND && is_foreign(directory))) {
    refuse_owner(directory);
  }
  if (code == GIT_ENOTFOUND && dot_git->type != fs::FileType::file) {
    return nullptr;
  }
  if (code < 0) {
    refuse(directory, last_message());
  }
  return git_repository_is_bare(repository.get()) != 0 ? nullptr : std::move(repository);
}

}  // namespace

std::string git_directory(const std::string& dot_git) {
  const std::optional<fs::FileStat> stat = fs::stat_path(dot_git);
  if (!stat || stat->type != fs::FileType::file) {
    return dot_git;
  }
  const std::string text = fs::read_file(dot_git, pointer_limit);
  constexpr std::string_view prefix = "gitdir:";
  if (!std::string_view(text).starts_with(prefix)) {
    return dot_git;
  }
  return stdfs::path(dot_git).parent_path() / trim(std::string_view(text).substr(prefix.size()));
}

std::optional<Repository> Repository::discover(const std::string& path) {
  stdfs::path directory = stdfs::weakly_canonical(path);
  std::optional<std::uint64_t> device;
  while (true) {
    if (const std::optional<fs::FileStat> stat = fs::stat_path(directory)) {
      if (device && *device != stat->device) {
        return std::nullopt;  // git does not look beyond a mount point either
      }
      device = stat->device;
    }
    if (RepositoryHandle repository = open_at(directory)) {
      auto state = std::make_unique<State>();
      state->repository = std::move(repository);
      return Repository(std::move(state));
    }
    if (!directory.has_relative_path()) {
      return std::nullopt;
    }
    directory = directory.parent_path();
  }
}

}  // namespace mlops::git

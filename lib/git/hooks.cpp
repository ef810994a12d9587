// SPDX-License-Identifier: Apache-2.0
// Git hooks. Git runs one file for each event, so ours calls the one that was there before, which is kept beside it:
//
//   pre-push                   ours: a few lines of sh with the marker below
//   pre-push.mlops-chained     what was there before, bytes and mode kept
//
// Installing never leaves a moment without the old hook: it is copied beside first, then ours replaces it by rename.
// A kill in between leaves both with the same bytes, which the next install takes for what it is.

#include "git/hooks.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "fs/file.hpp"
#include "fs/leftovers.hpp"
#include "fs/stat.hpp"
#include "git/handle.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::git {
namespace {

namespace stdfs = std::filesystem;

constexpr std::string_view marker = "# mlops-hook 1";
constexpr std::string_view chained_suffix = ".mlops-chained";
constexpr std::array<std::string_view, 5> hooks_with_input = {"pre-push", "post-rewrite", "pre-receive", "post-receive",
                                                              "reference-transaction"};

// Hook managers look at $0 to learn which hook they are, so an old hook in a shell's language is sourced by that shell
// under the name that it had; any other is called under its new name.
constexpr std::string_view run_chained = R"(run_chained() {
  interpreter=
  IFS= read -r interpreter < "$0.mlops-chained" || :
  case $interpreter in
    '#!/bin/sh' | '#! /bin/sh' | '#!/usr/bin/sh' | '#!/usr/bin/env sh') sh -c '. "$0.mlops-chained"' "$0" "$@" ;;
    '#!/bin/bash' | '#!/usr/bin/bash' | '#!/usr/bin/env bash') bash -c '. "$0.mlops-chained"' "$0" "$@" ;;
    *) "$0.mlops-chained" "$@" ;;
  esac
}
)";

std::string script(const Hook& hook) {
  const bool input = std::find(hooks_with_input.begin(), hooks_with_input.end(), hook.name) != hooks_with_input.end();
  std::string text = fmt::format(
      "#!/bin/sh\n{}: written and removed by `mlops install`; edits are lost.\n"
      "# A hook that was here before is kept as {}{} and runs first.\n{}",
      marker, hook.name, chained_suffix, run_chained);
  if (!input) {
    return text + fmt::format("if [ -x \"$0{}\" ]; then\n  run_chained \"$@\" || exit $?\nfi\n{}\n", chained_suffix,
                              hook.command);
  }
  return text + fmt::format(
                    "if [ -x \"$0{}\" ]; then\n"
                    "  # Both want the input; the x keeps its last newlines.\n"
                    "  input=$(cat; echo x)\n"
                    "  input=${{input%x}}\n"
                    "  printf %s \"$input\" | run_chained \"$@\" || exit $?\n"
                    "  printf %s \"$input\" | {{\n{}\n}}\n"
                    "else\n{}\nfi\n",
                    chained_suffix, hook.command, hook.command);
}

/// A hook file as it stands.
struct Present {
  fs::FileStat stat;
  std::string content;  ///< of a file, or a link's target
  bool ours = false;
};

std::optional<Present> look(const std::string& path) {
  const std::optional<fs::FileStat> stat = fs::stat_path(path);
  if (!stat) {
    return std::nullopt;
  }
  if (stat->type == fs::FileType::link) {
    return Present{.stat = *stat, .content = fs::read_link(path).value_or(std::string())};
  }
  if (stat->type != fs::FileType::file) {
    throw Error("the git hook {} is no file", mlops::quoted(path));
  }
  Present present{.stat = *stat, .content = fs::read_file(path)};
  present.ours = present.content.find(marker) != std::string::npos;
  return present;
}

void write_hook(const std::string& directory, const std::string& path, std::string_view content, std::uint32_t mode) {
  fs::TempFile file(directory);
  file.write(content);
  file.chmod(mode);
  file.sync();
  file.close();
  file.replace(path);
}

/// Keeps a copy of the hook that somebody else put there. Throws when that place is taken by a third one.
void keep_beside(const std::string& directory, const std::string& path, const Present& hook) {
  const std::string beside = path + std::string(chained_suffix);
  if (const std::optional<Present> kept = look(beside)) {
    if (kept->content != hook.content || kept->stat.type != hook.stat.type) {
      throw Error::of(ErrorKind::conflict, "the git hook {} was replaced after `mlops install` had kept an older one",
                      mlops::quoted(path))
          .hint("join both in {} and remove {}", mlops::quoted(path), mlops::quoted(beside));
    }
    return;
  }
  if (hook.stat.type == fs::FileType::link) {
    fs::make_symlink(hook.content, beside);
  } else {
    write_hook(directory, beside, hook.content, hook.stat.mode);
  }
}

bool lies_within(const stdfs::path& path, const stdfs::path& directory) {
  const stdfs::path real = stdfs::weakly_canonical(directory);
  return std::mismatch(real.begin(), real.end(), path.begin(), path.end()).first == real.end();
}

/// The user's home directory as git knows it; empty when there is none.
std::string home_directory() {
  Buffer path;
  git_libgit2_opts(GIT_OPT_GET_SEARCH_PATH, GIT_CONFIG_LEVEL_GLOBAL, path.get());
  return split(path.str(), ':').front();
}

/// Where hooks live. Throws Error when that is a place that is neither the repository's nor the user's.
std::string hooks_place(const Repository& repository) {
  std::string directory = repository.hooks_directory();
  const stdfs::path real = stdfs::weakly_canonical(directory);
  const std::string home = home_directory();
  if (!lies_within(real, repository.work_tree()) && !lies_within(real, repository.common_dir()) &&
      (home.empty() || !lies_within(real, home))) {
    throw Error("git takes its hooks from {}, which belongs neither to this repository nor to your home directory",
                mlops::quoted(directory))
        .hint("`git config --local core.hooksPath .git/hooks` makes this repository use its own");
  }
  return directory;
}

}  // namespace

InstalledHooks install_hooks(const Repository& repository, const std::vector<Hook>& hooks) {
  const std::string directory = hooks_place(repository);
  fs::make_directories(directory);
  fs::sweep_temporary(directory);
  InstalledHooks result;
  for (const Hook& hook : hooks) {
    const std::string path = directory + "/" + hook.name;
    const std::string content = script(hook);
    const std::optional<Present> there = look(path);
    if (there && there->ours && there->content == content && there->stat.executable()) {
      continue;
    }
    if (there && !there->ours) {
      keep_beside(directory, path, *there);
      result.chained.push_back(path);
    }
    write_hook(directory, path, content, 0755);
    result.written.push_back(path);
  }
  if (!result.written.empty()) {
    fs::sync_directory(directory);
  }
  return result;
}

std::vector<std::string> uninstall_hooks(const Repository& repository, const std::vector<Hook>& hooks) {
  const std::string directory = hooks_place(repository);
  std::vector<std::string> changed;
  for (const Hook& hook : hooks) {
    const std::string path = directory + "/" + hook.name;
    const std::optional<Present> there = look(path);
    if (!there || !there->ours) {
      continue;
    }
    const std::string beside = path + std::string(chained_suffix);
    if (fs::stat_path(beside)) {
      fs::rename_path(beside, path);
    } else {
      fs::remove_file(path);
    }
    changed.push_back(path);
  }
  return changed;
}

}  // namespace mlops::git

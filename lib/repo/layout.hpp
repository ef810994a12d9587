// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "fs/repo_path.hpp"
#include "git/repository.hpp"
#include "spec/dialect.hpp"

namespace mlops::repo {

/// The nearest directory at or above `start` (absolute) that holds a project; nothing if there is none.
std::optional<std::string> find_project(const std::string& start);

/// Whose formats the project at `root` has; where there are two, our own win.
const spec::Dialect& dialect_of(const std::string& root);

/// The nearest directory at or above `start` that has a `.git`; nothing if there is none. Only a look, no judgement:
/// git::Repository decides whether it may be used.
std::optional<std::string> find_git_root(const std::string& start);

/// `path` below `top`, both absolute and real. Throws std::logic_error when it is not below.
fs::RepoPath path_below(const std::string& top, const std::string& path);

/// `path` with links, '.' and '..' resolved as far as it exists; without a trailing '/'.
std::string real_path(const std::string& path);

/// `typed` made absolute against `directory` (absolute), '.' and '..' taken out by their letters.
std::string absolute_path(const std::string& directory, const std::string& typed);

/// How `path` is reached from `directory` (both absolute): "../store".
std::string relative_path(const std::string& directory, const std::string& path);

/// `written` in a file of `directory` as it is used: `~` is `home` (where one is given), a relative path is taken from the
/// directory; addresses stay.
std::string used_path(const std::string& directory, const std::string& written, const std::string& home);

/// `typed` in `cwd` as a file of `directory` holds it: relative to that, unless it is absolute, an address or begins
/// with `~`.
std::string written_path(const std::string& cwd, const std::string& typed, const std::string& directory);

/// Whether a remote's url is a plain folder, not "scheme://...".
bool is_folder_url(const std::string& url);

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#include "repo/layout.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>

#include "fs/stat.hpp"
#include "spec/dialect.hpp"

namespace mlops::repo {
namespace {

/// Returns the nearest directory at or above `start` for which `below` exists, nothing if there is none.
std::optional<std::string> find_above(std::string start, const std::string& below) {
  while (true) {
    if (fs::stat_path(start + below)) {
      return start.empty() ? "/" : start;
    }
    if (start.empty()) {
      return std::nullopt;
    }
    start.erase(start.rfind('/'));
  }
}

std::string without_trailing_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') {
    path.pop_back();
  }
  return path;
}

/// In order of precedence.
const std::array<const spec::Dialect*, 2> dialects{&spec::native_dialect(), &spec::dvc_dialect()};

}  // namespace

const spec::Dialect& dialect_of(const std::string& root) {
  const auto found = std::find_if(dialects.begin(), dialects.end(), [&](const spec::Dialect* dialect) {
    return fs::stat_path(root + "/" + std::string(dialect->names().marker)).has_value();
  });
  return found == dialects.end() ? spec::native_dialect() : **found;
}

std::optional<std::string> find_project(const std::string& start) {
  // The nearest one counts, of whatever dialect.
  std::optional<std::string> nearest;
  for (const spec::Dialect* dialect : dialects) {
    const auto found = find_above(start == "/" ? "" : start, "/" + std::string(dialect->names().marker));
    if (found && (!nearest || found->size() > nearest->size())) {
      nearest = found;
    }
  }
  return nearest;
}

std::optional<std::string> find_git_root(const std::string& start) {
  return find_above(start == "/" ? "" : start, "/.git");
}

fs::RepoPath path_below(const std::string& top, const std::string& path) {
  if (path == top) {
    return {};
  }
  const std::string prefix = top == "/" ? top : top + "/";
  if (!path.starts_with(prefix)) {
    throw std::logic_error("'" + path + "' is not below '" + top + "'");
  }
  return fs::RepoPath::parse(path.substr(prefix.size()));
}

std::string real_path(const std::string& path) {
  std::error_code failure;
  const std::filesystem::path real = std::filesystem::weakly_canonical(path, failure);
  return without_trailing_slash(failure ? path : real.string());
}

std::string absolute_path(const std::string& directory, const std::string& typed) {
  return without_trailing_slash((std::filesystem::path(directory) / typed).lexically_normal().string());
}

std::string relative_path(const std::string& directory, const std::string& path) {
  return std::filesystem::path(path).lexically_relative(directory).string();
}

std::string used_path(const std::string& directory, const std::string& written, const std::string& home) {
  if (!is_folder_url(written) || written.starts_with('/')) {
    return written;
  }
  if (!home.empty() && (written == "~" || written.starts_with("~/"))) {
    return home + written.substr(1);
  }
  return absolute_path(directory, written);
}

std::string written_path(const std::string& cwd, const std::string& typed, const std::string& directory) {
  const bool stays = !is_folder_url(typed) || typed.starts_with('/') || typed.starts_with('~');
  return stays ? typed : relative_path(directory, absolute_path(cwd, typed));
}

bool is_folder_url(const std::string& url) { return url.find("://") == std::string::npos; }

}  // namespace mlops::repo

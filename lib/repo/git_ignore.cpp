// SPDX-License-Identifier: Apache-2.0
#include "repo/git_ignore.hpp"

#include <algorithm>
#include <map>

#include "fs/beneath.hpp"
#include "fs/file.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

constexpr std::uint64_t size_limit = 16U << 20U;
constexpr std::string_view file_name = ".gitignore";

std::map<fs::RepoPath, std::vector<std::string>> by_directory(const std::vector<fs::RepoPath>& paths) {
  std::map<fs::RepoPath, std::vector<std::string>> lines;
  for (const fs::RepoPath& path : paths) {
    lines[path.parent()].push_back(ignore_line(path.name()));
  }
  return lines;
}

/// A line as git reads it: a carriage return before the line end is not part of it.
std::string_view without_return(std::string_view line) {
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

bool holds_line(std::string_view text, std::string_view wanted) {
  const std::vector<std::string> lines = split(text, '\n');
  return std::any_of(lines.begin(), lines.end(), [&](const auto& line) { return without_return(line) == wanted; });
}

std::string with_lines(std::string text, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    if (holds_line(text, line)) {
      continue;
    }
    if (!text.empty() && text.back() != '\n') {
      text += '\n';
    }
    text += line + "\n";
  }
  return text;
}

std::string without_lines(const std::string& text, const std::vector<std::string>& lines) {
  std::string kept;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size() - 1) + 1;
    std::string_view line = std::string_view(text).substr(start, end - start);
    const std::string_view bare = without_return(line.ends_with('\n') ? line.substr(0, line.size() - 1) : line);
    if (std::find(lines.begin(), lines.end(), bare) == lines.end()) {
      kept += line;
    }
    start = end;
  }
  return kept;
}

}  // namespace

std::string ignore_line(std::string_view name) {
  // A line that begins with '/' cannot begin with '#' or '!'. Trailing spaces and the glob's own characters need a
  // backslash; so does the backslash.
  std::string line = "/";
  for (const char c : name) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') {
      line += '\\';
    }
    line += c;
  }
  const std::size_t spaces = line.size() - line.find_last_not_of(' ') - 1;
  line.resize(line.size() - spaces);
  for (std::size_t i = 0; i < spaces; ++i) {
    line += "\\ ";
  }
  return line;
}

std::vector<fs::RepoPath> ignore_paths(const Workspace& workspace, const std::vector<fs::RepoPath>& paths) {
  return ignore_paths(workspace, paths, workspace.lock_metadata());
}

std::vector<fs::RepoPath> ignore_paths(const Workspace& workspace, const std::vector<fs::RepoPath>& paths,
                                       const fs::LockFile& /*held*/) {
  std::vector<fs::RepoPath> changed;
  for (const auto& [directory, lines] : by_directory(paths)) {
    const fs::RepoPath file = directory / file_name;
    const std::string before = fs::try_read_file(workspace.absolute(file), size_limit).value_or("");
    const std::string after = with_lines(before, lines);
    if (after != before) {
      // An output's directory may be made by its stage only later.
      fs::open_directory_beneath(workspace.root(), directory, true);
      workspace.write_file(file, after);
      changed.push_back(file);
    }
  }
  return changed;
}

void require_ignorable(const Workspace& workspace, const std::vector<fs::RepoPath>& paths) {
  for (const auto& [directory, lines] : by_directory(paths)) {
    fs::try_read_file(workspace.absolute(directory / file_name), size_limit);
  }
}

std::vector<fs::RepoPath> unignore_paths(const Workspace& workspace, const std::vector<fs::RepoPath>& paths) {
  std::vector<fs::RepoPath> changed;
  const auto lock = workspace.lock_metadata();
  for (const auto& [directory, lines] : by_directory(paths)) {
    const fs::RepoPath file = directory / file_name;
    const auto before = fs::try_read_file(workspace.absolute(file), size_limit);
    const std::string after = without_lines(before.value_or(""), lines);
    if (!before || after == *before) {
      continue;
    }
    if (after.empty()) {
      fs::remove_file(workspace.absolute(file));
    } else {
      workspace.write_file(file, after);
    }
    changed.push_back(file);
  }
  return changed;
}

}  // namespace mlops::repo

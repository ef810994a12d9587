// SPDX-License-Identifier: Apache-2.0
// What reflogs remember. The files are read by ourselves: libgit2 sees the logs of one worktree only, and passes over
// lines that it cannot read, while garbage collection must stop at them.

#include "git/reflog.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "fs/walk.hpp"
#include "git/handle.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/text.hpp"

namespace mlops::git {
namespace {

constexpr std::size_t hex_length = 40;
constexpr std::uint64_t log_limit = std::uint64_t{1} << 30U;

/// Collects both commits of a line "<before> <after> who when<tab>what".
void collect_line(std::string_view line, const std::string& path, std::size_t number, std::set<Oid>& found) {
  constexpr std::size_t ids_length = 2 * hex_length + 2;
  const std::optional<Oid> before = Oid::parse(line.substr(0, hex_length));
  const std::optional<Oid> after =
      line.size() < ids_length ? std::nullopt : Oid::parse(line.substr(hex_length + 1, hex_length));
  if (!before || !after || line[hex_length] != ' ' || line[ids_length - 1] != ' ') {
    throw Error::of(ErrorKind::corrupt, "cannot read git reflog {}: line {} names no commits", quoted(path), number)
        .hint("`git fsck` shows what is wrong; removing the line makes the log readable again");
  }
  found.insert(*before);
  found.insert(*after);
}

void collect_file(const std::string& path, std::set<Oid>& found) {
  const std::optional<std::string> text = fs::try_read_file(path, log_limit);
  if (!text) {
    return;
  }
  std::size_t number = 0;
  for (std::size_t start = 0; start < text->size();) {
    const std::size_t end = std::min(text->find('\n', start), text->size());
    collect_line(std::string_view(*text).substr(start, end - start), path, ++number, found);
    start = end + 1;
  }
}

void collect_directory(const std::string& directory, std::set<Oid>& found) {
  if (!fs::stat_path(directory)) {
    return;
  }
  for (const fs::DirEntry& entry : fs::list_directory(directory)) {
    check_interrupt();
    const std::string path = directory + "/" + entry.name;
    const std::optional<fs::FileStat> stat = fs::stat_path(path);
    if (stat && stat->type == fs::FileType::directory) {
      collect_directory(path, found);
    } else if (stat && !entry.name.ends_with(".lock")) {
      collect_file(path, found);
    }
  }
}

bool is_commit(git_odb* odb, const Oid& id) {
  const git_oid name = raw(id);
  std::size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (git_odb_exists(odb, &name) == 0) {
    return false;
  }
  check(git_odb_read_header(&size, &type, odb, &name), "read git object '{}'", id.hex());
  return type == GIT_OBJECT_COMMIT;
}

/// What one worktree remembers: its logs, and its HEAD when that names a commit instead of a branch.
void collect_worktree(const std::string& git_dir, std::set<Oid>& found) {
  collect_directory(git_dir + "/logs", found);
  const std::optional<std::string> head = fs::try_read_file(git_dir + "/HEAD");
  if (const std::optional<Oid> detached = Oid::parse(trim(head.value_or(std::string())))) {
    found.insert(*detached);
  }
}

}  // namespace

std::optional<Oid> head_before(const std::string& git_dir, const std::string& moves) {
  const std::optional<std::string> text = fs::try_read_file(git_dir + "/logs/HEAD", log_limit);
  std::vector<std::string> lines = split(text.value_or(std::string()), '\n');
  std::erase(lines, std::string());
  std::size_t back = 0;
  const auto [end, failure] = std::from_chars(moves.data(), moves.data() + moves.size(), back);
  if (failure != std::errc() || back > lines.size() || lines.empty()) {
    return std::nullopt;
  }
  // A line names the commit before a move and the one after it.
  const bool first = back == lines.size();
  const std::string& line = first ? lines.front() : lines[lines.size() - 1 - back];
  const std::size_t start = first ? 0 : std::min(line.size(), hex_length + 1);
  return Oid::parse(line.substr(start, hex_length));
}

std::vector<Oid> Repository::reflog_commits() const {
  std::set<Oid> named;
  const std::string common = common_dir();
  collect_worktree(common, named);
  if (fs::stat_path(common + "/worktrees")) {
    for (const fs::DirEntry& entry : fs::list_directory(common + "/worktrees")) {
      collect_worktree(common + "/worktrees/" + entry.name, named);
    }
  }
  OdbHandle odb;
  check(git_repository_odb(out(odb), state_->get()), "open git's objects");
  std::vector<Oid> commits;
  std::copy_if(named.begin(), named.end(), std::back_inserter(commits),
               [&odb](const Oid& id) { return is_commit(odb.get(), id); });
  return commits;
}

}  // namespace mlops::git

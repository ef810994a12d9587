// SPDX-License-Identifier: Apache-2.0
#include "repo/check_ignore.hpp"

#include <fmt/core.h>

#include "fs/stat.hpp"
#include "repo/layout.hpp"

namespace mlops::repo {
namespace {

/// What no walk over a project enters.
fs::IgnoreFile built_in(const spec::Names& names) {
  return {{}, fmt::format(".hg/\n.git/\n.git\n{}/\n", names.directory)};
}

class Judge {
 public:
  explicit Judge(const Workspace& workspace)
      : workspace_(workspace), names_(workspace.dialect().names()), built_in_(built_in(names_)) {}

  /// Judges one path whose parents are not ignored.
  IgnoreCheck judge(const fs::RepoPath& path, bool directory) const {
    IgnoreCheck check;
    for (const fs::IgnoreMatch& match : built_in_.all_matches(path, directory)) {
      check.patterns.push_back(":" + match.pattern);
      check.ignored = true;
    }
    for (const fs::IgnoreMatch& match : workspace_.ignore_for(path.parent()).all_matches(path, directory)) {
      check.patterns.push_back(fmt::format("{}:{}:{}", (match.base / names_.ignore).str(), match.line, match.pattern));
      check.ignored = match.ignored;
    }
    if (directory && fs::stat_path(workspace_.absolute(path / names_.directory))) {
      check.patterns.push_back(fmt::format("in sub_repo:{}", path.name()));
      check.ignored = true;
    }
    return check;
  }

 private:
  const Workspace& workspace_;
  const spec::Names& names_;
  fs::IgnoreFile built_in_;
};

/// The path inside the project that the word means; nothing when it lies outside, or is the root itself.
std::optional<fs::RepoPath> inside(const Workspace& workspace, const std::string& typed) {
  const std::string absolute = absolute_path(workspace.session().cwd, typed);
  if (!absolute.starts_with(workspace.root() + "/")) {
    return std::nullopt;
  }
  return path_below(workspace.root(), absolute);
}

}  // namespace

IgnoreCheck check_ignore(const Workspace& workspace, const std::string& typed) {
  const auto path = inside(workspace, typed);
  if (!path) {
    return {};
  }
  std::vector<fs::RepoPath> above;
  for (fs::RepoPath up = path->parent(); !up.is_root(); up = up.parent()) {
    above.push_back(up);
  }
  const Judge judge(workspace);
  for (auto up = above.rbegin(); up != above.rend(); ++up) {
    IgnoreCheck check = judge.judge(*up, true);
    if (check.ignored) {
      return check;
    }
  }
  const auto stat = fs::stat_path(real_path(workspace.absolute(*path)));
  return judge.judge(*path, stat && stat->type == fs::FileType::directory);
}

}  // namespace mlops::repo

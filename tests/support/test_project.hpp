// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "repo/add.hpp"
#include "repo/init.hpp"
#include "repo/workspace.hpp"
#include "support/git_sandbox.hpp"

namespace mlops::test {

/// A git repository of its own with a project in it, committed once. Configuration of the machine and the user is out
/// of sight.
class TestProject {
 public:
  TestProject() {
    git.env["MLOPS_CONFIG_SYSTEM"] = (git.dir / "system-config").string();
    git.env["MLOPS_CONFIG_GLOBAL"] = (git.dir / "user-config").string();
    repo::init(session(), {});
    git.git({"add", "-A"});
    git.git({"commit", "-q", "-m", "begin"});
  }

  /// What a face would hand in when it is started in `directory` below the root.
  repo::Session session(const std::string& directory = {}) const {
    return session_at(directory.empty() ? git.root() : git.path(directory));
  }
  /// The same for any directory, a clone's for one.
  repo::Session session_at(const std::string& directory) const {
    repo::Session made;
    made.cwd = directory;
    made.env = git.env;
    made.program = "/bin/false";
    return made;
  }
  /// Clones the repository beside itself and returns the clone's root.
  std::string clone(const std::string& name) const {
    const std::string target = (git.dir / name).string();
    git.git({"clone", "-q", git.root(), target});
    return target;
  }

  repo::Workspace open(const std::string& directory = {}) const { return repo::Workspace::open(session(directory)); }

  const std::string& root() const { return git.root(); }
  std::string path(const std::string& name) const { return git.path(name); }
  void write(const std::string& name, std::string_view content) const { git.write(name, content); }
  std::string read(const std::string& name) const { return git.dir.read(git.path(name)); }
  bool exists(const std::string& name) const {
    return std::filesystem::exists(std::filesystem::symlink_status(git.path(name)));
  }
  /// Deletes a file or a tree, whatever its modes.
  void erase(const std::string& name) const { std::filesystem::remove_all(git.path(name)); }

  /// Commits everything that git does not ignore.
  void commit(const std::string& message) const {
    git.git({"add", "-A"});
    git.git({"commit", "-q", "-m", message});
  }

  /// Gives a file an old date, as evidence that later changes show in its times.
  void age(const std::string& name) const {
    const timespec old[2] = {{.tv_sec = 1'600'000'000, .tv_nsec = 1}, {.tv_sec = 1'600'000'000, .tv_nsec = 1}};
    ::utimensat(AT_FDCWD, git.path(name).c_str(), old, AT_SYMLINK_NOFOLLOW);
  }

  GitSandbox git;
};

/// A path of a project.
inline fs::RepoPath at(std::string_view path) { return fs::RepoPath::parse(path); }

/// Tracks paths of a project as they are now.
inline void track(const TestProject& project, std::vector<std::string> targets) {
  auto workspace = project.open();
  repo::add(workspace, {.targets = std::move(targets)});
}

}  // namespace mlops::test

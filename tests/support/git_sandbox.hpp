// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "git/program.hpp"
#include "git/repository.hpp"
#include "support/temp_dir.hpp"
#include "util/process.hpp"

extern char** environ;

namespace mlops::test {

/// The environment of the test program, which catch_main has cut off from the user's.
inline Environment environment() {
  Environment env;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    env[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return env;
}

/// A repository made with the real git program in a directory of its own.
class GitSandbox {
 public:
  explicit GitSandbox(const std::string& directory = "work") : root_((dir / directory).string()) {
    std::filesystem::create_directories(root_);
    git({"init", "-q", "-b", "main"});
  }

  const std::string& root() const { return root_; }
  std::string path(const std::string& name) const { return root_ + "/" + name; }

  /// Runs git in `directory` (of the sandbox's root unless given) with hooks on; returns how it ended.
  Completed try_git(const std::vector<std::string>& args, const std::string& directory = {}) const {
    Command command{.argv = {"git"}, .cwd = directory.empty() ? root_ : directory, .env = env};
    command.argv.insert(command.argv.end(), args.begin(), args.end());
    return run_process(command);
  }

  /// As try_git; returns what it printed without the last newline, and throws when it failed.
  std::string git(const std::vector<std::string>& args, const std::string& directory = {}) const {
    Completed completed = try_git(args, directory);
    if (completed.exit_code != 0) {
      throw std::runtime_error("git " + args.front() + ": " + completed.err);
    }
    if (completed.out.ends_with('\n')) {
      completed.out.pop_back();
    }
    return completed.out;
  }

  void write(const std::string& name, std::string_view content) const {
    dir.write(std::filesystem::path(root_) / name, content);
  }

  /// Writes a file and commits everything; returns the commit.
  git::Oid commit(const std::string& name, std::string_view content) const {
    write(name, content);
    git({"add", "-A"});
    git({"commit", "-q", "-m", "change " + name});
    return oid("HEAD");
  }

  git::Oid oid(const std::string& revision) const { return *git::Oid::parse(git({"rev-parse", revision})); }
  git::Repository open() const { return *git::Repository::discover(root_); }
  git::Program program() const { return git::Program(root_, env); }

  TempDir dir;
  Environment env = environment();

 private:
  std::string root_;
};

}  // namespace mlops::test

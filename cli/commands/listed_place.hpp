// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "fs/repo_path.hpp"
#include "repo/workspace.hpp"

namespace mlops::cli {

/// The operands of `ls` and `du`: a path in this project; or, as DVC has it, where a project is and a path in that one.
///
/// Two words are always project and path. One word is a project when it is the root of another one; else a path.
class ListedPlace {
 public:
  Arg first();
  Arg second();
  static Arg revision(std::optional<std::string>* into);
  /// Opens the project and says which path of it is meant, as typed from its workspace's cwd. Throws Error for an
  /// address on the network.
  repo::Workspace open(const Context& context, std::string& path) const;

 private:
  std::optional<std::string> first_, second_;
};

/// Says which directories could not be looked into.
void say_not_listed(const Context& context, const std::vector<fs::RepoPath>& directories);

}  // namespace mlops::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "fs/repo_path.hpp"
#include "spec/stage.hpp"
#include "spec/value.hpp"

namespace mlops::report {

/// Which keys of which files are parameters.
class ParamKeys {
 public:
  /// `keys`: dotted; none: the whole file, which takes in all that was or will be asked of it.
  void add(const fs::RepoPath& file, const std::vector<std::string>& keys);
  /// What the stages of a project depend on and, unless only that is wanted, the files that it names at top level.
  void add_project(const spec::Project& project, bool only_dependencies);

  using Files = std::vector<std::pair<fs::RepoPath, std::vector<std::string>>>;
  const Files& files() const { return files_; }

 private:
  Files files_;
};

/// The part of a file's values that these keys name, with the maps around it; all of it for no keys. A key that the
/// file lacks is left out; items of a list keep their places, with null before the first that was asked for.
spec::Value chosen_keys(const spec::Value& values, const std::vector<std::string>& keys);

}  // namespace mlops::report

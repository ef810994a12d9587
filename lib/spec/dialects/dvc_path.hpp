// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fs/repo_path.hpp"
#include "spec/schema.hpp"

namespace mlops::spec::dvc {

/// Where a path that a person wrote leads.
struct Located {
  fs::RepoPath path;
  /// Set for what is not in the project, `path` then being the root: a URL or absolute path as it is written, or a path
  /// from the project's root that begins with "../".
  std::string elsewhere;
};

/// Whether files of DVC's own may be named.
enum class Own { refused, allowed };

/// Resolves `text` against the directory `base`. Throws Error for what DVC refuses: a URL that it does not know, its own
/// files unless `own` allows them; and for names that no file of the project should have.
Located locate(const Place& at, const YamlNode& node, const fs::RepoPath& base, const std::string& text,
               Own own = Own::refused);

}  // namespace mlops::spec::dvc

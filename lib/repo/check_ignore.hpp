// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "repo/workspace.hpp"

namespace mlops::repo {

/// Whether a path is ignored, and by which patterns.
struct IgnoreCheck {
  bool ignored = false;
  /// The patterns that match the path, or the directory above it that is ignored; the last one decides. As
  /// "file:line:pattern", ":pattern" for what is always ignored, "in sub_repo:name" inside another project.
  std::vector<std::string> patterns;
};

/// Judges a path as typed, which need not exist. A path outside the project is ignored by nothing.
IgnoreCheck check_ignore(const Workspace& workspace, const std::string& typed);

}  // namespace mlops::repo

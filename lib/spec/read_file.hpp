// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "fs/repo_path.hpp"

namespace mlops::spec {

/// Reads a file of the work tree or revision whose pipeline is read; nothing where there is none.
using ReadFile = std::function<std::optional<std::string>(const fs::RepoPath& path)>;

}  // namespace mlops::spec

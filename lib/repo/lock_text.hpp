// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "repo/workspace.hpp"

namespace mlops::repo {

/// The longest pipeline, lock or pointer file that is read.
constexpr std::uint64_t metadata_limit_bytes = 64U << 20U;

/// The root-relative path of mlops.lock and of mlops.yaml.
fs::RepoPath lock_path(const spec::Dialect& dialect);
fs::RepoPath pipeline_path(const spec::Dialect& dialect);

/// The text of mlops.lock; empty when there is none.
std::string read_lock_text(const Workspace& workspace);

}  // namespace mlops::repo

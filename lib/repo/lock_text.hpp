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

/// What a text of mlops.lock or mlops.yaml says; nothing stands for no file, an empty one is the reader's to judge.
spec::Lock parse_lock(const spec::Dialect& dialect, const std::optional<std::string>& text);
spec::Project parse_pipeline(const spec::Dialect& dialect, const std::optional<std::string>& text,
                             const spec::ReadFile& read);

/// Reads files of the work tree for templates.
spec::ReadFile work_tree_files(const Workspace& workspace);

}  // namespace mlops::repo

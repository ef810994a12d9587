// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "repo/workspace.hpp"

namespace mlops::repo {

/// The longest pipeline, lock or pointer file that is read.
constexpr std::uint64_t metadata_limit_bytes = 64U << 20U;

/// The root-relative paths of mlops.lock and mlops.yaml at the root.
fs::RepoPath lock_path(const spec::Dialect& dialect);
fs::RepoPath pipeline_path(const spec::Dialect& dialect);
/// The lock beside a pipeline file.
fs::RepoPath lock_of(const spec::Dialect& dialect, const fs::RepoPath& pipeline);

/// The text of the lock at the root; empty when there is none.
std::string read_lock_text(const Workspace& workspace);

/// What a text of a lock or pipeline file says; nothing stands for no file, an empty one is the reader's to judge.
/// `pipeline` is the pipeline file in both cases.
spec::Lock parse_lock(const spec::Dialect& dialect, const std::optional<std::string>& text,
                      const fs::RepoPath& pipeline, const spec::Project& project);
spec::Project parse_pipeline(const spec::Dialect& dialect, const std::optional<std::string>& text,
                             const fs::RepoPath& pipeline, const spec::ReadFile& read);
/// Adds what another pipeline file of the project declares.
void merge_project(spec::Project& into, spec::Project more);

/// Reads files of the work tree for templates.
spec::ReadFile work_tree_files(const Workspace& workspace);

}  // namespace mlops::repo

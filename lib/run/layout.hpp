// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where runs lie in git and in their trees.

#include <optional>
#include <string>
#include <string_view>

#include "repo/workspace.hpp"

namespace mlops::run {

inline constexpr std::string_view ref_prefix = "refs/mlops/runs/";
/// The longest record or lock that is read out of a run's tree.
inline constexpr std::uint64_t record_limit_bytes = 64U << 20U;
/// A larger file that git does not track stays out of a run's tree.
inline constexpr std::uint64_t untracked_limit_bytes = 50U << 20U;

/// "refs/mlops/runs/<id>".
std::string ref_name(std::string_view id);
/// The id in a ref's name; nothing unless it is one that we would give (letters and digits).
std::optional<std::string> id_of_ref(std::string_view ref);
bool is_run_id(std::string_view id);

/// ".mlops/run", ".mlops/run/run.json" and ".mlops/run/out/...", relative to the project's root.
fs::RepoPath run_directory(const spec::Dialect& dialect);
fs::RepoPath record_path(const spec::Dialect& dialect);
fs::RepoPath run_output_path(const spec::Dialect& dialect, const fs::RepoPath& output);

/// The line of a run commit's message that names the project, for projects below the top of the repository.
std::string project_line(const repo::Workspace& workspace);
/// Whether a run's commit says that it is of another project in the same repository.
bool is_of_other_project(const repo::Workspace& workspace, const git::Commit& commit);

}  // namespace mlops::run

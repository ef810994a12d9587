// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "git/repository.hpp"
#include "report/values.hpp"

namespace mlops::report {

/// A place where values are read: a commit, or the work tree.
struct Revision {
  std::string name;
  std::optional<git::Oid> commit{};  ///< none: the work tree
};

/// How the work tree is called among revisions.
inline constexpr const char* workspace_name = "workspace";

/// The commit that a word names, or the work tree. Throws Error (missing) with the nearest name of a branch or tag.
Revision find_revision(const git::Repository& git, const std::string& word);

/// Tips of branches, then tags, sorted by name, each commit once with all its names ("main,v1"); with all_commits
/// instead every commit that a branch, tag or remote branch reaches, newest first, under its full name.
std::vector<Revision> chosen_revisions(const git::Repository& git, const MetricsOptions& options);

}  // namespace mlops::report

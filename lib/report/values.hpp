// SPDX-License-Identifier: Apache-2.0
#pragma once

// Metrics and parameters as they are in the workspace and as they were at other revisions.

#include <optional>
#include <string>
#include <vector>

#include "fs/repo_path.hpp"
#include "repo/workspace.hpp"
#include "spec/value.hpp"

namespace mlops::report {

/// Why a file, or all of a revision, gave no values.
struct Failure {
  enum class Kind { missing, not_cached, unreadable, encoding, json, toml, python, yaml, declarations };
  Kind kind = Kind::missing;
  std::string message;
};

/// What one file holds.
struct FileValues {
  fs::RepoPath path;
  spec::Value values;  ///< an empty map for an empty file and for one that failed
  std::optional<Failure> failure{};
};

/// What one revision holds.
struct RevisionValues {
  std::string revision;  ///< "workspace", "main,v1", a commit; empty for the workspace when nothing else is shown
  std::vector<FileValues> files;     ///< in the order in which they are declared, each path once
  std::optional<Failure> failure{};  ///< what is declared could not be read; there are no files then
};

struct MetricsOptions {
  std::vector<std::string> targets{};  ///< files and directories as typed; empty: all that are declared
  bool all_branches = false;
  bool all_tags = false;
  bool all_commits = false;  ///< then each commit once, by its full name
  bool any() const { return all_branches || all_tags || all_commits; }
};

/// The workspace's metrics, then those of the revisions asked for. The workspace is left out where the branch that is
/// checked out has the same. Only numbers, strings and booleans are metrics, at any depth of maps.
std::vector<RevisionValues> show_metrics(repo::Workspace& workspace, const MetricsOptions& options);

struct CompareOptions {
  std::optional<std::string> before{};  ///< as git knows it, or "workspace"; none: HEAD
  std::optional<std::string> after{};   ///< the same; none: the workspace
  std::vector<std::string> targets{};   ///< files and directories as typed; empty: all that are declared
  bool unchanged = false;               ///< also what is the same on both sides
  bool only_dependencies = false;       ///< of parameters: those of stages, not whole files that are only declared
};

/// A key of a file whose value is another one.
struct ValueChange {
  std::string key;            ///< dotted; empty: the file is one value
  spec::Value before, after;  ///< null also where there is none
  spec::Value delta;          ///< after - before where both are numbers, else null
};

struct FileChanges {
  fs::RepoPath path;
  std::vector<ValueChange> changes;  ///< sorted by key; never empty
};

struct Comparison {
  std::string before, after;  ///< as the user wrote them; "HEAD", "workspace" when left out
  std::vector<RevisionValues> sides;
  std::vector<FileChanges> files;  ///< sorted by path
};

/// Compare one revision with another. A file that cannot be read counts as empty; `sides` tells why. In a repository
/// without commits nothing differs. Throw Error (missing) for an unknown revision, with the nearest.
Comparison compare_metrics(repo::Workspace& workspace, const CompareOptions& options);
Comparison compare_params(repo::Workspace& workspace, const CompareOptions& options);

/// What differs between two sides, of files that either has.
std::vector<FileChanges> changes_between(const std::vector<FileValues>& before, const std::vector<FileValues>& after,
                                         bool unchanged);

}  // namespace mlops::report

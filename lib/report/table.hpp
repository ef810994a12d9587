// SPDX-License-Identifier: Apache-2.0
#pragma once

// Answers as tables for people and documents for programs. What they look like is in renderers/.

#include <string>
#include <vector>

#include "report/values.hpp"

namespace mlops::report {

struct Table {
  std::vector<std::string> headers;
  std::vector<std::vector<std::string>> rows;  ///< each as long as `headers`; cells may hold newlines
};

/// How many digits floats keep behind the point unless something else is asked for.
inline constexpr int default_precision = 5;

/// One row for each file, one column for each metric, sorted; "-" where a file lacks it. `revisions`: with a first
/// column that names them.
struct MetricsTable {
  bool revisions = false;
  int precision = default_precision;
  fs::RepoPath cwd{};  ///< paths are shown from here
};
Table table_of(const std::vector<RevisionValues>& revisions, const MetricsTable& options);

/// One row for each changed value: path, key, both sides and their difference.
struct ComparisonTable {
  std::string_view title = "Metric";  ///< of the column of keys
  bool path = true;
  bool delta = true;
  std::optional<int> precision{};  ///< none: as they are
  fs::RepoPath cwd{};
};
Table table_of(const Comparison& comparison, const ComparisonTable& options);

/// {revision: {"data": {path: {"data": values}}}}, with {"error": {"type", "msg"}} for what could not be read.
spec::Value document_of(const std::vector<RevisionValues>& revisions, const fs::RepoPath& cwd);
/// {path: {key: {"old", "new", "diff"}}}, "diff" only between numbers.
spec::Value document_of(const Comparison& comparison, const fs::RepoPath& cwd);

}  // namespace mlops::report

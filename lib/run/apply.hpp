// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "repo/checkout.hpp"
#include "run/record.hpp"

namespace mlops::run {

struct ApplyOptions {
  std::string run{};
  bool force = false;  ///< content found nowhere else goes to the rescue directory instead of refusing
};

struct ApplyResult {
  Run run;
  std::vector<fs::RepoPath> written;  ///< parameter files, pipeline file, lock, pointers, uncached outputs
  std::vector<fs::RepoPath> removed;  ///< pointers to what the run makes by a stage
  std::vector<std::pair<fs::RepoPath, std::string>> rescued;  ///< path and where its bytes are now
  std::vector<std::string> code;  ///< other files of the run's tree that differ here; they are left alone
  repo::CheckoutResult checkout;
};

/// Brings a run's parameters, pipeline, lock and outputs into the workspace; source code stays as it is.
///
/// Throws Error (conflict) when a file that it would change holds content that is neither committed nor staged, and
/// Error (missing) when the cache lacks an output (hint `mlops runs pull`); nothing is changed then.
ApplyResult apply(repo::Workspace& workspace, const ApplyOptions& options);

}  // namespace mlops::run

// SPDX-License-Identifier: Apache-2.0
#pragma once

// `mlops gc`: from here all that may name an object is in sight (D18, I-19).

#include <optional>
#include <string>
#include <vector>

#include "repo/sync.hpp"
#include "store/gc.hpp"

namespace mlops::run {

struct GcVerbOptions {
  bool workspace_only = false;            ///< -w: the workspace and runs only
  repo::RevisionSet revisions{};          ///< the workspace, runs and these only. Neither: everything that git reaches
  std::optional<double> grace_seconds{};  ///< none: gc.grace
  std::optional<double> stage_age_seconds{};  ///< none: gc.stages; entries of the stage cache unused for longer go
  bool dry_run = false;
};

struct GcVerbResult {
  store::GcResult store;
  std::size_t expired_stages = 0;     ///< entries of the stage cache that went (or would)
  std::vector<std::string> projects;  ///< roots of all projects whose objects were kept
  std::vector<std::string> sources;   ///< what was asked, for --verbose
};

/// Takes out of the cache what nothing names any more. Throws Error when something that may name objects cannot be read:
/// a ref, a pointer, another project of a shared cache (hint `mlops cache forget`), and in a shallow clone when history
/// counts; nothing is removed then.
GcVerbResult gc(repo::Workspace& workspace, const GcVerbOptions& options);

}  // namespace mlops::run

// SPDX-License-Identifier: Apache-2.0
#pragma once

// The side of `mlops repro` that repeats a past run.

#include <optional>
#include <string>
#include <vector>

#include "cli/commands/pipeline_text.hpp"
#include "repo/workspace.hpp"

namespace mlops::cli {

struct ReproduceArgs {
  std::optional<std::string> run_word, revision;
  std::vector<std::string> tolerances;
  bool from_record = false, keep = false;

  void append_to(Args& args);
  bool asked() const { return run_word.has_value() || revision.has_value(); }
  /// Throws Error (usage) for options that mean something only when a past run is asked for.
  void refuse_without_run() const;
  /// Carries it out, shows the verdicts and returns ok, no (something differs) or failed.
  ExitCode run(Context& context, repo::Workspace& workspace, const ReproArgs& repro) const;
};

}  // namespace mlops::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/stage_edit.hpp"
#include "repo/workspace.hpp"
#include "spec/stage.hpp"

namespace mlops::pipeline {

/// Turns the words of a `stage add` into the stage that they declare. Throws Error::usage for words that make no sense
/// (bad name, path outside the repository, the same output twice, a variable without '=', ...).
spec::Stage stage_from_words(const repo::Workspace& workspace, const StageAddOptions& options);

}  // namespace mlops::pipeline

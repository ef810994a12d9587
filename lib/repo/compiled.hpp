// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repo/workspace.hpp"

namespace mlops::repo {

/// What mlops.yaml and mlops.lock of the workspace say, without the journal.
struct PipelineFiles {
  spec::Project project;
  spec::Lock lock;
};

/// Reads both, from their compiled form when their texts have not changed (D8); saves that form otherwise.
/// Throws Error with file and line when one cannot be understood.
PipelineFiles read_pipeline_files(const Workspace& workspace);

}  // namespace mlops::repo

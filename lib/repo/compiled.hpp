// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repo/workspace.hpp"

namespace mlops::repo {

/// What the pipeline files and locks of the workspace say, without the journal.
struct PipelineFiles {
  spec::Project project;
  spec::Lock lock;
};

/// Reads these pipeline files and the locks beside them, from their compiled form where their texts have not changed
/// (D8); saves that form otherwise. Throws Error with file and line when one cannot be understood.
PipelineFiles read_pipeline_files(const Workspace& workspace, const std::vector<fs::RepoPath>& pipelines);

}  // namespace mlops::repo

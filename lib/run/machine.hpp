// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "repo/workspace.hpp"
#include "spec/stage.hpp"

namespace mlops::run {

/// What this machine is: os, kernel, cpu, cores, memory, host. What cannot be told is left out.
std::map<std::string, std::string> machine_facts();

/// Versions of this program (`version`), git and the interpreters that the stages' commands begin with. Only programs
/// that are known to answer `--version` and nothing else are asked.
std::map<std::string, std::string> tool_versions(const repo::Workspace& workspace, const std::string& version,
                                                 const std::vector<const spec::Stage*>& stages);

/// The variables that may change a result and are no secret; those that are set.
std::map<std::string, std::string> recorded_environment(const Environment& env);
/// `env` with the recorded variables as they were then, and unset where they were not set.
Environment with_recorded_environment(Environment env, const std::map<std::string, std::string>& recorded);

}  // namespace mlops::run

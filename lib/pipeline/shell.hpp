// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace mlops::pipeline {

/// Returns the argument vector that runs one line (or script) of a stage.
///
/// It is bash where there is one, else sh: the same for everybody who runs the pipeline, whatever their login shell.
/// No start-up files are read. A script of several lines stops at the first command that fails (`-e`); a single line
/// is run as it stands, so that `a; b` means what it means at a prompt.
std::vector<std::string> shell_command(const std::string& script);

}  // namespace mlops::pipeline

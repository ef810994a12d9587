// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"

namespace mlops::cli {

/// Runs `mlops WORDS...`; never throws. Returns the process's exit code.
int run(std::vector<std::string> words, Context& context);

/// Finds the command that `words` begin with and takes its name off them; nullptr if there is none.
const CommandSpec* find_command(std::vector<std::string>& words);

}  // namespace mlops::cli

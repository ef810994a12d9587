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

/// Takes `--cd DIR`, `-q` and `-v`, which may also stand before the command's name, off the front of `words`.
std::vector<std::string> lift_globals(std::vector<std::string>& words);

/// Works in another directory from here on; a relative one counts from the present one.
void enter(const std::string& directory, Context& context);

}  // namespace mlops::cli

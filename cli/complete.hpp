// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"

namespace mlops::cli {

/// Answers `mlops __complete WORDS...`: one candidate a line for the last word, "value<TAB>help", or the line `@files`
/// for "let the shell complete file names". Never fails and never says anything else.
void complete(std::vector<std::string> words, Context& context);

}  // namespace mlops::cli

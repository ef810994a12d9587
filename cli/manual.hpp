// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/command.hpp"

namespace mlops::cli {

/// `mlops --help`: all commands by group.
std::string overview();
/// `mlops COMMAND -h`: usage and options.
std::string usage_text(const CommandSpec& spec);
/// `mlops COMMAND --help`: the manual as text.
std::string help_text(const CommandSpec& spec);
/// `mlops help PAGE`: a page that is not a command's ("mlops-tutorial", or without "mlops-"), as text.
std::optional<std::string> page_text(std::string_view name);
/// `mlops FAMILY`: the commands of a family ("remote").
std::string family_text(std::string_view family);
/// Writes all man pages into a directory (`mlops __man DIR`).
void write_man_pages(const std::string& directory);

}  // namespace mlops::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the commands that compare values share.

#include <optional>
#include <string_view>
#include <vector>

#include "cli/command.hpp"
#include "report/renderers/renderers.hpp"

namespace mlops::cli {

enum class Format { text, markdown };

/// Prints a table.
void show_table(const Context& context, const report::Table& table, Format format);
/// Prints a document on one line; indented on a terminal.
void show_document(const Context& context, const spec::Value& document);
/// Says what could not be read; the command goes on without it. `what`: "metrics", "parameters".
void show_failures(const Context& context, const std::vector<report::RevisionValues>& revisions, std::string_view what);
/// How many digits to keep; 0 means the usual number, as nothing does.
int precision_of(const std::optional<int>& asked);

/// The operands and options of both `diff` commands.
Args comparison_args(report::CompareOptions& options);

namespace args {
Arg markdown(bool* into);
Arg no_path(bool* into);
Arg precision(std::optional<int>* into);
}  // namespace args

}  // namespace mlops::cli

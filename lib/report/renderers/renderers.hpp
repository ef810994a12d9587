// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "report/table.hpp"

namespace mlops::report {

/// Columns for a terminal, each wide enough for its header and two spaces, nothing for a table without rows. Cells are
/// made harmless; one with newlines takes several lines.
std::string text_table(const Table& table);

/// A table in GitHub's Markdown with an empty line behind it; only the header for a table without rows. In cells `|` is
/// escaped and a newline is `<br>`, so that any cell stays one.
std::string markdown_table(const Table& table);

/// JSON as Python's json module writes it: ASCII only, NaN and Infinity bare, on one line unless `indent` is above zero.
/// Bytes that are not UTF-8 come out as lone surrogates `\udcXX`. Without a newline at its end.
std::string json_text(const spec::Value& document, unsigned indent);

}  // namespace mlops::report

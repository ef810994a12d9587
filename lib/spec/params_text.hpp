// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "spec/params.hpp"

namespace mlops::spec {

/// `apply_assignment` for JSON: exchanges or adds the member's text, in the indentation that the file has.
std::string apply_to_json(const std::string& text, const std::string& file, const Assignment& assignment);

/// Reads TOML; dates and times become their text. Throws Error "FILE:LINE: reason".
Value read_toml(std::string_view text, const std::string& file);
/// `apply_assignment` for TOML: exchanges the value's text, or adds a line to its table.
std::string apply_to_toml(const std::string& text, const std::string& file, const Assignment& assignment);

/// The error for an edit whose result would not mean what was asked for.
[[noreturn]] void refuse_edit(const std::string& file, const Assignment& assignment);

}  // namespace mlops::spec

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/dialects/dvc_config.hpp"

namespace mlops::spec::dvc {

/// Python's ideas of space, line and lowercase, which decide where a name or value in a configuration file ends.

/// The length of the character at `pos`.
std::size_t char_length(std::string_view text, std::size_t pos);
/// The length of the space at `pos`; 0 if none is there.
std::size_t space_length(std::string_view text, std::size_t pos);
/// The first position at or after `pos` that is no space.
std::size_t skip_spaces(std::string_view text, std::size_t pos);
/// The end of text[begin, end) without spaces at its end.
std::size_t trim_end(std::string_view text, std::size_t begin, std::size_t end);
/// The lines without their breaks.
std::vector<std::string_view> python_lines(std::string_view text);
std::string python_lower(std::string_view text);

/// Takes one pair of equal quotes from a text.
std::string_view unquoted(std::string_view text);

/// A section's head: its name and how many brackets stand on either side.
struct ConfigHead {
  std::string_view name;
  std::size_t opened = 0;
  std::size_t closed = 0;
};
/// Nothing if the line is none.
std::optional<ConfigHead> match_config_head(std::string_view line);

/// A line `name = value`, the value with all that follows it.
struct ConfigPair {
  std::string_view name;
  std::string_view value;
};
std::optional<ConfigPair> match_config_pair(std::string_view line);

/// What stands behind a '=' on one line: a text or a list, perhaps a comment. Nothing if it is neither.
struct ConfigContent {
  bool is_list = false;
  std::vector<std::string> values;
};
std::optional<ConfigContent> match_config_value(std::string_view text);

/// A text that ends with the triple quote `quote` and perhaps a comment; nothing otherwise.
std::optional<std::string_view> match_closing_quote(std::string_view text, std::string_view quote);

}  // namespace mlops::spec::dvc

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlops::spec {

/// One `name = value` of a configuration file in git's syntax.
struct ConfigItem {
  std::string key;  ///< canonical: "core.remote", "remote.My-Store.url" (section and name lowercase, subsection kept)
  std::string value;
  int line = 0;
  std::optional<std::string> shown{};  ///< how it is listed, where that is not the value
};

/// Reads a configuration text: sections, quoted subsections, comments, escapes, continuation lines, `name` alone for
/// true. `include` sections are an error here. Throws Error "FILE:LINE: reason".
std::vector<ConfigItem> parse_config(std::string_view text, const std::string& file);

/// Returns the text with `key` set to `value` (the last one replaced; a section appended if needed), all else kept.
std::string set_config(const std::string& text, const std::string& file, const std::string& key,
                       const std::string& value);
/// Returns the text without `key`; an emptied section goes too.
std::string unset_config(const std::string& text, const std::string& file, const std::string& key);
/// Returns the text without the whole section ("remote.store"), or with it renamed.
std::string remove_config_section(const std::string& text, const std::string& file, const std::string& section);
std::string rename_config_section(const std::string& text, const std::string& file, const std::string& from,
                                  const std::string& to);

}  // namespace mlops::spec

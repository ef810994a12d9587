// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/config_format.hpp"

namespace mlops::spec::dvc {

/// A name in a configuration file with what it stands for.
struct ConfigNode {
  enum class Kind { text, list, section };
  std::string name;
  Kind kind = Kind::section;
  std::vector<std::string> values{};  ///< of a text one, of a list any number
  std::vector<ConfigNode> members{};  ///< of a section, in order
  int line = 0;
};

/// A configuration file as DVC sees it: top-level sections, names in lowercase. The first three are "remote", "machine"
/// and "db", whose members are the sections with a quoted name.
using ConfigDocument = std::vector<ConfigNode>;

/// Reads DVC's configuration syntax (configobj's). Throws Error "FILE:LINE: reason" for what DVC refuses.
ConfigDocument read_config_document(std::string_view text, const std::string& file);
/// Writes it as DVC does: comments are gone, sections without members too. Throws Error::usage for a text that the
/// syntax cannot hold.
std::string write_config_document(const ConfigDocument& document);

/// A value as it is listed, and as DVC prints it where that differs.
std::vector<ConfigItem> parse_config(std::string_view text, const std::string& file);
/// The edits of `dvc config` and `dvc remote`: the text is written anew, relative paths in their shortest form.
std::string set_config(const std::string& text, const std::string& file, const std::string& key,
                       const std::string& value);
std::string unset_config(const std::string& text, const std::string& file, const std::string& key, Absent absent);
std::string remove_config_section(const std::string& text, const std::string& file, const std::string& section);
std::string rename_config_section(const std::string& text, const std::string& file, const std::string& from,
                                  const std::string& to);

/// All of it behind the interface.
const ConfigFormat& config_format();

}  // namespace mlops::spec::dvc

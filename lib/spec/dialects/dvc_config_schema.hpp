// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/config_format.hpp"

namespace mlops::spec::dvc {

/// What DVC's configuration may hold: sections, options, the values that they take. Keys are canonical.

/// The kinds of sections that have a name in quotes: remote, machine, db.
std::span<const std::string_view> named_sections();
bool is_named_section(std::string_view section);
/// Whether any option may stand there; DVC ignores the unknown ones.
bool ignores_options(std::string_view section);
/// Throws Error "FILE:LINE: ..." for a section that DVC refuses, with the nearest one.
void check_section_name(const std::string& section, const std::string& file, int line);

/// Whether the value may be a list without quotes.
bool is_list_key(std::string_view key);
/// Whether DVC takes the value in lowercase.
bool is_lowercase_key(std::string_view key);
/// Whether the value is a path, relative to the directory of its file.
bool is_path_key(std::string_view key);
bool is_known_key(std::string_view key);
bool is_committed_key(std::string_view key);
bool is_secret_key(std::string_view key);
/// All keys, "<name>" for a name.
std::vector<std::string> all_keys();
/// ConfigFormat::check.
void check_settings(std::span<const ConfigSetting> settings);

}  // namespace mlops::spec::dvc

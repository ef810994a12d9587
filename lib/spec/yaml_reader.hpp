// SPDX-License-Identifier: Apache-2.0
#pragma once

// The parts that `parse_yaml` is made of.

#include <optional>
#include <string>
#include <string_view>

#include "spec/yaml.hpp"

namespace mlops::spec {

/// Throws Error unless `text` is within the size limit, UTF-8, without control characters and without conflict markers.
void check_yaml_text(std::string_view text, const std::string& file, const YamlLimits& limits);

/// What becomes of aliases and merge keys.
enum class Aliases { expand, keep };

/// Reads one document, checked by `check_yaml_text`, with yaml-cpp. With Aliases::keep an alias is a node of its own and
/// `<<` a key like others: the document as it is written.
YamlNode read_yaml_events(std::string_view text, const std::string& file, const YamlLimits& limits, Aliases aliases);

/// Reads the plain block layout that our writer, and mostly people, use: far faster than the above. Returns nothing on
/// anything else, errors included; what it returns is what `read_yaml_events` would.
std::optional<YamlNode> read_yaml_block(std::string_view text, const YamlLimits& limits);

}  // namespace mlops::spec

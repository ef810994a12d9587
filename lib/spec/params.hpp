// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/value.hpp"

namespace mlops::spec {

/// Reads a parameter or metrics file by its name: .yaml, .yml, .json, .toml, .py. Throws Error with file and line.
Value read_values(std::string_view text, const std::string& file);

/// One `-S` of the command line: `[file:]key.path=value`.
struct Assignment {
  std::string file;               ///< "params.yaml" unless given
  std::vector<std::string> path;  ///< keys, list indexes as digits
  Value value;                    ///< typed as a YAML scalar or flow collection
};
/// Throws Error::usage on anything else.
Assignment parse_assignment(std::string_view text, const std::string& default_file = "params.yaml");

/// Returns the text of a parameter file with the assignment made: YAML keeps every other byte (YamlEditor), JSON keeps
/// key order and indentation, TOML keeps every other line. A key that does not exist yet is added; only a Python file
/// keeps to those that it has.
std::string apply_assignment(const std::string& text, const std::string& file, const Assignment& assignment);

/// Splits "a.b[0].c" into its keys.
std::vector<std::string> split_key(std::string_view dotted);

/// All leaves of a value as dotted keys, in order: the columns of `runs list`.
std::vector<std::pair<std::string, Value>> flatten(const Value& value);

}  // namespace mlops::spec

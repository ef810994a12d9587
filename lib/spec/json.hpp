// SPDX-License-Identifier: Apache-2.0
#pragma once

// JSON inside this layer: a reader that knows where each value stands, and a writer with the few shapes that we need.
//
// Beyond the standard both know three things. NaN, Infinity and -Infinity are read, because Python writes them into
// metrics files. A byte that is not UTF-8 is written as the lone surrogate \udc80 to \udcff and read back as that byte,
// so that nothing is lost. An integer beyond 64 bits is read as its text (see type_scalar).

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/value.hpp"

namespace mlops::spec {

struct JsonMember;

/// A JSON value and where it stands in the text.
struct JsonNode {
  enum class Kind { scalar, list, map };
  Kind kind = Kind::scalar;
  Value value;                      ///< of a scalar
  std::vector<JsonMember> members;  ///< of lists (with empty keys) and maps
  std::size_t begin = 0;            ///< offset of the first byte
  std::size_t end = 0;              ///< offset after the last byte
  std::size_t key_begin = 0;        ///< offset of the member's key, in a map
};

/// A member of a list or map.
struct JsonMember {
  std::string key;
  JsonNode node;
};

/// Reads one JSON document. Throws Error "WHERE:LINE: reason"; duplicate keys and deep nesting are errors.
JsonNode read_json(std::string_view text, std::string_view where);
/// Turns a node into the value it stands for.
Value json_value(JsonNode&& node);

/// How JSON is written.
struct JsonStyle {
  bool sorted = false;    ///< keys by bytes
  bool compact = false;   ///< no space after ',' and ':'
  bool bare_nan = false;  ///< NaN, Infinity and -Infinity instead of strings, so that the type survives
  int indent = 0;         ///< spaces (or tabs, see below) for each level; 0: one line
  bool tabs = false;      ///< indent with one tab for each level
  int level = 0;          ///< the level at which the value begins
};
std::string write_json(const Value& value, const JsonStyle& style);

/// A string as JSON writes it, quotes included.
std::string json_string(std::string_view text);
/// The shortest text that reads back as the same float and as a float everywhere: "1.0", "1.0e-05", "nan", "-inf".
std::string format_float(double value);

}  // namespace mlops::spec

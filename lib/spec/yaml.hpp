// SPDX-License-Identifier: Apache-2.0
#pragma once

// A strict reader for the YAML that people, and other people's repositories, give us.
//
// Built on yaml-cpp's event parser with our own handler: one document; caps on bytes, depth, nodes and scalar length;
// aliases only within an expansion cap; no custom tags; duplicate keys refused; every node knows its line. Scalars are
// typed by YAML 1.2's core schema, as DVC does it.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/value.hpp"
#include "util/error.hpp"

namespace mlops::spec {

struct YamlMember;

/// A node of a document, with where it stands.
struct YamlNode {
  enum class Kind { null, scalar, sequence, map };
  Kind kind = Kind::null;
  std::string scalar;  ///< text of a scalar
  bool plain = true;   ///< a plain scalar, which may be a number; a quoted or block one is a string
  bool flow = false;   ///< a sequence or map written in [ ] or { }
  std::vector<YamlNode> items;
  std::vector<YamlMember> members;  ///< keys are scalars
  int line = 0;                     ///< 1-based
  int column = 0;                   ///< 1-based
  std::size_t offset = 0;           ///< where the node, its tag and anchor included, begins in the text
  bool alias = false;               ///< an alias that was not expanded (only in what YamlEditor reads)
  const YamlNode* find(std::string_view key) const;
};

/// A member of a map.
struct YamlMember {
  YamlNode key;
  YamlNode value;
};

struct YamlLimits {
  std::size_t bytes = 64U << 20U;
  std::size_t depth = 64;
  std::size_t nodes = 5'000'000;
  std::size_t scalar_bytes = 1U << 20U;
  std::size_t alias_nodes = 10'000;  ///< nodes that all aliases together may expand to
};

/// Reads one document (an empty text is a null node). Throws Error: "FILE:LINE: reason"; of kind `conflict` where a merge
/// left its markers. Merge keys (`<<`) are expanded; a null key reads as "null".
YamlNode parse_yaml(std::string_view text, const std::string& file, const YamlLimits& limits = {});

/// Types a node by YAML 1.2's core schema (null, bool, int, float, string).
Value to_value(const YamlNode& node);
/// The same for the key of a member.
MapKey to_key(const YamlNode& key);
/// What a plain scalar means.
///
/// As DVC reads it: also `0b11`, `1_000` and `017` (seventeen) are integers; dates and `yes`, `no`, `on`, `off` are
/// strings. An integer that does not fit into 64 bits stays the text that it is: nothing is lost, and it compares well.
Value type_scalar(std::string_view plain);

/// Returns "FILE:LINE: " + message as an Error.
Error yaml_error(const std::string& file, const YamlNode& node, std::string_view message);
/// The same for a `word` that is none of `candidates`, with the hint "did you mean 'x'?" when one of them is near.
Error yaml_error(const std::string& file, const YamlNode& node, std::string_view message, std::string_view word,
                 const std::vector<std::string>& candidates);

/// Whether `line` begins with what git writes around an unresolved merge conflict.
bool is_conflict_marker(std::string_view line);
/// The error for such a line, with the way out as its hint.
Error conflict_error(const std::string& file, std::size_t line);

/// Writes scalars and documents so that any YAML 1.1 or 1.2 reader gets back the same type and text.
std::string emit_scalar(std::string_view text);
/// A block-style document; nested flow is never used; strings with newlines become literal blocks where exact.
std::string emit_yaml(const Value& value);
/// Like emit_yaml, each line indented by `indent` spaces; for splicing.
std::string emit_yaml(const Value& value, int indent);
/// On one line, lists and maps in [ ] and { }.
std::string emit_flow(const Value& value);
/// Whether `value` fits behind "key: " on its line: a scalar without line breaks, or an empty list or map.
bool is_inline(const Value& value);

}  // namespace mlops::spec

// SPDX-License-Identifier: Apache-2.0
#pragma once

// Python's literals: numbers, strings, True, False, None, and the lists, tuples, sets and dicts of them.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "spec/python_lines.hpp"
#include "spec/value.hpp"

namespace mlops::spec {

struct PythonMember;

/// A literal and where it stands, or a class with what it sets.
struct PythonNode {
  enum class Kind { scalar, text, bytes, list, tuple, set, dict, class_body };
  Kind kind = Kind::scalar;
  Value value;                        ///< of a scalar, text or bytes
  std::vector<PythonMember> members;  ///< of all others; keys are empty but for dicts and classes
  std::size_t begin = 0;              ///< offset of the first byte
  std::size_t end = 0;                ///< offset behind the last byte
};

/// An item of a list or its like, or a member of a dict or class.
struct PythonMember {
  std::string key;
  std::string_view written_key;  ///< as it stands in the text; empty in a class
  PythonNode node;
};

/// Collects members; a key that comes again takes the place of the earlier one, as in Python.
class PythonMembers {
 public:
  void set(PythonMember member);
  /// Takes them out, in the order in which their keys first came.
  std::vector<PythonMember> take() { return std::move(members_); }

 private:
  std::vector<PythonMember> members_;
  std::unordered_map<std::string, std::size_t> places_;
};

/// Reads what `ast.literal_eval` would take for a value; nothing if it would not, or if the value has no place in a
/// parameter file: complex numbers, `...`, bytes and surrogates that are no text, characters by name. Throws Error if
/// the literal is too large or too deep. `nodes` counts what was read so far.
std::optional<PythonNode> read_python_literal(const PythonSource& source, std::span<const PythonToken> tokens,
                                              std::size_t& nodes);

/// What a number means that has this sign before it; nothing if it is none.
std::optional<Value> python_number(std::string_view text, bool negative);
/// The text of one string token; nothing if it has none.
std::optional<std::string> python_string(const PythonSource& source, const PythonToken& token);

/// The value that a node stands for.
Value python_value(PythonNode&& node);

/// Writes a value as a literal, in the manner of the one that it replaces, if any: quotes, tuples and sets, keys.
/// Throws Error::usage for what has no literal.
std::string write_python(const Value& value, const PythonSource& source, const PythonNode* old);

}  // namespace mlops::spec

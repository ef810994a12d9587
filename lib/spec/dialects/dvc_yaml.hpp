// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>

#include "spec/value.hpp"

namespace mlops::spec::dvc {

/// What a document's values do not say of themselves; by their addresses in the document that is written.
struct YamlMarks {
  /// Lists and maps that are one object at several places, by the number of that object: the first place gets an anchor,
  /// the others an alias.
  std::unordered_map<const Value*, int> shared;
  /// Texts that stand for an integer beyond 64 bits.
  std::unordered_set<const Value*> numbers;
};

/// A document as DVC writes it, to the byte: block layout, lists not indented, lines folded at 80 columns. `value` is a map
/// or a list.
std::string emit_yaml(const Value& value, const YamlMarks& marks);
std::string emit_yaml(const Value& value);

}  // namespace mlops::spec::dvc

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "spec/value.hpp"

namespace mlops::spec {

/// How a member of a map is written, `column` spaces in: whole lines that begin with "key:".
using MemberText = std::string (*)(const std::string& key, const Value& value, std::size_t column);

/// Changes a YAML text in place: what is not touched, comments and layout included, keeps every byte.
class YamlEditor {
 public:
  /// Throws Error unless `text` is a map (or empty). `member` writes what is new in maps; emit_yaml if there is none.
  YamlEditor(std::string text, std::string file, MemberText member = nullptr);

  /// Sets the value at a path of keys, making maps on the way; replaces what is there, at its place, keeping a trailing
  /// comment; appends a new key at the end of its map with that map's indentation. A number in `path` indexes a list,
  /// or is one past its end. A value that is there already changes nothing. Throws Error, with the text as it was, where
  /// the edit cannot be made in place (aliases, keys written with '?').
  void set(const std::vector<std::string>& path, const Value& value);
  /// Removes a key with its value and the comment lines directly above it. Returns false if there is none.
  bool erase(const std::vector<std::string>& path);
  const std::string& text() const { return text_; }

 private:
  void adopt(std::string text, Value wanted, const std::vector<std::string>& path);

  std::string text_;
  std::string file_;
  MemberText member_;
  Value value_;  ///< what text_ means
};

}  // namespace mlops::spec

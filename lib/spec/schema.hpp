// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reading a YAML document by tables: one row for each key with what reads its value. Errors name file, line and the
// place in the document ("stages.train.outs[0].cache"), and the nearest key for one that is unknown.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fs/repo_path.hpp"
#include "spec/value.hpp"
#include "spec/yaml.hpp"

namespace mlops::spec {

/// Where reading stands.
struct Place {
  const std::string& file;
  std::string path;  ///< in the document; empty at its root

  Place key(std::string_view name) const;
  Place item(std::size_t index) const;
  /// Returns "FILE:LINE: 'path' MESSAGE" as an Error.
  Error error(const YamlNode& node, std::string_view message) const;
};

/// Each throws Error unless the node has the type.
std::string read_text(const Place& at, const YamlNode& node);
bool read_bool(const Place& at, const YamlNode& node);
std::uint64_t read_count(const Place& at, const YamlNode& node);
std::vector<std::string> read_texts(const Place& at, const YamlNode& node);
void require_map(const Place& at, const YamlNode& node);
void require_list(const Place& at, const YamlNode& node);

/// One row of a schema: a key and what reads its value into a T.
template <class T>
struct Field {
  std::string_view key;
  void (*read)(const Place& at, const YamlNode& node, T& into);
};

/// Throws Error for a key that a schema does not have.
[[noreturn]] void fail_unknown_key(const Place& at, const YamlNode& key, const std::vector<std::string>& known);

/// Reads a map by its schema; an unknown key is an error.
template <class T, std::size_t count>
void read_fields(const Place& at, const YamlNode& node, const Field<T> (&fields)[count], T& into) {
  require_map(at, node);
  for (const auto& [key, value] : node.members) {
    const Field<T>* found = nullptr;
    for (const Field<T>& field : fields) {
      found = field.key == key.scalar ? &field : found;
    }
    if (found == nullptr) {
      std::vector<std::string> known;
      for (const Field<T>& field : fields) {
        known.emplace_back(field.key);
      }
      fail_unknown_key(at, key, known);
    }
    found->read(at.key(key.scalar), value, into);
  }
}

/// The same where null stands for an empty map.
template <class T, std::size_t count>
void read_fields_if_map(const Place& at, const YamlNode& node, const Field<T> (&fields)[count], T& into) {
  if (node.kind != YamlNode::Kind::null) {
    read_fields(at, node, fields, into);
  }
}

/// Reads a map by its schema; unknown keys are kept in `into.extra`, as a newer version may have written them.
template <class T, std::size_t count>
void read_known_fields(const Place& at, const YamlNode& node, const Field<T> (&fields)[count], T& into) {
  require_map(at, node);
  Value::Map extra;
  for (const auto& [key, value] : node.members) {
    const Field<T>* found = nullptr;
    for (const Field<T>& field : fields) {
      found = field.key == key.scalar ? &field : found;
    }
    if (found != nullptr) {
      found->read(at.key(key.scalar), value, into);
    } else {
      extra.emplace_back(key.scalar, to_value(value));
    }
  }
  if (!extra.empty()) {
    into.extra = Value(std::move(extra));
  }
}

/// Where errors say that a node stands, both 1-based; column 0 is unknown.
struct NodePlace {
  int line = 1;
  int column = 0;
};

/// A value as if it had been read from a document, all of it standing at `place`: JSON and what templates put in are
/// read by the same schemas.
YamlNode node_of(const Value& value, NodePlace place = {});

}  // namespace mlops::spec

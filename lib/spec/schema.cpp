// SPDX-License-Identifier: Apache-2.0
#include "spec/schema.hpp"

#include "util/text.hpp"

namespace mlops::spec {

Place Place::key(std::string_view name) const {
  std::string below = path;
  if (!below.empty()) {
    below += '.';
  }
  return {.file = file, .path = below.append(name)};
}

Place Place::item(std::size_t index) const { return {.file = file, .path = path + "[" + std::to_string(index) + "]"}; }

Error Place::error(const YamlNode& node, std::string_view message) const {
  const std::string subject = path.empty() ? "the document" : quoted(path);
  return yaml_error(file, node, subject + " " + std::string(message));
}

std::string read_text(const Place& at, const YamlNode& node) {
  const Value value = to_value(node);
  const auto* text = value.get<std::string>();
  if (text == nullptr) {
    Error error = at.error(node, "must be a text");
    if (node.kind == YamlNode::Kind::scalar) {
      throw std::move(error).hint("quote it: '{}'", printable(node.scalar));
    }
    throw error;
  }
  return *text;
}

bool read_bool(const Place& at, const YamlNode& node) {
  const Value value = to_value(node);
  if (value.get<bool>() == nullptr) {
    throw at.error(node, "must be true or false");
  }
  return *value.get<bool>();
}

std::uint64_t read_count(const Place& at, const YamlNode& node) {
  const Value value = to_value(node);
  const auto* number = value.get<std::int64_t>();
  if (number == nullptr || *number < 0) {
    throw at.error(node, "must be a whole number of at least 0");
  }
  return static_cast<std::uint64_t>(*number);
}

std::vector<std::string> read_texts(const Place& at, const YamlNode& node) {
  require_list(at, node);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    texts.push_back(read_text(at.item(i), node.items[i]));
  }
  return texts;
}

void require_map(const Place& at, const YamlNode& node) {
  if (node.kind != YamlNode::Kind::map) {
    throw at.error(node, "must be a map");
  }
}

void require_list(const Place& at, const YamlNode& node) {
  if (node.kind != YamlNode::Kind::sequence) {
    throw at.error(node, "must be a list");
  }
}

void fail_unknown_key(const Place& at, const YamlNode& key, const std::vector<std::string>& known) {
  throw yaml_error(at.file, key, "unknown key " + quoted(at.key(key.scalar).path), key.scalar, known);
}

YamlNode node_of(const Value& value, NodePlace place) {
  YamlNode node;
  node.line = place.line;
  node.column = place.column;
  if (const auto* map = value.get<Value::Map>()) {
    node.kind = YamlNode::Kind::map;
    for (const auto& [key, member] : *map) {
      node.members.push_back({node_of(Value(key), place), node_of(member, place)});
    }
  } else if (const auto* list = value.get<Value::List>()) {
    node.kind = YamlNode::Kind::sequence;
    for (const Value& item : *list) {
      node.items.push_back(node_of(item, place));
    }
  } else if (const auto* text = value.get<std::string>()) {
    node.kind = YamlNode::Kind::scalar;
    node.plain = false;
    node.scalar = *text;
  } else if (!value.is_null()) {
    node.kind = YamlNode::Kind::scalar;
    node.scalar = emit_yaml(value);
    node.scalar.pop_back();
  }
  return node;
}

}  // namespace mlops::spec

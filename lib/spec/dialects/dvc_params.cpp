// SPDX-License-Identifier: Apache-2.0
// What DVC's files show of parameters beyond their values: which of them are one object, and which texts are integers.
//
// A stage that tracks both `train` and `train.opt` has the map `opt` twice, and Python holds it once. Its YAML writer
// shows that, with an anchor at the first place and an alias at the second. It does so as well where the params file
// itself has an alias; of those we know what the lock has already.

#include <algorithm>
#include <map>

#include "spec/dialects/dvc_parts.hpp"
#include "spec/yaml_reader.hpp"
#include "util/text.hpp"

namespace mlops::spec::dvc {

namespace {

bool is_big_integer(std::string_view text) {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return digits.size() >= 19 && digits[0] != '0' && std::ranges::all_of(digits, is_digit) &&
         type_scalar(text).get<std::string>() != nullptr;
}

void mark_numbers(const Value& value, YamlMarks& marks) {
  if (const auto* text = value.get<std::string>()) {
    if (is_big_integer(*text)) {
      marks.numbers.insert(&value);
    }
  } else if (const auto* list = value.get<Value::List>()) {
    for (const Value& item : *list) {
      mark_numbers(item, marks);
    }
  } else if (const auto* map = value.get<Value::Map>()) {
    for (const auto& member : *map) {
      mark_numbers(member.second, marks);
    }
  }
}

/// What stands at a path of keys and list indexes; nullptr if nothing does.
const Value* value_below(const Value& root, const std::vector<std::string>& path, std::size_t first) {
  const Value* here = &root;
  for (std::size_t i = first; i < path.size() && here != nullptr; ++i) {
    if (const auto* list = here->get<Value::List>()) {
      const Value index = type_scalar(path[i]);
      const auto* number = index.get<std::int64_t>();
      const bool inside = number != nullptr && *number >= 0 && static_cast<std::size_t>(*number) < list->size();
      here = inside ? &(*list)[static_cast<std::size_t>(*number)] : nullptr;
    } else {
      here = here->find(path[i]);
    }
  }
  return here;
}

/// The objects of one file, by their paths in it.
class Objects {
 public:
  Objects(YamlMarks& marks, int& last) : marks_(marks), last_(last) {}

  void mark(const Value& value, const std::string& path) {
    const auto* list = value.get<Value::List>();
    const auto* map = value.get<Value::Map>();
    if (list == nullptr && map == nullptr) {
      return;
    }
    const auto [object, fresh] = numbers_.try_emplace(path, last_ + 1);
    last_ += fresh ? 1 : 0;
    marks_.shared[&value] = object->second;
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      mark((*list)[i], path + "." + std::to_string(i));
    }
    for (std::size_t i = 0; map != nullptr && i < map->size(); ++i) {
      mark((*map)[i].second, path + "." + (*map)[i].first);
    }
  }

 private:
  YamlMarks& marks_;
  int& last_;
  std::map<std::string, int> numbers_;
};

void mark_shared(const Value::Map& keys, YamlMarks& marks, int& last) {
  const auto nested = [](const auto& member) { return member.first.find('.') != std::string::npos; };
  if (keys.size() < 2 || std::ranges::none_of(keys, nested)) {
    return;
  }
  Objects objects(marks, last);
  for (const auto& [inner_key, inner] : keys) {
    const std::vector<std::string> path = split(inner_key, '.');
    for (std::size_t length = 1; length < path.size(); ++length) {
      const std::string outer_key = join({path.begin(), path.begin() + static_cast<std::ptrdiff_t>(length)}, ".");
      const auto outer = std::ranges::find(keys, outer_key, &Value::Map::value_type::first);
      const Value* same = outer == keys.end() ? nullptr : value_below(outer->second, path, length);
      if (same != nullptr && *same == inner) {
        objects.mark(*same, inner_key);
        objects.mark(inner, inner_key);
      }
    }
  }
}

/// Follows a document and what its text was, side by side.
class Followed {
 public:
  Followed(std::string_view text, YamlMarks& marks, int& last) : text_(text), marks_(marks), last_(last) {}

  void follow(const YamlNode& node, const Value& value) {
    if (node.alias) {
      alias(name_at(node.offset), value);
      return;
    }
    const auto* map = value.get<Value::Map>();
    const auto* list = value.get<Value::List>();
    if (node.kind == YamlNode::Kind::map && map != nullptr) {
      anchor(node, value);
      follow_map(node, *map);
    } else if (node.kind == YamlNode::Kind::sequence && list != nullptr) {
      anchor(node, value);
      for (std::size_t i = 0; i < std::min(node.items.size(), list->size()); ++i) {
        follow(node.items[i], (*list)[i]);
      }
    }
  }

 private:
  /// The name of an anchor or alias that begins there.
  std::string_view name_at(std::size_t offset) const {
    const std::size_t end = std::min(text_.find_first_of(" \n", offset), text_.size());
    return text_.substr(offset + 1, end - offset - 1);
  }

  void anchor(const YamlNode& node, const Value& value) {
    if (text_[node.offset] == '&') {
      anchored_[name_at(node.offset)] = &value;
    }
  }

  void alias(std::string_view name, const Value& value) {
    const auto found = anchored_.find(name);
    if (found == anchored_.end() || !(*found->second == value)) {
      return;
    }
    const auto [object, fresh] = marks_.shared.try_emplace(found->second, last_ + 1);
    last_ += fresh ? 1 : 0;
    const int number = object->second;
    marks_.shared[&value] = number;
  }

  /// Both have mostly the same keys in the same order.
  void follow_map(const YamlNode& node, const Value::Map& map) {
    std::size_t next = 0;
    for (const auto& [key, old] : node.members) {
      const auto at_next = map.begin() + static_cast<std::ptrdiff_t>(next);
      const auto found = next < map.size() && at_next->first == key.scalar
                             ? at_next
                             : std::ranges::find(map, key.scalar, &Value::Map::value_type::first);
      if (found != map.end()) {
        follow(old, found->second);
        next = static_cast<std::size_t>(found - map.begin()) + 1;
      }
    }
  }

  std::string_view text_;
  YamlMarks& marks_;
  int& last_;
  std::map<std::string_view, const Value*> anchored_;
};

}  // namespace

void mark_as_before(std::string_view before, const std::string& file, const Value& document, YamlMarks& marks,
                    int& objects) {
  if (before.find('&') != std::string_view::npos) {
    Followed(before, marks, objects).follow(read_yaml_events(before, file, {}, Aliases::keep), document);
  }
}

void mark_params(const Value& params, YamlMarks& marks, int& objects) {
  mark_numbers(params, marks);
  for (const auto& file : *params.get<Value::Map>()) {
    mark_shared(*file.second.get<Value::Map>(), marks, objects);
  }
}

}  // namespace mlops::spec::dvc

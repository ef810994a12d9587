// SPDX-License-Identifier: Apache-2.0
#include "spec/value_edit.hpp"

#include <algorithm>
#include <charconv>

#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

Value* child_of(Value& value, const std::string& key) {
  if (auto* map = value.get<Value::Map>()) {
    const auto found = std::ranges::find_if(*map, [&](const auto& member) { return member.first == key; });
    return found == map->end() ? nullptr : &found->second;
  }
  auto* list = value.get<Value::List>();
  const std::optional<std::size_t> index = list_index(key);
  return list != nullptr && index && *index < list->size() ? &(*list)[*index] : nullptr;
}

Value* add_child(Value& value, const std::string& key) {
  if (value.is_null()) {
    value = Value(Value::Map{});
  }
  if (auto* map = value.get<Value::Map>()) {
    return &map->emplace_back(key, Value()).second;
  }
  auto* list = value.get<Value::List>();
  return list != nullptr && list_index(key) == list->size() ? &list->emplace_back() : nullptr;
}

}  // namespace

std::optional<std::size_t> list_index(const std::string& key) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  if (error != std::errc() || end != key.data() + key.size()) {
    return std::nullopt;
  }
  return index;
}

const Value* value_at(const Value& root, const std::vector<std::string>& path) {
  // child_of does not change what it is given; only its result type is not const.
  auto* at = const_cast<Value*>(&root);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  for (const std::string& key : path) {
    at = child_of(*at, key);
    if (at == nullptr) {
      return nullptr;
    }
  }
  return at;
}

Value with_value(Value root, const std::vector<std::string>& path, const Value& value, const std::string& file) {
  Value* at = &root;
  for (std::size_t i = 0; i < path.size(); ++i) {
    Value* child = child_of(*at, path[i]);
    if (child == nullptr) {
      child = add_child(*at, path[i]);
    }
    if (child == nullptr) {
      const std::vector<std::string> before(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(i));
      const bool list = at->get<Value::List>() != nullptr;
      throw Error("{}: '{}' {}", file, printable(join(before, ".")),
                  list ? "is a list without index " + quoted(path[i]) : "is not a map");
    }
    at = child;
  }
  *at = value;
  return root;
}

Value without_value(Value root, const std::vector<std::string>& path) {
  Value* at = &root;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    at = child_of(*at, path[i]);
  }
  if (auto* map = at->get<Value::Map>()) {
    std::erase_if(*map, [&](const auto& member) { return member.first == path.back(); });
  } else {
    auto* list = at->get<Value::List>();
    list->erase(list->begin() + static_cast<std::ptrdiff_t>(*list_index(path.back())));
  }
  return root;
}

}  // namespace mlops::spec

// SPDX-License-Identifier: Apache-2.0
#include "spec/value.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "spec/json.hpp"
#include "spec/params.hpp"

namespace mlops::spec {

namespace {

// The sign of zero counts: -0.0 and 0.0 print differently and may compute differently.
bool same_float(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) {
    return std::isnan(a) && std::isnan(b);
  }
  return a == b && std::signbit(a) == std::signbit(b);
}

std::vector<const Value::Map::value_type*> by_key(const Value::Map& map) {
  std::vector<const Value::Map::value_type*> members;
  members.reserve(map.size());
  for (const auto& member : map) {
    members.push_back(&member);
  }
  std::ranges::sort(members, {}, [](const auto* member) -> const std::string& { return member->first; });
  return members;
}

bool same_map(const Value::Map& a, const Value::Map& b) {
  if (a.size() != b.size()) {
    return false;
  }
  const auto left = by_key(a);
  const auto right = by_key(b);
  return std::ranges::equal(left, right, [](const auto* x, const auto* y) { return *x == *y; });
}

const Value* list_item(const Value::List& list, std::string_view key) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  const bool whole = error == std::errc() && end == key.data() + key.size();
  return whole && index < list.size() ? &list[index] : nullptr;
}

}  // namespace

std::optional<double> Value::number() const {
  if (const auto* integer = get<std::int64_t>()) {
    return static_cast<double>(*integer);
  }
  if (const auto* real = get<double>()) {
    return *real;
  }
  return std::nullopt;
}

const Value* Value::find(std::string_view key) const {
  const auto* map = get<Map>();
  if (map == nullptr) {
    return nullptr;
  }
  const auto found = std::ranges::find_if(*map, [&](const auto& member) { return member.first == key; });
  return found == map->end() ? nullptr : &found->second;
}

const Value* Value::at(std::string_view dotted) const {
  const Value* here = this;
  for (const std::string& key : split_key(dotted)) {
    const auto* list = here->get<List>();
    here = list != nullptr ? list_item(*list, key) : here->find(key);
    if (here == nullptr) {
      return nullptr;
    }
  }
  return here;
}

bool operator==(const Value& a, const Value& b) {
  if (a.data_.index() != b.data_.index()) {
    return false;
  }
  if (const auto* real = a.get<double>()) {
    return same_float(*real, *b.get<double>());
  }
  if (const auto* map = a.get<Value::Map>()) {
    return same_map(*map, *b.get<Value::Map>());
  }
  return a.data_ == b.data_;
}

std::string to_text(const Value& value) {
  if (const auto* text = value.get<std::string>()) {
    return *text;
  }
  if (const auto* real = value.get<double>()) {
    return format_float(*real);
  }
  return to_json(value);
}

}  // namespace mlops::spec

// SPDX-License-Identifier: Apache-2.0
#include "report/param_keys.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>

#include "spec/params.hpp"

namespace mlops::report {
namespace {

using spec::Value;

std::optional<std::size_t> index_of(const Value::List& list, const std::string& key) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  const bool whole = error == std::errc() && end == key.data() + key.size();
  return whole && index < list.size() ? std::optional(index) : std::nullopt;
}

/// Copies what `keys` names in `from` to the same place in `into`; nothing happens where there is no such place.
void copy_place(const Value& from, std::span<const std::string> keys, Value& into) {
  if (keys.empty()) {
    into = from;
    return;
  }
  if (const auto* list = from.get<Value::List>()) {
    const auto index = index_of(*list, keys.front());
    if (!index) {
      return;
    }
    if (into.get<Value::List>() == nullptr) {
      into = Value::List();
    }
    auto& items = *into.get<Value::List>();
    items.resize(std::max(items.size(), *index + 1));
    copy_place((*list)[*index], keys.subspan(1), items[*index]);
    return;
  }
  const Value* member = from.find(keys.front());
  if (member == nullptr) {
    return;
  }
  if (into.get<Value::Map>() == nullptr) {
    into = Value::Map();
  }
  auto& members = *into.get<Value::Map>();
  auto place = std::ranges::find_if(members, [&](const auto& one) { return one.first == keys.front(); });
  if (place == members.end()) {
    place = members.insert(members.end(), {keys.front(), Value()});
  }
  copy_place(*member, keys.subspan(1), place->second);
}

}  // namespace

void ParamKeys::add(const fs::RepoPath& file, const std::vector<std::string>& keys) {
  const auto known = std::ranges::find_if(files_, [&](const auto& one) { return one.first == file; });
  if (known == files_.end()) {
    files_.emplace_back(file, keys);
  } else if (keys.empty() || known->second.empty()) {
    known->second.clear();
  } else {
    known->second.insert(known->second.end(), keys.begin(), keys.end());
  }
}

void ParamKeys::add_project(const spec::Project& project, bool only_dependencies) {
  for (const spec::Stage& stage : project.stages) {
    for (const spec::ParamsDependency& params : stage.params) {
      add(params.file, params.keys);
    }
  }
  if (!only_dependencies) {
    for (const fs::RepoPath& file : project.params) {
      add(file, {});
    }
  }
}

Value chosen_keys(const Value& values, const std::vector<std::string>& keys) {
  if (keys.empty()) {
    return values;
  }
  Value chosen = Value::Map();
  for (const std::string& key : keys) {
    // A place that does not exist must leave nothing behind, not even the maps on the way to it.
    if (values.at(key) != nullptr) {
      copy_place(values, spec::split_key(key), chosen);
    }
  }
  return chosen;
}

}  // namespace mlops::report

// SPDX-License-Identifier: Apache-2.0
//
// What differs between two readings of the same files. Scripts and editors rely on these rules:
//
// - maps are flattened to dotted keys, and an empty one has none; a list is one value, shown as a literal;
// - a file may be one value instead of a map; as text it is read as JSON first, and a list of one item is that item;
// - against a map, any other value has all keys, each "unable to parse"; what is empty has none;
// - 1, 1.0 and true are the same, NaN is always different, an absent key is null.

#include <algorithm>
#include <map>

#include "report/literal.hpp"
#include "report/values.hpp"
#include "util/error.hpp"

namespace mlops::report {
namespace {

using spec::Value;
using Leaves = std::map<std::string, Value>;

void add_leaves(const Value::Map& map, const std::string* prefix, Leaves& leaves) {
  for (const auto& [key, value] : map) {
    const std::string dotted = prefix == nullptr ? std::string(key) : *prefix + "." + key;
    if (const auto* inner = value.get<Value::Map>()) {
      add_leaves(*inner, &dotted, leaves);
    } else {
      const bool list = value.get<Value::List>() != nullptr;
      leaves.insert_or_assign(dotted, list ? Value(literal(value)) : value);
    }
  }
}

/// A file that is no map: text that holds JSON means what the JSON says.
Value single_value(const Value& value) {
  const bool list = value.get<Value::List>() != nullptr;
  if (!list && value.get<std::string>() == nullptr) {
    return value;
  }
  const std::string text = literal_text(value);
  try {
    return spec::parse_json(text, "value");
  } catch (const Error&) {
    return text;  // it was plain text, which is fine
  }
}

/// One side of a comparison of maps.
class Side {
 public:
  explicit Side(const Value& value) {
    if (const auto* map = value.get<Value::Map>()) {
      add_leaves(*map, nullptr, leaves_);
    } else if (!is_falsy(value)) {
      otherwise_ = "unable to parse";
    }
  }
  const Leaves& leaves() const { return leaves_; }
  const Value& at(const std::string& key) const {
    const auto found = leaves_.find(key);
    return found == leaves_.end() ? otherwise_ : found->second;
  }

 private:
  Leaves leaves_;
  Value otherwise_;
};

void add_change(const std::string& key, const Value& before, const Value& after, bool unchanged,
                std::vector<ValueChange>& changes) {
  const auto* old_list = before.get<Value::List>();
  const auto* new_list = after.get<Value::List>();
  if (old_list != nullptr && new_list != nullptr && old_list->size() == 1 && new_list->size() == 1) {
    add_change(key, old_list->front(), new_list->front(), unchanged, changes);
  } else if (unchanged || !equal(before, after)) {
    changes.push_back({key, before, after, difference(before, after)});
  }
}

std::vector<ValueChange> compare_values(const Value& before, const Value& after, bool unchanged) {
  std::vector<ValueChange> changes;
  if (before.get<Value::Map>() == nullptr && after.get<Value::Map>() == nullptr) {
    add_change("", before, after, unchanged, changes);
    return changes;
  }
  const Side old_side(before);
  const Side new_side(after);
  Leaves all = old_side.leaves();
  all.insert(new_side.leaves().begin(), new_side.leaves().end());
  for (const auto& [key, value] : all) {
    add_change(key, old_side.at(key), new_side.at(key), unchanged, changes);
  }
  return changes;
}

}  // namespace

std::vector<FileChanges> changes_between(const std::vector<FileValues>& before, const std::vector<FileValues>& after,
                                         bool unchanged) {
  const Value empty = Value::Map();
  std::map<fs::RepoPath, std::pair<Value, Value>> files;
  for (const FileValues& file : before) {
    files.try_emplace(file.path, empty, empty).first->second.first = single_value(file.values);
  }
  for (const FileValues& file : after) {
    files.try_emplace(file.path, empty, empty).first->second.second = single_value(file.values);
  }
  std::vector<FileChanges> all;
  for (const auto& [path, sides] : files) {
    auto changes = compare_values(sides.first, sides.second, unchanged);
    if (!changes.empty()) {
      all.push_back({path, std::move(changes)});
    }
  }
  return all;
}

}  // namespace mlops::report

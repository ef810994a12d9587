// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "spec/value.hpp"

namespace mlops::spec {

/// The number that a key is when it indexes a list.
std::optional<std::size_t> list_index(const std::string& key);
/// The value at a path of keys and list indexes, or nullptr.
const Value* value_at(const Value& root, const std::vector<std::string>& path);
/// `root` with the value at `path` set, maps made on the way; an index may be one past the end of its list. Throws Error
/// where a key on the way is neither a map nor a list.
Value with_value(Value root, const std::vector<std::string>& path, const Value& value, const std::string& file);
/// `root` without the value at `path`, which is there.
Value without_value(Value root, const std::vector<std::string>& path);

}  // namespace mlops::spec

// SPDX-License-Identifier: Apache-2.0
// Writes documents with the library's YAML writer for DVC, so that they can be compared with what DVC itself writes.
//
// One JSON map a line on stdin: "document", and what JSON cannot say of it, as paths (lists of keys and positions):
//   "shared"   lists of paths, each the places of one object
//   "numbers"  texts that stand for integers beyond 64 bits
//   "typed"    keys that stand for a number, a boolean or null
// Each document goes to stdout, followed by NUL.

#include <cstdint>
#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <string>

#include "spec/dialects/dvc_yaml.hpp"
#include "spec/value.hpp"

namespace {

using mlops::spec::Value;

// Only a document that is not moved or copied afterwards keeps its addresses.
Value* step_into(Value* value, const Value& step) {
  if (const auto* index = step.get<std::int64_t>()) {
    return &value->get<Value::List>()->at(static_cast<std::size_t>(*index));
  }
  for (auto& [key, member] : *value->get<Value::Map>()) {
    if (key == *step.get<std::string>()) return &member;
  }
  throw std::runtime_error("a path leads nowhere");
}

Value* at_path(Value& document, const Value& path, std::size_t leave_out = 0) {
  const auto& steps = *path.get<Value::List>();
  Value* value = &document;
  for (std::size_t i = 0; i + leave_out < steps.size(); ++i) value = step_into(value, steps[i]);
  return value;
}

const Value::List& list_of(const Value& request, const char* key) {
  static const Value::List none;
  const Value* value = request.find(key);
  return value == nullptr ? none : *value->get<Value::List>();
}

void type_key(Value& document, const Value& path) {
  const auto& name = *path.get<Value::List>()->back().get<std::string>();
  for (auto& [key, member] : *at_path(document, path, 1)->get<Value::Map>()) {
    if (key == name) key = mlops::spec::MapKey(name, true);
  }
}

std::string written(const std::string& line) {
  const Value request = mlops::spec::parse_json(line, "stdin");
  Value document = *request.find("document");
  for (const Value& path : list_of(request, "typed")) type_key(document, path);
  mlops::spec::dvc::YamlMarks marks;
  for (const Value& path : list_of(request, "numbers")) marks.numbers.insert(at_path(document, path));
  int object = 0;
  for (const Value& places : list_of(request, "shared")) {
    for (const Value& path : *places.get<Value::List>()) marks.shared[at_path(document, path)] = object;
    ++object;
  }
  return mlops::spec::dvc::emit_yaml(document, marks);
}

}  // namespace

int main() {
  try {
    for (std::string line; std::getline(std::cin, line);) std::cout << written(line) << '\0';
    return std::cout.flush() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}

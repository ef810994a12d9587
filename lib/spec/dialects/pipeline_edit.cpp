// SPDX-License-Identifier: Apache-2.0
#include "spec/dialects/pipeline_edit.hpp"

#include <algorithm>

#include "spec/stage.hpp"
#include "spec/value_edit.hpp"
#include "spec/yaml.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

/// Changes what differs and leaves the rest of the stage's text, comments included, as it is.
void update_stage(YamlEditor& editor, const std::string& name, const Value::Map& old, const Value::Map& wanted) {
  for (const auto& [key, value] : wanted) {
    editor.set({"stages", name, key}, value);
  }
  for (const auto& member : old) {
    const auto same = [&](const auto& other) { return other.first == member.first; };
    if (std::ranges::none_of(wanted, same)) {
      editor.erase({"stages", name, member.first});
    }
  }
}

/// Returns what the text means. Throws Error unless it declares the stage.
Value require_stage(const std::string& text, const fs::RepoPath& file, const std::string& name) {
  Value root = to_value(parse_yaml(text, file.str()));
  const Value* stages = root.find("stages");
  if (stages != nullptr && stages->find(name) != nullptr) {
    return root;
  }
  std::vector<std::string> known;
  if (const auto* map = stages == nullptr ? nullptr : stages->get<Value::Map>()) {
    for (const auto& [key, value] : *map) {
      known.push_back(key);
    }
  }
  Error error = Error::of(ErrorKind::missing, "no stage {} in '{}'", quoted(name), file.str());
  if (const std::optional<std::string> group = stage_group(name)) {
    throw std::move(error).hint("it is generated from '{}'; change that one", *group);
  }
  if (const std::optional<std::string> near = nearest(name, known)) {
    throw std::move(error).hint("did you mean '{}'?", *near);
  }
  throw error;
}

}  // namespace

std::string put_stage(const std::string& text, const fs::RepoPath& file, const std::string& name,
                      const Value::Map& wanted, MemberText member) {
  const Value root = to_value(parse_yaml(text, file.str()));
  const Value* old = value_at(root, {"stages", name});
  YamlEditor editor(text, file.str(), member);
  if (const auto* map = old == nullptr ? nullptr : old->get<Value::Map>()) {
    update_stage(editor, name, *map, wanted);
  } else {
    editor.set({"stages", name}, Value(wanted));
  }
  return editor.text();
}

std::string take_stage(const std::string& text, const fs::RepoPath& file, const std::string& name) {
  require_stage(text, file, name);
  YamlEditor editor(text, file.str());
  editor.erase({"stages", name});
  return editor.text();
}

std::string put_frozen(const std::string& text, const fs::RepoPath& file, const std::string& name, bool frozen) {
  const Value root = require_stage(text, file, name);
  YamlEditor editor(text, file.str());
  std::vector<std::string> path = {"stages", name, "frozen"};
  if (value_at(root, {"stages", name, "do"}) != nullptr) {
    path.insert(path.end() - 1, "do");
  }
  if (frozen) {
    editor.set(path, true);
  } else {
    editor.erase(path);
  }
  return editor.text();
}

Value text_list(const std::vector<std::string>& texts) { return Value::List(texts.begin(), texts.end()); }

void append_if(Value::Map& map, bool wanted, const char* key, Value value) {
  if (wanted) {
    map.emplace_back(key, std::move(value));
  }
}

}  // namespace mlops::spec

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "spec/dialects/native.hpp"
#include "spec/template.hpp"
#include "spec/value_edit.hpp"
#include "spec/yaml_edit.hpp"
#include "util/text.hpp"

namespace mlops::spec::native {

namespace {

Value text_list(const std::vector<std::string>& texts) { return Value::List(texts.begin(), texts.end()); }

Value params_value(const Stage& stage) {
  Value::List own;
  Value::List others;
  const std::optional<fs::RepoPath> usual = fs::RepoPath::resolve(stage.wdir, "params.yaml");
  for (const ParamsDependency& dependency : stage.params) {
    if (dependency.file == usual && !dependency.keys.empty()) {
      own.assign(dependency.keys.begin(), dependency.keys.end());
      continue;
    }
    Value keys = dependency.keys.empty() ? Value() : text_list(dependency.keys);
    others.emplace_back(Value::Map{{dependency.file.relative_to(stage.wdir), std::move(keys)}});
  }
  own.insert(own.end(), others.begin(), others.end());
  return own;
}

void append_if(Value::Map& map, bool wanted, const char* key, Value value) {
  if (wanted) {
    map.emplace_back(key, std::move(value));
  }
}

Value output_value(const Stage& stage, const Output& output) {
  const Annotations& notes = output.annotations;
  Value::Map options;
  append_if(options, !notes.desc.empty(), "desc", notes.desc);
  append_if(options, !notes.type.empty(), "type", notes.type);
  append_if(options, !notes.labels.empty(), "labels", text_list(notes.labels));
  append_if(options, !notes.meta.is_null(), "meta", notes.meta);
  append_if(options, !output.cache, "cache", false);
  append_if(options, output.persist, "persist", true);
  append_extra(options, output.plot);
  append_if(options, output.remote.has_value(), "remote", output.remote.value_or(""));
  append_if(options, !output.push, "push", false);
  const std::string path = output.path.relative_to(stage.wdir);
  return options.empty() ? Value(path) : Value(Value::Map{{path, Value(std::move(options))}});
}

Value outputs_value(const Stage& stage, OutputKind kind) {
  Value::List list;
  for (const Output& output : stage.outs) {
    if (output.kind == kind) {
      list.push_back(output_value(stage, output));
    }
  }
  return list;
}

Value timeout_value(double seconds) {
  return std::floor(seconds) == seconds ? Value(static_cast<std::int64_t>(seconds)) : Value(seconds);
}

Value::Map stage_value(const Stage& stage, const fs::RepoPath& dir) {
  Value::List deps;
  for (const Dependency& dependency : stage.deps) {
    deps.emplace_back(dependency.path.relative_to(stage.wdir));
  }
  const Value outs = outputs_value(stage, OutputKind::plain);
  const Value metrics = outputs_value(stage, OutputKind::metric);
  const Value plots = outputs_value(stage, OutputKind::plot);
  Value::Map map;
  append_if(map, !stage.desc.empty(), "desc", stage.desc);
  map.emplace_back("cmd", command_value(stage.cmd));
  append_if(map, stage.wdir != dir, "wdir", stage.wdir.relative_to(dir));
  append_if(map, !stage.deps.empty(), "deps", std::move(deps));
  append_if(map, !stage.params.empty(), "params", params_value(stage));
  append_if(map, !outs.get<Value::List>()->empty(), "outs", outs);
  append_if(map, !metrics.get<Value::List>()->empty(), "metrics", metrics);
  append_if(map, !plots.get<Value::List>()->empty(), "plots", plots);
  append_if(map, stage.frozen, "frozen", true);
  append_if(map, stage.always_changed, "always_changed", true);
  append_if(map, !stage.env.empty(), "env", env_value(stage.env));
  append_if(map, stage.timeout_seconds.has_value(), "timeout", timeout_value(stage.timeout_seconds.value_or(0)));
  append_if(map, !stage.meta.is_null(), "meta", stage.meta);
  return map;
}

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

std::string with_stage(const std::string& text, const fs::RepoPath& file, const Stage& stage) {
  const std::string name = local_name(file, stage.name);
  const std::string reason = check_stage_name(name);
  if (!reason.empty()) {
    throw Error::usage("the stage name {} {}", quoted(name), reason);
  }
  const Value::Map wanted = stage_value(stage, file.parent());
  const Value root = to_value(parse_yaml(text, file.str()));
  const Value* old = value_at(root, {"stages", name});
  YamlEditor editor(text, file.str());
  if (const auto* map = old == nullptr ? nullptr : old->get<Value::Map>()) {
    update_stage(editor, name, *map, wanted);
  } else {
    editor.set({"stages", name}, Value(wanted));
  }
  return editor.text();
}

std::string without_stage(const std::string& text, const fs::RepoPath& file, const std::string& address) {
  const std::string name = local_name(file, address);
  require_stage(text, file, name);
  YamlEditor editor(text, file.str());
  editor.erase({"stages", name});
  return editor.text();
}

std::string with_frozen(const std::string& text, const fs::RepoPath& file, const std::string& address, bool frozen) {
  const std::string name = local_name(file, address);
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

}  // namespace mlops::spec::native

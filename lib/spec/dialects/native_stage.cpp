// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "spec/dialects/native.hpp"
#include "spec/dialects/pipeline_edit.hpp"
#include "util/text.hpp"

namespace mlops::spec::native {

namespace {

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

}  // namespace

std::string with_stage(const std::string& text, const fs::RepoPath& file, const Stage& stage) {
  const std::string name = local_name(file, stage.name);
  const std::string reason = check_stage_name(name);
  if (!reason.empty()) {
    throw Error::usage("the stage name {} {}", quoted(name), reason);
  }
  return put_stage(text, file, name, stage_value(stage, file.parent()));
}

std::string without_stage(const std::string& text, const fs::RepoPath& file, const std::string& address) {
  return take_stage(text, file, local_name(file, address));
}

std::string with_frozen(const std::string& text, const fs::RepoPath& file, const std::string& address, bool frozen) {
  return put_frozen(text, file, local_name(file, address), frozen);
}

}  // namespace mlops::spec::native

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "spec/dialects/dvc.hpp"
#include "spec/dialects/dvc_yaml.hpp"
#include "spec/dialects/pipeline_edit.hpp"
#include "spec/value_edit.hpp"
#include "spec/yaml.hpp"
#include "util/text.hpp"

namespace mlops::spec::dvc {

namespace {

constexpr std::string_view usual_params = "params.yaml";

/// A member as it stands in a document that DVC wrote, where each level is indented by two.
std::string member_text(const std::string& key, const Value& value, std::size_t column) {
  Value::Map document{{key, value}};
  for (std::size_t level = 0; level < column / 2; ++level) {
    document = Value::Map{{"x", Value(std::move(document))}};
  }
  std::string text = dvc::emit_yaml(Value(std::move(document)));
  for (std::size_t level = 0; level < column / 2; ++level) {
    text.erase(0, text.find('\n') + 1);
  }
  if (column % 2 != 0) {
    for (std::size_t line = 0; line < text.size(); line = text.find('\n', line) + 1) {
      text.insert(line, 1, ' ');
    }
  }
  return text;
}

/// How the pipeline file spells a path of the stage.
template <class Item>
std::string spelled(const Item& item, const fs::RepoPath& path, const Stage& stage) {
  return item.written.empty() ? path.relative_to(stage.wdir) : item.written;
}

template <class Item>
std::string spelled(const Item& item, const Stage& stage) {
  return item.written.empty() && !item.elsewhere.empty() ? item.elsewhere : spelled(item, item.path, stage);
}

Value deps_value(const Stage& stage) {
  std::vector<std::string> deps;
  for (const Dependency& dependency : stage.deps) {
    deps.push_back(spelled(dependency, stage));
  }
  std::ranges::sort(deps);
  return text_list(deps);
}

/// The keys of params.yaml as they are, then a map for each other file.
Value params_value(const Stage& stage) {
  std::vector<std::pair<std::string, std::vector<std::string>>> files;
  for (const ParamsDependency& dependency : stage.params) {
    files.emplace_back(spelled(dependency, dependency.file, stage), dependency.keys);
    std::ranges::sort(files.back().second);
  }
  std::ranges::sort(files);
  Value::List own;
  Value::List others;
  for (const auto& [file, keys] : files) {
    if (file == usual_params && !keys.empty()) {
      own.assign(keys.begin(), keys.end());
    } else {
      others.emplace_back(Value::Map{{file, keys.empty() ? Value() : text_list(keys)}});
    }
  }
  own.insert(own.end(), others.begin(), others.end());
  return own;
}

Value output_value(const std::string& path, const Output& output) {
  const Annotations& notes = output.annotations;
  Value::Map options;
  append_if(options, !notes.desc.empty(), "desc", notes.desc);
  append_if(options, !notes.type.empty(), "type", notes.type);
  append_if(options, !notes.labels.empty(), "labels", text_list(notes.labels));
  append_if(options, !notes.meta.is_null(), "meta", notes.meta);
  append_if(options, !output.cache, "cache", false);
  append_if(options, output.persist, "persist", true);
  if (const auto* properties = output.plot.get<Value::Map>()) {
    options.insert(options.end(), properties->begin(), properties->end());
  }
  append_if(options, output.remote.has_value(), "remote", output.remote.value_or(""));
  append_if(options, !output.push, "push", false);
  return options.empty() ? Value(path) : Value(Value::Map{{path, Value(std::move(options))}});
}

void append_outputs(Value::Map& map, const Stage& stage, OutputKind kind, const char* key) {
  std::vector<std::pair<std::string, const Output*>> outs;
  for (const Output& output : stage.outs) {
    if (output.kind == kind) {
      outs.emplace_back(spelled(output, stage), &output);
    }
  }
  std::ranges::sort(outs, {}, [](const auto& one) { return one.first; });
  Value::List list;
  for (const auto& [path, output] : outs) {
    list.push_back(output_value(path, *output));
  }
  if (!list.empty()) {
    map.emplace_back(key, std::move(list));
  }
}

Value written_command(const StageCommand& cmd) {
  return !cmd.list && cmd.lines.size() == 1 ? Value(cmd.lines.front()) : text_list(cmd.lines);
}

Value::Map stage_value(const Stage& stage, const fs::RepoPath& dir) {
  Value::Map map;
  append_if(map, !stage.desc.empty(), "desc", stage.desc);
  map.emplace_back("cmd", written_command(stage.cmd));
  append_if(map, stage.wdir != dir, "wdir", stage.wdir.relative_to(dir));
  append_if(map, !stage.deps.empty(), "deps", deps_value(stage));
  append_if(map, !stage.params.empty(), "params", params_value(stage));
  append_outputs(map, stage, OutputKind::plain, "outs");
  append_outputs(map, stage, OutputKind::metric, "metrics");
  append_outputs(map, stage, OutputKind::plot, "plots");
  append_if(map, stage.frozen, "frozen", true);
  append_if(map, stage.always_changed, "always_changed", true);
  append_if(map, !stage.meta.is_null(), "meta", stage.meta);
  return map;
}

/// Why a stage must not be called so; empty when it may.
std::string check_new_name(std::string_view name) {
  static constexpr std::string_view refused = "!\"#$%&'()*+,./:;<=>?@[\\]^`{|}~";
  if (name.empty()) {
    return "is empty";
  }
  if (!is_utf8(name) || has_control(name)) {
    return "holds a control character";
  }
  const std::size_t at = name.find_first_of(refused);
  return at == std::string_view::npos
             ? ""
             : fmt::format("holds '{}': of punctuation it may hold '-' and '_' only", name[at]);
}

/// Takes the blank lines away that stood below what was cut out of `before`, if there are some above it as well.
std::string without_double_gap(const std::string& before, std::string after) {
  const auto cut = static_cast<std::size_t>(std::ranges::mismatch(before, after).in2 - after.begin());
  std::size_t at = cut == 0 ? std::string::npos : after.rfind('\n', cut - 1);
  at = at == std::string::npos ? 0 : at + 1;
  const std::size_t text = after.find_first_not_of('\n', at);
  if (text == std::string::npos || text == at || at < 2 || after[at - 2] != '\n') {
    return after;
  }
  std::string closed = after;
  closed.erase(at, text - at);
  // Blank lines may also belong to a text in a literal block.
  const auto meaning = [](const std::string& yaml) { return to_value(parse_yaml(yaml, "")); };
  return meaning(closed) == meaning(after) ? closed : after;
}

}  // namespace

std::string with_stage(const std::string& text, const fs::RepoPath& file, const Stage& stage) {
  const std::string name = local_name(file, stage.name);
  const Value root = to_value(parse_yaml(text, file.str()));
  const bool known = value_at(root, {"stages", name}) != nullptr;
  const std::string reason = known ? "" : check_new_name(name);
  if (!reason.empty()) {
    throw Error::usage("the stage name {} {}", quoted(name), reason);
  }
  if (!stage.env.empty() || stage.timeout_seconds) {
    throw Error::usage("the stage {} has {}, which '{}' has no place for", quoted(name),
                       stage.env.empty() ? "a timeout" : "variables", file.str());
  }
  return put_stage(text, file, name, stage_value(stage, file.parent()), member_text);
}

std::string without_stage(const std::string& text, const fs::RepoPath& file, const std::string& address) {
  const std::string rest = take_stage(text, file, local_name(file, address));
  const Value root = to_value(parse_yaml(rest, file.str()));
  const auto* stages = root.find("stages")->get<Value::Map>();
  if (stages == nullptr || !stages->empty()) {
    return without_double_gap(text, rest);
  }
  if (root.get<Value::Map>()->size() == 1) {
    return "";
  }
  YamlEditor editor(rest, file.str());
  editor.erase({"stages"});
  return editor.text();
}

std::string with_frozen(const std::string& text, const fs::RepoPath& file, const std::string& address, bool frozen) {
  return put_frozen(text, file, local_name(file, address), frozen);
}

}  // namespace mlops::spec::dvc

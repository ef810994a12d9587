// SPDX-License-Identifier: Apache-2.0
// The run cache: runs/KEY[:2]/KEY/VALUE holds what a stage read and made, as its lock entry says it.
//
// KEY is the SHA-256 of what decides the result, VALUE of that and of the results; both of JSON text. That text leaves
// out every `size` and `nfiles`, at any depth: also of a parameter with such a name. Whoever takes a result from the run
// cache compares the parameters of the entry with those that it has.

#include <algorithm>
#include <cmath>

#include "spec/dialects/dvc.hpp"
#include "spec/dialects/dvc_names.hpp"
#include "spec/dialects/dvc_parts.hpp"
#include "spec/dialects/dvc_yaml.hpp"
#include "util/text.hpp"

namespace mlops::spec::dvc {

namespace {

LockedStage state_of(const StageInputs& inputs, std::vector<LockedPath> outs) {
  LockedStage stage;
  stage.cmd = inputs.cmd;
  stage.wdir = inputs.wdir;
  stage.deps = inputs.deps;
  stage.outs = std::move(outs);
  stage.params = inputs.params;
  stage.extra = inputs.extra;
  return stage;
}

std::string spelled_output(const Output& output, const fs::RepoPath& wdir) {
  if (!output.written.empty()) {
    return output.written;
  }
  return output.elsewhere.empty() ? output.path.relative_to(wdir) : output.elsewhere;
}

/// `value` is where it stays: marks go by addresses.
YamlMarks marks_of(const Value& value) {
  YamlMarks marks;
  int objects = 0;
  if (const Value* params = value.find("params")) {
    mark_params(*params, marks, objects);
  }
  return marks;
}

std::string digested_text(const Value& value) { return python_json(value, {"size", "nfiles"}, marks_of(value)); }

/// A number as Python compares it: booleans are 0 and 1.
Value as_number(const Value& value) {
  const auto* flag = value.get<bool>();
  return flag == nullptr ? value : Value(std::int64_t{*flag ? 1 : 0});
}

/// Exact, where turning the integer into a float would round it.
bool same_number(std::int64_t integer, double real) {
  constexpr double limit = 9223372036854775808.0;
  return std::floor(real) == real && real >= -limit && real < limit && static_cast<std::int64_t>(real) == integer;
}

bool same_number(const Value& a, const Value& b) {
  const auto* left = a.get<std::int64_t>();
  const auto* right = b.get<std::int64_t>();
  if (left != nullptr && right != nullptr) {
    return *left == *right;
  }
  if (left != nullptr || right != nullptr) {
    return same_number(left != nullptr ? *left : *right, *(left != nullptr ? b : a).get<double>());
  }
  return *a.get<double>() == *b.get<double>();
}

bool same_list(const Value::List& a, const Value::List& b) {
  return std::ranges::equal(a, b, [](const Value& x, const Value& y) { return equal(x, y); });
}

bool same_map(const Value::Map& a, const Value& b) {
  return std::ranges::all_of(a, [&](const auto& member) {
    const Value* other = b.find(member.first);
    return other != nullptr && equal(member.second, *other);
  });
}

}  // namespace

bool equal(const Value& a, const Value& b) {
  const Value left = as_number(a);
  const Value right = as_number(b);
  if (left.number() && right.number()) {
    return same_number(left, right);
  }
  const auto* list = a.get<Value::List>();
  if (list != nullptr && b.get<Value::List>() != nullptr) {
    return same_list(*list, *b.get<Value::List>());
  }
  const auto* map = a.get<Value::Map>();
  if (map != nullptr && b.get<Value::Map>() != nullptr) {
    return map->size() == b.get<Value::Map>()->size() && same_map(*map, b);
  }
  return a == b;
}

std::string stage_key_text(const StageInputs& inputs) {
  std::vector<std::string> paths;
  for (const Output& output : inputs.outs) {
    paths.push_back(spelled_output(output, inputs.wdir));
  }
  std::ranges::sort(paths);
  Value value = stage_value(state_of(inputs, {}));
  value.get<Value::Map>()->emplace_back("outs", Value::List(paths.begin(), paths.end()));
  return digested_text(value);
}

std::string stage_value_text(const StageEntry& entry) {
  return digested_text(stage_value(state_of(entry.inputs, entry.outs)));
}

std::string write_stage_entry(const StageEntry& entry) {
  const Value value = stage_value(state_of(entry.inputs, entry.outs));
  return dvc::emit_yaml(value, marks_of(value));
}

StageEntry read_stage_entry(std::string_view text, const std::string& where, const fs::RepoPath& wdir) {
  try {
    const YamlNode root = parse_yaml(text, where, lock_limits);
    LockedStage stage = read_locked_stage({.file = where, .path = {}}, root, wdir, nullptr);
    StageEntry entry;
    for (const LockedPath& out : stage.outs) {
      Output output;
      output.path = out.path;
      output.written = out.written;
      output.elsewhere = out.elsewhere;
      entry.inputs.outs.push_back(std::move(output));
    }
    entry.outs = std::move(stage.outs);
    entry.inputs.cmd = std::move(stage.cmd);
    entry.inputs.wdir = std::move(stage.wdir);
    entry.inputs.deps = std::move(stage.deps);
    entry.inputs.params = std::move(stage.params);
    entry.inputs.extra = std::move(stage.extra);
    return entry;
  } catch (const Error& error) {
    throw Error::of(ErrorKind::corrupt, "{}", error.what()).while_doing("reading a run cache entry");
  }
}

std::string stage_cache_place(const std::string& key) {
  return std::string(names.stage_cache) + "/" + key.substr(0, 2) + "/" + key;
}

std::optional<StageEntryName> stage_entry_name(std::string_view place) {
  const std::vector<std::string> parts = split(place, '/');
  if (parts.size() != 4 || parts[0] != names.stage_cache || parts[1] != parts[2].substr(0, 2)) {
    return std::nullopt;
  }
  const auto is_digest = [](const std::string& text) {
    const auto digest = hash::Digest::parse(hash::Algorithm::sha256, text);
    return digest && digest->hex() == text;
  };
  return is_digest(parts[2]) && is_digest(parts[3]) ? std::optional(StageEntryName{parts[2], parts[3]}) : std::nullopt;
}

bool same_stage_inputs(const StageInputs& a, const StageInputs& b) {
  const auto params_text = [](const StageInputs& inputs) {
    LockedStage stage;
    stage.wdir = inputs.wdir;
    stage.params = inputs.params;
    stage.extra = inputs.extra;
    const Value value = stage_value(stage);
    return python_json(value, {}, marks_of(value));
  };
  return stage_key_text(a) == stage_key_text(b) && params_text(a) == params_text(b);
}

}  // namespace mlops::spec::dvc

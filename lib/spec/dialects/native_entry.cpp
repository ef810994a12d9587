// SPDX-License-Identifier: Apache-2.0
// What decides a stage's result, as the canonical JSON that is hashed to the stage key, and the entry that the stage
// cache keeps for it.

#include <algorithm>

#include "spec/dialects/native.hpp"
#include "spec/dialects/native_names.hpp"
#include "spec/json.hpp"
#include "util/text.hpp"

namespace mlops::spec::native {

namespace {

constexpr std::string_view kind_names[] = {"plain", "metric", "plot"};  // in the order of OutputKind

Value output_value(const Output& output) {
  return Value::Map{{"path", output.path.str()},
                    {"kind", std::string(kind_names[static_cast<std::size_t>(output.kind)])},
                    {"cache", output.cache},
                    {"persist", output.persist}};
}

Value outputs_value(std::vector<Output> outs) {
  std::ranges::sort(outs, {}, &Output::path);
  Value::List list;
  for (const Output& output : outs) {
    list.push_back(output_value(output));
  }
  return list;
}

/// Kind and digest say all about content; sizes follow from them.
Value dependency_key(const LockedPath& dependency) {
  const hash::Digest& digest = dependency.entry.digest;
  return Value::Map{{"path", dependency.path.str()},
                    {"kind", std::string(store::to_string(dependency.entry.kind))},
                    {std::string(hash::to_string(digest.algorithm())), digest.hex()}};
}

Value::Map common_members(const StageInputs& inputs) {
  Value::Map map;
  map.emplace_back("cmd", command_value(inputs.cmd));
  map.emplace_back("wdir", inputs.wdir.str());
  map.emplace_back("params", locked_params_value(inputs.params));
  map.emplace_back("env", env_value(inputs.env));
  map.emplace_back("outs", outputs_value(inputs.outs));
  return map;
}

struct OutputDraft {
  Output output;
};

void read_output_kind(const Place& at, const YamlNode& node, OutputDraft& into) {
  const auto* found = std::ranges::find(kind_names, read_text(at, node));
  if (found == std::end(kind_names)) {
    throw at.error(node, "must be 'plain', 'metric' or 'plot'");
  }
  into.output.kind = static_cast<OutputKind>(found - std::begin(kind_names));
}

constexpr Field<OutputDraft> output_fields[] = {
    {"path", [](const Place& at, const YamlNode& n, OutputDraft& o) { o.output.path = read_path(at, n); }},
    {"kind", read_output_kind},
    {"cache", [](const Place& at, const YamlNode& n, OutputDraft& o) { o.output.cache = read_bool(at, n); }},
    {"persist", [](const Place& at, const YamlNode& n, OutputDraft& o) { o.output.persist = read_bool(at, n); }},
};

void read_outputs(const Place& at, const YamlNode& node, StageInputs& into) {
  require_list(at, node);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    OutputDraft draft;
    read_fields(at.item(i), node.items[i], output_fields, draft);
    if (node.items[i].members.size() != std::size(output_fields)) {
      throw at.item(i).error(node, "lacks a key");
    }
    into.outs.push_back(std::move(draft.output));
  }
}

void read_wdir(const Place& at, const YamlNode& node, StageInputs& into) {
  const std::string text = read_text(at, node);
  into.wdir = text.empty() ? fs::RepoPath() : read_path(at, node);
}

constexpr Field<StageInputs> inputs_fields[] = {
    {"cmd", [](const Place& at, const YamlNode& n, StageInputs& s) { s.cmd = read_command(at, n); }},
    {"wdir", read_wdir},
    {"deps", [](const Place& at, const YamlNode& n, StageInputs& s) { s.deps = read_locked_paths(at, n); }},
    {"params", [](const Place& at, const YamlNode& n, StageInputs& s) { s.params = read_locked_params(at, n); }},
    {"env", [](const Place& at, const YamlNode& n, StageInputs& s) { s.env = read_env(at, n); }},
    {"outs", read_outputs},
};

void read_inputs(const Place& at, const YamlNode& node, StageEntry& into) {
  read_fields(at, node, inputs_fields, into.inputs);
  if (node.members.size() != std::size(inputs_fields)) {
    throw at.error(node, "lacks a key");
  }
}

constexpr Field<StageEntry> entry_fields[] = {
    {"version", [](const Place&, const YamlNode&, StageEntry&) {}},
    {"inputs", read_inputs},
    {"outs", [](const Place& at, const YamlNode& n, StageEntry& e) { e.outs = read_locked_paths(at, n); }},
};

StageEntry read_entry(std::string_view text, const std::string& where) {
  const YamlNode root = node_of(parse_json(text, where));
  const Place at{.file = where, .path = {}};
  require_map(at, root);
  const YamlNode* version = root.find("version");
  if (version == nullptr) {
    throw at.error(root, "has no 'version'");
  }
  if (read_count(at.key("version"), *version) != static_cast<std::uint64_t>(format_version)) {
    throw Error::of(ErrorKind::format, "{}: a stage-cache entry in another format", where);
  }
  StageEntry entry;
  read_fields(at, root, entry_fields, entry);
  if (root.members.size() != std::size(entry_fields)) {
    throw at.error(root, "lacks a key");
  }
  return entry;
}

}  // namespace

std::string stage_key_text(const StageInputs& inputs) {
  std::vector<LockedPath> sorted = inputs.deps;
  std::ranges::sort(sorted, {}, &LockedPath::path);
  Value::List deps;
  for (const LockedPath& dependency : sorted) {
    deps.push_back(dependency_key(dependency));
  }
  Value::Map map = common_members(inputs);
  map.emplace_back("version", format_version);
  map.emplace_back("deps", std::move(deps));
  return canonical_json(Value(std::move(map)));
}

std::string write_stage_entry(const StageEntry& entry) {
  Value::Map inputs = common_members(entry.inputs);
  inputs.emplace_back("deps", locked_paths_value(entry.inputs.deps));
  Value::Map map;
  map.emplace_back("version", format_version);
  map.emplace_back("inputs", std::move(inputs));
  map.emplace_back("outs", locked_paths_value(entry.outs));
  return write_json(Value(std::move(map)), {.bare_nan = true, .indent = 1}) + "\n";
}

StageEntry read_stage_entry(std::string_view text, const std::string& where) {
  try {
    return read_entry(text, where);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::format) {
      throw;
    }
    throw Error::of(ErrorKind::corrupt, "{}", error.what()).while_doing("reading a stage-cache entry");
  }
}

std::string stage_cache_place(const std::string& key) {
  return std::string(names.stage_cache) + "/" + key.substr(0, 2) + "/" + key.substr(2);
}

std::optional<StageEntryName> stage_entry_name(std::string_view place) {
  const std::vector<std::string> parts = split(place, '/');
  if (parts.size() != 3 || parts[0] != names.stage_cache || parts[1].size() != 2) {
    return std::nullopt;
  }
  std::string key = parts[1] + parts[2];
  const auto digest = hash::Digest::parse(hash::Algorithm::sha256, key);
  return digest && digest->hex() == key ? std::optional(StageEntryName{std::move(key)}) : std::nullopt;
}

}  // namespace mlops::spec::native

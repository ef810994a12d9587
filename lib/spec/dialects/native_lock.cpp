// SPDX-License-Identifier: Apache-2.0
// mlops.lock: what the inputs and outputs of each stage were when it last succeeded.
//
//   version: 1
//   stages:
//     train:
//       cmd: python3 src/train.py
//       deps:
//       - path: data/prepared
//         kind: tree
//         sha256: 4355a4...4b98e47
//         size: 1048576
//         files: 12
//       params:
//         params.yaml:
//           train.lr: 0.1
//       outs:
//       - path: model.json
//         kind: file
//         sha256: 9f86d0...0f00a08
//         size: 4
//
// All paths are relative to the root. Stages are sorted by name, so that branches which ran different stages merge.

#include "spec/dialects/native.hpp"
#include "spec/dialects/native_names.hpp"
#include "spec/json.hpp"

namespace mlops::spec {

namespace native {

namespace {

void read_locked_wdir(const Place& at, const YamlNode& node, LockedStage& into) { into.wdir = read_path(at, node); }

constexpr Field<LockedStage> stage_fields[] = {
    {"cmd", [](const Place& at, const YamlNode& n, LockedStage& s) { s.cmd = read_command(at, n); }},
    {"wdir", read_locked_wdir},
    {"deps", [](const Place& at, const YamlNode& n, LockedStage& s) { s.deps = read_locked_paths(at, n); }},
    {"params", [](const Place& at, const YamlNode& n, LockedStage& s) { s.params = read_locked_params(at, n); }},
    {"env", [](const Place& at, const YamlNode& n, LockedStage& s) { s.env = read_env(at, n); }},
    {"outs", [](const Place& at, const YamlNode& n, LockedStage& s) { s.outs = read_locked_paths(at, n); }},
};

LockedStage read_stage(const Place& at, const YamlNode& node) {
  LockedStage stage;
  read_known_fields(at, node, stage_fields, stage);
  if (stage.cmd.lines.empty()) {
    throw at.error(node, "has no 'cmd'");
  }
  return stage;
}

struct LockDraft : Lock {
  fs::RepoPath pipeline;
};

/// The pipeline file that a lock stands beside: names in a lock are those of its stages.
fs::RepoPath pipeline_of(const fs::RepoPath& lock) { return lock.parent() / names.pipeline; }

void read_stages(const Place& at, const YamlNode& node, LockDraft& into) {
  require_map(at, node);
  for (const auto& [name, stage] : node.members) {
    const std::string reason = check_stage_name(name.scalar);
    if (!reason.empty()) {
      throw at.key(name.scalar).error(name, "is no name of a stage: it " + reason);
    }
    into.stages.insert_or_assign(stage_address(into.pipeline, name.scalar), read_stage(at.key(name.scalar), stage));
  }
}

constexpr Field<LockDraft> lock_fields[] = {
    {"version", [](const Place&, const YamlNode&, LockDraft&) {}},
    {"stages", read_stages},
};

Value::Map stage_value(const LockedStage& stage) {
  Value::Map map;
  map.emplace_back("cmd", command_value(stage.cmd));
  if (!stage.wdir.is_root()) {
    map.emplace_back("wdir", stage.wdir.str());
  }
  if (!stage.deps.empty()) {
    map.emplace_back("deps", locked_paths_value(stage.deps));
  }
  if (!stage.params.empty()) {
    map.emplace_back("params", locked_params_value(stage.params));
  }
  if (!stage.env.empty()) {
    map.emplace_back("env", env_value(stage.env));
  }
  if (!stage.outs.empty()) {
    map.emplace_back("outs", locked_paths_value(stage.outs));
  }
  append_extra(map, stage.extra);
  return map;
}

}  // namespace

Lock read_lock(std::string_view text, const fs::RepoPath& file) {
  if (text.empty()) {
    // A project that has not run anything has no lock; one of no bytes is what a crash or a full disk leaves.
    throw Error::of(ErrorKind::format, "'{}' is empty", file.str())
        .hint("`git checkout -- {}` restores the file; without it everything counts as never run", file.str());
  }
  const YamlNode root = read_versioned(text, file.str());
  LockDraft lock;
  lock.pipeline = pipeline_of(file);
  read_known_fields({.file = file.str(), .path = {}}, root, lock_fields, lock);
  return {.stages = std::move(lock.stages), .extra = std::move(lock.extra)};
}

std::string write_lock(const Lock& lock, const fs::RepoPath& file) {
  const fs::RepoPath pipeline = pipeline_of(file);
  Value::Map stages;
  for (const std::string& address : lock.stages.names()) {
    stages.emplace_back(local_name(pipeline, address), stage_value(lock.stages.at(address)));
  }
  Value::Map root;
  root.emplace_back("version", format_version);
  root.emplace_back("stages", std::move(stages));
  append_extra(root, lock.extra);
  return emit_yaml(Value(std::move(root)));
}

}  // namespace native

std::string locked_stage_to_json(const LockedStage& stage) {
  return write_json(Value(native::stage_value(stage)), {.compact = true, .bare_nan = true});
}

LockedStage locked_stage_from_json(std::string_view text, const std::string& where) {
  return native::read_stage({.file = where, .path = {}}, node_of(parse_json(text, where)));
}

}  // namespace mlops::spec

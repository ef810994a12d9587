// SPDX-License-Identifier: Apache-2.0
// dvc.lock: what the inputs and outputs of each stage were when it last succeeded.
//
//   schema: '2.0'
//   stages:
//     train:
//       cmd: python train.py
//       deps:
//       - path: data
//         hash: md5
//         md5: baa0d609df3f73f015f724fddbf86984.dir
//         size: 18
//         nfiles: 3
//       params:
//         params.yaml:
//           train.lr: 0.1
//       outs:
//       - path: model.pkl
//         hash: md5
//         md5: b1946ac92492d2347c6235b4d2611184
//         size: 6
//
// Paths are spelled as in dvc.yaml, relative to the stage's working directory, which the lock does not tell. An entry
// without `hash` was written by DVC 2, whose digests take CRLF for LF.

#include <algorithm>

#include "spec/dialects/dvc.hpp"
#include "spec/dialects/dvc_names.hpp"
#include "spec/dialects/dvc_parts.hpp"
#include "spec/dialects/dvc_yaml.hpp"
#include "util/text.hpp"

namespace mlops::spec::dvc {

namespace {

constexpr std::string_view schema_version = "2.0";
constexpr std::string_view default_params = "params.yaml";

struct StageDraft {
  LockedStage stage;
  const Stage* declared = nullptr;
};

bool is_whole_file(const StageDraft& draft, const fs::RepoPath& file) {
  if (draft.declared == nullptr) {
    return false;
  }
  const auto& params = draft.declared->params;
  const auto found = std::ranges::find(params, file, &ParamsDependency::file);
  return found != params.end() && found->keys.empty();
}

void require_text_keys(const Place& at, const YamlNode& node) {
  require_map(at, node);
  for (const auto& member : node.members) {
    if (to_key(member.key).typed()) {
      throw at.key(member.key.scalar).error(member.key, "must be a text");
    }
  }
}

void read_params(const Place& at, const YamlNode& node, StageDraft& into) {
  require_text_keys(at, node);
  Value::Map elsewhere;
  for (const auto& [file, values] : node.members) {
    const Place here = at.key(file.scalar);
    require_text_keys(here, values);
    Value value = to_value(values);
    const ResolvedPath resolved = resolve_path(into.stage.wdir, file.scalar);
    if (!resolved.elsewhere.empty()) {
      elsewhere.emplace_back(file.scalar, std::move(value));
      continue;
    }
    LockedParams& params = into.stage.params[resolved.path];
    if (is_whole_file(into, resolved.path)) {
      params.emplace_back("", std::move(value));
      continue;
    }
    for (auto& member : *value.get<Value::Map>()) {
      params.emplace_back(member.first, std::move(member.second));
    }
  }
  if (!elsewhere.empty()) {
    into.stage.extra = Value::Map{{"params", std::move(elsewhere)}};
  }
}

constexpr Field<StageDraft> stage_fields[] = {
    {"cmd", [](const Place& at, const YamlNode& n, StageDraft& s) { s.stage.cmd = read_command(at, n); }},
    {"deps", [](const Place& at, const YamlNode& n,
                StageDraft& s) { s.stage.deps = read_locked_paths(at, n, s.stage.wdir, PathRole::dependency); }},
    {"params", read_params},
    {"outs", [](const Place& at, const YamlNode& n,
                StageDraft& s) { s.stage.outs = read_locked_paths(at, n, s.stage.wdir, PathRole::output); }},
};

struct LockDraft : Lock {
  fs::RepoPath pipeline;
  std::unordered_map<std::string_view, const Stage*> declared;
};

/// The pipeline file that a lock stands beside: names in a lock are those of its stages.
fs::RepoPath pipeline_of(const fs::RepoPath& lock) { return lock.parent() / names.pipeline; }

void read_stages(const Place& at, const YamlNode& node, LockDraft& into) {
  require_text_keys(at, node);
  for (const auto& [name, value] : node.members) {
    std::string address = stage_address(into.pipeline, name.scalar);
    const auto found = into.declared.find(address);
    const Stage* declared = found == into.declared.end() ? nullptr : found->second;
    const fs::RepoPath wdir = declared == nullptr ? into.pipeline.parent() : declared->wdir;
    LockedStage stage = read_locked_stage(at.key(name.scalar), value, wdir, declared);
    into.stages.insert_or_assign(std::move(address), std::move(stage));
  }
}

void read_schema(const Place& at, const YamlNode& node, LockDraft&) {
  const Value value = to_value(node);
  if (value.get<std::string>() != nullptr && *value.get<std::string>() == schema_version) {
    return;
  }
  Error error = at.error(node, "must be the text '2.0'");
  if (node.scalar == schema_version) {
    throw std::move(error).hint("quote it: '2.0'");
  }
  throw error;
}

void read_datasets(const Place&, const YamlNode& node, LockDraft& into) {
  into.extra = Value::Map{{"datasets", to_value(node)}};
}

constexpr Field<LockDraft> lock_fields[] = {
    {"schema", read_schema},
    {"datasets", read_datasets},
    {"stages", read_stages},
};

Value::Map params_of_file(const LockedParams& params) {
  Value::Map map;
  for (const auto& [key, value] : params) {
    if (const auto* whole = value.get<Value::Map>(); key.empty() && whole != nullptr) {
      map.insert(map.end(), whole->begin(), whole->end());
    } else if (!key.empty()) {
      map.emplace_back(key, value);
    }
  }
  std::ranges::sort(map, {}, [](const auto& member) -> const std::string& { return member.first; });
  return map;
}

Value params_value(const LockedStage& stage) {
  Value::Map files;
  for (const auto& [file, params] : stage.params) {
    files.emplace_back(file.relative_to(stage.wdir), params_of_file(params));
  }
  if (const Value* elsewhere = stage.extra.find("params")) {
    const auto& more = *elsewhere->get<Value::Map>();
    files.insert(files.end(), more.begin(), more.end());
  }
  // params.yaml first, then the others by name.
  std::ranges::sort(files, {}, [](const auto& file) {
    return std::pair<bool, const std::string&>(file.first != default_params, file.first);
  });
  return files;
}

Value paths_value(const std::vector<LockedPath>& paths, const fs::RepoPath& wdir) {
  std::vector<std::pair<std::string, const LockedPath*>> sorted;
  sorted.reserve(paths.size());
  for (const LockedPath& path : paths) {
    sorted.emplace_back(spelled(path, wdir), &path);
  }
  std::ranges::stable_sort(sorted, {}, &std::pair<std::string, const LockedPath*>::first);
  Value::List list;
  list.reserve(paths.size());
  for (const auto& [text, path] : sorted) {
    list.push_back(locked_path_value(*path, wdir));
  }
  return list;
}

/// What the file has at its top, in its order, and what is new behind it.
std::vector<std::string> top_order(const Value::Map& wanted, const YamlNode& before) {
  std::vector<std::string> keys;
  for (const auto& member : before.members) {
    keys.push_back(member.key.scalar);
  }
  for (const auto& member : wanted) {
    if (before.find(member.first) == nullptr) {
      keys.push_back(member.first);
    }
  }
  return keys;
}

Value stages_value(const Lock& lock, const fs::RepoPath& pipeline, const YamlNode& before) {
  Value::Map stages;
  stages.reserve(lock.stages.size());
  const YamlNode* known = before.find("stages");
  if (known != nullptr) {
    for (const auto& member : known->members) {
      const auto found = lock.stages.find(stage_address(pipeline, member.key.scalar));
      if (found != lock.stages.end()) {
        stages.emplace_back(member.key.scalar, stage_value(found->second));
      }
    }
  }
  std::unordered_set<std::string> written;
  for (const auto& stage : stages) {
    written.insert(stage.first);
  }
  for (const auto& [address, stage] : lock.stages) {
    std::string name = local_name(pipeline, address);
    if (!written.contains(name)) {
      stages.emplace_back(std::move(name), stage_value(stage));
    }
  }
  return stages;
}

}  // namespace

LockedStage read_locked_stage(const Place& at, const YamlNode& node, const fs::RepoPath& wdir, const Stage* declared) {
  StageDraft draft{.stage = {}, .declared = declared};
  draft.stage.wdir = wdir;
  read_fields(at, node, stage_fields, draft);
  if (draft.stage.cmd.lines.empty()) {
    throw at.error(node, "has no 'cmd'");
  }
  return std::move(draft.stage);
}

Value stage_value(const LockedStage& stage) {
  Value::Map map{{"cmd", command_value(stage.cmd)}};
  if (!stage.deps.empty()) {
    map.emplace_back("deps", paths_value(stage.deps, stage.wdir));
  }
  if (!stage.params.empty() || !stage.extra.is_null()) {
    map.emplace_back("params", params_value(stage));
  }
  if (!stage.outs.empty()) {
    map.emplace_back("outs", paths_value(stage.outs, stage.wdir));
  }
  return map;
}

Lock read_lock(std::string_view text, const fs::RepoPath& file, const Project& project) {
  const YamlNode root = parse_yaml(text, file.str(), lock_limits);
  const Place at{.file = file.str(), .path = {}};
  if (root.kind == YamlNode::Kind::null) {
    // A project that has not run anything has no lock; one of no bytes is what a crash or a full disk leaves.
    throw Error::of(ErrorKind::format, "'{}' is empty", file.str())
        .hint("`git checkout -- {}` restores the file; without it everything counts as never run", file.str());
  }
  require_map(at, root);
  if (root.find("schema") == nullptr) {
    throw at.error(root, "has no 'schema'").hint("DVC 1 wrote it so; `mlops repro` cannot tell what ran before");
  }
  LockDraft lock;
  lock.pipeline = pipeline_of(file);
  for (const Stage& stage : project.stages) {
    lock.declared.emplace(stage.name, &stage);
  }
  read_fields(at, root, lock_fields, lock);
  return {.stages = std::move(lock.stages), .extra = std::move(lock.extra)};
}

std::string write_lock(const Lock& lock, const fs::RepoPath& file, std::string_view before) {
  const YamlNode old = parse_yaml(before, file.str(), lock_limits);
  Value::Map wanted{{"schema", std::string(schema_version)}, {"stages", stages_value(lock, pipeline_of(file), old)}};
  if (const auto* extra = lock.extra.get<Value::Map>()) {
    wanted.insert(wanted.end(), extra->begin(), extra->end());
  }
  Value::Map root;
  for (const std::string& key : top_order(wanted, old)) {
    const auto found = std::ranges::find(wanted, key, &Value::Map::value_type::first);
    if (found != wanted.end()) {
      root.push_back(std::move(*found));
    }
  }
  const Value document(std::move(root));
  YamlMarks marks;
  int objects = 0;
  for (const auto& stage : *document.find("stages")->get<Value::Map>()) {
    if (const Value* params = stage.second.find("params")) {
      mark_params(*params, marks, objects);
    }
  }
  mark_as_before(before, file.str(), document, marks, objects);
  return dvc::emit_yaml(document, marks);
}

}  // namespace mlops::spec::dvc

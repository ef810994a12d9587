// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stage_words.hpp"

#include "util/error.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace mlops::pipeline {
namespace {

constexpr std::string_view default_params_file = "params.yaml";

fs::RepoPath resolve_in(const repo::Workspace& workspace, const fs::RepoPath& directory, const std::string& typed) {
  if (typed.empty()) {
    throw Error::usage("a path is empty");
  }
  if (typed.front() == '/') {
    return workspace.resolve(typed);
  }
  const auto path = fs::RepoPath::resolve(directory, typed);
  if (!path) {
    throw Error::usage("{} is outside the repository", quoted(typed));
  }
  fs::require_declarable(*path, "stage add");
  return *path;
}

/// One option that declares outputs.
struct OutputWords {
  const std::vector<std::string>& paths;
  spec::OutputKind kind = spec::OutputKind::plain;
  bool cache = true;
  bool persist = false;
};

std::vector<spec::Output> outputs_of(const repo::Workspace& workspace, const fs::RepoPath& wdir,
                                     const StageAddOptions& options) {
  using Kind = spec::OutputKind;
  const OutputWords all[] = {
      {.paths = options.outs},
      {.paths = options.outs_no_cache, .cache = false},
      {.paths = options.outs_persist, .persist = true},
      {.paths = options.outs_persist_no_cache, .cache = false, .persist = true},
      {.paths = options.metrics, .kind = Kind::metric},
      {.paths = options.metrics_no_cache, .kind = Kind::metric, .cache = false},
      {.paths = options.plots, .kind = Kind::plot},
      {.paths = options.plots_no_cache, .kind = Kind::plot, .cache = false},
  };
  std::vector<spec::Output> outs;
  for (const OutputWords& words : all) {
    for (const std::string& typed : words.paths) {
      spec::Output out;
      out.path = resolve_in(workspace, wdir, typed);
      out.kind = words.kind;
      out.cache = words.cache;
      out.persist = words.persist;
      outs.push_back(std::move(out));
    }
  }
  std::sort(outs.begin(), outs.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  for (std::size_t i = 1; i < outs.size(); ++i) {
    if (outs[i].path == outs[i - 1].path) {
      throw Error::usage("the output {} is given twice", quoted(outs[i].path.str()));
    }
  }
  return outs;
}

std::vector<spec::Dependency> deps_of(const repo::Workspace& workspace, const fs::RepoPath& wdir,
                                      const std::vector<std::string>& words) {
  std::set<fs::RepoPath> paths;
  for (const std::string& typed : words) {
    paths.insert(resolve_in(workspace, wdir, typed));
  }
  std::vector<spec::Dependency> deps;
  for (const fs::RepoPath& path : paths) {
    deps.push_back({.path = path});
  }
  return deps;
}

std::vector<spec::ParamsDependency> params_of(const repo::Workspace& workspace, const fs::RepoPath& wdir,
                                              const std::vector<std::string>& words) {
  std::map<fs::RepoPath, std::set<std::string>> files;
  std::set<fs::RepoPath> whole;
  for (const std::string& word : words) {
    const std::size_t colon = word.rfind(':');
    const std::string file = colon == std::string::npos ? std::string(default_params_file) : word.substr(0, colon);
    const fs::RepoPath path = resolve_in(workspace, wdir, file);
    std::set<std::string>& keys = files[path];
    const std::string listed = colon == std::string::npos ? word : word.substr(colon + 1);
    if (listed.empty() && colon != std::string::npos) {
      whole.insert(path);
      continue;
    }
    for (const std::string& key : split(listed, ',')) {
      if (trim(key).empty()) {
        throw Error::usage("{} names an empty parameter", quoted(word))
            .hint("write KEY,KEY or FILE:KEY,KEY; FILE: stands for the whole file");
      }
      keys.insert(std::string(trim(key)));
    }
  }
  std::vector<spec::ParamsDependency> params;
  for (auto& [path, keys] : files) {
    spec::ParamsDependency one;
    one.file = path;
    if (!whole.contains(path)) {
      one.keys.assign(keys.begin(), keys.end());
    }
    params.push_back(std::move(one));
  }
  return params;
}

std::map<std::string, std::string> env_of(const std::vector<std::string>& words) {
  std::map<std::string, std::string> env;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error::usage("{} is no NAME=VALUE", quoted(word));
    }
    env.insert_or_assign(word.substr(0, equals), word.substr(equals + 1));
  }
  return env;
}

std::optional<double> timeout_of(const std::optional<std::string>& word) {
  if (!word) {
    return std::nullopt;
  }
  const auto seconds = repo::parse_duration(*word);
  if (!seconds || *seconds <= 0) {
    throw Error::usage("{} is no timeout", quoted(*word)).hint("write seconds, or a number with s, m, h or d");
  }
  return seconds;
}

}  // namespace

spec::Stage stage_from_words(const repo::Workspace& workspace, const StageAddOptions& options) {
  if (const std::string reason = spec::check_stage_name(options.name); !reason.empty()) {
    throw Error::usage("{} cannot name a stage: {}", quoted(options.name), reason);
  }
  const std::string line = command_line(options.cmd);
  if (trim(line).empty()) {
    throw Error::usage("stage '{}' has no command", options.name)
        .hint("`mlops stage add -n {} -o OUTPUT COMMAND...`", options.name);
  }
  spec::Stage stage;
  stage.name = options.name;
  stage.cmd = {.lines = {line}, .list = false};
  stage.wdir = workspace.resolve(options.wdir.value_or("."));
  stage.deps = deps_of(workspace, stage.wdir, options.deps);
  stage.params = params_of(workspace, stage.wdir, options.params);
  stage.outs = outputs_of(workspace, stage.wdir, options);
  stage.env = env_of(options.env);
  stage.timeout_seconds = timeout_of(options.timeout);
  stage.always_changed = options.always_changed;
  stage.desc = options.desc;
  return stage;
}

}  // namespace mlops::pipeline

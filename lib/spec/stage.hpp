// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fs/repo_path.hpp"
#include "hash/digest.hpp"
#include "spec/value.hpp"

namespace mlops::spec {

/// What annotates an output or a tracked path and means nothing to us.
struct Annotations {
  std::string desc;
  std::string type;
  std::vector<std::string> labels;
  Value meta;
  friend bool operator==(const Annotations&, const Annotations&) = default;
};

enum class OutputKind { plain, metric, plot };

/// A file or directory that a stage makes.
struct Output {
  fs::RepoPath path;
  std::string written{};    ///< as the file spells it, where the dialect's lock repeats that; else empty
  std::string elsewhere{};  ///< a URL or absolute path outside the project; `path` is then the root
  OutputKind kind = OutputKind::plain;
  bool cache = true;     ///< kept in the store; otherwise git's business
  bool persist = false;  ///< not removed before the stage runs
  bool push = true;
  std::optional<std::string> remote;
  Annotations annotations;
  Value plot;  ///< the properties of a plot, a map; null for none
  int line = 0;
  friend bool operator==(const Output&, const Output&) = default;
};

/// A file or directory that a stage reads.
struct Dependency {
  fs::RepoPath path;
  std::string written{};    ///< as Output::written
  std::string elsewhere{};  ///< as Output::elsewhere
  int line = 0;
  friend bool operator==(const Dependency&, const Dependency&) = default;
};

/// Parameters that a stage reads from one file: some keys, or all of it.
struct ParamsDependency {
  fs::RepoPath file;
  std::string written{};          ///< as Output::written
  std::vector<std::string> keys;  ///< dotted, sorted; empty: the whole file
  int line = 0;
  friend bool operator==(const ParamsDependency&, const ParamsDependency&) = default;
};

/// What is run: one command, or several that run one after another.
struct StageCommand {
  std::vector<std::string> lines;
  bool list = false;  ///< written as a list, which stays one
  friend bool operator==(const StageCommand&, const StageCommand&) = default;
};

/// One declared command. All paths are relative to the root, whatever `wdir` is.
struct Stage {
  std::string name;   ///< its address, unique in the project: "train", or "models/mlops.yaml:train" (stage_address)
  fs::RepoPath file;  ///< the pipeline file that declares it
  StageCommand cmd;
  fs::RepoPath wdir;
  std::vector<Dependency> deps;          ///< sorted by path
  std::vector<ParamsDependency> params;  ///< sorted by file
  std::vector<Output> outs;              ///< of all kinds, sorted by path
  std::map<std::string, std::string> env;
  std::optional<double> timeout_seconds;
  bool frozen = false;
  bool always_changed = false;
  std::string desc;
  Value meta;
  int line = 0;
  friend bool operator==(const Stage&, const Stage&) = default;
};

/// A file that templates took values from. What it held is a part of what the pipeline file means.
struct TemplateSource {
  fs::RepoPath path;
  std::optional<hash::Digest> digest;  ///< SHA-256 of its text; nothing: it was looked for and not there
  friend bool operator==(const TemplateSource&, const TemplateSource&) = default;
};

/// What a pipeline file declares.
struct Project {
  std::vector<Stage> stages;                       ///< in the order of the file
  std::vector<fs::RepoPath> metrics, params;       ///< top level
  std::map<fs::RepoPath, Value> plots, artifacts;  ///< top level, by pipeline file; checked for shape only
  std::vector<TemplateSource> sources;             ///< sorted by path; empty without templates
  const Stage* find(std::string_view name) const;
  /// The stage of this name, or those that foreach or matrix made of it ("train" means "train@a", "train@b").
  std::vector<const Stage*> find_all(std::string_view name) const;
  friend bool operator==(const Project&, const Project&) = default;
};

/// Whether `name` may name a stage: letters, digits, '_', '-', '.', and not beginning with '-'; with '@' for generated
/// ones. The empty text when fine, else the reason.
std::string check_stage_name(std::string_view name);

/// The same for an address.
std::string check_stage_address(std::string_view address);

/// How a stage is called in the whole project: by its name where the pipeline file stands at the root, else with the file
/// before it ("models/mlops.yaml:train").
std::string stage_address(const fs::RepoPath& file, std::string_view name);

/// An address taken apart. `pipeline` is the name of pipeline files ("mlops.yaml").
struct StageAddress {
  fs::RepoPath file;
  std::string name;
};
StageAddress parse_stage_address(std::string_view address, std::string_view pipeline);
/// The name inside `file` of one of its stages.
std::string local_name(const fs::RepoPath& file, std::string_view address);

/// The group of a generated stage's name ("train" of "train@small"); nothing for other names.
std::optional<std::string> stage_group(std::string_view name);
/// The same as an address.
std::optional<std::string> stage_group(const Stage& stage);

}  // namespace mlops::spec

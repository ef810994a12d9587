// SPDX-License-Identifier: Apache-2.0
#pragma once

// Declaring, listing and removing stages: changes to mlops.yaml that keep every other byte of it.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fs/repo_path.hpp"
#include "repo/workspace.hpp"
#include "spec/stage.hpp"

namespace mlops::pipeline {

/// What `stage add` was given, as typed. Paths are relative to `wdir`, which is relative to the session's directory
/// and is that directory itself when it is not given.
struct StageAddOptions {
  std::string name{};
  bool force = false;                        ///< replace a stage of that name
  std::vector<std::string> deps{};           ///< -d
  std::vector<std::string> params{};         ///< -p, each "[file:]key,key" ("file:" alone: the whole file)
  std::vector<std::string> outs{};           ///< -o
  std::vector<std::string> outs_no_cache{};  ///< -O
  std::vector<std::string> outs_persist{};   ///< --outs-persist
  std::vector<std::string> outs_persist_no_cache{};
  std::vector<std::string> metrics{};           ///< -m
  std::vector<std::string> metrics_no_cache{};  ///< -M
  std::vector<std::string> plots{};
  std::vector<std::string> plots_no_cache{};
  std::optional<std::string> wdir{};  ///< -w
  bool always_changed = false;
  std::string desc{};
  std::vector<std::string> env{};        ///< each "NAME=VALUE"
  std::optional<std::string> timeout{};  ///< "90", "5m"
  std::vector<std::string> cmd{};        ///< one word: a shell line as it stands; several: an argument vector
};

struct StageAddResult {
  spec::Stage stage;
  bool replaced = false;              ///< a stage of that name was there
  std::vector<fs::RepoPath> written;  ///< files to `git add`: mlops.yaml, .gitignore files
};

/// Declares a stage. Everything is checked first (name, paths, overlaps, cycles, outputs that git tracks), so an Error
/// means that nothing changed.
StageAddResult stage_add(repo::Workspace& workspace, const StageAddOptions& options);

/// Returns the one shell line that `words` are as a command: a single word as it stands, several quoted where needed.
std::string command_line(const std::vector<std::string>& words);

struct StageRemoveOptions {
  std::vector<std::string> names{};
  bool outs = false;   ///< remove the outputs from the work tree too, when their content is in the cache
  bool force = false;  ///< with outs: content that is not there goes to the rescue directory
};
struct StageRemoveResult {
  std::vector<fs::RepoPath> written;                          ///< changed metadata files
  std::vector<fs::RepoPath> removed;                          ///< outputs that were taken away
  std::vector<std::pair<fs::RepoPath, std::string>> rescued;  ///< those that were moved, and where to
};
/// Takes stages out of mlops.yaml, mlops.lock and .gitignore. Throws Error for an unknown name, before any change.
StageRemoveResult stage_remove(repo::Workspace& workspace, const StageRemoveOptions& options);

/// One line of `stage list`.
struct StageRow {
  std::string name;
  std::string summary;  ///< its description, else "outputs a, b", else its command; printable
  spec::Stage stage;
};
/// Returns the declared stages in the order of the file; only `names` when any are given.
std::vector<StageRow> stage_list(repo::Workspace& workspace, const std::vector<std::string>& names);

enum class Frozen { no, yes };
/// Sets or clears `frozen`; returns the names that really changed. Throws Error for an unknown name.
std::vector<std::string> freeze(repo::Workspace& workspace, const std::vector<std::string>& names, Frozen frozen);

}  // namespace mlops::pipeline

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "repo/snapshot.hpp"

namespace mlops::repo {

/// Words of a command line that choose among what is tracked.
struct TargetOptions {
  std::vector<std::string> targets{};  ///< as typed; empty: everything tracked
  bool recursive = false;              ///< -R: a directory stands for all that is tracked below it
  bool with_deps = false;              ///< -d: also what the chosen stages depend on, all the way up
  bool glob = false;                   ///< targets are patterns over tracked paths and stage names
};

/// One tracked path, or something inside it. Points into the snapshot.
struct Target {
  Tracked tracked;
  fs::RepoPath path;  ///< tracked.path or a path below it
  bool whole() const { return path == tracked.path; }
  /// Where it lies below the tracked path; the root when whole.
  fs::RepoPath below() const { return path.below(tracked.path); }
};

/// The stages that a word names to a person in cwd: "train", "train@small", a group, "models/mlops.yaml:train", or
/// "models/mlops.yaml" for all of that file. Files are relative to cwd; what names none there is taken as an address,
/// which is what every list shows. Empty: it names no stage.
std::vector<const spec::Stage*> stages_named(const Workspace& workspace, const Snapshot& snapshot,
                                             const std::string& word);

/// The addresses of the same stages as pipeline files declare them: a group that makes several is one.
std::vector<std::string> declarations_named(const Workspace& workspace, const Snapshot& snapshot,
                                            const std::string& word);

/// Turns words into targets: a tracked path, a path inside one, a pointer file, a stage's name (all its cached
/// outputs), the pipeline file (those of all stages) or, with `recursive`, a directory. Sorted by path, each once; a
/// whole target swallows what lies inside it. Throws Error (missing) for a word that fits nothing, with the nearest.
std::vector<Target> resolve_targets(const Workspace& workspace, const Snapshot& snapshot, const TargetOptions& options);

/// The entry of a target: its tracked entry, or what the tree holds at the path. Nothing: never made, or not in the
/// tree. Throws Error (missing) when a tree on the way is not in the cache.
std::optional<store::Entry> target_entry(Workspace& workspace, const Target& target);

/// Paths of the workspace that match a pattern as typed (`*`, `?`, `[...]`, `**`), relative to cwd; sorted, root-relative.
/// Does not enter .git, .mlops or ignored directories.
std::vector<fs::RepoPath> expand_glob(const Workspace& workspace, const std::string& pattern);

}  // namespace mlops::repo

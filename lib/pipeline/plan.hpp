// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/graph.hpp"
#include "repo/snapshot.hpp"
#include "repo/workspace.hpp"

namespace mlops::pipeline {

/// Why a stage is not up to date; one fact, with the values that show it.
struct Reason {
  enum class Kind {
    never_run,  ///< the lock does not know it
    command_changed,
    wdir_changed,
    env_changed,
    dependency_changed,
    dependency_added,
    dependency_removed,
    dependency_missing,
    param_changed,
    param_added,
    param_removed,
    output_changed,  ///< the workspace holds something else than what was recorded
    output_missing,
    output_added,
    output_removed,  ///< the declaration lists other outputs than the lock
    always_changed,
    forced,
    upstream_may_change,  ///< an upstream stage will run; decided again when it has
  };
  Kind kind;
  std::string subject;            ///< path, "params.yaml: train.lr", variable or stage; printable
  std::string before{}, after{};  ///< short texts; empty where they make no sense
  std::string detail{};           ///< "1 file modified", for directories
  friend bool operator==(const Reason&, const Reason&) = default;
};
/// The stable word of a reason's kind, for `--json` ("dependency_changed").
std::string_view to_string(Reason::Kind kind);
std::optional<Reason::Kind> parse_reason_kind(std::string_view word);
/// One line for people: "params.yaml: train.lr 0.1 -> 0.3", "data/raw changed (1 file modified)".
std::string describe(const Reason& reason);

enum class Action { up_to_date, run, frozen, skip };

/// What is to be done with one stage. A Step holds every reason, not only the first.
struct Step {
  std::size_t stage = 0;  ///< index in the graph
  Action action = Action::up_to_date;
  std::vector<Reason> reasons;
};

/// What repro will do, as data: printing it is `--dry`, carrying it out is `repro`.
struct Plan {
  std::vector<Step> steps;  ///< in order
};

struct PlanOptions {
  std::vector<std::string> targets{};  ///< stage names or root-relative paths of outputs; empty: all
  bool force = false;
  bool single_item = false;  ///< only the targets, not what they depend on
  bool downstream = false;   ///< the targets and what depends on them
  bool force_downstream = false;
  bool allow_missing = false;  ///< a missing output or dependency counts as unchanged when the lock knows it
};

/// What the workspace holds for the declared inputs and outputs now; asked once for each path. One thread.
class Current {
 public:
  Current(repo::Workspace& workspace, const repo::Snapshot& snapshot);
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;
  ~Current();
  /// Hashes (or knows from the memo) what stands at a path; nothing: nothing is there.
  std::optional<store::Entry> entry(const fs::RepoPath& path);
  /// The same by a given algorithm: an older entry can only be compared with digests of its own kind.
  std::optional<store::Entry> entry(const fs::RepoPath& path, hash::Algorithm algorithm);
  /// What stands outside the project, where a lock entry says. What lies behind a URL counts as unchanged.
  std::optional<store::Entry> entry_elsewhere(const spec::LockedPath& known);
  /// The same for a dependency that no lock entry knows; nothing for a URL.
  std::optional<store::Entry> entry_elsewhere(const std::string& place);
  /// The value of a parameter; nothing: file or key is not there. An empty key is the whole file.
  std::optional<spec::Value> param(const fs::RepoPath& file, const std::string& key);
  /// As `param` without a copy; nullptr: not there. Valid until the file is forgotten.
  const spec::Value* find_param(const fs::RepoPath& file, const std::string& key);
  /// What differs below a directory that was `before` and is there now: "2 files modified, 1 added"; empty when that
  /// cannot be told (a file, or the recorded listing is not in the cache).
  std::string changes_below(const fs::RepoPath& path, const store::Entry& before);
  /// Takes what stands at a path from somebody who has just hashed it.
  void know(const fs::RepoPath& path, const store::Entry& entry);
  /// Forgets everything at or below a path, after something was written there.
  void forget(const fs::RepoPath& path);
  /// Looks at many paths at once, in parallel.
  void prefetch(const std::vector<fs::RepoPath>& paths);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Compares one stage with its lock entry (nullptr: none) and returns every difference.
std::vector<Reason> compare(const spec::Dialect& dialect, const spec::Stage& stage, const spec::LockedStage* locked,
                            Current& current, bool allow_missing);

/// Makes the plan. Pure but for looking at files through `current`.
Plan make_plan(const spec::Dialect& dialect, const Graph& graph, const repo::Snapshot& snapshot, Current& current,
               const PlanOptions& options);

/// The inputs of a stage as they are now, for its key and its lock entry. Throws Error naming a missing dependency or
/// parameter file; a key that its file lacks is left out.
spec::LockedStage current_inputs(const spec::Stage& stage, Current& current);

/// Whether any input of the two states differs (command, wdir, env, dependencies, parameters); outputs do not count.
bool same_inputs(const spec::Dialect& dialect, const spec::LockedStage& a, const spec::LockedStage& b);

}  // namespace mlops::pipeline

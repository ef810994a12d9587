// SPDX-License-Identifier: Apache-2.0
#pragma once

// Past runs as tables, and what differs between two of them.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "run/record.hpp"

namespace mlops::run {

/// One parameter or metric of some runs.
struct Column {
  enum class Kind { param, metric };
  Kind kind = Kind::param;
  std::string file;      ///< root-relative
  std::string key;       ///< dotted; empty: the file is one value
  bool differs = false;  ///< not the same in all rows, or absent in some
};

struct HistoryRow {
  std::string id, name, status;
  std::int64_t created = 0;  ///< seconds since 1970
  double seconds = 0;        ///< how long it took
  std::string branch;        ///< empty: detached or unborn
  std::optional<git::Oid> base;
  git::Oid commit;
  std::vector<std::optional<spec::Value>> values;  ///< one for each column
};

struct HistoryOptions {
  std::vector<std::string> runs{};     ///< words; empty: all
  std::optional<std::size_t> limit{};  ///< the newest only
};

struct History {
  std::vector<Column> columns;   ///< parameters, then metrics; each kind sorted by file, keys in the file's order
  std::vector<HistoryRow> rows;  ///< newest first
  std::vector<std::string> unreadable;  ///< refs whose record cannot be read
};
History list_history(repo::Workspace& workspace, const HistoryOptions& options);

/// One run with what it read and made.
struct RunView {
  Run run;
  spec::Lock lock;
  struct Path {
    fs::RepoPath path;
    std::string stage;  ///< the first one that has it
    store::Entry entry;
    bool cached = true;   ///< kept by the store; otherwise in the run's tree
    bool present = true;  ///< its objects are in the cache, or its bytes in git
  };
  std::vector<Path> outputs;       ///< sorted by path
  std::vector<Path> dependencies;  ///< those that no stage makes; sorted by path
};
/// Throws Error (missing) for an unknown run.
RunView show_run(repo::Workspace& workspace, const std::string& word);

/// A value of a parameter or metrics file on both sides.
struct ValueDelta {
  std::string file, key;
  std::optional<spec::Value> before, after;
  std::optional<double> delta;  ///< after - before, when both are numbers
  bool differs() const { return before != after; }
};

struct PathDelta {
  enum class State { identical, different, only_before, only_after };
  fs::RepoPath path;
  State state = State::identical;
  std::optional<store::Entry> before, after;
};
std::string_view to_string(PathDelta::State state);

struct StageDelta {
  std::string name;
  std::optional<StageRecord> before, after;
};

/// A variable, a fact about the machine or a tool's version.
struct TextDelta {
  std::string name;
  std::optional<std::string> before, after;
};

/// What differs between two runs. Lists hold differences only, unless all were asked for; sorted by name.
struct Comparison {
  Run before, after;
  std::vector<ValueDelta> params, metrics;
  std::vector<PathDelta> outputs, dependencies;
  std::vector<git::FileChange> code;  ///< files of the runs' trees, without the record itself
  std::vector<StageDelta> stages;     ///< outcome, exit code or command differ
  std::vector<TextDelta> env, machine, tools;
};
enum class Unchanged { leave_out, list };
Comparison compare_runs(repo::Workspace& workspace, const std::string& before, const std::string& after,
                        Unchanged unchanged = Unchanged::leave_out);

struct LogOptions {
  std::string run{};
  std::string stage{};                  ///< empty: all that have a log, in order
  bool fetch = true;                    ///< bring a log that is not here from the remote
  std::optional<std::string> remote{};  ///< none: core.remote
};
/// Gives what stages printed to `sink`, with the stage's name. Throws Error (missing) for an unknown stage, one that
/// printed nothing that was kept, and a log that is neither here nor on the remote (hint `mlops runs pull`).
void read_logs(repo::Workspace& workspace, const LogOptions& options,
               const std::function<void(const std::string& stage, std::string_view bytes)>& sink);

}  // namespace mlops::run

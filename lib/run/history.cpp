// SPDX-License-Identifier: Apache-2.0
#include "run/history.hpp"

#include <algorithm>
#include <map>

#include "run/layout.hpp"
#include "run/values.hpp"
#include "spec/params.hpp"
#include "util/error.hpp"

namespace mlops::run {
namespace {

/// The flattened values of one kind, with a column for each key that any run has.
class Columns {
 public:
  explicit Columns(Column::Kind kind) : kind_(kind) {}

  void add(const std::map<std::string, spec::Value>& files) {
    auto& row = rows_.emplace_back();
    for (const auto& [file, value] : files) {
      for (auto& [key, leaf] : spec::flatten(value)) {
        const auto name = std::pair(file, key);
        if (!seen_.contains(name)) {
          seen_.emplace(name, seen_.size());
          columns_.push_back({.kind = kind_, .file = file, .key = key});
        }
        row.insert_or_assign(name, std::move(leaf));
      }
    }
  }

  /// Columns sorted by file; keys in the order in which the newest run that has them has them.
  void append_to(History& history) {
    std::stable_sort(columns_.begin(), columns_.end(),
                     [](const Column& a, const Column& b) { return a.file < b.file; });
    for (Column& column : columns_) {
      for (std::size_t i = 0; i < rows_.size(); ++i) {
        const auto found = rows_[i].find({column.file, column.key});
        history.rows[i].values.push_back(found == rows_[i].end() ? std::nullopt : std::optional(found->second));
        column.differs = column.differs || history.rows[i].values.back() != history.rows.front().values.back();
      }
      history.columns.push_back(column);
    }
  }

 private:
  using Name = std::pair<std::string, std::string>;
  Column::Kind kind_;
  std::vector<Column> columns_;
  std::map<Name, std::size_t> seen_;
  std::vector<std::map<Name, spec::Value>> rows_;
};

std::vector<Run> chosen_runs(repo::Workspace& workspace, const HistoryOptions& options, History& history) {
  std::vector<Run> runs = list_runs(workspace, &history.unreadable);
  if (!options.runs.empty()) {
    std::vector<git::Oid> wanted;
    for (const std::string& word : options.runs) {
      wanted.push_back(find_run(workspace, word).commit);
    }
    std::erase_if(runs,
                  [&](const Run& run) { return std::find(wanted.begin(), wanted.end(), run.commit) == wanted.end(); });
  }
  if (options.limit && runs.size() > *options.limit) {
    runs.erase(runs.begin() + static_cast<std::ptrdiff_t>(*options.limit), runs.end());
  }
  return runs;
}

}  // namespace

History list_history(repo::Workspace& workspace, const HistoryOptions& options) {
  History history;
  Columns params(Column::Kind::param);
  Columns metrics(Column::Kind::metric);
  for (const Run& run : chosen_runs(workspace, options, history)) {
    history.rows.push_back({.id = run.record.id,
                            .name = run.record.name,
                            .status = run.record.status,
                            .created = run.record.started,
                            .seconds = static_cast<double>(run.record.finished - run.record.started),
                            .branch = run.record.branch,
                            .base = run.record.base,
                            .commit = run.commit,
                            .values = {}});
    params.add(run.record.params);
    metrics.add(run.record.metrics);
  }
  params.append_to(history);
  metrics.append_to(history);
  return history;
}

RunView show_run(repo::Workspace& workspace, const std::string& word) {
  const Run run = find_run(workspace, word);
  RunView view{.run = run, .lock = run_lock(workspace, run), .outputs = {}, .dependencies = {}};
  const RunPaths paths(workspace, run, view.lock);
  for (const RunPaths::Path& path : paths.outputs()) {
    view.outputs.push_back({.path = path.path,
                            .stage = path.stage,
                            .entry = path.entry,
                            .cached = path.cached,
                            .present = paths.is_present(path)});
  }
  for (const RunPaths::Path& path : paths.dependencies()) {
    view.dependencies.push_back({.path = path.path,
                                 .stage = path.stage,
                                 .entry = path.entry,
                                 .cached = path.cached,
                                 .present = paths.is_present(path)});
  }
  return view;
}

}  // namespace mlops::run

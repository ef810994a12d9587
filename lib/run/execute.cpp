// SPDX-License-Identifier: Apache-2.0
#include "run/execute.hpp"

#include <algorithm>
#include <cctype>

#include "repo/journal.hpp"
#include "repo/lock_text.hpp"
#include "repo/snapshot.hpp"
#include "run/layout.hpp"
#include "run/locks.hpp"
#include "run/machine.hpp"
#include "run/pending.hpp"
#include "run/recording.hpp"
#include "run/recovery.hpp"
#include "run/reproduce.hpp"
#include "run/set_params.hpp"
#include "run/uninterrupted.hpp"
#include "run/work_tree.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

namespace mlops::run {
namespace {

constexpr std::size_t longest_name = 100;
constexpr std::int64_t ns_per_second = 1'000'000'000;

void require_free_name(repo::Workspace& workspace, const std::string& name) {
  if (name.empty()) {
    return;
  }
  require_run_name(name);
  for (const Run& run : list_runs(workspace)) {
    if (run.record.name == name || run.record.id == name) {
      throw Error::of(ErrorKind::conflict, "a run named {} exists already: '{}'", quoted(name), run.record.id)
          .hint("take another name, or `mlops runs remove {}` first", name);
    }
  }
}

/// Passes everything on to the face, and keeps the marker of the run up to date.
class Recorder : public pipeline::ReproObserver {
 public:
  /// `nested`: another mlops, above us, runs the stage that we are part of, and has a marker there.
  Recorder(repo::Workspace& workspace, const repo::Snapshot& snapshot, const RunOptions& options, bool nested)
      : workspace_(workspace), snapshot_(snapshot), options_(options), marker_(workspace), nested_(nested) {
    record_.started = now_ns() / ns_per_second;
  }

  void planned(const pipeline::Graph& graph, const pipeline::Plan& plan) override {
    if (pipeline::ReproObserver* face = options_.repro.observer) {
      face->planned(graph, plan);
    }
    const bool something = std::any_of(plan.steps.begin(), plan.steps.end(),
                                       [](const pipeline::Step& step) { return step.action == pipeline::Action::run; });
    if (something && !options_.repro.dry) {
      begin();
    }
  }
  void waiting_for_lock(const std::string& holder) override {
    if (pipeline::ReproObserver* face = options_.repro.observer) {
      face->waiting_for_lock(holder);
    }
  }
  void started(const std::string& stage, const spec::StageCommand& cmd,
               const std::vector<pipeline::Reason>& reasons) override {
    came_to_a_stage_ = true;
    if (pipeline::ReproObserver* face = options_.repro.observer) {
      face->started(stage, cmd, reasons);
    }
  }
  void output(const std::string& stage, std::string_view bytes) override {
    if (pipeline::ReproObserver* face = options_.repro.observer) {
      face->output(stage, bytes);
    }
  }
  void ended(const pipeline::StageReport& report) override {
    came_to_a_stage_ = came_to_a_stage_ || report.outcome == pipeline::Outcome::restored;
    if (tree_ && (report.outcome == pipeline::Outcome::executed || report.outcome == pipeline::Outcome::restored)) {
      got_somewhere_ = true;
      if (!nested_) {
        marker_.add(stage_record(report), report.state);
      }
    }
    if (pipeline::ReproObserver* face = options_.repro.observer) {
      face->ended(report);
    }
  }
  void stopping(const std::vector<std::string>& stages) override {
    if (pipeline::ReproObserver* face = options_.repro.observer) {
      face->stopping(stages);
    }
  }

  bool begun() const { return tree_.has_value(); }
  bool came_to_a_stage() const { return came_to_a_stage_; }
  std::vector<Run> take_recovered() { return std::move(recovered_); }

  /// Records the run as it ended.
  Run record(const pipeline::ReproResult& result) {
    const Uninterrupted meanwhile;
    Recording recording{.record = record_,
                        .tree = *tree_,
                        .project = &snapshot_.project,
                        .locks = work_tree_locks(workspace_, snapshot_.pipelines),
                        .states = {}};
    Record& record = recording.record;
    record.status = result.interrupted != 0 ? "interrupted" : result.failed ? "failed" : "success";
    record.finished = now_ns() / ns_per_second;
    for (const pipeline::Undeclared& file : result.undeclared) {
      record.undeclared.push_back(file.path);
    }
    std::vector<const spec::Stage*> executed;
    for (const pipeline::StageReport& report : result.stages) {
      record.stages.push_back(stage_record(report));
      if (is_good(report.outcome)) {
        recording.states.emplace(report.stage, report.state);
      }
      if (report.job) {
        executed.push_back(snapshot_.project.find(report.stage));
      }
    }
    record.machine = machine_facts();
    record.tools = tool_versions(workspace_, options_.version, executed);
    Run run = write_run(workspace_, std::move(recording));
    clear_marker();
    return run;
  }

  /// After a failure of ours: a run that got somewhere stays for the next one to record.
  void abandon() {
    if (begun() && !got_somewhere_) {
      clear_marker();
    }
  }

 private:
  void begin() {
    if (!nested_) {
      if (auto run = supersede_pending(workspace_, options_.name)) {
        recovered_.push_back(std::move(*run));
      }
    }
    const auto whole = repo::Snapshot::of_workspace(workspace_);
    WorkTree tree = write_work_tree(workspace_, *whole);
    record_.id = new_run_id(workspace_);
    record_.name = options_.name;
    record_.status = "interrupted";
    record_.command = options_.command;
    record_.targets = options_.repro.plan.targets;
    record_.branch = workspace_.git().branch().value_or("");
    record_.base = workspace_.git().head();
    record_.env = recorded_environment(workspace_.session().env);
    record_.untracked = std::move(tree.untracked);
    record_.left_out = std::move(tree.left_out);
    record_.not_reproducible = std::move(tree.not_reproducible);
    tree_ = tree.tree;
    if (!nested_) {
      marker_.begin(record_, *tree_);
    }
  }

  void clear_marker() {
    if (!nested_) {
      marker_.clear();
    }
  }

  repo::Workspace& workspace_;
  const repo::Snapshot& snapshot_;
  const RunOptions& options_;
  PendingRun marker_;
  bool nested_;
  Record record_;
  std::optional<git::Oid> tree_;
  bool got_somewhere_ = false;
  bool came_to_a_stage_ = false;
  std::vector<Run> recovered_;
};

/// The newest run that ended with these locks.
std::optional<Run> find_equal(repo::Workspace& workspace, const LockTexts& locks) {
  const fs::RepoPath top = run_directory(workspace.dialect());
  for (Run& run : list_runs(workspace)) {
    if (run.record.status == "success" && committed_locks(workspace, run.commit, top) == locks) {
      return std::move(run);
    }
  }
  return std::nullopt;
}

void finish_without_work(repo::Workspace& workspace, const repo::Snapshot& snapshot, const RunOptions& options,
                         bool nested, RunResult& result) {
  result.nothing_to_do = true;
  if (!nested) {
    PendingOutcome left = settle_pending(workspace, snapshot, result.repro, options.name);
    result.run = std::move(left.finished);
    if (left.superseded) {
      result.recovered.push_back(std::move(*left.superseded));
    }
  }
  if (!result.run) {
    result.equal = find_equal(workspace, work_tree_locks(workspace, snapshot.pipelines));
  }
}

std::vector<ParamEdit> param_edits(const repo::Workspace& workspace, const RunOptions& options) {
  if (options.repro.dry && !options.set_params.empty()) {
    throw Error::usage("-S changes parameter files, which a dry run must not")
        .hint("run it without --dry, or change the file and then ask `mlops run --dry`");
  }
  return plan_param_edits(workspace, options.set_params);
}

}  // namespace

void require_run_name(const std::string& name) {
  const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.'; };
  const bool good = !name.empty() && name.size() <= longest_name && name.front() != '-' && name.front() != '.' &&
                    std::all_of(name.begin(), name.end(), allowed);
  if (!good) {
    throw Error::usage("{} cannot name a run", quoted(name))
        .hint("a name has letters, digits, '_', '-' and '.', and begins with a letter, a digit or '_'");
  }
}

RunResult execute(repo::Workspace& workspace, const RunOptions& options) {
  const auto waiting = [&](const std::string& holder) {
    if (options.repro.observer != nullptr) {
      options.repro.observer->waiting_for_lock(holder);
    }
  };
  std::optional<fs::LockFile> lock;
  if (!options.repro.dry) {
    lock = workspace.lock_run("mlops run", waiting);
    sweep_reproductions(workspace);
  }
  require_free_name(workspace, options.name);
  RunResult result;
  ParamChange params(workspace, param_edits(workspace, options));
  result.changed_params = params.files();
  const auto snapshot = repo::Snapshot::of_pipeline(workspace);
  const bool nested = !lock.has_value();
  Recorder recorder(workspace, *snapshot, options, nested);
  pipeline::ReproOptions repro = options.repro;
  repro.observer = &recorder;
  try {
    result.repro = pipeline::repro_locked(workspace, *snapshot, repro);
  } catch (...) {
    const Uninterrupted meanwhile;
    recorder.abandon();
    if (recorder.came_to_a_stage()) {
      params.keep();
    }
    throw;
  }
  params.keep();
  result.recovered = recorder.take_recovered();
  if (recorder.begun()) {
    try {
      result.run = recorder.record(result.repro);
    } catch (const Error& failure) {
      // What ails the stage comes first, and often is what ails the record: a disk that is full.
      if (!result.repro.failed) {
        throw;
      }
      log::warning("the run is not recorded yet, the next command does it: {}", failure.what());
    }
  } else if (!options.repro.dry) {
    finish_without_work(workspace, *snapshot, options, nested, result);
  }
  return result;
}

}  // namespace mlops::run

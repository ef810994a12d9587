// SPDX-License-Identifier: Apache-2.0
#include "run/past_run.hpp"

#include <algorithm>
#include <set>

#include "repo/lock_text.hpp"
#include "run/layout.hpp"
#include "run/locks.hpp"
#include "run/values.hpp"
#include "spec/params.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

namespace mlops::run {
namespace {

constexpr std::uint64_t values_limit_bytes = 16U << 20U;

PastRun past_revision(repo::Workspace& workspace, const std::string& revision) {
  const auto commit = workspace.git().resolve(revision);
  if (!commit) {
    throw Error::of(ErrorKind::missing, "{} is no revision of this repository", quoted(revision));
  }
  const fs::RepoPath file = repo::lock_path(workspace.dialect());
  const LockTexts locks = committed_locks(workspace, *commit, {});
  if (locks.empty()) {
    throw Error::of(ErrorKind::missing, "revision {} has no {}, so nothing says what its results were",
                    quoted(revision), file.str())
        .hint("reproduce a commit that holds one, or a run: `mlops runs list`");
  }
  return {.run = std::nullopt,
          .commit = *commit,
          .shown = "revision " + quoted(revision),
          .lock = parse_locks(workspace, locks, *commit)};
}

/// The stages of the record that ended well.
std::set<std::string> recorded_stages(const PastRun& past) {
  std::set<std::string> names;
  if (!past.run) {
    for (const auto& [name, state] : past.lock.stages) {
      names.insert(name);
    }
    return names;
  }
  for (const StageRecord& stage : past.run->record.stages) {
    if (is_good_outcome(stage.outcome) && past.lock.stages.contains(stage.name)) {
      names.insert(stage.name);
    }
  }
  return names;
}

std::set<std::string> with_upstream(const pipeline::Graph& graph, const std::vector<std::string>& targets) {
  std::vector<std::size_t> start;
  for (const std::string& target : targets) {
    start.push_back(graph.index(target));
  }
  std::set<std::string> names;
  for (const std::size_t index : graph.closure(start, false)) {
    names.insert(graph.stage(index).name);
  }
  return names;
}

void require_as_recorded(const PastRun& past, const spec::Stage& stage, const spec::LockedStage& locked) {
  const bool same_outs = std::equal(stage.outs.begin(), stage.outs.end(), locked.outs.begin(), locked.outs.end(),
                                    [](const auto& out, const auto& made) { return out.path == made.path; });
  if (stage.cmd != locked.cmd || stage.wdir != locked.wdir || stage.env != locked.env || !same_outs) {
    throw Error::of(ErrorKind::changed, "{} declares stage '{}' otherwise than it was when its result was recorded",
                    past.shown, stage.name)
        .hint("its lock is older than its pipeline file; reproduce a run, or a commit made after `mlops repro`");
  }
}

bool is_metric(const spec::Stage& stage, const fs::RepoPath& path) {
  return std::any_of(stage.outs.begin(), stage.outs.end(),
                     [&](const spec::Output& out) { return out.path == path && out.kind == spec::OutputKind::metric; });
}

std::optional<std::string> stored_bytes(repo::Workspace& workspace, const PastRun& past, const spec::LockedPath& out) {
  if (out.entry.kind == store::EntryKind::tree) {
    return std::nullopt;
  }
  auto bytes = recorded_bytes(workspace, past, out.path);
  if (!bytes && workspace.db().has(out.entry.id())) {
    bytes = workspace.db().read(out.entry.id(), values_limit_bytes);
  }
  return bytes;
}

}  // namespace

PastRun find_past_run(repo::Workspace& workspace, const ReproduceOptions& options) {
  if (options.run.empty() == options.revision.empty()) {
    throw Error::usage("name either a run or a revision to reproduce");
  }
  if (options.run.empty()) {
    return past_revision(workspace, options.revision);
  }
  Run run = find_run(workspace, options.run);
  PastRun past{.run = run, .commit = run.commit, .shown = "run '" + run.record.id + "'", .lock = {}};
  past.lock = run_lock(workspace, run);
  return past;
}

Selection select_stages(const PastRun& past, const repo::Snapshot& snapshot, const pipeline::Graph& graph,
                        const std::vector<std::string>& targets) {
  const std::set<std::string> recorded = recorded_stages(past);
  const std::set<std::string> wanted = with_upstream(graph, targets);
  for (const std::string& target : targets) {
    if (!recorded.contains(target)) {
      throw Error::of(ErrorKind::missing, "{} has no result of stage {}", past.shown, quoted(target));
    }
  }
  Selection selection;
  for (const std::size_t index : graph.order()) {
    const spec::Stage& stage = graph.stage(index);
    if (!recorded.contains(stage.name) || (!targets.empty() && !wanted.contains(stage.name))) {
      continue;
    }
    if (stage.frozen) {
      selection.inputs.push_back(stage.name);
      continue;
    }
    require_as_recorded(past, *snapshot.project.find(stage.name), past.lock.stages.at(stage.name));
    selection.stages.push_back(stage.name);
  }
  if (selection.stages.empty()) {
    throw Error::of(ErrorKind::missing, "{} holds no result of a stage that could be made again", past.shown);
  }
  return selection;
}

std::optional<std::string> recorded_bytes(repo::Workspace& workspace, const PastRun& past, const fs::RepoPath& path) {
  const fs::RepoPath kept = past.run ? run_output_path(workspace.dialect(), path) : path;
  return workspace.git().read_file(past.commit, workspace.git_path(kept), untracked_limit_bytes);
}

std::map<std::string, spec::Value> recorded_metrics(repo::Workspace& workspace, const PastRun& past,
                                                    const repo::Snapshot& snapshot, const Selection& selection) {
  std::map<std::string, spec::Value> values;
  for (const std::string& name : selection.stages) {
    const spec::Stage& stage = *snapshot.project.find(name);
    for (const spec::LockedPath& out : past.lock.stages.at(name).outs) {
      if (!is_metric(stage, out.path)) {
        continue;
      }
      const std::string file = out.path.str();
      if (past.run && past.run->record.metrics.contains(file)) {
        values.emplace(file, past.run->record.metrics.at(file));
        continue;
      }
      try {
        if (const auto bytes = stored_bytes(workspace, past, out)) {
          values.emplace(file, spec::read_values(*bytes, file));
        }
      } catch (const Error& error) {
        log::debug("the recorded values of {} are not known: {}", quoted(file), error.what());
      }
    }
  }
  return values;
}

}  // namespace mlops::run

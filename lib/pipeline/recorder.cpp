// SPDX-License-Identifier: Apache-2.0
#include "pipeline/recorder.hpp"

#include "repo/checkout.hpp"
#include "util/error.hpp"
#include "util/log.hpp"

namespace mlops::pipeline {
namespace {

/// Short enough to look at mlops.lock while a run goes on.
constexpr std::chrono::seconds flush_interval{2};
/// Rewriting a large lock again and again stays a small part of a run.
constexpr int flush_share = 20;

}  // namespace

Recorder::Recorder(repo::Workspace& workspace)
    : workspace_(workspace), journal_(workspace), flushed_(std::chrono::steady_clock::now()) {}

void Recorder::finished(const std::string& stage, const spec::LockedStage* replaced, const spec::LockedStage& state) {
  journal_.append(stage, replaced, state);
  pending_.emplace_back(stage, state);
}

void Recorder::ran(const std::string& stage, LastRun run) { last_runs_.insert_or_assign(stage, std::move(run)); }

void Recorder::tick() {
  const auto since = std::chrono::steady_clock::now() - flushed_;
  if (!pending_.empty() && since >= flush_interval && since >= flush_share * flush_cost_) {
    flush();
  }
}

void Recorder::flush() {
  const auto start = std::chrono::steady_clock::now();
  // Also with nothing of ours: the journal of a run that was killed is folded in by whoever writes next.
  repo::write_lock_files(workspace_, pending_);
  std::vector<std::pair<fs::RepoPath, std::optional<store::Entry>>> placed;
  for (const repo::JournalRecord& record : pending_) {
    for (const spec::LockedPath& out : record.second.outs) {
      placed.emplace_back(out.path, out.entry);
    }
  }
  pending_.clear();
  if (!placed.empty()) {
    repo::note_placed(workspace_, placed);
  }
  if (!last_runs_.empty()) {
    try {
      write_last_runs(workspace_, last_runs_);
    } catch (const Error& error) {
      log::debug("why stages ran is not kept: {}", error.what());
    }
    last_runs_.clear();
  }
  flushed_ = std::chrono::steady_clock::now();
  flush_cost_ = flushed_ - start;
}

}  // namespace mlops::pipeline

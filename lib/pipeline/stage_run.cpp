// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stage_run.hpp"

#include "fs/stat.hpp"
#include "store/build.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>

namespace mlops::pipeline {
namespace {

const spec::LockedStage* find_locked(const repo::Snapshot& snapshot, const std::string& stage) {
  const auto found = snapshot.lock.stages.find(stage);
  return found == snapshot.lock.stages.end() ? nullptr : &found->second;
}

/// A frozen stage is not run for what it lacks, but whoever needs it should hear of it here.
std::vector<std::string> missing_outputs(const RunContext& context, const spec::Stage& stage) {
  std::vector<std::string> warnings;
  for (const spec::Output& out : stage.outs) {
    if (!fs::stat_path(context.workspace.absolute(out.path))) {
      warnings.push_back(
          fmt::format("output {} of the frozen stage is missing; `mlops checkout` brings back what the "
                      "lock records, `mlops unfreeze {}` lets it run",
                      quoted(out.path.str()), shell_quoted(stage.name)));
    }
  }
  return warnings;
}

}  // namespace

StageReport settled_report(const RunContext& context, const Step& step) {
  const spec::Stage& stage = context.graph.stage(step.stage);
  StageReport report;
  report.stage = stage.name;
  report.outcome = step.action == Action::frozen ? Outcome::frozen : Outcome::up_to_date;
  report.reasons = step.reasons;
  if (stage.frozen) {
    report.warnings = missing_outputs(context, stage);
  }
  if (const spec::LockedStage* locked = find_locked(context.snapshot, stage.name)) {
    report.state = *locked;
    report.uncached_outs = uncached_of(stage, locked->outs);
  }
  return report;
}

StageRun::StageRun(RunContext& context, const Step& step)
    : context_(context),
      stage_(context.graph.stage(step.stage)),
      locked_(find_locked(context.snapshot, stage_.name)),
      log_(context.workspace.state_directory()) {
  report_.stage = stage_.name;
  report_.reasons = step.reasons;
}

bool StageRun::forced() const {
  return std::any_of(report_.reasons.begin(), report_.reasons.end(),
                     [](const Reason& reason) { return reason.kind == Reason::Kind::forced; });
}

/// Upstream stages have ended, so what was provisional can be settled; reasons that are not of the files stay.
void StageRun::judge_again() {
  std::vector<Reason> kept;
  std::copy_if(report_.reasons.begin(), report_.reasons.end(), std::back_inserter(kept),
               [](const Reason& reason) { return reason.kind == Reason::Kind::forced; });
  report_.reasons =
      compare(context_.workspace.dialect(), stage_, locked_, context_.current, context_.options.plan.allow_missing);
  report_.reasons.insert(report_.reasons.end(), kept.begin(), kept.end());
}

StageRun::State StageRun::begin() {
  try {
    judge_again();
    if (report_.reasons.empty()) {
      report_.outcome = Outcome::up_to_date;
      report_.state = *locked_;
      report_.uncached_outs = uncached_of(stage_, report_.state.outs);
      return State::ended;
    }
    report_.state = current_inputs(stage_, context_.current);
    if (restore()) {
      return State::ended;
    }
    prepare();
    return State::ready;
  } catch (const Error& error) {
    fail(error.what(), error.hints());
    return State::ended;
  }
}

std::optional<std::vector<spec::LockedPath>> StageRun::seen_before(const spec::StageInputs& inputs) {
  if (forced() || !context_.options.use_stage_cache || !cacheable(context_.workspace.dialect(), stage_)) {
    return std::nullopt;
  }
  const store::LocalDb& db = context_.workspace.db();
  const bool as_locked =
      locked_ != nullptr && same_inputs(context_.workspace.dialect(), *locked_, report_.state) &&
      std::equal(locked_->outs.begin(), locked_->outs.end(), stage_.outs.begin(), stage_.outs.end(),
                 [&](const auto& made, const auto& out) { return made.path == out.path && db.has_all(made.entry); });
  if (as_locked) {
    return locked_->outs;
  }
  auto outs = context_.stage_cache.find(inputs);
  return outs || !context_.options.pull ? std::move(outs) : seen_elsewhere(inputs);
}

/// Nobody's results are needed: what cannot be had from the remote is made here.
std::optional<std::vector<spec::LockedPath>> StageRun::seen_elsewhere(const spec::StageInputs& inputs) {
  if (context_.remote_failed || !context_.workspace.config().get("core.remote")) {
    return std::nullopt;
  }
  try {
    if (context_.remote == nullptr) {
      context_.remote = context_.workspace.open_remote(std::nullopt, remote::Remote::Access::read);
    }
    return context_.stage_cache.find_on(*context_.remote, inputs);
  } catch (const Error& error) {
    context_.remote_failed = true;
    report_.warnings.push_back(std::string("results on the remote are not used: ") + error.what());
    return std::nullopt;
  }
}

bool StageRun::restore() {
  const spec::StageInputs inputs = stage_inputs(stage_, report_.state);
  report_.key = stage_key(context_.workspace.dialect(), inputs);
  const auto outs = seen_before(inputs);
  if (!outs) {
    return false;
  }
  try {
    report_.rescued = restore_outputs(context_.workspace, context_.current, stage_, *outs, context_.rescue_directory);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::corrupt && error.kind() != ErrorKind::missing) {
      throw;
    }
    report_.warnings.push_back(std::string("cannot be restored, so it runs: ") + error.what());
    return false;
  }
  for (const spec::LockedPath& out : *outs) {
    // What stands there now, since sizes in an entry from elsewhere are only claims.
    report_.state.outs.push_back(
        {.path = out.path, .entry = context_.current.entry(out.path).value_or(out.entry), .written = out.written});
  }
  record(Outcome::restored);
  return true;
}

void StageRun::prepare() {
  const auto directory = fs::stat_path(context_.workspace.absolute(stage_.wdir));
  if (!directory || directory->type != fs::FileType::directory) {
    throw Error("its working directory {} does not exist", quoted(stage_.wdir.str()))
        .hint("make it, or correct `wdir` in {}", stage_.file.str());
  }
  for (const spec::ParamsDependency& params : stage_.params) {
    for (const std::string& key : params.keys) {
      if (context_.current.find_param(params.file, key) == nullptr) {
        report_.warnings.push_back(fmt::format("{} has no parameter '{}'", quoted(params.file.str()), printable(key)));
      }
    }
  }
  report_.rescued = clear_outputs(context_.workspace, context_.current, stage_, locked_, context_.rescue_directory);
}

Job StageRun::job() const {
  Job job{.stage = stage_.name,
          .lines = stage_.cmd.lines,
          .cwd = context_.workspace.absolute(stage_.wdir),
          .env = context_.env,
          .timeout_seconds = stage_.timeout_seconds};
  for (const auto& [name, value] : stage_.env) {
    job.env.insert_or_assign(name, value);
  }
  job.env.insert_or_assign("MLOPS_STAGE", stage_.name);
  std::string& running = job.env[running_stages_variable];
  running += (running.empty() ? "" : " ") + stage_.name;
  return job;
}

void StageRun::output(std::string_view bytes) {
  log_.write(bytes);
  if (context_.options.observer != nullptr) {
    context_.options.observer->output(stage_.name, bytes);
  }
}

void StageRun::finish(const JobResult& result) {
  report_.job = result;
  try {
    if (result.survivors > 0) {
      report_.warnings.push_back(
          fmt::format("left {} running, which mlops ended",
                      result.survivors == 1 ? "1 process" : std::to_string(result.survivors) + " processes"));
    }
    if (result.ok()) {
      collect();
    } else {
      keep_log();
      report_.interrupted = result.how == JobResult::How::interrupted;
      fail(how_it_failed(result), advice(result));
    }
  } catch (const Error& error) {
    fail(error.what(), error.hints());
  }
}

void StageRun::refuse(const JobResult& result, const std::vector<std::string>& undeclared) {
  report_.job = result;
  keep_log();
  std::vector<std::string> names;
  for (const std::string& path : undeclared) {
    names.push_back(quoted(path));
  }
  fail("it changed what no stage declares: " + join(names, ", "),
       {"declare them as outputs, or let .gitignore name them; without --strict this is a warning"});
}

/// Takes in what the stage wrote: everything durable in the store before anything names it.
void StageRun::collect() {
  const bool moved = inputs_moved();
  store::WriteBatch batch(context_.workspace.db());
  const Keep keep = context_.options.save_to_cache ? Keep::yes : Keep::no;
  try {
    report_.log = log_.store(batch);
    report_.state.outs = store_outputs(context_.workspace, context_.current, stage_, batch, keep);
  } catch (const Error&) {
    // What it printed is what tells why an output is not there.
    batch.publish();
    throw;
  }
  batch.publish();
  if (keep == Keep::yes) {
    relink_outputs(context_.workspace, stage_, report_.state.outs);
  }
  // Before the record: whoever is killed between the two finds the result when the stage is asked for again.
  if (keep == Keep::yes && !moved && cacheable(context_.workspace.dialect(), stage_)) {
    context_.stage_cache.save({.inputs = stage_inputs(stage_, report_.state), .outs = report_.state.outs});
  }
  record(Outcome::executed);
}

/// A failed stage's log is kept as well; losing it must not hide the failure.
void StageRun::keep_log() {
  const InterruptsHeld held;
  try {
    store::WriteBatch batch(context_.workspace.db());
    report_.log = log_.store(batch);
    batch.publish();
  } catch (const Error& error) {
    report_.warnings.push_back(std::string("its log could not be kept: ") + error.what());
  }
}

/// Looks at the inputs once more: results of inputs that changed meanwhile belong to no inputs that anybody knows, so
/// they are never reused, and the lock keeps what was there before, so that the next repro runs the stage again.
bool StageRun::inputs_moved() {
  for (const spec::LockedPath& dep : report_.state.deps) {
    context_.current.forget(dep.path);
  }
  for (const auto& params : report_.state.params) {
    context_.current.forget(params.first);
  }
  std::vector<std::string> moved;
  for (const spec::LockedPath& dep : report_.state.deps) {
    const auto now = context_.current.entry(dep.path);
    if (!now || now->kind != dep.entry.kind || now->digest != dep.entry.digest) {
      moved.push_back(quoted(dep.path.str()));
    }
  }
  for (const auto& [file, values] : report_.state.params) {
    const auto same = [&, &path = file](const auto& one) {
      const spec::Value* now = context_.current.find_param(path, one.first);
      return now != nullptr && context_.workspace.dialect().equal(*now, one.second);
    };
    if (!std::all_of(values.begin(), values.end(), same)) {
      moved.push_back(quoted(file.str()));
    }
  }
  if (!moved.empty()) {
    report_.warnings.push_back(join(moved, ", ") + " changed while it ran; it will run again next time");
  }
  return !moved.empty();
}

void StageRun::record(Outcome outcome) {
  report_.uncached_outs = uncached_of(stage_, report_.state.outs);
  if (locked_ == nullptr || *locked_ != report_.state) {
    context_.recorder.finished(stage_.name, locked_, report_.state);
  }
  report_.outcome = outcome;
  context_.recorder.ran(stage_.name, {.seconds = now_ns() / 1'000'000'000,
                                      .outcome = std::string(to_string(outcome)),
                                      .reasons = report_.reasons,
                                      .wall_seconds = report_.job ? report_.job->wall_seconds : 0});
}

void StageRun::fail(const std::string& why, const std::vector<std::string>& hints) {
  report_.outcome = Outcome::failed;
  report_.error = why;
  report_.hints = hints;
  context_.recorder.ran(stage_.name, {.seconds = now_ns() / 1'000'000'000,
                                      .outcome = "failed",
                                      .reasons = report_.reasons,
                                      .wall_seconds = report_.job ? report_.job->wall_seconds : 0});
}

std::vector<std::string> StageRun::advice(const JobResult& result) const {
  if (result.how == JobResult::How::timed_out) {
    return {fmt::format("`timeout` of the stage in {} sets the limit", stage_.file.str())};
  }
  if (result.how == JobResult::How::interrupted) {
    return {"call the same command again to go on from here"};
  }
  return {};
}

std::string StageRun::how_it_failed(const JobResult& result) const {
  const std::string script(trim(result.failed_line));
  const std::string command = script.find('\n') == std::string::npos ? "`" + printable(script) + "`" : "its command";
  switch (result.how) {
    case JobResult::How::timed_out:
      return fmt::format("{} took longer than {} and was stopped", command,
                         human_duration(stage_.timeout_seconds.value_or(0)));
    case JobResult::How::interrupted:
      return "it was interrupted";
    case JobResult::How::killed: {
      const int signal = result.exit_code - 128;
      const char* name = ::sigabbrev_np(signal);
      return fmt::format("{} was ended by signal {}{}", command, signal,
                         name == nullptr ? "" : fmt::format(" (SIG{})", name));
    }
    case JobResult::How::finished:
      break;
  }
  return fmt::format("{} ended with exit code {}", command, result.exit_code);
}

}  // namespace mlops::pipeline

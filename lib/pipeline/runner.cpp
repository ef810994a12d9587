// SPDX-License-Identifier: Apache-2.0
#include "pipeline/runner.hpp"

#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <utility>

namespace mlops::pipeline {

Runner::Runner(RunContext& context, const Plan& plan, Executor& executor)
    : context_(context),
      plan_(plan),
      executor_(executor),
      files_(context.workspace, context.graph),
      downstream_(plan.steps.size()),
      waiting_(plan.steps.size(), 0),
      blocked_by_(plan.steps.size()),
      done_(plan.steps.size(), false) {
  result_.stages.resize(plan.steps.size());
}

ReproResult Runner::run() {
  connect();
  try {
    run_all();
  } catch (const Interrupted& interrupted) {
    stop(interrupted.signal());
    drain();
  }
  const std::string why = result_.interrupted != 0 ? "not started, since the run was interrupted"
                                                   : "not started, since '" + first_failed_ + "' failed";
  for (std::size_t at = 0; at < done_.size(); ++at) {
    if (!done_[at]) {
      settle(at, skipped(at, why));
    }
  }
  const InterruptsHeld held;
  context_.recorder.flush();
  if (result_.interrupted == 0) {
    for (Undeclared& file : files_.news()) {
      result_.undeclared.push_back(std::move(file));
    }
  }
  return std::move(result_);
}

/// Counts for each step the upstreams that it must wait for: those of the plan that are not settled already.
void Runner::connect() {
  std::vector<std::size_t> position(context_.graph.size(), Graph::no_stage);
  for (std::size_t at = 0; at < plan_.steps.size(); ++at) {
    position[plan_.steps[at].stage] = at;
  }
  for (std::size_t at = 0; at < plan_.steps.size(); ++at) {
    if (plan_.steps[at].action != Action::run) {
      continue;
    }
    for (const std::size_t up : context_.graph.upstream(plan_.steps[at].stage)) {
      const std::size_t up_at = position[up];
      if (up_at != Graph::no_stage && plan_.steps[up_at].action == Action::run) {
        downstream_[up_at].push_back(at);
        ++waiting_[at];
      }
    }
    if (waiting_[at] == 0) {
      ready_.insert(at);
    }
  }
}

void Runner::run_all() {
  for (std::size_t at = 0; at < plan_.steps.size(); ++at) {
    if (plan_.steps[at].action != Action::run) {
      ended(at, settled_report(context_, plan_.steps[at]));
    }
  }
  while (true) {
    check_interrupt();
    start_ready();
    if (running_.empty()) {
      return;
    }
    wait_for_one();
    context_.recorder.tick();
  }
}

bool Runner::may_start() const {
  const bool stopped = !first_failed_.empty() && !context_.options.keep_going;
  return !stopped && !ready_.empty() && running_.size() < std::max(1U, context_.options.jobs);
}

void Runner::start_ready() {
  while (may_start()) {
    check_interrupt();
    start(*ready_.begin());
  }
}

void Runner::start(std::size_t at) {
  ready_.erase(at);
  auto run = std::make_unique<StageRun>(context_, plan_.steps[at]);
  if (run->begin() == StageRun::State::ended) {
    ended(at, std::move(run->report()));
    return;
  }
  if (context_.options.observer != nullptr) {
    context_.options.observer->started(run->stage().name, run->stage().cmd, run->report().reasons);
  }
  StageRun* const sink = run.get();
  try {
    if (context_.options.watch_undeclared) {
      files_.started(run->stage().name);
    }
    const int handle = executor_.start(run->job(), [sink](std::string_view bytes) { sink->output(bytes); });
    running_.emplace(handle, std::pair(at, std::move(run)));
  } catch (const Error& error) {
    StageReport report = std::move(run->report());
    report.outcome = Outcome::failed;
    report.error = error.what();
    report.hints = error.hints();
    ended(at, std::move(report));
  }
}

void Runner::wait_for_one() {
  const auto one = executor_.wait();
  if (!one) {
    return;
  }
  auto node = running_.extract(one->first);
  StageRun& run = *node.mapped().second;
  try {
    files_.ended(run.stage().name);
    finish(run, one->second);
  } catch (const Interrupted& interrupted) {
    run.report().outcome = Outcome::failed;
    run.report().error = "it was interrupted";
    run.report().interrupted = true;
    ended(node.mapped().first, std::move(run.report()));
    throw Interrupted(interrupted);
  }
  ended(node.mapped().first, std::move(run.report()));
}

/// Strictly, each stage is looked behind at once: what it made with undeclared files beside it is not recorded.
void Runner::finish(StageRun& run, const JobResult& job) {
  std::vector<std::string> own;
  if (context_.options.strict) {
    for (Undeclared& file : files_.news()) {
      const auto& stages = file.stages;
      if (stages.empty() || std::find(stages.begin(), stages.end(), run.stage().name) != stages.end()) {
        own.push_back(file.path);
      }
      result_.undeclared.push_back(std::move(file));
    }
  }
  if (job.ok() && !own.empty()) {
    run.refuse(job, own);
  } else {
    run.finish(job);
  }
}

/// Settles a stage and, without recursion since chains may be long, all that its failure keeps from running.
void Runner::ended(std::size_t at, StageReport report) {
  settle(at, std::move(report));
  std::vector<std::size_t> open{at};
  while (!open.empty()) {
    const std::size_t settled = open.back();
    open.pop_back();
    for (const std::size_t down : released_by(settled)) {
      if (blocked_by_[down].empty()) {
        ready_.insert(down);
      } else {
        settle(down, skipped(down, "needs the output of '" + blocked_by_[down] + "', which failed"));
        open.push_back(down);
      }
    }
  }
}

void Runner::settle(std::size_t at, StageReport report) {
  done_[at] = true;
  result_.changed = result_.changed || report.outcome == Outcome::executed || report.outcome == Outcome::restored;
  if (report.outcome == Outcome::failed) {
    result_.failed = true;
    first_failed_ = first_failed_.empty() ? report.stage : first_failed_;
  }
  result_.stages[at] = std::move(report);
  if (context_.options.observer != nullptr) {
    context_.options.observer->ended(result_.stages[at]);
  }
}

/// Returns the stages below a settled one that wait for nothing else.
std::vector<std::size_t> Runner::released_by(std::size_t at) {
  const Outcome outcome = result_.stages[at].outcome;
  const bool good = outcome != Outcome::failed && outcome != Outcome::skipped;
  std::vector<std::size_t> released;
  for (const std::size_t down : downstream_[at]) {
    if (!good && blocked_by_[down].empty()) {
      blocked_by_[down] = blocked_by_[at].empty() ? result_.stages[at].stage : blocked_by_[at];
    }
    if (--waiting_[down] == 0) {
      released.push_back(down);
    }
  }
  return released;
}

StageReport Runner::skipped(std::size_t at, const std::string& why) const {
  StageReport report;
  report.stage = context_.graph.stage(plan_.steps[at].stage).name;
  report.outcome = Outcome::skipped;
  report.reasons = plan_.steps[at].reasons;
  report.error = why;
  return report;
}

void Runner::stop(int signal) {
  result_.interrupted = signal;
  ready_.clear();
  executor_.stop(signal);
  if (context_.options.observer == nullptr || running_.empty()) {
    return;
  }
  std::vector<std::string> stages;
  for (const auto& running : running_) {
    stages.push_back(running.second.second->stage().name);
  }
  context_.options.observer->stopping(stages);
}

/// Waits for stages that were told to stop. They are reported as what they are; nothing of them is recorded.
void Runner::drain() {
  while (!running_.empty()) {
    try {
      wait_for_one();
    } catch (const Interrupted&) {
      // The same signal again; the stages know it already.
      continue;
    }
  }
}

}  // namespace mlops::pipeline

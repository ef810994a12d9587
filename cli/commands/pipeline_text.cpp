// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/pipeline_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "cli/commands/shared.hpp"
#include "pipeline/pull.hpp"
#include "repo/lock_text.hpp"
#include "util/text.hpp"

namespace mlops::cli {

std::string_view action_word(pipeline::Action action) {
  switch (action) {
    case pipeline::Action::up_to_date:
      return "up_to_date";
    case pipeline::Action::run:
      return "run";
    case pipeline::Action::frozen:
      return "frozen";
    case pipeline::Action::skip:
      return "skip";
  }
  return "";
}

Json reasons_json(const std::vector<pipeline::Reason>& reasons) {
  Json list = Json::array();
  for (const auto& reason : reasons)
    list.push_back({{"kind", pipeline::to_string(reason.kind)},
                    {"subject", reason.subject},
                    {"before", reason.before.empty() ? Json(nullptr) : Json(reason.before)},
                    {"after", reason.after.empty() ? Json(nullptr) : Json(reason.after)}});
  return list;
}

namespace {

Json job_json(const pipeline::StageReport& report) {
  if (!report.job) return nullptr;
  return {{"exit_code", report.job->exit_code},
          {"wall_seconds", report.job->wall_seconds},
          {"cpu_seconds", report.job->cpu_seconds},
          {"peak_memory_bytes", report.job->peak_memory_bytes}};
}

/// The lines of scripts as they are shown, one for each line that they have.
std::vector<std::string> command_lines(const std::vector<std::string>& scripts) {
  std::vector<std::string> lines;
  for (const auto& script : scripts) {
    for (const auto& line : split(trim(script), '\n')) lines.push_back(printable(line));
  }
  return lines;
}

}  // namespace

Json report_json(const pipeline::StageReport& report) {
  return {{"name", report.stage},
          {"outcome", pipeline::to_string(report.outcome)},
          {"reasons", reasons_json(report.reasons)},
          {"key", report.key.empty() ? Json(nullptr) : Json(report.key)},
          {"job", job_json(report)},
          {"log", report.log ? Json(report.log->digest.hex()) : Json(nullptr)},
          {"error", report.error.empty() ? Json(nullptr) : Json(report.error)},
          {"hints", report.hints},
          {"warnings", report.warnings}};
}

Json repro_json(const pipeline::ReproResult& result) {
  Json stages = Json::array();
  for (const auto& report : result.stages) stages.push_back(report_json(report));
  Json undeclared = Json::array();
  for (const auto& file : result.undeclared) undeclared.push_back({{"path", file.path}, {"stages", file.stages}});
  return {{"stages", stages}, {"changed", result.changed}, {"failed", result.failed}, {"undeclared", undeclared}};
}

StageDisplay::StageDisplay(Context& context, Options options)
    : context_(context), options_(options), paint_(context.color_err()) {}

void StageDisplay::planned(const pipeline::Graph& graph, const pipeline::Plan& plan) {
  std::size_t to_run = 0;
  for (const auto& step : plan.steps) to_run += step.action == pipeline::Action::run ? 1 : 0;
  if (!options_.dry && !options_.explain) {
    if (to_run > 0)
      context_.say(counted(to_run, "stage") + " of " + human_count(plan.steps.size()) + " may have to run.");
    return;
  }
  if (context_.json) return;
  for (const auto& step : plan.steps) {
    if (step.action != pipeline::Action::run && !options_.explain) continue;
    const auto& stage = graph.stage(step.stage);
    context_.out << (step.action == pipeline::Action::run ? "would run " : "") << printable(stage.name);
    if (step.action != pipeline::Action::run) context_.out << ": " << action_word(step.action);
    context_.out << "\n";
    for (const auto& reason : step.reasons) context_.out << "    " << pipeline::describe(reason) << "\n";
    if (options_.dry && step.action == pipeline::Action::run) {
      for (const auto& line : command_lines(stage.cmd.lines)) context_.out << "    > " << line << "\n";
    }
  }
}

void StageDisplay::waiting_for_lock(const std::string& holder) {
  context_.say("Waiting for another run to end: " + printable(holder) + ".");
}

void StageDisplay::started(const std::string& stage, const spec::StageCommand& cmd,
                           const std::vector<pipeline::Reason>& reasons) {
  if (context_.verbosity == Verbosity::quiet) return;
  context_.err << paint_.bold("Running " + printable(stage)) << (reasons.empty() ? "" : " (");
  if (!reasons.empty()) context_.err << pipeline::describe(reasons.front());
  if (reasons.size() > 1) context_.err << ", and " << reasons.size() - 1 << " more";
  context_.err << (reasons.empty() ? "" : ")") << "\n";
  for (const auto& line : command_lines(cmd.lines)) context_.err << paint_.dim("> " + line) << "\n";
  context_.err.flush();
}

void StageDisplay::hold_back(const std::string& stage, std::string_view bytes) {
  constexpr std::size_t most = 32768;
  std::string& held = held_back_[stage];
  held += bytes.substr(bytes.size() > most ? bytes.size() - most : 0);
  if (held.size() > most) held.erase(0, held.size() - most);
}

void StageDisplay::show_held_back(const pipeline::StageReport& report) {
  const auto held = held_back_.find(report.stage);
  if (held == held_back_.end()) return;
  if (report.outcome == pipeline::Outcome::failed && !report.interrupted)
    context_.err << held->second << (held->second.ends_with('\n') ? "" : "\n");
  held_back_.erase(held);
}

void StageDisplay::output(const std::string& stage, std::string_view bytes) {
  if (context_.verbosity == Verbosity::quiet) return hold_back(stage, bytes);
  if (!options_.parallel) {
    // As it comes: progress bars of the stage's own program work on the terminal.
    context_.err.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush();
    partial_[stage] = bytes.ends_with('\n') ? "" : "x";
    return;
  }
  std::string& pending = partial_[stage];
  for (std::size_t newline; (newline = bytes.find('\n')) != std::string_view::npos; bytes.remove_prefix(newline + 1)) {
    context_.err << paint_.dim("[" + printable(stage) + "]") << " " << pending << bytes.substr(0, newline) << "\n";
    pending.clear();
  }
  pending += bytes;
}

void StageDisplay::flush_line(const std::string& stage) {
  const auto found = partial_.find(stage);
  if (found == partial_.end()) return;
  if (!found->second.empty())
    context_.err << (options_.parallel ? "[" + printable(stage) + "] " + found->second : std::string()) << "\n";
  partial_.erase(found);
}

std::string StageDisplay::outcome_line(const pipeline::StageReport& report) const {
  const std::string name = printable(report.stage);
  switch (report.outcome) {
    case pipeline::Outcome::executed:
      return paint_.green("executed") + "    " + name +
             (report.job ? " in " + human_duration(report.job->wall_seconds) : "");
    case pipeline::Outcome::restored:
      return paint_.green("restored") + "    " + name + " from the stage cache";
    case pipeline::Outcome::up_to_date:
      return paint_.dim("up to date") + "  " + name;
    case pipeline::Outcome::frozen:
      return paint_.dim("frozen") + "      " + name;
    case pipeline::Outcome::skipped:
      return paint_.yellow("skipped") + "     " + name + ": " + report.error;
    case pipeline::Outcome::failed:
      return report.interrupted ? paint_.yellow("interrupted") + " " + name : paint_.red("failed") + "      " + name;
    case pipeline::Outcome::would_run:
      return "";
  }
  return "";
}

void StageDisplay::ended(const pipeline::StageReport& report) {
  flush_line(report.stage);
  show_held_back(report);
  if (report.outcome == pipeline::Outcome::would_run || context_.verbosity == Verbosity::quiet) return;
  context_.err << outcome_line(report) << "\n";
  for (const auto& warning : report.warnings) context_.err << paint_.yellow("warning:") << " " << warning << "\n";
  for (const auto& item : report.rescued)
    context_.err << "Kept the former " << mlops::quoted(item.first) << " at " << mlops::quoted(item.second) << ".\n";
  context_.err.flush();
}

void StageDisplay::stopping(const std::vector<std::string>& stages) {
  std::vector<std::string> names;
  for (const auto& stage : stages) names.push_back(mlops::quoted(stage));
  context_.say("Waiting for " + std::string(stages.size() == 1 ? "stage " : "stages ") + join(names, ", ") +
               " to end; a second Ctrl-C kills " + (stages.size() == 1 ? "it." : "them."));
}

Args ReproArgs::args() {
  auto& plan = options.plan;
  return {{.names = "targets",
           .metavar = "target",
           .help = "Stages, or outputs of stages; everything if omitted",
           .into = &plan.targets,
           .complete = Complete::stage},
          args::force(&plan.force, "Execute stages although nothing changed"),
          {.names = "-s,--single-item",
           .help = "Only the named stages, not what they depend on",
           .into = &plan.single_item},
          {.names = "--downstream", .help = "The named stages and all that depend on them", .into = &plan.downstream},
          {.names = "--force-downstream",
           .help = "Execute whatever depends on a stage that ran",
           .into = &plan.force_downstream},
          {.names = "--allow-missing",
           .help = "Take data that is missing, but known to the lock, as unchanged",
           .into = &plan.allow_missing},
          args::dry_run(&options.dry),
          {.names = "--explain", .help = "Show every step with all its reasons", .into = &explain},
          {.names = "-k,--keep-going",
           .help = "After a failure go on with what does not depend on it",
           .into = &options.keep_going},
          {.names = "--pull",
           .help = "First fetch and check out data that is missing; also look for results there",
           .into = &pull},
          {.names = "--strict", .help = "Fail a stage that writes files which none declares", .into = &options.strict},
          {.names = "--no-run-cache", .help = "Execute although the result was seen before", .into = &no_run_cache},
          {.names = "--no-commit", .help = "Do not put outputs into the cache", .into = &no_commit},
          {.names = "-j,--jobs", .metavar = "n", .help = "Stages to run at once (1)", .into = &jobs},
          {.names = "--lock-wait",
           .metavar = "seconds",
           .help = "Wait at most so long for another run",
           .into = &lock_wait},
          args::json(&json)};
}

void ReproArgs::finish() {
  if (jobs < 1) throw Error::usage("`--jobs` wants a number above 0, not {}", jobs);
  options.jobs = static_cast<unsigned>(jobs);
  options.use_stage_cache = !no_run_cache;
  options.pull = pull;
  options.save_to_cache = !no_commit;
}

namespace {

void show_failure(Context& context, const pipeline::StageReport& report) {
  const Paint paint(context.color_err());
  context.err << paint.red("error:") << " stage " << mlops::quoted(report.stage) << " failed: " << report.error << "\n";
  if (report.job && !report.job->failed_line.empty())
    context.err << "  command: " << join(command_lines({report.job->failed_line}), "\n           ") << "\n"
                << "  exit code: " << report.job->exit_code << "\n";
  if (report.log) context.err << "  log: " << report.log->digest.hex() << " in the cache\n";
  for (const auto& hint : report.hints) context.err << paint.cyan("hint:") << " " << hint << "\n";
  if (!report.hints.empty()) return;
  const std::string_view printed = report.log                ? "what it printed is above; "
                                   : report.warnings.empty() ? "it printed nothing; "
                                                             : "";
  context.err << paint.cyan("hint:") << " " << printed << "once it is mended, call the same command again\n";
}

}  // namespace

void ReproArgs::pull_missing(Context& context, repo::Workspace& workspace) const {
  if (!pull || options.dry) return;
  const auto result = pipeline::pull_missing(workspace, options.plan.targets);
  if (!result.sync.remotes.empty()) show_sync(context, result.sync, "Fetched", "from");
  const bool quiet = result.checkout.added.empty() && result.checkout.modified.empty();
  if (!quiet && !json) show_checkout(context, workspace, result.checkout);
}

namespace {

void show_undeclared(Context& context, const pipeline::ReproResult& result) {
  const Paint paint(context.color_err());
  for (const auto& file : result.undeclared) {
    const std::string whom = file.stages.size() == 1 ? mlops::quoted(file.stages.front()) : "stages";
    context.err << paint.yellow("warning:") << " " << mlops::quoted(file.path) << " changed while " << whom
                << " ran, and no stage declares it as an output\n";
  }
  if (!result.undeclared.empty())
    context.err << paint.cyan("hint:") << " declare what a stage writes as its output, or name it in .gitignore\n";
}

}  // namespace

std::string locks_changed(const repo::Workspace& workspace, const pipeline::ReproResult& result) {
  const auto& dialect = workspace.dialect();
  std::set<fs::RepoPath> locks;
  for (const auto& report : result.stages) {
    if (report.outcome == pipeline::Outcome::executed || report.outcome == pipeline::Outcome::restored)
      locks.insert(repo::lock_of(dialect, spec::parse_stage_address(report.stage, dialect.names().pipeline).file));
  }
  if (locks.empty()) locks.insert(repo::lock_path(dialect));
  std::vector<std::string> shown;
  for (const auto& lock : locks) shown.push_back(printable(workspace.shown(lock)));
  return join(shown, ", ");
}

bool nothing_amiss(const pipeline::ReproResult& result) {
  return std::all_of(result.stages.begin(), result.stages.end(),
                     [](const pipeline::StageReport& report) { return report.warnings.empty(); });
}

ExitCode conclude(Context& context, const pipeline::ReproResult& result, Kept kept) {
  show_undeclared(context, result);
  for (const auto& report : result.stages) {
    if (report.outcome == pipeline::Outcome::failed && !report.interrupted) show_failure(context, report);
  }
  if (result.interrupted != 0) {
    if (kept == Kept::yes) context.say("What was done is kept; the same command goes on from there.");
    throw Interrupted(result.interrupted);
  }
  return result.failed ? ExitCode::failed : ExitCode::ok;
}

}  // namespace mlops::cli

// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "cli/json.hpp"
#include "repo/workspace.hpp"
#include "run/apply.hpp"
#include "run/remove.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class RunsApply : public Command {
  run::ApplyOptions options_;
  bool json_ = false;

  Args args() override {
    return {{.names = "run",
             .metavar = "run",
             .help = "Which run",
             .into = &options_.run,
             .complete = Complete::run,
             .required = true},
            args::force(&options_.force, "Move content that is nowhere else to .mlops/rescue instead of refusing"),
            args::json(&json_)};
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    const auto result = run::apply(workspace, options_);
    if (json_) {
      print_json(context.out, {{"run", result.run.record.id},
                               {"written", paths_json(result.written)},
                               {"removed", paths_json(result.removed)},
                               {"rescued", rescued_json(result.rescued)},
                               {"code", result.code},
                               {"checkout", checkout_json(result.checkout)}});
      return ExitCode::ok;
    }
    for (const auto& path : result.written) context.out << "wrote\t" << workspace.shown(path) << "\n";
    for (const auto& path : result.removed) context.out << "removed\t" << workspace.shown(path) << "\n";
    show_checkout(context, workspace, result.checkout);
    for (const auto& item : result.rescued)
      context.say("Kept the former " + mlops::quoted(workspace.shown(item.first)) + " at " +
                  mlops::quoted(item.second) + ".");
    if (!result.code.empty())
      context.say("The run's code differs from yours in " + counted(result.code.size(), "file") + " (" +
                  printable(result.code.front()) + (result.code.size() > 1 ? ", ..." : "") + "); it was left alone.");
    context.say("Applied run " + result.run.record.id + ".");
    return ExitCode::ok;
  }
};

class RunsRemove : public Command {
  run::RemoveRunsOptions options_;
  bool json_ = false;

  Args args() override {
    return {
        {.names = "runs", .metavar = "run", .help = "Which runs", .into = &options_.runs, .complete = Complete::run},
        {.names = "--all", .help = "Every run", .into = &options_.all},
        args::dry_run(&options_.dry_run),
        args::json(&json_)};
  }

  ExitCode run(Context& context) override {
    if (options_.runs.empty() && !options_.all) throw Error::usage("name the runs to remove, or give `--all`");
    auto workspace = context.workspace();
    const auto removed = run::remove_runs(workspace, options_);
    if (json_) {
      Json ids = Json::array();
      for (const auto& run : removed) ids.push_back(run.record.id);
      print_json(context.out, {{"runs", ids}});
      return ExitCode::ok;
    }
    for (const auto& run : removed)
      context.out << (options_.dry_run ? "would remove " : "removed ") << run.record.id << " "
                  << printable(run.record.name) << "\n";
    if (!options_.dry_run && !removed.empty()) context.say("`mlops gc` frees what only they needed.");
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec runs_apply_command{
    .name = "runs apply",
    .group = "Runs",
    .summary = "Bring a run's parameters and results here",
    .manual =
        R"(Writes the run's parameter files, pipeline file, lock and outputs into the workspace. Source code stays as it is; the
run's commit has it. Content that is neither committed nor staged is not overwritten: the command refuses, or with
`--force` moves it to `.mlops/rescue/`.

EXAMPLES
  mlops runs apply bolder
)",
    .make = make_command<RunsApply>};

const CommandSpec runs_remove_command{
    .name = "runs remove",
    .group = "Runs",
    .summary = "Remove runs",
    .manual = R"(Removes the records of runs here. What only they needed stays in the cache until `mlops gc`.

EXAMPLES
  mlops runs remove bolder
  mlops runs remove --all --dry-run
)",
    .make = make_command<RunsRemove>};

}  // namespace mlops::cli

// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/pipeline_text.hpp"
#include "cli/json.hpp"
#include "repo/workspace.hpp"
#include "run/execute.hpp"
#include "util/text.hpp"
#include "version.hpp"

namespace mlops::cli {
namespace {

std::string run_name(const run::Record& record) {
  return record.name.empty() ? record.id : record.id + " (" + printable(record.name) + ")";
}

class Run : public Command {
  ReproArgs repro_;
  run::RunOptions options_;

  Args args() override {
    auto args = repro_.args();
    args.push_back({.names = "-n,--name", .metavar = "name", .help = "Give the run a name", .into = &options_.name});
    args.push_back({.names = "-S,--set-param",
                    .metavar = "[file:]key=value",
                    .help = "Change a parameter first (repeatable)",
                    .into = &options_.set_params});
    return args;
  }

  static Json run_json(const run::RunResult& result) {
    Json json = repro_json(result.repro);
    json["nothing_to_do"] = result.nothing_to_do;
    json["run"] = result.run ? Json(result.run->record.id) : Json(nullptr);
    json["equal"] = result.equal ? Json(result.equal->record.id) : Json(nullptr);
    return json;
  }

  static void show(Context& context, const repo::Workspace& workspace, const run::RunResult& result) {
    for (const auto& recovered : result.recovered)
      context.say("Recorded run " + run_name(recovered.record) + ", which was killed, as interrupted.");
    if (result.repro.stages.empty()) {
      say_no_stages(context);
    } else if (result.nothing_to_do && nothing_amiss(result.repro)) {
      context.out << "Everything is up to date."
                  << (result.equal ? " The last run with this result is " + run_name(result.equal->record) + ".\n"
                                   : "\n");
    }
    if (!result.run) return;
    const auto& record = result.run->record;
    for (const auto& path : record.not_reproducible)
      context.err << "warning: not reproducible: " << mlops::quoted(path) << " is neither in git nor tracked\n"
                  << "hint: track it with `mlops add " << shell_quoted(path) << "`, or commit it\n";
    context.out << "Run " << run_name(record) << ": " << record.status << ".\n";
    if (record.status == "success")
      context.say("To keep the result with git, commit " + locks_changed(workspace, result.repro) +
                  "; `mlops push` and `mlops runs push` share it.");
  }

  ExitCode run(Context& context) override {
    repro_.finish();
    auto session = context.session();
    session.lock_wait_seconds = repro_.lock_wait;
    auto workspace = repo::Workspace::open(std::move(session));
    repro_.pull_missing(context, workspace);
    StageDisplay display(context, {repro_.explain, repro_.options.dry, repro_.options.jobs > 1});
    options_.repro = repro_.options;
    options_.repro.observer = &display;
    options_.command = context.words;
    options_.version = version;
    const auto result = run::execute(workspace, options_);
    if (repro_.json) {
      print_json(context.out, run_json(result));
    } else if (context.verbosity != Verbosity::quiet) {
      show(context, workspace, result);
    }
    return conclude(context, result.repro);
  }
};

}  // namespace

const CommandSpec run_command{
    .name = "run",
    .group = "Pipeline",
    .summary = "Bring the pipeline up to date and record the run",
    .manual =
        R"(Does what `mlops repro` does, and records it: the code as it was before the first stage, uncommitted changes included,
parameters, metrics, outputs, what each stage printed, times, and the machine. The record is a git commit under
`refs/mlops/runs/`; no branch moves and the index stays as it is. When there is nothing to do, nothing is recorded.

`-S` changes a parameter in its file first; comments and layout of YAML stay as they are.

Untracked files enter the record only where a stage declares them; names such as `.env` or `*.pem` never do.

A second `mlops run` in the same project waits for the first and says for whom.

EXAMPLES
  mlops run
  mlops run -S train.lr=0.3 -n bolder
  mlops run -j 4 -k train
)",
    .make = make_command<Run>};

}  // namespace mlops::cli

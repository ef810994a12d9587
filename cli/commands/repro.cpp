// SPDX-License-Identifier: Apache-2.0
#include "pipeline/repro.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/pipeline_text.hpp"
#include "cli/commands/reproduce_text.hpp"
#include "cli/json.hpp"
#include "repo/workspace.hpp"

namespace mlops::cli {
namespace {

class Repro : public Command {
  ReproArgs repro_;
  ReproduceArgs past_;

  Args args() override {
    auto args = repro_.args();
    past_.append_to(args);
    return args;
  }

  ExitCode run(Context& context) override {
    repro_.finish();
    auto session = context.session();
    session.lock_wait_seconds = repro_.lock_wait;
    auto workspace = repo::Workspace::open(std::move(session));
    if (past_.asked()) return past_.run(context, workspace, repro_);
    past_.refuse_without_run();
    repro_.pull_missing(context, workspace);
    StageDisplay display(context, {repro_.explain, repro_.options.dry, repro_.options.jobs > 1});
    repro_.options.observer = &display;
    const auto result = pipeline::repro(workspace, repro_.options);
    if (repro_.json) print_json(context.out, repro_json(result));
    const auto code = conclude(context, result);
    const bool speak = !repro_.json && context.verbosity != Verbosity::quiet;
    if (speak && result.stages.empty()) {
      say_no_stages(context);
    } else if (speak && code == ExitCode::ok && !result.changed && !repro_.options.dry && nothing_amiss(result)) {
      context.out << "Everything is up to date.\n";
    }
    if (result.changed && code == ExitCode::ok)
      context.say("To keep the result with git, commit " + locks_changed(workspace, result) +
                  "; `mlops push` shares the data.");
    return code;
  }
};

}  // namespace

const CommandSpec repro_command{
    .name = "repro",
    .group = "Pipeline",
    .summary = "Bring the pipeline up to date, or reproduce a past run",
    .manual =
        R"(Compares every stage with its `mlops.lock`, runs those whose command, dependencies, parameters or outputs changed, in
order and `-j` at once, and records the result. A stage whose inputs were seen before is restored from the stage cache
instead of executed, and when an upstream stage produces the same bytes again, what follows is not run.

Each finished stage is kept at once: after Ctrl-C, a failure or a power cut the next call goes on from there.

With `--run` or `--rev` it reproduces a past run instead: code and data as recorded, in a temporary work tree, every
stage executed; then each output is compared with the record, bit by bit. It ends with 0 when all are identical, or
within the tolerances given for metrics, and with 4 when it was carried out and something differs.

EXAMPLES
  mlops repro --dry                     what would run, and why
  mlops repro -j 4 train
  mlops repro models/mlops.yaml:train
  mlops repro --run bolder --tolerance accuracy=0.01
)",
    .make = make_command<Repro>};

}  // namespace mlops::cli

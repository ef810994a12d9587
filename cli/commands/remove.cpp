// SPDX-License-Identifier: Apache-2.0
#include "repo/remove.hpp"

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "repo/workspace.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class Remove : public Command {
  repo::RemoveOptions options_;

  Args args() override {
    return {{.names = "targets",
             .metavar = "target",
             .help = "Tracked paths, pointers or stages",
             .into = &options_.targets,
             .complete = Complete::target,
             .required = true},
            {.names = "--outs", .help = "Delete the data too", .into = &options_.outs},
            args::force(&options_.force, "With --outs, move data that is not in the cache to .mlops/rescue")};
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    const auto result = repo::remove(workspace, options_);
    for (const auto& pointer : result.pointers) context.say("Removed " + mlops::quoted(workspace.shown(pointer)) + ".");
    for (const auto& stage : result.stages) context.say("Removed stage " + mlops::quoted(stage) + ".");
    for (const auto& path : result.data) context.say("Deleted " + mlops::quoted(workspace.shown(path)) + ".");
    for (const auto& item : result.rescued)
      context.say("Kept " + mlops::quoted(workspace.shown(item.first)) + " at " + mlops::quoted(item.second) + ".");
    suggest_git_add(context, workspace, result.changed_files, result.staged);
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec remove_command{
    .name = "remove",
    .group = "Data",
    .summary = "Stop tracking data or remove a stage",
    .manual =
        R"(Removes the pointer and the line in `.gitignore`, or the stage from mlops.yaml and mlops.lock. The data stays in
the workspace, and in the cache, unless `--outs` is given; even then it is deleted only when the cache holds it.

EXAMPLES
  mlops remove data/raw
  mlops remove train --outs
)",
    .make = make_command<Remove>};

const CommandSpec rm_command{.name = "rm",
                             .group = "",
                             .summary = remove_command.summary,
                             .manual = remove_command.manual,
                             .make = make_command<Remove>};

}  // namespace mlops::cli

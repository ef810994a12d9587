// SPDX-License-Identifier: Apache-2.0
#include "repo/move.hpp"

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "repo/workspace.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class Move : public Command {
  std::string from_, to_;

  Args args() override {
    return {{.names = "from",
             .metavar = "from",
             .help = "A tracked file or directory",
             .into = &from_,
             .complete = Complete::path,
             .required = true},
            {.names = "to",
             .metavar = "to",
             .help = "Its new path, or a directory to move it into",
             .into = &to_,
             .complete = Complete::path,
             .required = true}};
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    const auto result = repo::move(workspace, from_, to_);
    context.say("Moved " + mlops::quoted(workspace.shown(result.from)) + " to " +
                mlops::quoted(workspace.shown(result.to)) + ".");
    suggest_git_add(context, workspace, result.changed_files, result.staged);
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec move_command{
    .name = "move",
    .group = "Data",
    .summary = "Rename tracked data",
    .manual =
        R"(Renames a tracked file or directory together with its pointer and its line in `.gitignore`. Nothing is copied.

EXAMPLES
  mlops move data/raw data/raw-2024
)",
    .make = make_command<Move>};

const CommandSpec mv_command{.name = "mv",
                             .group = "",
                             .summary = move_command.summary,
                             .manual = move_command.manual,
                             .make = make_command<Move>};

}  // namespace mlops::cli

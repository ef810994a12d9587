// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "cli/commands.hpp"
#include "repo/layout.hpp"
#include "repo/workspace.hpp"

namespace mlops::cli {
namespace {

class Root : public Command {
  ExitCode run(Context& context) override {
    const auto workspace = context.workspace();
    context.out << repo::relative_path(workspace.session().cwd, workspace.root()) << "\n";
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec root_command{
    .name = "root",
    .group = "Start",
    .summary = "Show the way to the project's root directory",
    .manual =
        "Shows the root of the project as seen from the current directory: \".\", \"../..\".\n\n"
        "EXAMPLES\n  cd \"$(mlops root)\"\n",
    .make = make_command<Root>};

}  // namespace mlops::cli

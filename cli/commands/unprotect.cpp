// SPDX-License-Identifier: Apache-2.0
#include "repo/unprotect.hpp"

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "repo/workspace.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class Unprotect : public Command {
  std::vector<std::string> targets_;

  Args args() override {
    return {{.names = "targets",
             .metavar = "target",
             .help = "Tracked files or directories",
             .into = &targets_,
             .complete = Complete::target,
             .required = true}};
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    const auto result = repo::unprotect(workspace, targets_);
    context.say("Made " + counted(result.files, "file") + " writable.");
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec unprotect_command{
    .name = "unprotect",
    .group = "Data",
    .summary = "Replace links into the cache by writable copies",
    .manual =
        R"(With `cache.type` set to hardlink or symlink the files of the workspace are read-only, because they share their
bytes with the cache. This makes real copies of them, to be edited in place.

EXAMPLES
  mlops unprotect data/raw/labels.csv
)",
    .make = make_command<Unprotect>};

}  // namespace mlops::cli

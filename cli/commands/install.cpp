// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "cli/commands.hpp"
#include "git/hooks.hpp"
#include "repo/hooked.hpp"
#include "repo/workspace.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

constexpr std::string_view driver_name = "mlops";

/// The shell words that call this binary, or the one on PATH when this one has moved away.
std::string caller(const std::string& program) {
  return "m=" + shell_quoted(program) + "; [ -x \"$m\" ] || m=mlops; \"$m\" git-hook ";
}

std::vector<git::Hook> hooks(const std::string& program) {
  std::vector<git::Hook> list;
  for (const std::string name : {"pre-commit", "post-checkout", "post-merge", "pre-push"})
    list.push_back({name, caller(program) + name + " \"$@\""});
  return list;
}

std::vector<std::string> merged_files(const repo::Workspace& workspace) {
  const auto& names = workspace.dialect().names();
  return {std::string(names.lock), "*" + std::string(names.pointer_suffix)};
}

class Install : public Command {
  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    const auto installed = git::install_hooks(workspace.git(), hooks(context.program));
    git::install_merge_driver(workspace.git(), workspace.git_program(), std::string(driver_name),
                              caller(context.program) + "merge-driver %O %A %B %P", merged_files(workspace));
    const bool noted = repo::note_hooked_project(workspace);
    for (const auto& path : installed.chained)
      context.say("The hook that was at " + mlops::quoted(path) + " still runs, before ours.");
    context.say(installed.written.empty() && !noted
                    ? "The hooks are in place already."
                    : "Installed git hooks and the merge driver for locks and pointers.");
    return ExitCode::ok;
  }
};

class Uninstall : public Command {
  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    git::uninstall_hooks(workspace.git(), hooks(context.program));
    git::uninstall_merge_driver(workspace.git(), workspace.git_program(), std::string(driver_name));
    repo::forget_hooked_projects(workspace);
    context.say("Removed our part of the git hooks and the merge driver.");
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec install_command{
    .name = "install",
    .group = "Start",
    .summary = "Let git call mlops by itself",
    .manual =
        R"(Installs git hooks, so that data follows code: after `git checkout` and `git merge` the data is checked out, before
`git push` it is pushed to the default remote, and before `git commit` what an interrupted run left is written into
mlops.lock. Also sets up a merge driver: two branches that ran different stages, or changed different files of a tracked
directory, merge without a conflict.

Hooks that are there already go on working: they run first. `core.hooksPath` is honoured. Doing it twice changes nothing.
A project below the top of the git repository is noted as `mlops.project` in the clone's git configuration; each such
project wants an `mlops install` of its own.

EXAMPLES
  mlops install
)",
    .make = make_command<Install>};

const CommandSpec uninstall_command{.name = "uninstall",
                                    .group = "Start",
                                    .summary = "Undo `mlops install`",
                                    .manual =
                                        "Takes our part out of the git hooks, puts back the hooks that were there "
                                        "before, and removes the merge driver.\n\nEXAMPLES\n  mlops uninstall\n",
                                    .make = make_command<Uninstall>};

}  // namespace mlops::cli

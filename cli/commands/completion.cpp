// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "cli/commands.hpp"
#include "completions.hpp"

namespace mlops::cli {
namespace {

class Completion : public Command {
  std::string shell_;

  Args args() override {
    return {{.names = "shell",
             .metavar = "shell",
             .help = "Which shell",
             .into = &shell_,
             .choices = {"bash", "zsh", "fish"},
             .required = true}};
  }

  ExitCode run(Context& context) override {
    context.out << (shell_ == "bash" ? completion_bash : shell_ == "zsh" ? completion_zsh : completion_fish);
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec completion_command{
    .name = "completion",
    .group = "Start",
    .summary = "Print the completion script of a shell",
    .manual =
        R"(Prints the script that makes TAB complete commands, options, stages, targets, remotes, revisions and runs. An
installed package has put it in place already.

EXAMPLES
  mlops completion bash > ~/.local/share/bash-completion/completions/mlops
  mlops completion zsh > ~/.zfunc/_mlops
  mlops completion fish > ~/.config/fish/completions/mlops.fish
)",
    .make = make_command<Completion>};

}  // namespace mlops::cli

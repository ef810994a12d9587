// SPDX-License-Identifier: Apache-2.0
#include "repo/init.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "cli/json.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class Init : public Command {
  repo::InitOptions options_;
  bool json_ = false;

  Args args() override {
    return {
        {.names = "directory",
         .metavar = "directory",
         .help = "Where; the current directory if omitted",
         .into = &options_.directory,
         .complete = Complete::path},
        {.names = "--subdir", .help = "Allow a project below the root of the git repository", .into = &options_.subdir},
        args::force(&options_.force, "Rewrite the files of an existing project; its cache stays"),
        args::json(&json_)};
  }

  ExitCode run(Context& context) override {
    const auto result = repo::init(context.session(), options_);
    if (json_) {
      print_json(context.out,
                 {{"root", result.root}, {"written", paths_json(result.written)}, {"staged", result.staged}});
      return ExitCode::ok;
    }
    context.say((result.existed ? "Rewrote the mlops project in " : "Initialised an mlops project in ") +
                mlops::quoted(result.root) + ".");
    if (result.staging_problem)
      context.err << "warning: git add failed: " << printable(*result.staging_problem) << "\n";
    context.say("Next: `mlops add <data>` to track data, `mlops stage add` to declare a stage, then `git commit`.");
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec init_command{
    .name = "init",
    .group = "Start",
    .summary = "Make this git repository an mlops project",
    .manual = R"(Makes `.mlops/` with its configuration and an ignore file, and hands both to `git add`. The cache of
contents comes to lie in `.mlops/cache`, which git ignores. Nothing else is touched.

It must be called at the root of a git repository; `--subdir` allows a directory below it.

EXAMPLES
  git init work && cd work && mlops init
)",
    .make = make_command<Init>};

}  // namespace mlops::cli

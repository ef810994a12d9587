// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.hpp"
#include "cli/commands/report_text.hpp"
#include "repo/workspace.hpp"

namespace mlops::cli {
namespace {

class ParamsDiff : public Command {
  report::CompareOptions options_;
  bool json_ = false, markdown_ = false, no_path_ = false;

  Args args() override {
    Args all = comparison_args(options_);
    all.push_back(
        {.names = "--deps", .help = "Only parameters that stages depend on", .into = &options_.only_dependencies});
    for (Arg arg : {args::no_path(&no_path_), args::markdown(&markdown_), args::json(&json_)})
      all.push_back(std::move(arg));
    return all;
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    const auto comparison = report::compare_params(workspace, options_);
    show_failures(context, comparison.sides, "parameters");
    if (json_) {
      show_document(context, report::document_of(comparison, workspace.cwd()));
    } else {
      const auto table =
          report::table_of(comparison, {.title = "Param", .path = !no_path_, .delta = false, .cwd = workspace.cwd()});
      show_table(context, table, markdown_ ? Format::markdown : Format::text);
    }
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec params_diff_command{
    .name = "params diff",
    .group = "Compare",
    .summary = "Show how parameters differ between revisions",
    .manual =
        R"(Compares parameters of two revisions, or of a revision with the workspace: those that stages depend on, the files
that the pipeline file names under `params` at its top level, params.yaml, and what templates take from other files. A revision is
whatever git knows, or `workspace`.

Lists are shown whole. 1, 1.0 and true are the same value. A file that cannot be read is a warning and counts as empty; the command
ends with 0.

--json prints {PATH: {KEY: {"old", "new", "diff"}}}: null for a value that is not there, "diff" between numbers only, a list as
text.

EXAMPLES
  mlops params diff                     HEAD with the workspace
  mlops params diff v1.0 main --deps
  mlops params diff --targets params.yaml conf.py --all
)",
    .make = make_command<ParamsDiff>};

}  // namespace mlops::cli

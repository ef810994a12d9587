// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.hpp"
#include "cli/commands/report_text.hpp"
#include "repo/workspace.hpp"

namespace mlops::cli {
namespace {

/// DVC's scripts say it; directories always stand for the files in them.
Arg recursive_as_ever(bool* into) {
  return {.names = "-R,--recursive", .help = "Accepted: directories always stand for the files in them", .into = into};
}

class MetricsShow : public Command {
  report::MetricsOptions options_;
  std::optional<int> precision_;
  bool json_ = false, markdown_ = false, recursive_ = false;

  Args args() override {
    return {{.names = "targets",
             .metavar = "path",
             .help = "Only these files, declared or not; directories stand for the files in them",
             .into = &options_.targets,
             .complete = Complete::path},
            args::all_branches(&options_.all_branches),
            args::all_tags(&options_.all_tags),
            args::all_commits(&options_.all_commits),
            recursive_as_ever(&recursive_),
            args::precision(&precision_),
            args::markdown(&markdown_),
            args::json(&json_)};
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    const auto revisions = report::show_metrics(workspace, options_);
    show_failures(context, revisions, "metrics");
    if (json_) {
      show_document(context, report::document_of(revisions, workspace.cwd()));
    } else {
      const auto table = report::table_of(
          revisions, {.revisions = options_.any(), .precision = precision_of(precision_), .cwd = workspace.cwd()});
      show_table(context, table, markdown_ ? Format::markdown : Format::text);
    }
    return ExitCode::ok;
  }
};

class MetricsDiff : public Command {
  report::CompareOptions options_;
  std::optional<int> precision_;
  bool json_ = false, markdown_ = false, no_path_ = false, recursive_ = false;

  Args args() override {
    Args all = comparison_args(options_);
    for (Arg arg : {recursive_as_ever(&recursive_), args::no_path(&no_path_), args::precision(&precision_),
                    args::markdown(&markdown_), args::json(&json_)})
      all.push_back(std::move(arg));
    return all;
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    const auto comparison = report::compare_metrics(workspace, options_);
    show_failures(context, comparison.sides, "metrics");
    if (json_) {
      show_document(context, report::document_of(comparison, workspace.cwd()));
    } else {
      const auto table = report::table_of(
          comparison,
          {.title = "Metric", .path = !no_path_, .precision = precision_of(precision_), .cwd = workspace.cwd()});
      show_table(context, table, markdown_ ? Format::markdown : Format::text);
    }
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec metrics_show_command{
    .name = "metrics show",
    .group = "Compare",
    .summary = "Show metrics",
    .manual =
        R"(Shows the metrics that stages make and those that the pipeline file names at its top level: one row for each file,
one column for each value. Metrics are the numbers, strings and booleans of YAML, JSON, TOML and Python files, at any depth; a
directory stands for the files in it. What is not in the workspace comes from the cache, or from the remote if the cache lacks it.

With -a, -T or -A there are rows for other revisions too. The workspace is left out where the branch that is checked out has the
same metrics.

A file that cannot be read is a warning and has no values; the command goes on and ends with 0.

--json prints {REVISION: {"data": {PATH: {"data": VALUES}}}}, the revision being empty when there is only the workspace. In the
place of "data" there is {"error": {"type", "msg"}} for what cannot be read. Numbers that are not finite are NaN and Infinity, as
Python writes them.

EXAMPLES
  mlops metrics show
  mlops metrics show -a --md
  mlops metrics show eval/scores.json --precision 3
)",
    .make = make_command<MetricsShow>};

const CommandSpec metrics_diff_command{
    .name = "metrics diff",
    .group = "Compare",
    .summary = "Show how metrics differ between revisions",
    .manual =
        R"(Compares metrics of two revisions, or of a revision with the workspace; see mlops-metrics-show(1) for what they are. A
revision is whatever git knows, or `workspace`.

1, 1.0 and true are the same value. A file that cannot be read is a warning and counts as empty; the command ends with 0.

--json prints {PATH: {KEY: {"old", "new", "diff"}}}: null for a value that is not there, "diff" between numbers only.

EXAMPLES
  mlops metrics diff                        HEAD with the workspace
  mlops metrics diff main experiment --md
  mlops metrics diff v1.0 --targets a.json b.json
)",
    .make = make_command<MetricsDiff>};

}  // namespace mlops::cli

// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"
#include "repo/workspace.hpp"
#include "run/history.hpp"
#include "util/clock.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class RunsList : public Command {
  run::HistoryOptions options_;
  std::optional<int> limit_;
  bool all_columns_ = false, name_only_ = false, json_ = false;

  Args args() override {
    return {
        {.names = "runs", .metavar = "run", .help = "Only these", .into = &options_.runs, .complete = Complete::run},
        {.names = "-n,--num", .metavar = "n", .help = "Only the newest n", .into = &limit_},
        {.names = "--all-columns",
         .help = "Also parameters and metrics that are the same in all runs",
         .into = &all_columns_},
        {.names = "--name-only", .help = "Only ids", .into = &name_only_},
        args::json(&json_)};
  }

  static nlohmann::ordered_json row_json(const run::History& history, const run::HistoryRow& row) {
    auto params = nlohmann::ordered_json::object(), metrics = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < history.columns.size(); ++i) {
      const auto& column = history.columns[i];
      auto& group = column.kind == run::Column::Kind::param ? params : metrics;
      group[column.file][column.key] = row.values[i] ? to_json_value(*row.values[i]) : nullptr;
    }
    return {{"id", row.id},
            {"name", row.name.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(row.name)},
            {"status", row.status},
            {"created", utc_time(row.created)},
            {"seconds", row.seconds},
            {"branch", row.branch.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(row.branch)},
            {"base", row.base ? nlohmann::ordered_json(row.base->hex()) : nlohmann::ordered_json(nullptr)},
            {"commit", row.commit.hex()},
            {"params", params},
            {"metrics", metrics}};
  }

  void show_table(Context& context, const run::History& history) const {
    std::vector<std::size_t> shown;
    for (std::size_t i = 0; i < history.columns.size(); ++i) {
      const bool metric = history.columns[i].kind == run::Column::Kind::metric;
      if (all_columns_ || metric || history.columns[i].differs || history.rows.size() == 1) shown.push_back(i);
    }
    std::vector<std::string> head{"RUN", "NAME", "STATUS", "CREATED", "BASE"};
    std::vector<bool> right(head.size(), false);
    for (const auto i : shown) {
      head.push_back(printable(history.columns[i].key.empty() ? history.columns[i].file : history.columns[i].key));
      right.push_back(true);
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& row : history.rows) {
      rows.push_back({row.id, row.name, row.status, time_ago(row.created, now_ns() / 1'000'000'000),
                      row.base ? row.base->short_hex() : "-"});
      for (const auto i : shown) rows.back().push_back(row.values[i] ? spec::to_text(*row.values[i]) : "-");
    }
    context.out << table(head, rows, right);
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    if (limit_ && *limit_ < 1) throw Error::usage("`--num` wants a number above 0");
    if (limit_) options_.limit = static_cast<std::size_t>(*limit_);
    const auto history = run::list_history(workspace, options_);
    for (const auto& ref : history.unreadable)
      context.err << "warning: cannot read run " << printable(ref) << "; `mlops runs show "
                  << shell_quoted(ref.substr(ref.find("runs/") + 5)) << "` says why\n";
    if (json_) {
      auto runs = nlohmann::ordered_json::array();
      for (const auto& row : history.rows) runs.push_back(row_json(history, row));
      print_json(context.out, {{"runs", runs}});
    } else if (name_only_) {
      for (const auto& row : history.rows) context.out << row.id << "\n";
    } else if (history.rows.empty()) {
      context.say("There are no runs yet; `mlops run` makes one, `mlops runs pull` brings those of others.");
    } else {
      show_table(context, history);
    }
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec runs_list_command{
    .name = "runs list",
    .group = "Runs",
    .summary = "List runs with parameters and metrics",
    .manual =
        R"(Lists recorded runs, newest first, with metrics and with the parameters in which they differ as columns.

EXAMPLES
  mlops runs list
  mlops runs list -n 10 --json
)",
    .make = make_command<RunsList>};

}  // namespace mlops::cli

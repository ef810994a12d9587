// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"
#include "repo/workspace.hpp"
#include "run/history.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

Json value_or_null(const std::optional<spec::Value>& value) { return value ? to_json_value(*value) : Json(nullptr); }

Json values_json(const std::vector<run::ValueDelta>& deltas) {
  Json list = Json::array();
  for (const auto& delta : deltas)
    list.push_back({{"file", delta.file},
                    {"key", delta.key},
                    {"before", value_or_null(delta.before)},
                    {"after", value_or_null(delta.after)},
                    {"delta", delta.delta ? Json(*delta.delta) : Json(nullptr)}});
  return list;
}

Json path_deltas_json(const std::vector<run::PathDelta>& deltas) {
  Json list = Json::array();
  for (const auto& delta : deltas)
    list.push_back({{"path", delta.path.str()},
                    {"state", run::to_string(delta.state)},
                    {"before", entry_json(delta.before)},
                    {"after", entry_json(delta.after)}});
  return list;
}

std::string_view code_word(const git::FileChange& change) {
  return !change.before ? "added" : !change.after ? "deleted" : "modified";
}

Json comparison_json(const run::Comparison& comparison) {
  Json code = Json::array();
  for (const auto& change : comparison.code)
    code.push_back({{"path", change.path.str()}, {"state", code_word(change)}});
  Json stages = Json::array();
  for (const auto& stage : comparison.stages)
    stages.push_back({{"name", stage.name},
                      {"before", stage.before ? Json(stage.before->outcome) : Json(nullptr)},
                      {"after", stage.after ? Json(stage.after->outcome) : Json(nullptr)}});
  Json texts = Json::object();
  const auto add = [&](const char* name, const std::vector<run::TextDelta>& deltas) {
    texts[name] = Json::array();
    for (const auto& delta : deltas)
      texts[name].push_back({{"name", delta.name},
                             {"before", delta.before ? Json(*delta.before) : Json(nullptr)},
                             {"after", delta.after ? Json(*delta.after) : Json(nullptr)}});
  };
  add("env", comparison.env);
  add("machine", comparison.machine);
  add("tools", comparison.tools);
  return {{"before", comparison.before.record.id},
          {"after", comparison.after.record.id},
          {"params", values_json(comparison.params)},
          {"metrics", values_json(comparison.metrics)},
          {"outputs", path_deltas_json(comparison.outputs)},
          {"dependencies", path_deltas_json(comparison.dependencies)},
          {"code", code},
          {"stages", stages},
          {"env", texts["env"]},
          {"machine", texts["machine"]},
          {"tools", texts["tools"]}};
}

void show_values(Context& context, std::string_view title, const std::vector<run::ValueDelta>& deltas) {
  if (deltas.empty()) return;
  const auto text = [](const std::optional<spec::Value>& value) { return value ? spec::to_text(*value) : "-"; };
  std::vector<std::vector<std::string>> rows;
  for (const auto& delta : deltas)
    rows.push_back({"  " + delta.file, delta.key, text(delta.before), text(delta.after),
                    delta.delta ? fmt::format("{:.15g}", *delta.delta) : ""});  // 0.3 - 0.1 is 0.2 to people
  context.out << title << "\n" << table({"  FILE", "KEY", "BEFORE", "AFTER", "DELTA"}, rows);
}

void show_paths(Context& context, std::string_view title, const std::vector<run::PathDelta>& deltas) {
  if (deltas.empty()) return;
  context.out << title << "\n";
  for (const auto& delta : deltas) {
    std::string word(run::to_string(delta.state));
    std::replace(word.begin(), word.end(), '_', ' ');
    context.out << "  " << word << "\t" << printable(delta.path.str()) << "\n";
  }
}

void show_texts(Context& context, std::string_view title, const std::vector<run::TextDelta>& deltas) {
  if (deltas.empty()) return;
  context.out << title << "\n";
  for (const auto& delta : deltas)
    context.out << "  " << printable(delta.name) << ": " << printable(delta.before.value_or("-")) << " -> "
                << printable(delta.after.value_or("-")) << "\n";
}

class RunsDiff : public Command {
  std::string before_, after_;
  bool all_ = false, json_ = false;

  Args args() override {
    return {
        {.names = "a", .metavar = "a", .help = "A run", .into = &before_, .complete = Complete::run, .required = true},
        {.names = "b",
         .metavar = "b",
         .help = "Another run",
         .into = &after_,
         .complete = Complete::run,
         .required = true},
        {.names = "--all", .help = "Also what is the same", .into = &all_},
        args::json(&json_)};
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    const auto comparison =
        run::compare_runs(workspace, before_, after_, all_ ? run::Unchanged::list : run::Unchanged::leave_out);
    if (json_) {
      print_json(context.out, comparison_json(comparison));
      return ExitCode::ok;
    }
    show_values(context, "parameters", comparison.params);
    show_values(context, "metrics", comparison.metrics);
    show_paths(context, "outputs", comparison.outputs);
    show_paths(context, "inputs", comparison.dependencies);
    if (!comparison.code.empty()) context.out << "code\n";
    for (const auto& change : comparison.code)
      context.out << "  " << code_word(change) << "\t" << printable(change.path.str()) << "\n";
    if (!comparison.stages.empty()) context.out << "stages\n";
    for (const auto& stage : comparison.stages)
      context.out << "  " << printable(stage.name) << ": " << (stage.before ? stage.before->outcome : "-") << " -> "
                  << (stage.after ? stage.after->outcome : "-") << "\n";
    show_texts(context, "environment", comparison.env);
    show_texts(context, "machine", comparison.machine);
    show_texts(context, "tools", comparison.tools);
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec runs_diff_command{
    .name = "runs diff",
    .group = "Runs",
    .summary = "Compare two runs",
    .manual =
        R"(Shows in what two runs differ: parameters, metrics with their difference, outputs, inputs, code, how stages went,
environment and machine.

EXAMPLES
  mlops runs diff 3k2a bolder
)",
    .make = make_command<RunsDiff>};

}  // namespace mlops::cli

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "cli/json.hpp"
#include "repo/workspace.hpp"
#include "run/history.hpp"
#include "spec/params.hpp"
#include "util/clock.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

Json values_json(const std::map<std::string, spec::Value>& files) {
  Json json = Json::object();
  for (const auto& file : files) json[file.first] = to_json_value(file.second);
  return json;
}

Json paths_of(const std::vector<run::RunView::Path>& paths) {
  Json list = Json::array();
  for (const auto& path : paths)
    list.push_back({{"path", path.path.str()},
                    {"stage", path.stage},
                    {"entry", entry_json(path.entry)},
                    {"cached", path.cached},
                    {"present", path.present}});
  return list;
}

Json stages_json(const run::Record& record) {
  Json list = Json::array();
  for (const auto& stage : record.stages)
    list.push_back({{"name", stage.name},
                    {"outcome", stage.outcome},
                    {"key", stage.key.empty() ? Json(nullptr) : Json(stage.key)},
                    {"exit_code", stage.exit_code ? Json(*stage.exit_code) : Json(nullptr)},
                    {"wall_seconds", stage.wall_seconds},
                    {"cpu_seconds", stage.cpu_seconds},
                    {"peak_memory_bytes", stage.peak_memory_bytes},
                    {"log", stage.log ? Json(stage.log->digest.hex()) : Json(nullptr)},
                    {"error", stage.error.empty() ? Json(nullptr) : Json(stage.error)}});
  return list;
}

Json view_json(const run::RunView& view) {
  const auto& record = view.run.record;
  return {{"id", record.id},
          {"name", record.name.empty() ? Json(nullptr) : Json(record.name)},
          {"status", record.status},
          {"started", utc_time(record.started)},
          {"finished", utc_time(record.finished)},
          {"command", record.command},
          {"commit", view.run.commit.hex()},
          {"base", record.base ? Json(record.base->hex()) : Json(nullptr)},
          {"branch", record.branch.empty() ? Json(nullptr) : Json(record.branch)},
          {"stages", stages_json(record)},
          {"params", values_json(record.params)},
          {"metrics", values_json(record.metrics)},
          {"outputs", paths_of(view.outputs)},
          {"dependencies", paths_of(view.dependencies)},
          {"env", record.env},
          {"machine", record.machine},
          {"tools", record.tools},
          {"left_out", record.left_out},
          {"untracked", record.untracked},
          {"not_reproducible", record.not_reproducible},
          {"undeclared", record.undeclared}};
}

class RunsShow : public Command {
  std::string run_;
  bool json_ = false;

  Args args() override {
    return {{.names = "run",
             .metavar = "run",
             .help = "Id, unique beginning of an id, or name",
             .into = &run_,
             .complete = Complete::run,
             .required = true},
            args::json(&json_)};
  }

  static void show_values(Context& context, std::string_view title, const std::map<std::string, spec::Value>& files) {
    if (files.empty()) return;
    context.out << "\n" << title << "\n";
    for (const auto& file : files) {
      for (const auto& leaf : spec::flatten(file.second))
        context.out << "  " << printable(file.first) << ": " << printable(leaf.first) << " = "
                    << printable(spec::to_text(leaf.second)) << "\n";
    }
  }

  static std::string absence(const run::RunView& view, const run::RunView::Path& path) {
    const auto& lost = view.run.record.not_reproducible;
    if (path.present) return "";
    return std::find(lost.begin(), lost.end(), path.path.str()) == lost.end() ? "  not here; `mlops runs pull`"
                                                                              : "  not recorded";
  }

  static void show_paths(Context& context, std::string_view title, const run::RunView& view,
                         const std::vector<run::RunView::Path>& paths) {
    if (paths.empty()) return;
    context.out << "\n" << title << "\n";
    for (const auto& path : paths)
      context.out << "  " << printable(path.path.str()) << " " << size_text(path.entry) << " "
                  << hash::short_name(path.entry.id()) << absence(view, path) << "\n";
  }

  static void show(Context& context, const run::RunView& view) {
    const auto& record = view.run.record;
    context.out << "run " << record.id << (record.name.empty() ? "" : " (" + printable(record.name) + ")") << "\n"
                << "status    " << printable(record.status) << "\n"
                << "started   " << utc_time(record.started) << ", took "
                << human_duration(static_cast<double>(record.finished - record.started)) << "\n"
                << "command   mlops " << printable(join(record.command, " ")) << "\n"
                << "code      commit " << view.run.commit.short_hex() << ", from "
                << (record.base ? record.base->short_hex() : "no commit")
                << (record.branch.empty() ? "" : " on " + printable(record.branch)) << "\n";
    context.out << "\nstages\n";
    for (const auto& stage : record.stages) {
      context.out << "  " << printable(stage.name) << "  " << printable(stage.outcome);
      if (stage.exit_code) context.out << ", " << human_duration(stage.wall_seconds);
      if (!stage.error.empty()) context.out << ": " << printable(stage.error);
      context.out << "\n";
    }
    show_values(context, "parameters", record.params);
    show_values(context, "metrics", record.metrics);
    show_paths(context, "outputs", view, view.outputs);
    show_paths(context, "inputs", view, view.dependencies);
    context.out << "\nmachine\n";
    for (const auto& fact : record.machine)
      context.out << "  " << printable(fact.first) << ": " << printable(fact.second) << "\n";
    for (const auto& tool : record.tools)
      context.out << "  " << printable(tool.first) << ": " << printable(tool.second) << "\n";
    for (const auto& path : record.not_reproducible)
      context.out << "\nnot reproducible: " << mlops::quoted(path) << " is neither in git nor tracked\n";
    for (const auto& path : record.undeclared)
      context.out << "\nundeclared: " << mlops::quoted(path) << " changed while stages ran\n";
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    const auto view = run::show_run(workspace, run_);
    if (json_) {
      print_json(context.out, view_json(view));
    } else {
      show(context, view);
    }
    return ExitCode::ok;
  }
};

class RunsLog : public Command {
  run::LogOptions options_;
  bool no_fetch_ = false;

  Args args() override {
    return {{.names = "run",
             .metavar = "run",
             .help = "Which run",
             .into = &options_.run,
             .complete = Complete::run,
             .required = true},
            {.names = "stage",
             .metavar = "stage",
             .help = "Which stage; all if omitted",
             .into = &options_.stage,
             .complete = Complete::stage},
            {.names = "--no-fetch", .help = "Do not ask the remote for a log that is not here", .into = &no_fetch_},
            args::remote(&options_.remote)};
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    options_.fetch = !no_fetch_;
    std::string last;
    run::read_logs(workspace, options_, [&](const std::string& stage, std::string_view bytes) {
      if (options_.stage.empty() && stage != last) context.out << "==> " << printable(stage) << " <==\n";
      last = stage;
      context.out << bytes;
    });
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec runs_show_command{
    .name = "runs show",
    .group = "Runs",
    .summary = "Show one run",
    .manual =
        R"(Shows all that is recorded about a run: code, stages with their times, parameters, metrics, outputs, inputs, machine.

EXAMPLES
  mlops runs show bolder
)",
    .make = make_command<RunsShow>};

const CommandSpec runs_log_command{
    .name = "runs log",
    .group = "Runs",
    .summary = "Show what a run's stages printed",
    .manual = R"(Prints the log of one stage of a run, or of all, byte by byte as it was printed.

EXAMPLES
  mlops runs log bolder train
)",
    .make = make_command<RunsLog>};

}  // namespace mlops::cli

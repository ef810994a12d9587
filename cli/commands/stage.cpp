// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/pipeline_text.hpp"
#include "cli/json.hpp"
#include "pipeline/stage_edit.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

Arg list_arg(std::string_view names, std::string_view metavar, std::string_view help, std::vector<std::string>* into,
             Complete complete = Complete::path) {
  return {.names = names, .metavar = metavar, .help = help, .into = into, .complete = complete};
}

class StageAdd : public Command {
  pipeline::StageAddOptions options_;
  bool run_ = false;

  Args args() override {
    auto& o = options_;
    return {{.names = "-n,--name", .metavar = "name", .help = "The stage's name", .into = &o.name, .required = true},
            args::force(&o.force, "Replace a stage of that name"),
            list_arg("-d,--deps", "path", "A file or directory that it reads (repeatable)", &o.deps),
            list_arg("-p,--params", "[file:]key,...", "Parameters that it reads (repeatable)", &o.params,
                     Complete::nothing),
            list_arg("-o,--outs", "path", "A file or directory that it makes (repeatable)", &o.outs),
            list_arg("-O,--outs-no-cache", "path", "An output that git keeps", &o.outs_no_cache),
            list_arg("--outs-persist", "path", "An output that is not removed before it runs", &o.outs_persist),
            list_arg("--outs-persist-no-cache", "path", "Both of the above", &o.outs_persist_no_cache),
            list_arg("-m,--metrics", "path", "A metrics file, kept in the cache", &o.metrics),
            list_arg("-M,--metrics-no-cache", "path", "A metrics file that git keeps", &o.metrics_no_cache),
            list_arg("--plots", "path", "A plot file or directory, kept in the cache", &o.plots),
            list_arg("--plots-no-cache", "path", "A plot file that git keeps", &o.plots_no_cache),
            {.names = "-w,--wdir",
             .metavar = "dir",
             .help = "Directory in which the command runs",
             .into = &o.wdir,
             .complete = Complete::path},
            {.names = "--always-changed", .help = "Run it every time", .into = &o.always_changed},
            {.names = "--desc", .metavar = "text", .help = "Describe the stage", .into = &o.desc},
            list_arg("--env", "name=value", "A variable that belongs to it (repeatable)", &o.env, Complete::nothing),
            {.names = "--timeout", .metavar = "time", .help = "End it after 90, 5m, 2h", .into = &o.timeout},
            {.names = "--run", .help = "Run it at once", .into = &run_},
            {.names = "command",
             .metavar = "command",
             .help = "What to run, with its arguments",
             .into = &o.cmd,
             .complete = Complete::path,
             .required = true,
             .rest = true}};
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    const auto result = pipeline::stage_add(workspace, options_);
    context.say((result.replaced ? "Replaced stage " : "Added stage ") + mlops::quoted(result.stage.name) + " in " +
                printable(workspace.shown(result.stage.file)) + ".");
    suggest_git_add(context, workspace, result.written, false);
    if (!run_) return ExitCode::ok;
    StageDisplay display(context, {});
    pipeline::ReproOptions repro;
    repro.plan.targets = {result.stage.name};
    repro.observer = &display;
    return conclude(context, pipeline::repro(workspace, repro));
  }
};

class StageList : public Command {
  std::vector<std::string> names_;
  bool name_only_ = false, json_ = false, all_ = false;

  Args args() override {
    return {{.names = "stages", .metavar = "stage", .help = "Only these", .into = &names_, .complete = Complete::stage},
            {.names = "--all", .help = "All stages (the default)", .into = &all_},
            {.names = "--name-only", .help = "Only names", .into = &name_only_},
            args::json(&json_)};
  }

  static Json stage_json(const pipeline::StageRow& row) {
    Json deps = Json::array(), outs = Json::array();
    for (const auto& dep : row.stage.deps) deps.push_back(dep.path.str());
    for (const auto& out : row.stage.outs) outs.push_back(out.path.str());
    return {{"name", row.name}, {"cmd", row.stage.cmd.lines}, {"deps", deps},
            {"outs", outs},     {"frozen", row.stage.frozen}, {"desc", row.stage.desc}};
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    const auto rows = pipeline::stage_list(workspace, names_);
    if (json_) {
      Json stages = Json::array();
      for (const auto& row : rows) stages.push_back(stage_json(row));
      print_json(context.out, {{"stages", stages}});
      return ExitCode::ok;
    }
    if (rows.empty()) say_no_stages(context);
    std::size_t width = 0;
    for (const auto& row : rows) width = std::max(width, row.name.size());
    for (const auto& row : rows) {
      context.out << printable(row.name);
      if (!name_only_) context.out << std::string(width - row.name.size() + 2, ' ') << row.summary;
      context.out << "\n";
    }
    return ExitCode::ok;
  }
};

class StageRemove : public Command {
  pipeline::StageRemoveOptions options_;

  Args args() override {
    return {{.names = "stages",
             .metavar = "stage",
             .help = "Stages to remove",
             .into = &options_.names,
             .complete = Complete::stage,
             .required = true},
            {.names = "--outs", .help = "Delete their outputs too, if the cache holds them", .into = &options_.outs},
            args::force(&options_.force, "With --outs, move outputs that are not in the cache to .mlops/rescue")};
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    const auto result = pipeline::stage_remove(workspace, options_);
    for (const auto& name : options_.names) context.say("Removed stage " + mlops::quoted(name) + ".");
    for (const auto& path : result.removed) context.say("Deleted " + mlops::quoted(workspace.shown(path)) + ".");
    for (const auto& item : result.rescued)
      context.say("Kept " + mlops::quoted(workspace.shown(item.first)) + " at " + mlops::quoted(item.second) + ".");
    suggest_git_add(context, workspace, result.written, false);
    return ExitCode::ok;
  }
};

template <pipeline::Frozen frozen>
class Freeze : public Command {
  std::vector<std::string> names_;

  Args args() override {
    return {{.names = "stages",
             .metavar = "stage",
             .help = "Which stages",
             .into = &names_,
             .complete = Complete::stage,
             .required = true}};
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    for (const auto& name : pipeline::freeze(workspace, names_, frozen))
      context.say((frozen == pipeline::Frozen::yes ? "Froze " : "Unfroze ") + mlops::quoted(name) + ".");
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec stage_add_command{
    .name = "stage add",
    .group = "Pipeline",
    .summary = "Declare a stage",
    .manual =
        R"(Writes a stage into mlops.yaml: a command with what it reads and what it makes. Everything after the first word that
is not an option belongs to the command. Paths are relative to the directory in which the command will run. Where the
current directory has an mlops.yaml the stage goes there, else into that of the project's root.

The same can be written into mlops.yaml by hand; see mlops.yaml(5).

EXAMPLES
  mlops stage add -n train -d data/prepared -d src/train.py -p train.lr,train.epochs -o model.json python3 src/train.py
  mlops stage add -n count -d data -O count.txt "ls data | wc -l > count.txt"
)",
    .make = make_command<StageAdd>};

const CommandSpec stage_list_command{
    .name = "stage list",
    .group = "Pipeline",
    .summary = "List stages",
    .manual =
        "Lists the stages of all pipeline files, each with its description or its outputs. Those "
        "of a file below the root are called by file and name.\n\n"
        "EXAMPLES\n  mlops stage list --name-only\n  mlops stage list models/mlops.yaml\n",
    .make = make_command<StageList>};

const CommandSpec stage_remove_command{
    .name = "stage remove",
    .group = "Pipeline",
    .summary = "Remove a stage",
    .manual =
        "Takes a stage out of its mlops.yaml and mlops.lock. Its outputs stay in the "
        "workspace unless `--outs` is given.\n\n"
        "EXAMPLES\n  mlops stage remove train\n",
    .make = make_command<StageRemove>};

const CommandSpec freeze_command{
    .name = "freeze",
    .group = "Pipeline",
    .summary = "Keep stages from being run",
    .manual =
        "A frozen stage is taken as up to date whatever its dependencies say: its outputs are inputs.\n\n"
        "EXAMPLES\n  mlops freeze prepare\n",
    .make = make_command<Freeze<pipeline::Frozen::yes>>};

const CommandSpec unfreeze_command{.name = "unfreeze",
                                   .group = "Pipeline",
                                   .summary = "Let frozen stages run again",
                                   .manual = "Undoes `mlops freeze`.\n\nEXAMPLES\n  mlops unfreeze prepare\n",
                                   .make = make_command<Freeze<pipeline::Frozen::no>>};

}  // namespace mlops::cli

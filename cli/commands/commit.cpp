// SPDX-License-Identifier: Apache-2.0
#include "pipeline/commit.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "cli/json.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class Commit : public Command {
  pipeline::CommitOptions options_;
  int jobs_ = 0;
  bool json_ = false;

  Args args() override {
    return {args::targets(&options_.targets, "Tracked paths or stages; everything if omitted"),
            args::force(&options_.force, "Also where a stage's command or inputs changed"), args::jobs(&jobs_),
            args::json(&json_)};
  }

  ExitCode run(Context& context) override {
    auto workspace = repo::Workspace::open(session_with_jobs(context, jobs_));
    const auto result = pipeline::commit(workspace, options_);
    if (json_) {
      Json items = Json::array();
      for (const auto& item : result.items)
        items.push_back({{"name", item.name}, {"stage", item.stage}, {"changed", item.changed}});
      print_json(context.out, {{"items", items}, {"changed_files", paths_json(result.written)}});
      return ExitCode::ok;
    }
    bool changed = false;
    for (const auto& item : result.items) {
      if (!item.changed) continue;
      changed = true;
      context.say("Recorded " + std::string(item.stage ? "stage " : "") + mlops::quoted(item.name) + ".");
    }
    if (!changed) context.say("Nothing changed.");
    suggest_git_add(context, workspace, result.written, false);
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec commit_command{
    .name = "commit",
    .group = "Data",
    .summary = "Record changed data and outputs as they are",
    .manual =
        R"(Puts the present content of tracked data, and of the outputs of stages, into the cache and updates pointers and
mlops.lock, without running anything. For a stage whose command or inputs changed too it refuses, unless `--force`
says that the outputs are good.

EXAMPLES
  mlops commit data/raw
  mlops commit --force train
)",
    .make = make_command<Commit>};

}  // namespace mlops::cli

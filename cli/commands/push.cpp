// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "cli/json.hpp"
#include "pipeline/stage_cache.hpp"
#include "repo/workspace.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class Push : public Command {
  SyncArgs sync_;
  bool run_cache_ = false;

  Args args() override {
    auto args = sync_.args();
    args.push_back(
        {.names = "--run-cache", .help = "Also the stage cache, with what its entries need", .into = &run_cache_});
    return args;
  }

  ExitCode run(Context& context) override {
    auto workspace = repo::Workspace::open(session_with_jobs(context, sync_.jobs));
    auto result = repo::push(workspace, sync_.options);
    if (run_cache_) {
      using Access = remote::Remote::Access;
      const auto remote =
          workspace.open_remote(sync_.options.remote, sync_.options.dry_run ? Access::preview : Access::write);
      const store::TransferOptions options{.jobs = workspace.session().jobs,
                                           .verify = sync_.options.verify,
                                           .dry_run = sync_.options.dry_run,
                                           .progress = context.progress};
      result.remotes.push_back(
          {remote->name(), remote->describe(), pipeline::StageCache(workspace).push(*remote, options)});
    }
    if (!sync_.json) return show_sync(context, result, sync_.options.dry_run ? "Would push" : "Pushed", "to");
    print_json(context.out, sync_json(result));
    return result.complete() ? ExitCode::ok : ExitCode::partial;
  }
};

}  // namespace

const CommandSpec push_command{
    .name = "push",
    .group = "Share",
    .summary = "Send tracked data to a remote",
    .manual =
        R"(Sends every object that the work tree's pointers and lock name, and that the remote lacks. Each object is hashed
again while it is sent, and a directory listing is stored only after everything that it lists has been confirmed.
Interrupted or partly failed, it can simply be run again.

`-a`, `-T`, `-A` and `--rev` add what other revisions name. `--run-cache` also sends the results of stages seen
before, so that colleagues and CI need not compute them again.

EXAMPLES
  mlops push
  mlops push -r backup data/raw
  mlops push -A --run-cache
)",
    .make = make_command<Push>};

}  // namespace mlops::cli

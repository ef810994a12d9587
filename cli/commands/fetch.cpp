// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "cli/json.hpp"
#include "pipeline/stage_cache.hpp"
#include "repo/workspace.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

void fetch_stage_cache(repo::Workspace& workspace, const repo::SyncOptions& sync, ProgressSink* progress,
                       repo::SyncResult& result) {
  const auto remote = workspace.open_remote(sync.remote, remote::Remote::Access::read);
  const store::TransferOptions options{
      .jobs = workspace.session().jobs, .verify = sync.verify, .dry_run = sync.dry_run, .progress = progress};
  result.remotes.push_back(
      {remote->name(), remote->describe(), pipeline::StageCache(workspace).fetch(*remote, options)});
}

Arg run_cache_arg(bool* into) {
  return {.names = "--run-cache", .help = "Also the stage cache of the remote", .into = into};
}

class Fetch : public Command {
  SyncArgs sync_;
  bool run_cache_ = false;

  Args args() override {
    auto args = sync_.args();
    args.push_back(run_cache_arg(&run_cache_));
    return args;
  }

  ExitCode run(Context& context) override {
    auto workspace = repo::Workspace::open(session_with_jobs(context, sync_.jobs));
    auto result = repo::fetch(workspace, sync_.options);
    if (run_cache_) fetch_stage_cache(workspace, sync_.options, context.progress, result);
    if (!sync_.json) return show_sync(context, result, sync_.options.dry_run ? "Would fetch" : "Fetched", "from");
    print_json(context.out, sync_json(result));
    return result.complete() ? ExitCode::ok : ExitCode::partial;
  }
};

class Pull : public Command {
  SyncArgs sync_;
  repo::PullOptions options_;
  bool run_cache_ = false;

  Args args() override {
    auto args = sync_.args();
    args.push_back(run_cache_arg(&run_cache_));
    args.push_back(args::force(&options_.force, "Move content that is nowhere else to .mlops/rescue"));
    args.push_back({.names = "--allow-missing", .help = "Check out what there is", .into = &options_.allow_missing});
    args.push_back({.names = "--relink", .help = "Make links anew", .into = &options_.relink});
    return args;
  }

  ExitCode run(Context& context) override {
    auto workspace = repo::Workspace::open(session_with_jobs(context, sync_.jobs));
    options_.sync = sync_.options;
    auto result = repo::pull(workspace, options_);
    if (run_cache_) fetch_stage_cache(workspace, sync_.options, context.progress, result.sync);
    const auto code = result.sync.complete() ? ExitCode::ok : ExitCode::partial;
    if (sync_.json) {
      auto json = sync_json(result.sync);
      json["checkout"] = checkout_json(result.checkout);
      print_json(context.out, json);
      return code;
    }
    show_sync(context, result.sync, "Fetched", "from");
    // What a checkout says of these, that a pull brings them, is not so here.
    for (const auto& path : std::exchange(result.checkout.missing, {}))
      context.say("Skipped " + mlops::quoted(workspace.shown(path)) + ": not all of it could be fetched.");
    show_checkout(context, workspace, result.checkout);
    return code;
  }
};

}  // namespace

const CommandSpec fetch_command{
    .name = "fetch",
    .group = "Share",
    .summary = "Bring tracked data from a remote into the cache",
    .manual =
        R"(Brings every object that the work tree's pointers and lock name, and that the cache lacks. Each is hashed as it
arrives and kept only if its bytes are what its name says. The workspace is not touched; see `mlops pull`.

EXAMPLES
  mlops fetch
  mlops fetch --rev v1.0 data/raw
)",
    .make = make_command<Fetch>};

const CommandSpec pull_command{
    .name = "pull",
    .group = "Share",
    .summary = "Fetch tracked data and check it out",
    .manual =
        R"(Does what `mlops fetch` does and then what `mlops checkout` does: afterwards the workspace holds the data that the
pointers and the lock name.

EXAMPLES
  git pull && mlops pull
)",
    .make = make_command<Pull>};

}  // namespace mlops::cli

// SPDX-License-Identifier: Apache-2.0
#include "run/gc.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "repo/config.hpp"
#include "repo/workspace.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class Gc : public Command {
  run::GcVerbOptions options_;
  std::optional<std::string> prune_, stages_;
  bool json_ = false, force_ = false;

  Args args() override {
    auto& revisions = options_.revisions;
    return {{.names = "-w,--workspace",
             .help = "Keep only what the workspace and runs name",
             .into = &options_.workspace_only},
            {.names = "-a,--all-branches", .help = "... and the tips of all branches", .into = &revisions.all_branches},
            {.names = "-T,--all-tags", .help = "... and all tags", .into = &revisions.all_tags},
            {.names = "-A,--all-commits",
             .help = "... and every commit (as without any of these)",
             .into = &revisions.all_commits},
            {.names = "--rev",
             .metavar = "revision",
             .help = "... and this revision (repeatable)",
             .into = &revisions.revisions,
             .complete = Complete::revision},
            {.names = "--prune",
             .metavar = "age",
             .help = "Take objects older than this (14d); `now` for all",
             .into = &prune_},
            {.names = "--stages", .metavar = "age", .help = "Forget stage results unused for longer", .into = &stages_},
            args::force(&force_, "Accepted for scripts; nothing is ever asked"),
            args::dry_run(&options_.dry_run),
            args::json(&json_)};
  }

  static double age(const std::string& text) {
    if (text == "now") return 0;
    const auto seconds = repo::parse_duration(text);
    if (!seconds) throw Error::usage("{} is not an age such as 90s, 5m, 2h or 14d", mlops::quoted(text));
    return *seconds;
  }

  static nlohmann::ordered_json gc_json(const run::GcVerbResult& result) {
    const auto& store = result.store;
    return {{"kept", store.kept},
            {"young", store.young},
            {"young_bytes", store.young_bytes},
            {"trashed", store.trashed},
            {"trashed_bytes", store.trashed_bytes},
            {"deleted", store.deleted},
            {"deleted_bytes", store.deleted_bytes},
            {"restored", store.restored},
            {"waiting", store.waiting},
            {"waiting_bytes", store.waiting_bytes},
            {"expired_stages", result.expired_stages},
            {"projects", result.projects}};
  }

  void show(Context& context, const run::GcVerbResult& result) const {
    const auto& store = result.store;
    const auto line = [&](std::uint64_t count, std::uint64_t bytes, std::string_view what) {
      if (count > 0) context.out << counted(count, "object") << " (" << human_size(bytes) << ") " << what << ".\n";
    };
    const bool dry = options_.dry_run;
    line(store.deleted, store.deleted_bytes, dry ? "would be deleted" : "deleted");
    line(store.trashed, store.trashed_bytes,
         dry ? "would go to the trash" : "moved to the trash; a later gc deletes them");
    // What went there just now was named above.
    line(store.waiting - (dry ? 0 : store.trashed), store.waiting_bytes - (dry ? 0 : store.trashed_bytes),
         "still in the trash");
    line(store.young, store.young_bytes, "not needed, but too young to go");
    if (store.restored > 0) context.out << counted(store.restored, "object") << " taken back from the trash.\n";
    if (result.expired_stages > 0)
      context.out << counted(result.expired_stages, "stage result") << (dry ? " would be" : "") << " forgotten.\n";
    context.say(counted(store.kept, "object") + " needed.");
    if (context.verbosity < Verbosity::verbose) return;
    for (const auto& source : result.sources) context.err << "asked " << printable(source) << "\n";
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    if (prune_) options_.grace_seconds = age(*prune_);
    if (stages_) options_.stage_age_seconds = age(*stages_);
    const auto result = run::gc(workspace, options_);
    if (json_) {
      print_json(context.out, gc_json(result));
    } else {
      show(context, result);
    }
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec gc_command{
    .name = "gc",
    .group = "Share",
    .summary = "Free what nothing needs any more",
    .manual =
        R"(Keeps every object that the work tree, the index, any commit that a branch, tag, stash, note or reflog reaches, any
run, or the stage cache names, here and in every other project that uses the same cache; and takes out the rest. If one
of these cannot be read, nothing is removed. `-w`, `-a`, `-T` and `--rev` keep less: what they name, the work tree and
runs. Remove runs with `mlops runs remove`.

Objects leave in two steps, so that commands which run at the same time never lose one: an object that is older than
the grace period (14 days) goes to the trash; a later gc deletes it, unless it is needed again. With `--prune=now` both
steps happen at once if no other command is at work.

EXAMPLES
  mlops gc --dry-run
  mlops gc -a -T
  mlops gc --prune=now
)",
    .make = make_command<Gc>};

}  // namespace mlops::cli

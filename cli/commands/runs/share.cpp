// SPDX-License-Identifier: Apache-2.0
#include "run/share.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "cli/json.hpp"
#include "repo/workspace.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

Json share_json(const run::ShareResult& result) {
  Json failed = Json::array();
  for (const auto& item : result.failed) failed.push_back({{"run", item.first}, {"reason", item.second}});
  return {{"runs", result.runs},
          {"present", result.present},
          {"failed", failed},
          {"git_remote", result.git_remote ? Json(*result.git_remote) : Json(nullptr)},
          {"objects", sync_json(result.objects)}};
}

/// What push and pull of runs share: options, and how the result is shown.
class Share : public Command {
 public:
  Args args() override {
    return {{.names = "runs",
             .metavar = "run",
             .help = "Which runs; all if omitted",
             .into = &options_.runs,
             .complete = Complete::run},
            args::remote(&options_.remote),
            {.names = "--git-remote",
             .metavar = "name",
             .help = "Git remote for the records",
             .into = &options_.git_remote},
            args::dry_run(&options_.dry_run),
            args::jobs(&jobs_),
            args::json(&json_)};
  }

 protected:
  /// How one direction is told: "Pushed", "to", and what is said when there is nothing at all.
  struct Wording {
    std::string_view verb, preposition, none;
  };

  ExitCode show(Context& context, const run::ShareResult& result, const Wording& words) {
    const auto code = result.complete() ? ExitCode::ok : ExitCode::partial;
    if (json_) {
      print_json(context.out, share_json(result));
      return code;
    }
    for (const auto& item : result.failed)
      context.err << "error: run " << printable(item.first) << ": " << item.second << "\n";
    if (!result.objects.complete() || result.objects.objects() > 0)
      show_sync(context, result.objects, words.verb, words.preposition);
    if (!result.runs.empty())
      context.say(std::string(words.verb) + " " + counted(result.runs.size(), "run") + " " +
                  std::string(words.preposition) + " git remote " + mlops::quoted(result.git_remote.value_or("")) +
                  ".");
    if (result.found == 0) {
      context.say(words.none);
      return code;
    }
    if (!result.git_remote)
      context.say(
          "There is no git remote for the records; a clone of this repository can `mlops runs pull` them from here.");
    if (result.complete() && result.runs.empty() && result.objects.objects() == 0)
      context.say("All runs are up to date.");
    return code;
  }

  run::ShareOptions options_;
  int jobs_ = 0;
  bool json_ = false;
};

class RunsPush : public Share {
  ExitCode run(Context& context) override {
    auto workspace = repo::Workspace::open(session_with_jobs(context, jobs_));
    options_.confirm = [&](const std::vector<run::UntrackedContent>& contents) {
      for (const auto& content : contents) {
        for (const auto& path : content.paths)
          context.say("Run " + content.run + " holds " + mlops::quoted(path) + ", which git does not track.");
      }
      return true;
    };
    return show(context, run::push_runs(workspace, options_),
                {options_.dry_run ? "Would push" : "Pushed", "to", "There are no runs to push."});
  }
};

class RunsPull : public Share {
  ExitCode run(Context& context) override {
    auto workspace = repo::Workspace::open(session_with_jobs(context, jobs_));
    return show(context, run::pull_runs(workspace, options_),
                {options_.dry_run ? "Would pull" : "Pulled", "from", "There are no runs to pull."});
  }
};

}  // namespace

const CommandSpec runs_push_command{
    .name = "runs push",
    .group = "Runs",
    .summary = "Send runs to others",
    .manual =
        R"(Sends every object that the runs need, tracked inputs, outputs and logs, to the remote, and only then the records,
which are git refs, to the git remote. Files in a run's tree that git does not track are named before they are first sent.

EXAMPLES
  mlops runs push
  mlops runs push bolder --git-remote origin
)",
    .make = make_command<RunsPush>};

const CommandSpec runs_pull_command{
    .name = "runs pull",
    .group = "Runs",
    .summary = "Bring runs of others",
    .manual =
        R"(Brings the records from the git remote and the objects that they need from the remote, verified as they arrive.

EXAMPLES
  mlops runs pull
)",
    .make = make_command<RunsPull>};

}  // namespace mlops::cli

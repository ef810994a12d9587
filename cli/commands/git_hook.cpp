// SPDX-License-Identifier: Apache-2.0
// What git calls. Not shown in help: `mlops install` writes the calls.

#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "repo/checkout.hpp"
#include "repo/layout.hpp"
#include "repo/merge.hpp"
#include "repo/settings.hpp"
#include "repo/sync.hpp"
#include "repo/workspace.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class GitHook : public Command {
  std::vector<std::string> words_;

  Args args() override {
    return {{.names = "words",
             .metavar = "words",
             .help = "The hook's name and what git gives it",
             .into = &words_,
             .required = true,
             .rest = true}};
  }

  static ExitCode checkout(Context& context, repo::Workspace& workspace) {
    repo::CheckoutOptions options;
    options.allow_missing = true;
    const auto result = repo::checkout(workspace, options);
    const std::size_t changes = result.added.size() + result.modified.size() + result.deleted.size();
    if (changes > 0) context.say("mlops: " + counted(changes, "data file") + " checked out.");
    for (const auto& path : result.missing)
      context.say("mlops: " + mlops::quoted(workspace.shown(path)) + " is not in the cache; `mlops pull` brings it.");
    return ExitCode::ok;
  }

  static ExitCode push(Context& context, repo::Workspace& workspace) {
    if (!repo::default_remote(workspace)) return ExitCode::ok;
    return show_sync(context, repo::push(workspace, {}), "Pushed", "to");
  }

  ExitCode merge(repo::Workspace& workspace) const {
    if (words_.size() != 5) throw Error::usage("the merge driver takes four files");
    const auto result = repo::merge_file(workspace, words_[1], words_[2], words_[3], words_[4]);
    return result.conflict || !result.recognised ? ExitCode::failed : ExitCode::ok;
  }

  ExitCode run(Context& context) override {
    // core.hooksPath may be shared by repositories that are no projects of ours.
    if (!repo::find_project(context.cwd)) return ExitCode::ok;
    auto workspace = context.workspace();
    const std::string& hook = words_.at(0);
    if (hook == "merge-driver") return merge(workspace);
    if (hook == "post-merge") return checkout(context, workspace);
    if (hook == "post-checkout") {
      // The third word is 0 when single files were checked out.
      return words_.size() == 4 && words_[3] == "0" ? ExitCode::ok : checkout(context, workspace);
    }
    if (hook == "pre-push") return push(context, workspace);
    if (hook == "pre-commit") {
      for (const auto& lock : repo::fold_journal(workspace)) {
        const std::string file = printable(workspace.shown(lock));
        context.say("mlops: " + file + " was completed from an interrupted run; `git add " + file + "` includes it.");
      }
      return ExitCode::ok;
    }
    throw Error::usage("{} is not a hook of ours", mlops::quoted(hook));
  }
};

}  // namespace

const CommandSpec git_hook_command{.name = "git-hook",
                                   .group = "",
                                   .summary = "Answer a git hook",
                                   .manual = "Called by the hooks that `mlops install` writes.\n",
                                   .make = make_command<GitHook>};

}  // namespace mlops::cli

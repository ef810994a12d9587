// SPDX-License-Identifier: Apache-2.0
// What git calls. Not shown in help: `mlops install` writes the calls.

#include <exception>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "git/program.hpp"
#include "repo/checkout.hpp"
#include "repo/hooked.hpp"
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

  static repo::Workspace open(const Context& context, const std::string& project) {
    auto session = context.session();
    session.cwd = project;
    // Git names it from where it runs the hook.
    if (const auto index = session.env.find("GIT_INDEX_FILE"); index != session.env.end())
      index->second = repo::absolute_path(context.cwd, index->second);
    return repo::Workspace::open(session);
  }

  ExitCode merge(const Context& context, const std::vector<std::string>& projects) const {
    if (words_.size() != 5) throw Error::usage("the merge driver takes four files");
    std::vector<std::string> files;
    for (std::size_t i = 1; i <= 3; ++i) files.push_back(repo::absolute_path(context.cwd, words_[i]));
    if (const auto project = repo::hooked_project_of(projects, context.cwd, words_[4]); !project.empty()) {
      auto workspace = open(context, project);
      const auto result = repo::merge_file(workspace, files[0], files[1], files[2], words_[4]);
      if (result.recognised) return result.conflict ? ExitCode::failed : ExitCode::ok;
    }
    // No file of ours, or of a project that git was not told of. To say nothing would make git keep our side alone.
    const auto merged = git::Program(context.cwd, context.env).try_run({"merge-file", files[1], files[0], files[2]});
    return merged.exit_code == 0 ? ExitCode::ok : ExitCode::failed;
  }

  ExitCode answer(Context& context, repo::Workspace& workspace) const {
    const std::string& hook = words_.at(0);
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

  ExitCode run(Context& context) override {
    // None is no mistake: core.hooksPath may be shared by repositories that are no projects of ours.
    const auto projects = repo::hooked_projects(context.cwd, context.env);
    if (words_.at(0) == "merge-driver") return merge(context, projects);
    ExitCode code = ExitCode::ok;
    std::exception_ptr failure;
    for (const auto& project : projects) {
      try {
        auto workspace = open(context, project);
        if (const auto answered = answer(context, workspace); answered != ExitCode::ok) code = answered;
      } catch (const Error&) {
        // What stops one project is no reason to leave the data of the next one behind.
        if (failure == nullptr) failure = std::current_exception();
      }
    }
    if (failure != nullptr) std::rethrow_exception(failure);
    return code;
  }
};

}  // namespace

const CommandSpec git_hook_command{.name = "git-hook",
                                   .group = "",
                                   .summary = "Answer a git hook",
                                   .manual = "Called by the hooks that `mlops install` writes.\n",
                                   .make = make_command<GitHook>};

}  // namespace mlops::cli

// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/levels.hpp"
#include "repo/layout.hpp"
#include "repo/settings.hpp"
#include "repo/workspace.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class CacheDir : public Command {
  std::optional<std::string> directory_;
  bool unset_ = false, json_ = false;
  LevelArgs level_;

  Args args() override {
    Args args{{.names = "directory",
               .metavar = "directory",
               .help = "The new place; shows the present one if omitted",
               .into = &directory_,
               .complete = Complete::path},
              {.names = "-u,--unset", .help = "Go back to the project's own cache", .into = &unset_}};
    level_.append_to(args);
    args.push_back(args::json(&json_));
    return args;
  }

  /// The cache in force, or what one file says.
  std::string present(repo::Workspace& workspace) const {
    if (!level_.level()) return workspace.db().root();
    const auto found = repo::get_config(workspace.config(), "cache.dir", level_.level());
    if (!found) {
      throw Error::of(ErrorKind::missing, "'cache.dir' is not set in the {} configuration",
                      repo::to_string(*level_.level()));
    }
    return found->shown();
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    if (unset_) {
      if (directory_) throw Error::usage("`--unset` takes no directory");
      repo::unset_config(workspace, "cache.dir", level_.level());
      return ExitCode::ok;
    }
    if (directory_) {
      repo::set_cache_directory(workspace, *directory_, level_.level());
      context.say("The cache is " + mlops::quoted(repo::cache_directory(workspace.config(), workspace.root())) +
                  " now; what the old one holds was not moved.");
      return ExitCode::ok;
    }
    if (json_) {
      print_json(context.out, {{"directory", present(workspace)}});
    } else {
      context.out << printable(present(workspace)) << "\n";
    }
    return ExitCode::ok;
  }
};

class CacheForget : public Command {
  std::string project_;

  Args args() override {
    return {{.names = "project",
             .metavar = "project",
             .help = "Root directory of a project that is gone",
             .into = &project_,
             .complete = Complete::path,
             .required = true}};
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    const std::string root = repo::real_path(repo::absolute_path(context.cwd, project_));
    if (!workspace.db().forget_project(root)) {
      Error error = Error::of(ErrorKind::missing, "no project at {} uses the cache {}", mlops::quoted(root),
                              mlops::quoted(workspace.db().root()));
      for (const std::string& known : workspace.db().registered_projects()) {
        error.hint("one at {} does", mlops::quoted(known));
      }
      throw error;
    }
    context.say("Forgot " + mlops::quoted(root) + "; what only it used may be collected.");
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec cache_dir_command{
    .name = "cache dir",
    .group = "Share",
    .summary = "Show or change where the cache lies",
    .manual =
        R"(The cache may be shared by several clones, projects and users of a machine. Each project that uses it is noted in
it, so that `mlops gc` in one respects what the others need. Set `cache.shared` to `group` before several users share.

EXAMPLES
  mlops cache dir
  mlops cache dir /shared/mlops-cache
)",
    .make = make_command<CacheDir>};

const CommandSpec cache_forget_command{
    .name = "cache forget",
    .group = "Share",
    .summary = "Take a project that is gone off the cache's register",
    .manual =
        R"(`mlops gc` stops when a project that uses the same cache cannot be read, because it cannot know what that project
needs. If the project was deleted for good, this takes it off the register.

EXAMPLES
  mlops cache forget /home/ann/old-project
)",
    .make = make_command<CacheForget>};

}  // namespace mlops::cli

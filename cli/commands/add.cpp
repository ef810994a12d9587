// SPDX-License-Identifier: Apache-2.0
#include "repo/add.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "cli/json.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class Add : public Command {
  repo::AddOptions options_;
  std::vector<std::string> labels_;
  int jobs_ = 0;
  bool json_ = false;

  Args args() override {
    return {{.names = "targets",
             .metavar = "path",
             .help = "Files or directories",
             .into = &options_.targets,
             .complete = Complete::path,
             .required = true},
            {.names = "--glob", .help = "Take the paths as patterns", .into = &options_.glob},
            {.names = "--desc", .metavar = "text", .help = "Describe the data in its pointer", .into = &options_.desc},
            {.names = "--type", .metavar = "type", .help = "Say what the data is", .into = &options_.type},
            {.names = "--label", .metavar = "label", .help = "Label the data (repeatable)", .into = &labels_},
            args::jobs(&jobs_),
            args::json(&json_)};
  }

  static Json added_json(const repo::Added& added) {
    return {{"path", added.path.str()},
            {"pointer", added.pointer.str()},
            {"entry", entry_json(added.entry)},
            {"changed", added.changed}};
  }

  ExitCode run(Context& context) override {
    auto workspace = repo::Workspace::open(session_with_jobs(context, jobs_));
    if (!labels_.empty()) options_.labels = labels_;
    const auto result = repo::add(workspace, options_);
    if (json_) {
      Json files = Json::array();
      for (const auto& added : result.added) files.push_back(added_json(added));
      print_json(context.out, {{"files", files},
                               {"bytes_written", result.bytes_written},
                               {"changed_files", paths_json(result.changed_files)}});
      return ExitCode::ok;
    }
    for (const auto& added : result.added) {
      const std::string shown = mlops::quoted(workspace.shown(added.path));
      context.say(added.changed ? "Added " + shown + " " + size_text(added.entry) + "." : shown + " did not change.");
    }
    suggest_git_add(context, workspace, result.changed_files, result.staged);
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec add_command{
    .name = "add",
    .group = "Data",
    .summary = "Track files or directories",
    .manual =
        R"(Copies the content into the cache, hashing it in the same pass, and writes a pointer `<path>.mlops`, a small text
file for git. The data itself is entered into `.gitignore` and stays as it is.

A path inside a directory that is tracked already updates that one entry. Relative symbolic links that stay inside the
directory are kept as links; executable bits and empty directories survive. Patterns in `.mlopsignore` leave files out.

What is refused, before anything changes: paths outside the repository, paths that git tracks, outputs of stages,
anything that overlaps what is tracked already, sockets, devices, and links that lead out of the directory. A file that
changes while it is being added is tried three times and then named.

EXAMPLES
  mlops add data/raw                 track a directory
  mlops add data/raw/new.csv         update one file of it
  mlops add -- -odd-name.csv         a name that begins with a dash
)",
    .make = make_command<Add>};

}  // namespace mlops::cli

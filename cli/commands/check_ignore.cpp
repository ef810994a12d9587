// SPDX-License-Identifier: Apache-2.0
#include "repo/check_ignore.hpp"

#include <istream>
#include <ostream>

#include "cli/commands.hpp"
#include "repo/workspace.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class CheckIgnore : public Command {
  std::vector<std::string> targets_;
  bool details_ = false, non_matching_ = false, all_ = false, stdin_ = false;

  Args args() override {
    return {{.names = "targets",
             .metavar = "path",
             .help = "Files and directories to ask about; they need not exist",
             .into = &targets_,
             .complete = Complete::path},
            {.names = "-d,--details", .help = "Show the pattern that decides with each path", .into = &details_},
            {.names = "-n,--non-matching",
             .help = "With --details: also show paths that no pattern matches",
             .into = &non_matching_},
            {.names = "-a,--all", .help = "With --details: show all patterns that match", .into = &all_},
            {.names = "--stdin", .help = "Read paths from standard input, one a line", .into = &stdin_}};
  }

  void check_args(const Context& context) const {
    if (!stdin_ && targets_.empty()) throw Error::usage("name paths, or give `--stdin`");
    if (stdin_ && !targets_.empty()) throw Error::usage("paths and `--stdin` cannot be given together");
    if (non_matching_ && !details_) throw Error::usage("`--non-matching` is only of use with `--details`");
    if (all_ && !details_) throw Error::usage("`--all` is only of use with `--details`");
    if (details_ && context.verbosity == Verbosity::quiet)
      throw Error::usage("`--details` and `--quiet` cannot be given together");
  }

  ExitCode run(Context& context) override {
    check_args(context);
    const auto workspace = context.workspace();
    bool any = false;
    for (const auto& target : targets_) any = show(context, workspace, target) || any;
    for (std::string line; stdin_ && context.in != nullptr && std::getline(*context.in, line) && !line.empty();)
      any = show(context, workspace, line) || any;
    return any ? ExitCode::ok : ExitCode::failed;
  }

  /// Returns whether the path is ignored; with details, whether any pattern matches it.
  bool show(const Context& context, const repo::Workspace& workspace, const std::string& target) const {
    auto check = repo::check_ignore(workspace, target);
    if (!details_) {
      if (check.ignored && context.verbosity != Verbosity::quiet) context.out << printable(target) << "\n";
      return check.ignored;
    }
    const bool matched = !check.patterns.empty();
    if (!all_ && matched) check.patterns.erase(check.patterns.begin(), check.patterns.end() - 1);
    if (!matched && non_matching_) check.patterns.emplace_back("::");
    for (const auto& pattern : check.patterns) context.out << printable(pattern) << "\t" << printable(target) << "\n";
    context.out.flush();
    return matched;
  }
};

}  // namespace

const CommandSpec check_ignore_command{
    .name = "check-ignore",
    .group = "Data",
    .summary = "Tell which paths `.mlopsignore` files hide",
    .manual =
        R"(Prints those of the paths that are ignored: by a pattern of a `.mlopsignore` file beside or above them, because a
directory above them is, or because nothing there is ever looked at (`.git`, `.mlops`, other projects). A path that a
later pattern takes back in (`!keep.tmp`) is not ignored.

With `--details` each line is `<file>:<line>:<pattern>`, a tab and the path, for the pattern that decides, also one that
takes the path back in; `:<pattern>` for what is always ignored; `::` with `--non-matching` where nothing matches.

Ends with 0 if any path is ignored (with `--details`: if any pattern matches), else with 1.

EXAMPLES
  mlops check-ignore -d data/raw/notes.tmp
  git ls-files | mlops check-ignore --stdin
)",
    .make = make_command<CheckIgnore>};

}  // namespace mlops::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/args.hpp"

#include <algorithm>

#include "util/text.hpp"

namespace mlops::cli {

std::vector<std::string> Arg::spellings() const { return split(names, ','); }

const Arg* find_arg(const Args& args, std::string_view word) {
  for (const Arg& arg : args) {
    if (arg.positional()) continue;
    const auto names = arg.spellings();
    if (std::find(names.begin(), names.end(), word) != names.end()) return &arg;
  }
  return nullptr;
}

namespace args {

Arg json(bool* into) { return {.names = "--json", .help = "Print one JSON object instead of text", .into = into}; }

Arg jobs(int* into) {
  return {.names = "-j,--jobs", .metavar = "n", .help = "How many to work on at once", .into = into};
}

Arg remote(std::optional<std::string>* into) {
  return {.names = "-r,--remote",
          .metavar = "name",
          .help = "Remote to use instead of the default one",
          .into = into,
          .complete = Complete::remote};
}

Arg targets(std::vector<std::string>* into, std::string_view help) {
  return {.names = "targets", .metavar = "target", .help = help, .into = into, .complete = Complete::target};
}

Arg dry_run(bool* into) {
  return {.names = "--dry,--dry-run", .help = "Say what would be done and do nothing", .into = into};
}

Arg force(bool* into, std::string_view help) { return {.names = "-f,--force", .help = help, .into = into}; }

Arg all_branches(bool* into) {
  return {.names = "-a,--all-branches", .help = "Also what the tips of all branches name", .into = into};
}

Arg all_tags(bool* into) { return {.names = "-T,--all-tags", .help = "Also what all tags name", .into = into}; }

Arg all_commits(bool* into) {
  return {.names = "-A,--all-commits", .help = "Also what any commit of the history names", .into = into};
}

Arg recursive(bool* into) {
  return {.names = "-R,--recursive", .help = "Take directories as everything tracked below them", .into = into};
}

}  // namespace args
}  // namespace mlops::cli

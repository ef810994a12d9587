// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/listed_place.hpp"

#include "repo/layout.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

/// An address that git would have to fetch: "https://...", "git@host:path".
bool is_remote_address(const std::string& word) {
  const auto colon = word.find(':');
  return word.find("://") != std::string::npos || (word.find('@') < colon && colon < word.find('/'));
}

}  // namespace

Arg ListedPlace::first() {
  return {.names = "place",
          .metavar = "path-or-project",
          .help = "What to look at, or where the project is; here if omitted",
          .into = &first_,
          .complete = Complete::path};
}

Arg ListedPlace::second() {
  return {.names = "path",
          .metavar = "path",
          .help = "What to look at in that project, from its root",
          .into = &second_,
          .complete = Complete::path};
}

Arg ListedPlace::revision(std::optional<std::string>* into) {
  return {.names = "--rev",
          .metavar = "revision",
          .help = "Look at this revision instead of the workspace",
          .into = into,
          .complete = Complete::revision};
}

repo::Workspace ListedPlace::open(const Context& context, std::string& path) const {
  if (first_ && is_remote_address(*first_))
    throw Error("cannot look into {}: only projects on this machine can be listed", mlops::quoted(*first_))
        .hint("clone it first: `git clone --depth 1 {}`", shell_quoted(*first_));
  auto session = context.session();
  const std::string place = repo::real_path(repo::absolute_path(session.cwd, first_.value_or(".")));
  const auto project = repo::find_project(place);
  const bool other = project == place && repo::find_project(repo::real_path(session.cwd)) != project;
  if (!second_ && !other) {
    path = first_.value_or("");
    return context.workspace();
  }
  session.cwd = project.value_or(place);
  path = second_.value_or("");
  return repo::Workspace::open(session);
}

void say_not_listed(const Context& context, const std::vector<fs::RepoPath>& directories) {
  for (const auto& path : directories)
    context.say("The listing of " + mlops::quoted(path.str()) + " is not in the cache; `mlops fetch` brings it.");
}

}  // namespace mlops::cli

// SPDX-License-Identifier: Apache-2.0
#include "repo/hooked.hpp"

#include <algorithm>

#include "repo/layout.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

constexpr const char* key = "mlops.project";

std::vector<std::string> noted(const git::Program& git) {
  const Completed listed = git.try_run({"config", "--local", "--null", "--get-all", key});
  std::vector<std::string> places = split(listed.exit_code == 0 ? listed.out : std::string(), '\0');
  std::erase(places, std::string());
  return places;
}

}  // namespace

bool note_hooked_project(const Workspace& workspace) {
  const fs::RepoPath& place = workspace.git_prefix();
  const git::Program git = workspace.git_program();
  const std::vector<std::string> before = noted(git);
  if (place.is_root() || std::find(before.begin(), before.end(), place.str()) != before.end()) {
    return false;
  }
  git.run({"config", "--local", "--add", key, place.str()});
  return true;
}

void forget_hooked_projects(const Workspace& workspace) {
  const git::Program git = workspace.git_program();
  if (!noted(git).empty()) {
    git.run({"config", "--local", "--unset-all", key});
  }
}

std::vector<std::string> hooked_projects(const std::string& directory, const Environment& env) {
  std::vector<std::string> projects;
  if (const auto above = find_project(directory)) {
    projects.push_back(*above);
  }
  for (const std::string& place : noted(git::Program(directory, env))) {
    const auto path = fs::RepoPath::try_parse(place);
    const std::string root = path ? directory + "/" + path->str() : std::string();
    if (path && find_project(root) == root) {
      projects.push_back(root);
    }
  }
  return projects;
}

std::string hooked_project_of(const std::vector<std::string>& projects, const std::string& directory,
                              const std::string& path) {
  const std::string file = absolute_path(directory, path);
  std::string innermost;
  for (const std::string& project : projects) {
    if (file.starts_with(project + "/") && project.size() > innermost.size()) {
      innermost = project;
    }
  }
  return innermost;
}

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#include "run/set_params.hpp"

#include <map>

#include "fs/file.hpp"
#include "spec/params.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::run {
namespace {

constexpr std::string_view default_file = "params.yaml";

std::string read_param_file(const repo::Workspace& workspace, const fs::RepoPath& file) {
  auto text = fs::try_read_file(workspace.absolute(file));
  if (!text) {
    throw Error::of(ErrorKind::missing, "the parameter file {} does not exist", quoted(file.str()))
        .hint("another one is named in front: `-S FILE:KEY=VALUE`");
  }
  return std::move(*text);
}

}  // namespace

std::vector<ParamEdit> plan_param_edits(const repo::Workspace& workspace, const std::vector<std::string>& words) {
  std::map<fs::RepoPath, ParamEdit> edits;
  for (const std::string& word : words) {
    // Without a name it is the file beside the pipeline file, wherever the user is.
    const spec::Assignment assignment =
        spec::parse_assignment(word, workspace.root() + "/" + std::string(default_file));
    const fs::RepoPath file = workspace.resolve(assignment.file);
    fs::require_declarable(file, "-S");
    auto known = edits.find(file);
    if (known == edits.end()) {
      const std::string text = read_param_file(workspace, file);
      known = edits.emplace(file, ParamEdit{file, text, text}).first;
    }
    known->second.after = spec::apply_assignment(known->second.after, file.str(), assignment);
  }
  std::vector<ParamEdit> changes;
  for (auto& [file, edit] : edits) {
    if (edit.before != edit.after) {
      changes.push_back(std::move(edit));
    }
  }
  return changes;
}

void apply_param_edits(const repo::Workspace& workspace, const std::vector<ParamEdit>& edits) {
  for (const ParamEdit& edit : edits) {
    workspace.write_file(edit.file, edit.after);
  }
}

}  // namespace mlops::run

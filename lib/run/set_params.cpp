// SPDX-License-Identifier: Apache-2.0
#include "run/set_params.hpp"

#include <algorithm>
#include <map>

#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "run/uninterrupted.hpp"
#include "spec/params.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
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

/// Where the parameters are that are meant without a file: beside the pipeline file of cwd, else beside the root's.
fs::RepoPath pipeline_directory(const repo::Workspace& workspace) {
  const fs::RepoPath here = workspace.cwd() / workspace.dialect().names().pipeline;
  return fs::stat_path(workspace.absolute(here)) ? workspace.cwd() : fs::RepoPath();
}

/// A slip of the keyboard must not write into the files that say what the project is.
void require_param_file(const repo::Workspace& workspace, const fs::RepoPath& file) {
  fs::require_declarable(file, "-S");
  const spec::Names& names = workspace.dialect().names();
  if (file.name() == names.pipeline || file.name() == names.lock || file.name().ends_with(names.pointer_suffix)) {
    throw Error::usage("{} is no parameter file", quoted(file.str()))
        .hint("-S changes files that `params` of a stage names");
  }
}

/// A new key may be meant; one that is nearly like another is more often a slip, and the run would tell nothing of it.
void warn_of_slip(const std::string& text, const fs::RepoPath& file, const spec::Assignment& assignment) {
  const auto is_index = [](const std::string& part) {
    return part.find_first_not_of("0123456789") == std::string::npos;
  };
  const std::string key = join(assignment.path, ".");
  std::vector<std::string> known;
  for (const auto& [name, value] : spec::flatten(spec::read_values(text, file.str()))) {
    if (!name.empty()) {  // A file that is empty or one value has one leaf, without a name.
      known.push_back(name);
    }
  }
  const bool there = std::any_of(known.begin(), known.end(), [&](const std::string& name) {
    return name == key || name.starts_with(key + ".") || name.starts_with(key + "[");
  });
  const auto near = nearest(key, known);
  if (!there && near && std::none_of(assignment.path.begin(), assignment.path.end(), is_index)) {
    log::warning("{} is a new parameter in {}; was '{}' meant?", quoted(key), quoted(file.str()), printable(*near));
  }
}

}  // namespace

std::vector<ParamEdit> plan_param_edits(const repo::Workspace& workspace, const std::vector<std::string>& words) {
  const std::string usual_file = workspace.absolute(pipeline_directory(workspace) / default_file);
  std::map<fs::RepoPath, ParamEdit> edits;
  for (const std::string& word : words) {
    const spec::Assignment assignment = spec::parse_assignment(word, usual_file);
    const fs::RepoPath file = workspace.resolve(assignment.file);
    require_param_file(workspace, file);
    auto known = edits.find(file);
    if (known == edits.end()) {
      const std::string text = read_param_file(workspace, file);
      known = edits.emplace(file, ParamEdit{file, text, text}).first;
    }
    warn_of_slip(known->second.after, file, assignment);
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

ParamChange::ParamChange(const repo::Workspace& workspace, std::vector<ParamEdit> edits)
    : workspace_(workspace), edits_(std::move(edits)) {
  try {
    for (const ParamEdit& edit : edits_) {
      workspace_.write_file(edit.file, edit.after);
    }
  } catch (...) {
    undo();
    throw;
  }
}

ParamChange::~ParamChange() {
  if (!kept_) {
    undo();
  }
}

std::vector<fs::RepoPath> ParamChange::files() const {
  std::vector<fs::RepoPath> files;
  for (const ParamEdit& edit : edits_) {
    files.push_back(edit.file);
  }
  return files;
}

void ParamChange::undo() const {
  const Uninterrupted meanwhile;
  for (const ParamEdit& edit : edits_) {
    try {
      // What somebody else wrote there since is not ours to take back.
      if (fs::try_read_file(workspace_.absolute(edit.file)) == edit.after) {
        workspace_.write_file(edit.file, edit.before);
      }
    } catch (const std::exception& error) {
      log::warning("{} keeps the changed parameters: {}", quoted(edit.file.str()), error.what());
    }
  }
}

}  // namespace mlops::run

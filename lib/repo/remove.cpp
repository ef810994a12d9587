// SPDX-License-Identifier: Apache-2.0
#include "repo/remove.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "fs/file.hpp"
#include "repo/add.hpp"
#include "repo/checkout.hpp"
#include "repo/git_ignore.hpp"
#include "repo/journal.hpp"
#include "repo/lock_text.hpp"
#include "repo/target.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

/// What the words of the command line stand for.
struct Chosen {
  std::map<fs::RepoPath, fs::RepoPath> pointers;  ///< data paths and their pointer files
  std::set<std::string> written;                  ///< addresses of stages as the pipeline files have them
  std::set<std::string> stages;                   ///< the same, with groups as the stages that they make
  std::vector<fs::RepoPath> data;                 ///< tracked paths of both
};

/// The tracked path that a word names, by itself or by its pointer's.
const spec::Pointer* find_pointer(const Snapshot& snapshot, const fs::RepoPath& path) {
  const auto found = std::find_if(snapshot.pointers.begin(), snapshot.pointers.end(),
                                  [&](const auto& pointer) { return pointer.path == path || pointer.file == path; });
  return found == snapshot.pointers.end() ? nullptr : &*found;
}

void add_stages(const Snapshot& snapshot, const std::string& name, Chosen& chosen) {
  chosen.written.insert(name);
  for (const spec::Stage* stage : snapshot.project.find_all(name)) {
    chosen.stages.insert(stage->name);
  }
}

/// A stage may be called as a tracked path is. Guessing would take away the wrong one.
void choose_stage(const Workspace& workspace, const Snapshot& snapshot, const std::string& word, Chosen& chosen) {
  const auto path = fs::RepoPath::try_parse(word);
  const spec::Pointer* pointer = path ? find_pointer(snapshot, workspace.resolve(word)) : nullptr;
  if (pointer != nullptr) {
    throw Error::of(ErrorKind::conflict, "{} is both a stage and a tracked path", quoted(word))
        .hint("`mlops stage remove {}` removes the stage, `mlops remove {}` stops tracking the path", word,
              shell_quoted(workspace.shown(pointer->file)));
  }
  for (const std::string& name : declarations_named(workspace, snapshot, word)) {
    add_stages(snapshot, name, chosen);
  }
}

void choose(const Workspace& workspace, const Snapshot& snapshot, const std::string& word, Chosen& chosen) {
  const bool whole_file = word.substr(word.rfind('/') + 1) == workspace.dialect().names().pipeline;
  if (!whole_file && !stages_named(workspace, snapshot, word).empty()) {
    choose_stage(workspace, snapshot, word, chosen);
    return;
  }
  const fs::RepoPath path = workspace.resolve(word);
  if (const spec::Pointer* pointer = find_pointer(snapshot, path)) {
    chosen.pointers.emplace(pointer->path, pointer->file);
    return;
  }
  const auto tracked = snapshot.find(path);
  if (tracked && tracked->stage != nullptr) {
    throw Error::of(ErrorKind::conflict, "{} is an output of stage '{}'", quoted(word), tracked->stage->name)
        .hint("`mlops remove {}` takes out the whole stage", tracked->stage->name);
  }
  if (tracked) {
    throw Error::of(ErrorKind::conflict, "{} is a part of {}", quoted(word), quoted(tracked->path.str()))
        .hint("delete it, then `mlops add {}`", shell_quoted(workspace.shown(tracked->path)));
  }
  throw Error::of(ErrorKind::missing, "{} is neither tracked nor the name of a stage", quoted(word))
      .hint("`mlops ls` lists what is tracked, `mlops stage list` the stages");
}

Chosen choose_all(const Workspace& workspace, const Snapshot& snapshot, const RemoveOptions& options) {
  Chosen chosen;
  for (const std::string& name : options.stages) {
    add_stages(snapshot, name, chosen);
  }
  for (const std::string& word : options.targets) {
    choose(workspace, snapshot, word, chosen);
  }
  for (const Tracked& tracked : snapshot.tracked()) {
    const bool by_stage = tracked.stage != nullptr && chosen.stages.contains(tracked.stage->name);
    if (by_stage || (tracked.pointer != nullptr && chosen.pointers.contains(tracked.path))) {
      chosen.data.push_back(tracked.path);
    }
  }
  return chosen;
}

/// Deletes the data before its pointer goes: until then it can be had back by a checkout.
void delete_data(Workspace& workspace, const Chosen& chosen, bool force, RemoveResult& result) {
  std::vector<store::CheckoutItem> items;
  for (const fs::RepoPath& path : chosen.data) {
    if (fs::stat_path(workspace.absolute(path))) {
      items.push_back({path, std::nullopt});
      result.data.push_back(path);
    }
  }
  CheckoutOptions options;
  options.force = force;
  result.rescued = checkout_items(workspace, items, options).rescued;
}

void remove_stages(Workspace& workspace, const Chosen& chosen, RemoveResult& result) {
  const spec::Dialect& dialect = workspace.dialect();
  std::map<fs::RepoPath, std::vector<std::string>> by_file;
  for (const std::string& stage : chosen.written) {
    by_file[spec::parse_stage_address(stage, dialect.names().pipeline).file].push_back(stage);
  }
  {
    const auto lock = workspace.lock_metadata();
    std::map<fs::RepoPath, std::string> texts;
    for (const auto& [file, stages] : by_file) {
      std::string text = fs::read_file(workspace.absolute(file), metadata_limit_bytes);
      for (const std::string& stage : stages) {
        text = dialect.without_stage(text, file, stage);
      }
      texts.emplace(file, std::move(text));
    }
    result.stages.assign(chosen.stages.begin(), chosen.stages.end());
    for (const auto& [file, text] : texts) {
      workspace.write_file(file, text);
      result.changed_files.push_back(file);
    }
  }
  const auto locks = write_lock_files(workspace, {}, result.stages);
  result.changed_files.insert(result.changed_files.end(), locks.begin(), locks.end());
}

}  // namespace

RemoveResult remove(Workspace& workspace, const RemoveOptions& options) {
  const auto snapshot = Snapshot::of_workspace(workspace);
  const Chosen chosen = choose_all(workspace, *snapshot, options);
  RemoveResult result;
  if (options.outs) {
    delete_data(workspace, chosen, options.force, result);
  }
  if (!chosen.written.empty()) {
    remove_stages(workspace, chosen, result);
  }
  for (const auto& [path, pointer] : chosen.pointers) {
    // Not while another command reads, merges and writes it.
    const auto lock = workspace.lock_metadata();
    fs::remove_file(workspace.absolute(pointer));
    result.pointers.push_back(pointer);
    result.changed_files.push_back(pointer);
  }
  const std::vector<fs::RepoPath> ignores = unignore_paths(workspace, chosen.data);
  result.changed_files.insert(result.changed_files.end(), ignores.begin(), ignores.end());
  std::sort(result.changed_files.begin(), result.changed_files.end());
  result.changed_files = known_to_git(workspace, std::move(result.changed_files));
  // What stays in the workspace is the user's own from now on.
  std::vector<std::pair<fs::RepoPath, std::optional<store::Entry>>> placed;
  for (const fs::RepoPath& path : chosen.data) {
    placed.emplace_back(path, std::nullopt);
  }
  note_placed(workspace, placed);
  result.staged = autostage(workspace, result.changed_files);
  return result;
}

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stage_edit.hpp"

#include "fs/file.hpp"
#include "pipeline/graph.hpp"
#include "pipeline/outputs.hpp"
#include "pipeline/stage_words.hpp"
#include "repo/add.hpp"
#include "repo/git_ignore.hpp"
#include "repo/lock_text.hpp"
#include "repo/remove.hpp"
#include "repo/target.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace mlops::pipeline {
namespace {

/// The pipeline file that a new stage goes into: the one of the current directory, or the root's.
fs::RepoPath pipeline_file_here(const repo::Workspace& workspace) {
  fs::RepoPath here = workspace.cwd() / workspace.dialect().names().pipeline;
  return workspace.dialect().pipeline_in_each_directory() || fs::stat_path(workspace.absolute(here))
             ? here
             : repo::pipeline_path(workspace.dialect());
}

/// Reads the pipeline file, lets `edit` make its new text, and writes that; all under the metadata lock.
void edit_pipeline(repo::Workspace& workspace, const fs::RepoPath& file,
                   const std::function<std::string(const std::string&, const fs::LockFile&)>& edit) {
  const auto lock = workspace.lock_metadata();
  const std::string before = fs::try_read_file(workspace.absolute(file)).value_or("");
  const std::string after = edit(before, lock);
  if (after != before) {
    workspace.write_file(file, after);
  }
}

std::vector<fs::RepoPath> cached_paths(const spec::Stage& stage) {
  std::vector<fs::RepoPath> paths;
  for (const spec::Output& out : stage.outs) {
    if (out.cache) {
      paths.push_back(out.path);
    }
  }
  return paths;
}

/// Throws unless the project stays sound with this pipeline text; returns the stage as the text declares it.
spec::Stage check_new_text(repo::Workspace& workspace, const repo::Snapshot& snapshot, const fs::RepoPath& file,
                           const std::string& text, const std::string& name) {
  repo::Snapshot changed{.project = snapshot.project, .lock = {}, .pointers = snapshot.pointers, .pipelines = {}};
  std::erase_if(changed.project.stages, [&](const spec::Stage& stage) { return stage.file == file; });
  repo::merge_project(changed.project, workspace.dialect().read_project(text, file, repo::work_tree_files(workspace)));
  const Graph graph(changed, workspace.dialect());
  const spec::Stage& stage = graph.stage(graph.index(name));
  check_outputs(workspace, stage);
  return stage;
}

/// The addresses that the words stand for; a group stays one. Throws Error for one that names no stage.
std::vector<std::string> known_addresses(const repo::Workspace& workspace, const repo::Snapshot& snapshot,
                                         const std::vector<std::string>& words) {
  const Graph graph(snapshot, workspace.dialect());
  std::vector<std::string> addresses;
  for (const std::string& word : words) {
    const auto found = repo::declarations_named(workspace, snapshot, word);
    if (found.empty()) {
      graph.index(word);  // throws, naming what is near
    }
    addresses.insert(addresses.end(), found.begin(), found.end());
  }
  return addresses;
}

std::string row_summary(const spec::Stage& stage) {
  if (!stage.desc.empty()) {
    return printable(stage.desc);
  }
  std::vector<std::string> outs, reports;
  for (const spec::Output& out : stage.outs) {
    (out.kind == spec::OutputKind::plain ? outs : reports).push_back(printable(out.path.str()));
  }
  std::vector<std::string> parts;
  if (!outs.empty()) {
    parts.push_back("Outputs " + join(outs, ", "));
  }
  if (!reports.empty()) {
    parts.push_back("Reports " + join(reports, ", "));
  }
  return parts.empty() ? printable(join(stage.cmd.lines, " && ")) : join(parts, "; ");
}

}  // namespace

std::string command_line(const std::vector<std::string>& words) {
  if (words.size() == 1) {
    return words.front();
  }
  std::vector<std::string> quoted_words;
  for (const std::string& word : words) {
    quoted_words.push_back(shell_quoted(word));
  }
  return join(quoted_words, " ");
}

StageAddResult stage_add(repo::Workspace& workspace, const StageAddOptions& options) {
  spec::Stage declared = stage_from_words(workspace, options);
  const auto snapshot = repo::Snapshot::of_workspace(workspace);
  StageAddResult result;
  std::vector<fs::RepoPath> dropped, more;
  const fs::RepoPath file = pipeline_file_here(workspace);
  declared.file = file;
  declared.name = spec::stage_address(file, options.name);
  edit_pipeline(workspace, file, [&](const std::string& text, const fs::LockFile& lock) {
    const spec::Project project = workspace.dialect().read_project(text, file, repo::work_tree_files(workspace));
    const spec::Stage* old = project.find(declared.name);
    if (old != nullptr && !options.force) {
      throw Error("stage '{}' is already declared in '{}'", options.name, file.str()).hint("`--force` replaces it");
    }
    std::string changed = workspace.dialect().with_stage(text, file, declared);
    result.stage = check_new_text(workspace, *snapshot, file, changed, declared.name);
    if (old != nullptr) {
      result.replaced = true;
      const auto kept = cached_paths(result.stage);
      dropped = cached_paths(*old);
      std::erase_if(dropped, [&](const auto& path) { return std::find(kept.begin(), kept.end(), path) != kept.end(); });
    }
    // First what may fail: a line too many in a .gitignore does less harm than a stage that half exists.
    more = repo::ignore_paths(workspace, cached_paths(result.stage), lock);
    return changed;
  });
  result.written = {file};
  const auto less = repo::unignore_paths(workspace, dropped);
  result.written.insert(result.written.end(), more.begin(), more.end());
  result.written.insert(result.written.end(), less.begin(), less.end());
  std::sort(result.written.begin(), result.written.end());
  result.written.erase(std::unique(result.written.begin(), result.written.end()), result.written.end());
  repo::autostage(workspace, result.written);
  return result;
}

StageRemoveResult stage_remove(repo::Workspace& workspace, const StageRemoveOptions& options) {
  const auto snapshot = repo::Snapshot::of_pipeline(workspace);
  const auto names = known_addresses(workspace, *snapshot, options.names);
  repo::RemoveResult removed = repo::remove(workspace, {.stages = names, .outs = options.outs, .force = options.force});
  return {.written = std::move(removed.changed_files),
          .removed = std::move(removed.data),
          .rescued = std::move(removed.rescued)};
}

std::vector<StageRow> stage_list(repo::Workspace& workspace, const std::vector<std::string>& names) {
  const auto snapshot = repo::Snapshot::of_pipeline(workspace);
  known_addresses(workspace, *snapshot, names);
  std::set<const spec::Stage*> chosen;
  for (const std::string& name : names) {
    const auto found = repo::stages_named(workspace, *snapshot, name);
    chosen.insert(found.begin(), found.end());
  }
  std::vector<StageRow> rows;
  for (const spec::Stage& stage : snapshot->project.stages) {
    if (names.empty() || chosen.count(&stage) > 0) {
      rows.push_back({stage.name, row_summary(stage), stage});
    }
  }
  return rows;
}

std::vector<std::string> freeze(repo::Workspace& workspace, const std::vector<std::string>& names, Frozen frozen) {
  const auto snapshot = repo::Snapshot::of_pipeline(workspace);
  std::map<fs::RepoPath, std::vector<std::string>> by_file;
  for (const std::string& address : known_addresses(workspace, *snapshot, names)) {
    by_file[spec::parse_stage_address(address, workspace.dialect().names().pipeline).file].push_back(address);
  }
  std::vector<std::string> changed;
  for (const auto& [file, addresses] : by_file) {
    edit_pipeline(workspace, file, [&, &here = file, &all = addresses](std::string text, const fs::LockFile&) {
      for (const std::string& address : all) {
        const std::string after = workspace.dialect().with_frozen(text, here, address, frozen == Frozen::yes);
        if (after != text) {
          changed.push_back(address);
          text = after;
        }
      }
      return text;
    });
  }
  return changed;
}

}  // namespace mlops::pipeline

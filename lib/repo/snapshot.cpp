// SPDX-License-Identifier: Apache-2.0
#include "repo/snapshot.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "repo/compiled.hpp"
#include "repo/journal.hpp"
#include "repo/lock_text.hpp"
#include "repo/pointers.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

std::optional<store::Entry> locked_entry(const spec::Lock& lock, const spec::Stage& stage, const fs::RepoPath& path) {
  const auto state = lock.stages.find(stage.name);
  if (state == lock.stages.end()) {
    return std::nullopt;
  }
  const auto& outs = state->second.outs;
  const auto found = std::find_if(outs.begin(), outs.end(), [&](const auto& out) { return out.path == path; });
  return found == outs.end() ? std::nullopt : std::optional(found->entry);
}

std::string owner(const Tracked& tracked) {
  return tracked.stage != nullptr ? "stage '" + tracked.stage->name + "'" : quoted(tracked.pointer->file.str());
}

/// The line of the pipeline file; 0 for what a pointer declares.
int declared_on(const Tracked& tracked) { return tracked.output != nullptr ? tracked.output->line : 0; }

/// Two that claim the same bytes would overwrite each other at every checkout.
void require_no_overlap(const Snapshot& snapshot) {
  const std::vector<Tracked> tracked = snapshot.tracked();
  for (std::size_t i = 1; i < tracked.size(); ++i) {
    const Tracked& outer = tracked[i - 1];
    const Tracked& inner = tracked[i];
    if (!inner.path.within(outer.path)) {
      continue;
    }
    const Tracked& later = declared_on(inner) >= declared_on(outer) ? inner : outer;
    const std::string place =
        later.output == nullptr ? "" : fmt::format("{}:{}: ", later.stage->file.str(), later.output->line);
    throw Error::of(ErrorKind::conflict, "{}{} of {} {} {} of {}", place, quoted(inner.path.str()), owner(inner),
                    inner.path == outer.path ? "is also" : "lies inside", quoted(outer.path.str()), owner(outer))
        .hint("keep one of them: `mlops remove` takes a pointer out, `mlops stage remove` a stage");
  }
}

void add_journal(const Workspace& workspace, Snapshot& snapshot) {
  const Journal journal(workspace);
  if (!journal.exists()) {
    return;
  }
  for (auto& [stage, state] : journal.read(snapshot.lock).records) {
    snapshot.lock.stages.insert_or_assign(stage, std::move(state));
    snapshot.journal_pending = true;
  }
}

bool by_path(const spec::Pointer& a, const spec::Pointer& b) { return a.path < b.path; }

}  // namespace

std::vector<Tracked> Snapshot::tracked() const {
  std::vector<Tracked> all;
  for (const spec::Pointer& pointer : pointers) {
    if (!pointer.cache) {
      continue;
    }
    all.push_back({.path = pointer.path,
                   .entry = pointer.entry,
                   .pointer = &pointer,
                   .push = pointer.push,
                   .remote = pointer.remote});
  }
  for (const spec::Stage& stage : project.stages) {
    for (const spec::Output& output : stage.outs) {
      if (output.cache && output.elsewhere.empty()) {
        all.push_back({.path = output.path,
                       .entry = locked_entry(lock, stage, output.path),
                       .stage = &stage,
                       .output = &output,
                       .push = output.push,
                       .remote = output.remote});
      }
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Tracked& a, const Tracked& b) { return a.path < b.path; });
  return all;
}

std::optional<Tracked> Snapshot::find(const fs::RepoPath& path) const {
  for (Tracked& candidate : tracked()) {
    if (path.within(candidate.path)) {
      return std::move(candidate);
    }
  }
  return std::nullopt;
}

fs::RepoPath Snapshot::pointer_file(const spec::Dialect& dialect, const fs::RepoPath& data) {
  return data.parent() / (std::string(data.name()) + std::string(dialect.names().pointer_suffix));
}

namespace {

std::unique_ptr<Snapshot> read_pipelines(Workspace& workspace, std::vector<fs::RepoPath> pipelines) {
  auto snapshot = std::make_unique<Snapshot>();
  PipelineFiles files = read_pipeline_files(workspace, pipelines);
  snapshot->project = std::move(files.project);
  snapshot->lock = std::move(files.lock);
  snapshot->pipelines = std::move(pipelines);
  add_journal(workspace, *snapshot);
  return snapshot;
}

/// The paths that stages have made. What stands in place of an output that was never made is no stage's work: pointers
/// inside it count, and overlap.
std::vector<fs::RepoPath> made_paths(const Snapshot& snapshot) {
  std::vector<fs::RepoPath> made;
  for (const spec::Stage& stage : snapshot.project.stages) {
    for (const spec::Output& output : stage.outs) {
      if (output.elsewhere.empty() && locked_entry(snapshot.lock, stage, output.path)) {
        made.push_back(output.path);
      }
    }
  }
  std::sort(made.begin(), made.end());
  return made;
}

/// Whether one of `made` (sorted) holds `path`.
bool lies_in(const fs::RepoPath& path, const std::vector<fs::RepoPath>& made) {
  for (fs::RepoPath above = path; !above.is_root(); above = above.parent()) {
    if (std::binary_search(made.begin(), made.end(), above)) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::unique_ptr<Snapshot> Snapshot::of_pipeline(Workspace& workspace) {
  return read_pipelines(workspace, find_declaring(workspace, Pointers::skip).pipelines);
}

std::unique_ptr<Snapshot> Snapshot::of_workspace(Workspace& workspace) {
  Declaring declaring = find_declaring(workspace, Pointers::read);
  auto snapshot = read_pipelines(workspace, std::move(declaring.pipelines));
  const std::vector<fs::RepoPath> made = made_paths(*snapshot);
  for (PointerFile& file : declaring.pointers) {
    if (lies_in(file.file, made)) {
      continue;
    }
    if (file.failure) {
      throw *file.failure;
    }
    std::move(file.pointers.begin(), file.pointers.end(), std::back_inserter(snapshot->pointers));
  }
  std::sort(snapshot->pointers.begin(), snapshot->pointers.end(), by_path);
  require_no_overlap(*snapshot);
  return snapshot;
}

std::unique_ptr<Snapshot> Snapshot::of_tree(Workspace& workspace, const git::Oid& commit_or_tree) {
  return read_declarations(workspace, find_declarations(workspace, commit_or_tree));
}

namespace {

/// Reads files of a commit or tree for templates.
spec::ReadFile revision_files(Workspace& workspace, const git::Oid& revision) {
  return [&workspace, revision](const fs::RepoPath& path) -> std::optional<std::string> {
    const auto item = workspace.git().find(revision, workspace.git_prefix() / path);
    const bool regular = item && (item->mode == git::FileMode::regular || item->mode == git::FileMode::executable);
    return regular ? std::optional(workspace.git().read_blob(item->id, metadata_limit_bytes)) : std::nullopt;
  };
}

}  // namespace

std::unique_ptr<Snapshot> read_declarations(Workspace& workspace, const Declarations& found) {
  const spec::Dialect& dialect = workspace.dialect();
  const git::Repository& git = workspace.git();
  auto snapshot = std::make_unique<Snapshot>();
  for (const git::TreeItem& pipeline : found.pipelines) {
    spec::Project project = dialect.read_project(git.read_blob(pipeline.id, metadata_limit_bytes), pipeline.path,
                                                 revision_files(workspace, found.revision));
    const auto lock = std::ranges::find(found.locks, lock_of(dialect, pipeline.path), &git::TreeItem::path);
    if (lock != found.locks.end()) {
      const spec::Lock read = dialect.read_lock(git.read_blob(lock->id, metadata_limit_bytes), lock->path, project);
      for (const auto& [stage, state] : read.stages) {
        snapshot->lock.stages.insert_or_assign(stage, state);
      }
    }
    merge_project(snapshot->project, std::move(project));
    snapshot->pipelines.push_back(pipeline.path);
  }
  for (const git::TreeItem& pointer : found.pointers) {
    auto pointers = dialect.read_pointers(git.read_blob(pointer.id, pointer_limit_bytes), pointer.path);
    std::move(pointers.begin(), pointers.end(), std::back_inserter(snapshot->pointers));
  }
  std::sort(snapshot->pointers.begin(), snapshot->pointers.end(), by_path);
  return snapshot;
}

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#include "repo/data_changes.hpp"

#include <algorithm>
#include <memory>

#include "repo/in_remote.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

/// Takes the unchanged ones out.
std::vector<DiffItem> take_unchanged(std::vector<DiffItem>& items) {
  const auto middle = std::stable_partition(items.begin(), items.end(),
                                            [](const DiffItem& item) { return item.kind != DiffKind::unchanged; });
  std::vector<DiffItem> unchanged(std::make_move_iterator(middle), std::make_move_iterator(items.end()));
  items.erase(middle, items.end());
  return unchanged;
}

std::vector<DiffItem> in_both(const std::vector<DiffItem>& items, const std::vector<DiffItem>& others) {
  std::set<fs::RepoPath> paths;
  for (const DiffItem& item : others) {
    paths.insert(item.path);
  }
  std::vector<DiffItem> both;
  std::copy_if(items.begin(), items.end(), std::back_inserter(both),
               [&](const DiffItem& item) { return paths.contains(item.path); });
  return both;
}

/// What git's status says, in its machine-readable form: "XY path", each ended by a NUL.
class GitStatus {
 public:
  GitStatus(const Workspace& workspace, GitLook look) : workspace_(workspace) {
    const bool names = look == GitLook::untracked;
    // Without optional locks git leaves its index as it is: to look changes nothing.
    const std::string text =
        workspace.git_program().run({"--no-optional-locks", "status", "--porcelain=v1", "-z", "--no-renames",
                                     names ? "--untracked-files=all" : "--untracked-files=no"});
    for (std::string& line : split(text, '\0')) {
      if (!line.empty()) {
        lines_.push_back(std::move(line));
      }
    }
  }

  bool any() const { return !lines_.empty(); }

  /// The untracked files of the project that the filter covers.
  std::vector<fs::RepoPath> untracked(const PathFilter& filter) const {
    constexpr std::string_view mark = "?? ";
    const fs::RepoPath& prefix = workspace_.git_prefix();
    std::vector<fs::RepoPath> found;
    for (const std::string& line : lines_) {
      const auto path =
          line.starts_with(mark) ? fs::RepoPath::try_parse(std::string_view(line).substr(mark.size())) : std::nullopt;
      if (path && path->within(prefix) && *path != prefix && filter.covers(path->below(prefix))) {
        found.push_back(path->below(prefix));
      }
    }
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  const Workspace& workspace_;
  std::vector<std::string> lines_;
};

void look_at_git(Workspace& workspace, const PathFilter& filter, GitLook look, DataChanges& changes) {
  if (look == GitLook::none) {
    return;
  }
  const GitStatus status(workspace, look);
  changes.git_changes = status.any();
  if (look == GitLook::untracked) {
    for (const fs::RepoPath& path : status.untracked(filter)) {
      changes.untracked.push_back(path.relative_to(workspace.cwd()));
    }
  }
}

void add_notes(const PathFilter& filter, const PresentSide& present, const DataChangesOptions& options,
               DataChanges& changes) {
  changes.notes = present.problems();
  for (const std::string& word : filter.unmatched()) {
    changes.notes.push_back(quoted(word) + " is not tracked");
  }
  if (options.granularity == Granularity::paths) {
    for (const std::string& word : filter.inner()) {
      changes.notes.push_back(quoted(word) + " lies inside a tracked directory; use `--granular` to look into it");
    }
  }
}

}  // namespace

DataChanges data_changes(Workspace& workspace, const DataChangesOptions& options) {
  DataChanges changes;
  const auto head = workspace.git().head();
  changes.no_commits = !head;
  const auto last = head ? Snapshot::of_tree(workspace, *head) : std::make_unique<Snapshot>();
  const auto now = Snapshot::of_workspace(workspace);
  const PathFilter filter(workspace, options.targets, {last.get(), now.get()});
  const store::LocalDb& db = workspace.db();
  const RecordedSide committed(*last, db);
  const RecordedSide recorded(*now, db);
  const bool files = options.granularity == Granularity::files;
  const PresentSide present(workspace, recorded, filter, files ? KeepTrees::yes : KeepTrees::no);
  const SidesOptions sides{.granularity = options.granularity, .unchanged = options.unchanged};
  const std::set<fs::RepoPath> paths = paths_of(committed, recorded);
  changes.uncommitted = compare_sides(recorded, present, paths, filter, sides).items;
  changes.committed = compare_sides(committed, recorded, paths, filter, sides).items;
  changes.unchanged = in_both(take_unchanged(changes.uncommitted), take_unchanged(changes.committed));

  auto all = recorded_files(db, recorded, filter, options.granularity);
  changes.not_in_cache = not_in_cache(db, std::move(all), workspace.jobs());
  if (options.not_in_remote) {
    changes.not_in_remote = not_in_remote(workspace, *now, filter, options);
  }
  look_at_git(workspace, filter, options.git, changes);
  add_notes(filter, present, options, changes);
  return changes;
}

}  // namespace mlops::repo

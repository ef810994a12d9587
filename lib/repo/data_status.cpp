// SPDX-License-Identifier: Apache-2.0
#include "repo/data_status.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "fs/stat.hpp"
#include "git/index_names.hpp"
#include "repo/lock_text.hpp"
#include "repo/present.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/parallel.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

/// One target with what its comparison needs, so that threads share nothing but the memo and the cache.
struct Job {
  Target target;
  store::BuildOptions build;
  std::optional<store::Entry> recorded{};
  bool listing_missing = false;  ///< the recorded tree that holds the target is not in the cache
};

DataState judge(const Job& job, const std::optional<store::Entry>& actual) {
  if (!job.recorded && !job.listing_missing) {
    return actual ? DataState::unstored : DataState::not_made;
  }
  if (!actual) {
    return DataState::missing;
  }
  return actual == job.recorded ? DataState::clean : DataState::modified;
}

/// Lists what differs file by file, or notes that a recorded listing is not here to compare with.
void fill_changes(const store::LocalDb& db, const store::HashedPath& now, DataStatusItem& item) {
  try {
    item.changes = store::diff_entries(
        item.recorded, [&](const hash::ObjectId& id) { return db.read_tree(id); }, item.actual,
        [&](const hash::ObjectId& id) { return now.read(id, db); });
  } catch (const Error& failure) {
    // Absence of data is what a status reports; everything else stays an error.
    if (failure.kind() != ErrorKind::missing) {
      throw;
    }
    item.changes_known = false;
  }
}

class Comparison {
 public:
  Comparison(Workspace& workspace, const DataStatusOptions& options)
      : root_(workspace.root()), dialect_(workspace.dialect()), db_(workspace.db()), options_(options) {}

  DataStatusItem run(const Job& job) const {
    const Tracked& tracked = job.target.tracked;
    DataStatusItem item;
    const Present present = look_at(root_, job.target.path, db_, job.build);
    item.path = job.target.path;
    item.recorded = job.recorded;
    item.actual = present.now.entry;
    item.problem = present.problem;
    item.state = item.problem.empty() ? judge(job, item.actual) : DataState::modified;
    item.stage = tracked.stage != nullptr ? tracked.stage->name : "";
    item.pointer = tracked.pointer != nullptr ? Snapshot::pointer_file(dialect_, tracked.path) : fs::RepoPath();
    item.in_cache = job.recorded ? db_.has_all(*job.recorded) : !job.listing_missing;
    item.changes_known = !job.listing_missing;
    if (options_.changes && item.state == DataState::modified && item.changes_known && item.problem.empty()) {
      fill_changes(db_, present.now, item);
    }
    return item;
  }

 private:
  const std::string& root_;
  const spec::Dialect& dialect_;
  const store::LocalDb& db_;
  const DataStatusOptions& options_;
};

Job make_job(Workspace& workspace, const Target& target) {
  Job job{target, workspace.build_options(target.path, "Comparing " + workspace.shown(target.path))};
  if (target.whole() || !target.tracked.entry || workspace.db().has_all(*target.tracked.entry)) {
    job.recorded = target_entry(workspace, target);
    if (!target.whole() && !job.recorded && !fs::stat_path(workspace.absolute(target.path))) {
      throw Error::of(ErrorKind::missing, "{} is neither there nor part of {} as it is recorded",
                      quoted(workspace.shown(target.path)), quoted(target.tracked.path.str()))
          .hint("`mlops ls {}` lists what is", shell_quoted(workspace.shown(target.tracked.path)));
    }
  } else {
    job.listing_missing = true;
  }
  return job;
}

/// The top of git's work tree, without opening the repository.
std::string git_root(const Workspace& workspace) {
  const std::string& root = workspace.root();
  const std::string& prefix = workspace.git_prefix().str();
  return prefix.empty() ? root : root.substr(0, root.size() - prefix.size() - 1);
}

std::map<fs::RepoPath, std::optional<store::Entry>> entries_by_path(const Snapshot& snapshot) {
  std::map<fs::RepoPath, std::optional<store::Entry>> entries;
  for (const Tracked& tracked : snapshot.tracked()) {
    entries.insert_or_assign(tracked.path, tracked.entry);
  }
  return entries;
}

}  // namespace

std::string_view to_string(DataState state) {
  constexpr std::array<std::string_view, 5> words{"clean", "modified", "missing", "not made", "unstored"};
  return words.at(static_cast<std::size_t>(state));
}

bool DataStatus::clean() const {
  return std::all_of(items.begin(), items.end(),
                     [](const DataStatusItem& item) { return item.state == DataState::clean && item.in_cache; });
}

DataStatus data_status(Workspace& workspace, const Snapshot& snapshot, const DataStatusOptions& options) {
  std::vector<Job> jobs;
  for (const Target& target : resolve_targets(workspace, snapshot, options.targets)) {
    jobs.push_back(make_job(workspace, target));
  }
  const Comparison comparison(workspace, options);
  DataStatus status;
  status.items.resize(jobs.size());
  // Files side by side, each on one thread; directories one after another, each on all threads.
  const auto is_directory = [&](const Job& job) {
    return job.recorded && job.recorded->kind == store::EntryKind::tree;
  };
  parallel_for(jobs.size(), workspace.jobs() != 0 ? workspace.jobs() : processors(), [&](std::size_t i) {
    if (!is_directory(jobs[i])) {
      Job& job = jobs[i];
      job.build.jobs = 1;
      status.items[i] = comparison.run(job);
    }
  });
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (is_directory(jobs[i])) {
      status.items[i] = comparison.run(jobs[i]);
    }
  }
  workspace.save_memo();
  return status;
}

DataStatus data_status(Workspace& workspace, const DataStatusOptions& options) {
  const auto snapshot = Snapshot::of_workspace(workspace);
  return data_status(workspace, *snapshot, options);
}

std::vector<fs::RepoPath> untracked_metadata(Workspace& workspace, const Snapshot& snapshot) {
  const spec::Dialect& dialect = workspace.dialect();
  std::set<fs::RepoPath> files{pipeline_path(dialect), lock_path(dialect)};
  for (const Tracked& tracked : snapshot.tracked()) {
    files.insert(tracked.path.parent() / ".gitignore");
    if (tracked.pointer != nullptr) {
      files.insert(Snapshot::pointer_file(dialect, tracked.path));
    }
  }
  std::map<fs::RepoPath, fs::RepoPath> by_git_path;
  std::vector<fs::RepoPath> git_paths;
  for (const fs::RepoPath& file : files) {
    git_paths.push_back(workspace.git_path(file));
    by_git_path.emplace(git_paths.back(), file);
  }
  std::vector<fs::RepoPath> missing;
  try {
    const auto absent = git::absent_from_index(git_root(workspace), std::move(git_paths));
    for (const fs::RepoPath& path : absent.value_or(std::vector<fs::RepoPath>())) {
      const fs::RepoPath& file = by_git_path.at(path);
      if (fs::stat_path(workspace.absolute(file)) && !workspace.git().ignores(path)) {
        missing.push_back(file);
      }
    }
  } catch (const Error& failure) {
    // A reminder must not keep the status from being shown.
    log::debug("git's index is not looked at: {}", failure.what());
  }
  return missing;
}

std::vector<CommittedChange> changes_since_head(Workspace& workspace, const Snapshot& snapshot) {
  const auto head = workspace.git().head();
  const auto before = head ? entries_by_path(*Snapshot::of_tree(workspace, *head))
                           : std::map<fs::RepoPath, std::optional<store::Entry>>();
  const auto after = entries_by_path(snapshot);
  std::map<fs::RepoPath, CommittedChange> changes;
  for (const auto& [path, entry] : before) {
    changes[path] = {path, entry, std::nullopt};
  }
  for (const auto& [path, entry] : after) {
    changes[path].path = path;
    changes[path].after = entry;
  }
  std::vector<CommittedChange> result;
  for (auto& [path, change] : changes) {
    if (change.before != change.after) {
      result.push_back(change);
    }
  }
  return result;
}

}  // namespace mlops::repo

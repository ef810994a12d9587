// SPDX-License-Identifier: Apache-2.0
#include "run/apply.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "fs/beneath.hpp"
#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "repo/git_ignore.hpp"
#include "repo/journal.hpp"
#include "repo/lock_text.hpp"
#include "run/layout.hpp"
#include "run/saved.hpp"
#include "run/values.hpp"
#include "store/checkout_plan.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::run {
namespace {

/// A file of git's side that shall have other content; nothing: it shall go.
struct FileChange {
  std::optional<std::string> content;
  bool executable = false;
};

class Application {
 public:
  Application(repo::Workspace& workspace, const ApplyOptions& options)
      : workspace_(workspace),
        force_(options.force),
        run_(find_run(workspace, options.run)),
        lock_(run_lock(workspace, run_)),
        paths_(workspace, run_, lock_),
        here_(repo::Snapshot::of_workspace(workspace)) {}

  ApplyResult apply() {
    ApplyResult result{.run = run_, .written = {}, .removed = {}, .rescued = {}, .code = {}, .checkout = {}};
    fold_journal();
    plan_files();
    plan_data();
    check();
    rescue_files(result);
    write_files(result);
    place_data(result);
    result.code = code_left_alone();
    return result;
  }

 private:
  void fold_journal() {
    if (here_->journal_pending) {
      repo::write_lock_files(workspace_, {});
    }
  }

  std::optional<std::string> in_run(const fs::RepoPath& path) const {
    return workspace_.git().read_file(run_.commit, workspace_.git_path(path), record_limit_bytes);
  }

  /// Plans to give a file the content that it has in the run's tree at `from`.
  void plan_file(const fs::RepoPath& path, const fs::RepoPath& from) {
    const auto item = workspace_.git().find(run_.commit, workspace_.git_path(from));
    const bool regular = item && (item->mode == git::FileMode::regular || item->mode == git::FileMode::executable);
    if (!regular) {
      return;
    }
    fs::require_declarable(path, "the record of run " + run_.record.id);
    fs::require_no_link_parents(workspace_.root(), path);
    planned_.insert(path);
    FileChange change{.content = in_run(from), .executable = item->mode == git::FileMode::executable};
    const auto stat = fs::stat_path(workspace_.absolute(path));
    const bool same = stat && stat->type == fs::FileType::file && stat->executable() == change.executable &&
                      fs::try_read_file(workspace_.absolute(path)) == change.content;
    if (!same) {
      files_.insert_or_assign(path, std::move(change));
    }
  }

  void plan_files() {
    const spec::Dialect& dialect = workspace_.dialect();
    const repo::Snapshot& then = paths_.snapshot();
    std::set<fs::RepoPath> params(then.project.params.begin(), then.project.params.end());
    for (const spec::Stage& stage : then.project.stages) {
      for (const spec::ParamsDependency& file : stage.params) {
        params.insert(file.file);
      }
    }
    for (const fs::RepoPath& file : params) {
      plan_file(file, file);
    }
    plan_file(repo::pipeline_path(dialect), repo::pipeline_path(dialect));
    plan_file(repo::lock_path(dialect), run_directory(dialect) / repo::lock_path(dialect));
    for (const std::vector<fs::RepoPath>* pipelines : {&then.pipelines, &std::as_const(here_->pipelines)}) {
      for (const fs::RepoPath& pipeline : *pipelines) {
        const fs::RepoPath lock = repo::lock_of(dialect, pipeline);
        plan_file(pipeline, pipeline);
        plan_file(lock, run_directory(dialect) / lock);
      }
    }
    for (const spec::Pointer* pointer : paths_.inputs()) {
      plan_file(pointer->file, pointer->file);
    }
    for (const RunPaths::Path& out : paths_.outputs()) {
      if (!out.cached) {
        plan_uncached(out);
      }
    }
    for (const spec::Pointer& pointer : here_->pointers) {
      if (is_output(pointer.path)) {
        files_.insert_or_assign(pointer.file, FileChange{});
      }
    }
  }

  /// An uncached output, file by file when it is a directory.
  void plan_uncached(const RunPaths::Path& out) {
    const fs::RepoPath kept = run_output_path(workspace_.dialect(), out.path);
    if (out.entry.kind != store::EntryKind::tree) {
      plan_file(out.path, kept);
      return;
    }
    const fs::RepoPath in_git = workspace_.git_path(kept);
    workspace_.git().walk(
        run_.commit,
        [&](const git::TreeItem& item) {
          if (item.path.within(in_git)) {
            plan_file(out.path / item.path.below(in_git), kept / item.path.below(in_git));
          }
        },
        [&](const git::TreeItem& item) { return item.path.within(in_git) || in_git.within(item.path); });
  }

  void plan_data() {
    std::map<fs::RepoPath, store::Entry> wanted;
    for (const spec::Pointer* pointer : paths_.inputs()) {
      if (pointer->entry) {
        wanted.emplace(pointer->path, *pointer->entry);
      }
    }
    for (const RunPaths::Path& out : paths_.outputs()) {
      if (out.cached) {
        wanted.insert_or_assign(out.path, out.entry);
      }
    }
    for (const auto& [path, entry] : wanted) {
      items_.push_back({path, entry});
    }
  }

  store::CheckoutOptions checkout_options() const {
    std::vector<fs::RepoPath> paths;
    for (const store::CheckoutItem& item : items_) {
      paths.push_back(item.path);
    }
    store::CheckoutOptions options = workspace_.checkout_options(paths);
    options.force = force_;
    options.rescue_directory = rescue_directory_;
    return options;
  }

  /// Everything that could refuse, before anything changes.
  void check() {
    try {
      store::plan_checkout(workspace_.root(), items_, workspace_.db(), checkout_options());
    } catch (Error& error) {
      if (error.kind() == ErrorKind::missing) {
        throw std::move(error).hint("`mlops runs pull {}` brings what the run needs", run_.record.id);
      }
      throw;
    }
    SavedContent saved(workspace_);
    std::vector<std::string> unsaved;
    for (const auto& [path, change] : files_) {
      if (is_unsaved(path, saved)) {
        unsaved.push_back(quoted(path.str()));
        rescued_.push_back(path);
      }
    }
    if (!force_ && !unsaved.empty()) {
      throw Error::of(ErrorKind::conflict, "run '{}' would replace changes that are not in git: {}", run_.record.id,
                      join(unsaved, ", "))
          .hint("commit or stage them first")
          .hint("or use --force, which moves them to .mlops/rescue");
    }
  }

  bool is_unsaved(const fs::RepoPath& path, SavedContent& saved) const {
    const auto stat = fs::stat_path(workspace_.absolute(path));
    if (!stat) {
      return false;
    }
    if (stat->type != fs::FileType::file) {
      return true;
    }
    const std::string content = fs::read_file(workspace_.absolute(path), record_limit_bytes);
    if (saved.has(path, content)) {
      return false;
    }
    // An uncached metric may be in the store, where the stage cache keeps it.
    const auto entry = store::hash_path(workspace_.root(), path, workspace_.memo(), &workspace_.db(),
                                        workspace_.build_options(path, "Hashing"));
    return !entry || !workspace_.db().has_verified(entry->id());
  }

  void rescue_files(ApplyResult& result) const {
    for (const fs::RepoPath& path : rescued_) {
      result.rescued.emplace_back(path, store::move_to_rescue(workspace_.root(), path, rescue_directory_));
    }
  }

  void write_files(ApplyResult& result) const {
    const auto lock = workspace_.lock_metadata();
    for (const auto& [path, change] : files_) {
      const std::string absolute = workspace_.absolute(path);
      if (!change.content) {
        fs::remove_file(absolute);
        result.removed.push_back(path);
        continue;
      }
      fs::make_directories(workspace_.absolute(path.parent()));
      // Outputs restored from the stage cache may be links or read-only; a new file is neither.
      workspace_.write_file(path, *change.content, change.executable ? 0777 : 0666);
      if (const auto stat = fs::stat_path(absolute); stat && stat->executable() != change.executable) {
        fs::set_mode(absolute, change.executable ? stat->mode | 0111U : stat->mode & ~0111U);
      }
      result.written.push_back(path);
    }
  }

  void place_data(ApplyResult& result) const {
    std::vector<fs::RepoPath> outputs;
    for (const RunPaths::Path& out : paths_.outputs()) {
      if (out.cached) {
        outputs.push_back(out.path);
      }
    }
    const auto ignored = repo::ignore_paths(workspace_, outputs);
    result.written.insert(result.written.end(), ignored.begin(), ignored.end());
    store::CheckoutResult placed = store::checkout(workspace_.root(), items_, workspace_.db(), checkout_options());
    std::vector<std::pair<fs::RepoPath, std::optional<store::Entry>>> notes;
    for (const store::CheckoutItem& item : items_) {
      notes.emplace_back(item.path, item.wanted);
    }
    repo::note_placed(workspace_, notes);
    result.rescued.insert(result.rescued.end(), placed.rescued.begin(), placed.rescued.end());
    result.checkout.added = std::move(placed.added);
    result.checkout.modified = std::move(placed.modified);
    result.checkout.deleted = std::move(placed.deleted);
    workspace_.save_memo();
  }

  /// Files of the run's tree that are other here and were not brought: the code.
  std::vector<std::string> code_left_alone() const {
    std::vector<std::string> paths;
    const fs::RepoPath& prefix = workspace_.git_prefix();
    const fs::RepoPath record = run_directory(workspace_.dialect());
    workspace_.git().walk(run_.commit, [&](const git::TreeItem& item) {
      if (!item.path.within(prefix) || item.mode == git::FileMode::submodule) {
        return;
      }
      const fs::RepoPath path = item.path.below(prefix);
      if (path.within(record) || planned_.contains(path) || path.name() == ".gitignore" || is_output(path)) {
        return;
      }
      if (differs_here(path, item)) {
        paths.push_back(path.str());
      }
    });
    return paths;
  }

  bool is_output(const fs::RepoPath& path) const {
    const auto& outputs = paths_.outputs();
    return std::any_of(outputs.begin(), outputs.end(),
                       [&](const RunPaths::Path& out) { return path.within(out.path); });
  }

  bool differs_here(const fs::RepoPath& path, const git::TreeItem& item) const {
    if (item.mode == git::FileMode::link) {
      return fs::read_link(workspace_.absolute(path)) != workspace_.git().read_blob(item.id, record_limit_bytes);
    }
    const auto stat = fs::stat_path(workspace_.absolute(path));
    if (!stat || stat->type != fs::FileType::file || stat->size > record_limit_bytes) {
      return true;
    }
    return fs::try_read_file(workspace_.absolute(path), record_limit_bytes) !=
           workspace_.git().read_blob(item.id, record_limit_bytes);
  }

  repo::Workspace& workspace_;
  bool force_;
  Run run_;
  spec::Lock lock_;
  RunPaths paths_;
  std::unique_ptr<repo::Snapshot> here_;
  std::string rescue_directory_ = workspace_.rescue_directory("apply");
  std::set<fs::RepoPath> planned_;
  std::map<fs::RepoPath, FileChange> files_;
  std::vector<store::CheckoutItem> items_;
  std::vector<fs::RepoPath> rescued_;
};

}  // namespace

ApplyResult apply(repo::Workspace& workspace, const ApplyOptions& options) {
  const auto lock = workspace.lock_run("mlops runs apply", {});
  return Application(workspace, options).apply();
}

}  // namespace mlops::run

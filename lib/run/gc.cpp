// SPDX-License-Identifier: Apache-2.0
#include "run/gc.hpp"

#include <algorithm>
#include <list>
#include <set>

#include "fs/stat.hpp"
#include "pipeline/stage_cache.hpp"
#include "run/gc_sources.hpp"
#include "run/reproduce.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::run {
namespace {

constexpr double ns_per_second = 1e9;

std::int64_t to_ns(double seconds) { return static_cast<std::int64_t>(seconds * ns_per_second); }

/// Gathers everyone who may name objects of the workspace's cache. Opened projects live as long as the sources.
class Roots {
 public:
  Roots(repo::Workspace& workspace, const GcVerbOptions& options) : workspace_(workspace) {
    const bool narrow = options.workspace_only || options.revisions.any();
    if (!narrow || options.revisions.all_commits) {
      require_whole_history(workspace);
    }
    add_project(workspace, {.everything = !narrow, .revisions = options.revisions});
    for (const std::string& root : workspace.db().registered_projects()) {
      if (root != workspace.root()) {
        add_other(root);
      }
    }
    sources_.push_back(std::make_unique<StageCacheSource>(workspace));
  }

  const std::vector<std::unique_ptr<store::RootSource>>& sources() const { return sources_; }
  const std::vector<std::string>& projects() const { return projects_; }

 private:
  repo::Session session_at(const std::string& root) const {
    repo::Session session = workspace_.session();
    session.cwd = root;
    return session;
  }

  void add_project(repo::Workspace& project, const GitScope& scope) {
    projects_.push_back(project.root());
    sources_.push_back(std::make_unique<WorkTreeSource>(project));
    // Work trees of one repository share its refs and history.
    if (!scope.everything || repositories_.insert(project.git().common_dir()).second) {
      sources_.push_back(std::make_unique<GitSource>(project, scope));
    }
    if (scope.everything) {
      add_linked_work_trees(project);
    }
  }

  /// Other work trees of the repository that hold this project; whether they use the cache or not, they may.
  void add_linked_work_trees(repo::Workspace& project) {
    const std::string below = project.git_prefix().is_root() ? "" : "/" + project.git_prefix().str();
    for (const std::string& work_tree : project.git().worktrees()) {
      const std::string root = work_tree + below;
      const std::string own = root + "/" + std::string(project.dialect().names().directory) + "/config";
      const bool known = std::find(projects_.begin(), projects_.end(), root) != projects_.end();
      if (!known && fs::stat_path(own)) {
        projects_.push_back(root);
        opened_.push_back(repo::Workspace::open_at(root, session_at(root)));
        sources_.push_back(std::make_unique<WorkTreeSource>(opened_.back()));
      }
    }
  }

  void add_other(const std::string& root) {
    if (std::find(projects_.begin(), projects_.end(), root) != projects_.end()) {
      return;
    }
    try {
      opened_.push_back(repo::Workspace::open_at(root, session_at(root)));
      require_whole_history(opened_.back());
      add_project(opened_.back(), {});
    } catch (Error& error) {
      throw std::move(error)
          .while_doing("asking project {}, which uses this cache too, what it needs", quoted(root))
          .hint("if it is gone for good: `mlops cache forget {}`", shell_quoted(root));
    }
  }

  repo::Workspace& workspace_;
  std::list<repo::Workspace> opened_;  // sources point into it
  std::set<std::string> repositories_;
  std::vector<std::string> projects_;
  std::vector<std::unique_ptr<store::RootSource>> sources_;
};

}  // namespace

GcVerbResult gc(repo::Workspace& workspace, const GcVerbOptions& options) {
  sweep_reproductions(workspace);
  const repo::Config& config = workspace.config();
  const Roots roots(workspace, options);
  GcVerbResult result;
  result.projects = roots.projects();
  for (const auto& source : roots.sources()) {
    result.sources.push_back(source->name());
  }
  // Collected once before the first entry of the stage cache goes, so that what cannot be read stops all of it.
  for (const auto& source : roots.sources()) {
    source->collect([](const store::Entry&) {});
  }
  const double age = options.stage_age_seconds.value_or(config.seconds("gc.stages"));
  result.expired_stages = pipeline::StageCache(workspace).expire(to_ns(age), options.dry_run);
  result.store = store::collect_garbage(workspace.db(), roots.sources(),
                                        {.grace_ns = to_ns(options.grace_seconds.value_or(config.seconds("gc.grace"))),
                                         .dry_run = options.dry_run,
                                         .jobs = workspace.jobs(),
                                         .progress = workspace.session().progress});
  workspace.save_memo();
  return result;
}

}  // namespace mlops::run

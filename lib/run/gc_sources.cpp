// SPDX-License-Identifier: Apache-2.0
#include "run/gc_sources.hpp"

#include <array>

#include "fs/file.hpp"
#include "pipeline/stage_cache.hpp"
#include "repo/snapshot.hpp"
#include "run/layout.hpp"
#include "run/pending.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::run {
namespace {

/// Commits that git keeps outside refs while something is half done, or to be able to go back.
constexpr std::array<std::string_view, 10> pseudo_refs = {
    "ORIG_HEAD",   "FETCH_HEAD",          "MERGE_HEAD",      "CHERRY_PICK_HEAD",       "REVERT_HEAD",
    "REBASE_HEAD", "BISECT_EXPECTED_REV", "MERGE_AUTOSTASH", "rebase-merge/autostash", "rebase-apply/autostash"};
/// Files in .mlops/tmp that name objects.
constexpr std::array<std::string_view, 3> state_files = {"journal", "placed", "pending-run"};
constexpr std::uint64_t state_limit_bytes = 1U << 30U;

void append_pseudo_refs(const git::Repository& git, std::vector<git::Oid>& tips) {
  for (const std::string_view name : pseudo_refs) {
    const auto text = fs::try_read_file(git.git_dir() + "/" + std::string(name));
    for (const std::string& line : split(text.value_or(""), '\n')) {
      const auto id = git::Oid::parse(std::string_view(line).substr(0, 40));
      if (id && git.resolve(id->hex())) {
        tips.push_back(*id);
      }
    }
  }
}

git::Repository open_repository(const std::string& work_tree) {
  auto git = git::Repository::discover(work_tree);
  if (!git) {
    throw Error::of(ErrorKind::missing, "cannot open the git work tree {}", quoted(work_tree))
        .hint("`git worktree prune` forgets work trees that are gone");
  }
  return std::move(*git);
}

}  // namespace

void require_whole_history(repo::Workspace& workspace) {
  const git::Repository& git = workspace.git();
  if (git.is_shallow() || git.is_partial()) {
    throw Error("{} is a {} clone: what its missing commits need is not known", quoted(git.work_tree()),
                git.is_shallow() ? "shallow" : "partial")
        .hint("`git fetch --unshallow` (or `--refetch`) brings the rest")
        .hint("`mlops gc -w` keeps only what the workspace and runs name");
  }
}

GitSource::GitSource(repo::Workspace& workspace, GitScope scope)
    : workspace_(workspace), scope_(std::move(scope)), references_(workspace.dialect()) {}

std::string GitSource::name() const {
  return (scope_.everything ? "everything in git of " : "chosen revisions and runs of ") + workspace_.root();
}

void GitSource::collect(const std::function<void(const store::Entry&)>& root) {
  // Opened afresh each time: the second mark must see what was committed meanwhile.
  const git::Repository git = open_repository(workspace_.root());
  if (scope_.everything) {
    collect_everything(git);
  } else {
    collect_chosen(git);
  }
  references_.for_each(root);
}

void GitSource::collect_everything(const git::Repository& git) {
  std::vector<git::Oid> tips = git.reflog_commits();
  for (const git::Ref& ref : git.refs()) {
    if (ref.commit) {
      tips.push_back(ref.target);
    } else {
      // A tag of a tree or of a file. A file's name is not known, so it may be one of ours.
      try {
        references_.add_tree(git, ref.target);
      } catch (const Error&) {
        references_.add_text(git.read_blob(ref.target, record_limit_bytes), ref.name);
      }
    }
  }
  if (const auto head = git.head()) {
    tips.push_back(*head);
  }
  for (const std::string& work_tree : git.worktrees()) {
    append_pseudo_refs(open_repository(work_tree), tips);
  }
  append_pseudo_refs(git, tips);
  for (const git::Oid& commit : git.history(tips)) {
    references_.add_tree(git, commit);
  }
  collect_indexes(git);
}

void GitSource::collect_indexes(const git::Repository& git) {
  std::vector<std::string> work_trees = git.worktrees();
  work_trees.push_back(git.work_tree());
  for (const std::string& work_tree : work_trees) {
    const git::Repository opened = open_repository(work_tree);
    for (const git::TreeItem& item : opened.index_items()) {
      if (item.mode != git::FileMode::submodule) {
        references_.add_blob(opened, item.id, item.path);
      }
    }
  }
}

void GitSource::collect_chosen(const git::Repository& git) {
  const repo::RevisionSet& set = scope_.revisions;
  std::vector<git::Oid> tips;
  const auto add_refs = [&](std::string_view prefix) {
    for (const git::Ref& ref : git.refs(prefix)) {
      if (ref.commit) {
        tips.push_back(ref.target);
      }
    }
  };
  if (set.all_branches || set.all_commits) {
    add_refs("refs/heads/");
  }
  if (set.all_tags || set.all_commits) {
    add_refs("refs/tags/");
  }
  for (const std::string& revision : set.revisions) {
    const auto commit = git.resolve(revision);
    if (!commit) {
      throw Error::of(ErrorKind::missing, "{} is no revision of this repository", quoted(revision));
    }
    tips.push_back(*commit);
  }
  if (set.all_commits) {
    if (const auto head = git.head()) {
      tips.push_back(*head);
    }
    tips = git.history(tips);
  }
  add_refs(ref_prefix);
  for (const git::Oid& commit : tips) {
    references_.add_tree(git, commit);
  }
}

WorkTreeSource::WorkTreeSource(repo::Workspace& workspace) : workspace_(workspace) {}

std::string WorkTreeSource::name() const { return "work tree of " + workspace_.root(); }

void WorkTreeSource::collect(const std::function<void(const store::Entry&)>& root) {
  References references(workspace_.dialect());
  // The journal first: a stage that ends meanwhile moves from it into the lock, never the other way.
  for (const std::string_view file : state_files) {
    const std::string path = workspace_.state_directory() + "/" + std::string(file);
    references.add_text(fs::try_read_file(path, state_limit_bytes).value_or(""), path);
  }
  if (const auto pending = PendingRun(workspace_).read()) {
    references.add_tree(open_repository(workspace_.root()), pending->tree);
  }
  const auto snapshot = repo::Snapshot::of_workspace(workspace_);
  for (const spec::Pointer& pointer : snapshot->pointers) {
    if (pointer.entry) {
      root(*pointer.entry);
    }
  }
  for (const auto& [name, state] : snapshot->lock.stages) {
    for (const auto* paths : {&state.deps, &state.outs}) {
      for (const spec::LockedPath& path : *paths) {
        root(path.entry);
      }
    }
  }
  references.for_each(root);
}

void StageCacheSource::collect(const std::function<void(const store::Entry&)>& root) {
  for (const pipeline::KeptEntry& kept : pipeline::StageCache(workspace_).list()) {
    for (const spec::LockedPath& out : kept.entry.outs) {
      root(out.entry);
    }
  }
}

}  // namespace mlops::run

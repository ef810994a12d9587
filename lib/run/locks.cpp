// SPDX-License-Identifier: Apache-2.0
#include "run/locks.hpp"

#include "fs/file.hpp"
#include "repo/lock_text.hpp"
#include "repo/snapshot.hpp"
#include "run/layout.hpp"

namespace mlops::run {

LockTexts work_tree_locks(const repo::Workspace& workspace, const std::vector<fs::RepoPath>& pipelines) {
  LockTexts texts;
  for (const fs::RepoPath& pipeline : pipelines) {
    const fs::RepoPath file = repo::lock_of(workspace.dialect(), pipeline);
    if (auto text = fs::try_read_file(workspace.absolute(file), record_limit_bytes)) {
      texts.emplace(file, std::move(*text));
    }
  }
  return texts;
}

LockTexts committed_locks(repo::Workspace& workspace, const git::Oid& commit, const fs::RepoPath& top) {
  const spec::Names& names = workspace.dialect().names();
  const git::Repository& repository = workspace.git();
  const fs::RepoPath in_git = workspace.git_path(top);
  LockTexts texts;
  repository.walk(
      commit,
      [&](const git::TreeItem& item) {
        if (item.path.within(in_git) && item.path.name() == names.lock) {
          texts.emplace(item.path.below(in_git), repository.read_blob(item.id, record_limit_bytes));
        }
      },
      [&](const git::TreeItem& item) {
        const bool on_the_way = item.path.within(in_git) || in_git.within(item.path);
        return on_the_way && (item.path.name() != names.directory || in_git.within(item.path));
      });
  return texts;
}

spec::Lock parse_locks(repo::Workspace& workspace, const LockTexts& texts, const git::Oid& commit) {
  const spec::Dialect& dialect = workspace.dialect();
  const auto declared =
      dialect.locks_need_projects() && !texts.empty() ? repo::Snapshot::of_tree(workspace, commit) : nullptr;
  spec::Lock lock;
  for (const auto& [file, text] : texts) {
    const spec::Lock read = dialect.read_lock(text, file, declared ? declared->project : spec::Project());
    for (const auto& [stage, state] : read.stages) {
      lock.stages.insert_or_assign(stage, state);
    }
  }
  return lock;
}

}  // namespace mlops::run

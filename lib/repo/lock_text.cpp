// SPDX-License-Identifier: Apache-2.0
#include "repo/lock_text.hpp"

#include "fs/file.hpp"
#include "repo/journal.hpp"
#include "util/log.hpp"

namespace mlops::repo {

fs::RepoPath lock_path(const spec::Dialect& dialect) { return fs::RepoPath::parse(dialect.names().lock); }

fs::RepoPath pipeline_path(const spec::Dialect& dialect) { return fs::RepoPath::parse(dialect.names().pipeline); }

namespace {

std::optional<std::string> lock_text(const Workspace& workspace) {
  return fs::try_read_file(workspace.absolute(lock_path(workspace.dialect())), metadata_limit_bytes);
}

}  // namespace

std::string read_lock_text(const Workspace& workspace) { return lock_text(workspace).value_or(""); }

spec::Lock parse_lock(const spec::Dialect& dialect, const std::optional<std::string>& text) {
  return text ? dialect.read_lock(*text, lock_path(dialect)) : spec::Lock();
}

spec::Project parse_pipeline(const spec::Dialect& dialect, const std::optional<std::string>& text,
                             const spec::ReadFile& read) {
  return text ? dialect.read_project(*text, pipeline_path(dialect), read) : spec::Project();
}

spec::ReadFile work_tree_files(const Workspace& workspace) {
  return [&workspace](const fs::RepoPath& path) {
    return fs::try_read_file(workspace.absolute(path), metadata_limit_bytes);
  };
}

std::string write_lock_file(Workspace& workspace, const std::vector<JournalRecord>& updates,
                            const std::vector<std::string>& removed) {
  const spec::Dialect& dialect = workspace.dialect();
  const fs::RepoPath file = lock_path(dialect);
  const Journal journal(workspace);
  const auto held = workspace.lock_metadata();
  const std::optional<std::string> found = lock_text(workspace);
  const std::string before = found.value_or("");
  const spec::Lock old = parse_lock(dialect, found);
  spec::Lock lock = old;
  Journal::Contents finished = journal.read(old);
  for (auto& [stage, state] : finished.records) {
    lock.stages.insert_or_assign(stage, std::move(state));
  }
  for (const auto& [stage, state] : updates) {
    lock.stages.insert_or_assign(stage, state);
    std::erase(finished.passed_over, stage);
  }
  for (const std::string& stage : removed) {
    lock.stages.erase(stage);
  }
  std::string text = before;
  if (lock != old) {
    text = dialect.write_lock(lock);
    workspace.write_file(file, text);
  }
  if (journal.exists()) {
    for (const std::string& stage : finished.passed_over) {
      log::warning(
          "'{}' was changed since stage '{}' ended, so its result is not noted there; `mlops repro` asks again",
          file.str(), stage);
    }
    journal.clear();
  }
  return text;
}

}  // namespace mlops::repo

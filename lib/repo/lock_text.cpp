// SPDX-License-Identifier: Apache-2.0
#include "repo/lock_text.hpp"

#include "fs/file.hpp"
#include "repo/journal.hpp"

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

spec::Project parse_pipeline(const spec::Dialect& dialect, const std::optional<std::string>& text) {
  return text ? dialect.read_project(*text, pipeline_path(dialect)) : spec::Project();
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
  for (auto& [stage, state] : journal.read(before)) {
    lock.stages.insert_or_assign(stage, std::move(state));
  }
  for (const auto& [stage, state] : updates) {
    lock.stages.insert_or_assign(stage, state);
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
    journal.clear();
  }
  return text;
}

}  // namespace mlops::repo

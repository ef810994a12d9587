// SPDX-License-Identifier: Apache-2.0
#include "repo/lock_text.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "fs/file.hpp"
#include "repo/journal.hpp"
#include "util/log.hpp"

namespace mlops::repo {

fs::RepoPath lock_path(const spec::Dialect& dialect) { return fs::RepoPath::parse(dialect.names().lock); }

fs::RepoPath pipeline_path(const spec::Dialect& dialect) { return fs::RepoPath::parse(dialect.names().pipeline); }

fs::RepoPath lock_of(const spec::Dialect& dialect, const fs::RepoPath& pipeline) {
  return pipeline.parent() / dialect.names().lock;
}

std::string read_lock_text(const Workspace& workspace) {
  return fs::try_read_file(workspace.absolute(lock_path(workspace.dialect())), metadata_limit_bytes).value_or("");
}

spec::Lock parse_lock(const spec::Dialect& dialect, const std::optional<std::string>& text,
                      const fs::RepoPath& pipeline, const spec::Project& project) {
  return text ? dialect.read_lock(*text, lock_of(dialect, pipeline), project) : spec::Lock();
}

spec::Project parse_pipeline(const spec::Dialect& dialect, const std::optional<std::string>& text,
                             const fs::RepoPath& pipeline, const spec::ReadFile& read) {
  return text ? dialect.read_project(*text, pipeline, read) : spec::Project();
}

void merge_project(spec::Project& into, spec::Project more) {
  const auto append = [](auto& list, auto& others) {
    list.insert(list.end(), std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()));
  };
  append(into.stages, more.stages);
  append(into.metrics, more.metrics);
  append(into.params, more.params);
  into.plots.merge(more.plots);
  into.artifacts.merge(more.artifacts);
  append(into.sources, more.sources);
  std::ranges::sort(into.sources, {}, &spec::TemplateSource::path);
  const auto same_path = [](const spec::TemplateSource& a, const spec::TemplateSource& b) { return a.path == b.path; };
  into.sources.erase(std::unique(into.sources.begin(), into.sources.end(), same_path), into.sources.end());
}

spec::ReadFile work_tree_files(const Workspace& workspace) {
  return [&workspace](const fs::RepoPath& path) {
    return fs::try_read_file(workspace.absolute(path), metadata_limit_bytes);
  };
}

namespace {

/// One lock file while it is changed.
struct LockFileEdit {
  fs::RepoPath file;
  std::string before;
  spec::Lock old, now;
};

/// Reads the locks of these stages, by the pipeline file that each belongs to.
std::map<fs::RepoPath, LockFileEdit> read_locks_of(const Workspace& workspace, const std::set<std::string>& stages) {
  const spec::Dialect& dialect = workspace.dialect();
  std::map<fs::RepoPath, LockFileEdit> edits;
  for (const std::string& stage : stages) {
    const fs::RepoPath pipeline = spec::parse_stage_address(stage, dialect.names().pipeline).file;
    if (edits.contains(pipeline)) {
      continue;
    }
    LockFileEdit edit{.file = lock_of(dialect, pipeline), .before = {}, .old = {}, .now = {}};
    const auto text = fs::try_read_file(workspace.absolute(edit.file), metadata_limit_bytes);
    const auto declared = fs::try_read_file(workspace.absolute(pipeline), metadata_limit_bytes);
    edit.before = text.value_or("");
    edit.old =
        parse_lock(dialect, text, pipeline,
                   text ? parse_pipeline(dialect, declared, pipeline, work_tree_files(workspace)) : spec::Project());
    edit.now = edit.old;
    edits.emplace(pipeline, std::move(edit));
  }
  return edits;
}

}  // namespace

std::vector<fs::RepoPath> write_lock_files(Workspace& workspace, const std::vector<JournalRecord>& updates,
                                           const std::vector<std::string>& removed) {
  const spec::Dialect& dialect = workspace.dialect();
  const Journal journal(workspace);
  const auto held = workspace.lock_metadata();
  const std::vector<std::string> journalled = journal.stages();
  std::set<std::string> stages(journalled.begin(), journalled.end());
  stages.insert(removed.begin(), removed.end());
  for (const JournalRecord& update : updates) {
    stages.insert(update.first);
  }
  auto edits = read_locks_of(workspace, stages);
  const auto lock_for = [&](const std::string& stage) -> spec::Lock& {
    return edits.at(spec::parse_stage_address(stage, dialect.names().pipeline).file).now;
  };
  spec::Lock all;
  for (const auto& [pipeline, edit] : edits) {
    for (const auto& [stage, state] : edit.old.stages) {
      all.stages.insert_or_assign(stage, state);
    }
  }
  Journal::Contents finished = journal.read(all);
  for (auto& [stage, state] : finished.records) {
    lock_for(stage).stages.insert_or_assign(stage, std::move(state));
  }
  for (const auto& [stage, state] : updates) {
    lock_for(stage).stages.insert_or_assign(stage, state);
    std::erase(finished.passed_over, stage);
  }
  for (const std::string& stage : removed) {
    lock_for(stage).stages.erase(stage);
  }
  std::vector<fs::RepoPath> written;
  for (const auto& [pipeline, edit] : edits) {
    if (edit.now != edit.old) {
      workspace.write_file(edit.file, dialect.write_lock(edit.now, edit.file, edit.before));
      written.push_back(edit.file);
    }
  }
  if (journal.exists()) {
    for (const std::string& stage : finished.passed_over) {
      log::warning(
          "'{}' was changed since stage '{}' ended, so its result is not noted there; `mlops repro` asks again",
          lock_of(dialect, spec::parse_stage_address(stage, dialect.names().pipeline).file).str(), stage);
    }
    journal.clear();
  }
  return written;
}

}  // namespace mlops::repo

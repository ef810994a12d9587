// SPDX-License-Identifier: Apache-2.0
#include "repo/merge.hpp"

#include <algorithm>
#include <set>

#include "fs/file.hpp"
#include "repo/journal.hpp"
#include "repo/layout.hpp"
#include "repo/lock_text.hpp"
#include "repo/merge_trees.hpp"
#include "repo/pointers.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

/// The three texts that git hands to a merge driver; an empty base stands for none.
struct Sides {
  std::string base, ours, theirs;
};

spec::Merged conflict(const Sides& sides) {
  const auto line_end = [](const std::string& text) { return text.empty() || text.back() == '\n' ? "" : "\n"; };
  return {.text = "<<<<<<< ours\n" + sides.ours + line_end(sides.ours) + "=======\n" + sides.theirs +
                  line_end(sides.theirs) + ">>>>>>> theirs\n",
          .conflict = true};
}

/// Takes the side that changed; notes in `clash` when both did, and differently.
template <class T>
T pick(const T* base, const T& ours, const T& theirs, bool& clash) {
  if (ours == theirs || (base != nullptr && theirs == *base)) {
    return ours;
  }
  if (base != nullptr && ours == *base) {
    return theirs;
  }
  clash = true;
  return ours;
}

/// Merges what two pointers say of the content; directories file by file. Nothing: both changed the same thing.
std::optional<store::Entry> merge_entries(Workspace& workspace, const std::optional<store::Entry>& base,
                                          const store::Entry& ours, const store::Entry& theirs,
                                          std::vector<fs::RepoPath>& conflicts) {
  bool clash = false;
  store::Entry picked = pick(base ? &*base : nullptr, ours, theirs, clash);
  if (!clash) {
    return picked;
  }
  const bool trees = ours.kind == store::EntryKind::tree && theirs.kind == store::EntryKind::tree;
  if (!trees) {
    return std::nullopt;
  }
  store::LocalDb& db = workspace.writable_db();
  store::WriteBatch batch(db);
  if (!db.has_all(ours) || !db.has_all(theirs) || (base && !db.has_all(*base))) {
    return std::nullopt;
  }
  const auto merged = merge_trees(db, batch, base, ours, theirs, conflicts);
  if (merged) {
    batch.publish();
  }
  return merged;
}

/// What a side's text says; nothing for no text, and for a file that speaks of several paths.
std::optional<spec::Pointer> only_pointer(const spec::Dialect& dialect, const std::string& text,
                                          const fs::RepoPath& file) {
  if (text.empty()) {
    return std::nullopt;
  }
  std::vector<spec::Pointer> pointers = dialect.read_pointers(text, file);
  return pointers.size() == 1 ? std::optional(std::move(pointers.front())) : std::nullopt;
}

spec::Merged merge_pointers(Workspace& workspace, const Sides& sides, const fs::RepoPath& file, MergeResult& result) {
  const spec::Dialect& dialect = workspace.dialect();
  const std::optional<spec::Pointer> base = only_pointer(dialect, sides.base, file);
  const std::optional<spec::Pointer> only_ours = only_pointer(dialect, sides.ours, file);
  const std::optional<spec::Pointer> only_theirs = only_pointer(dialect, sides.theirs, file);
  if (!only_ours || !only_theirs || !only_ours->entry || !only_theirs->entry) {
    return conflict(sides);
  }
  const spec::Pointer& ours = *only_ours;
  const spec::Pointer& theirs = *only_theirs;
  const spec::Pointer* before = base ? &*base : nullptr;
  bool clash = ours.path != theirs.path;
  spec::Pointer merged = ours;
  const auto merge_field = [&](auto member) {
    merged.*member = pick(before != nullptr ? &(before->*member) : nullptr, ours.*member, theirs.*member, clash);
  };
  merge_field(&spec::Pointer::annotations);
  merge_field(&spec::Pointer::remote);
  merge_field(&spec::Pointer::push);
  merge_field(&spec::Pointer::cache);
  merge_field(&spec::Pointer::source);
  merge_field(&spec::Pointer::extra);
  const auto entry =
      merge_entries(workspace, base ? base->entry : std::nullopt, *ours.entry, *theirs.entry, result.conflicts);
  if (clash || !entry) {
    return conflict(sides);
  }
  merged.entry = *entry;
  return {.text = dialect.write_pointer(merged, file, sides.ours), .conflict = false};
}

/// Merges locks; how paths in them are meant is what the pipeline file of the work tree says.
spec::Merged merge_lock_texts(const Workspace& workspace, const Sides& sides, const fs::RepoPath& file) {
  const spec::Dialect& dialect = workspace.dialect();
  const fs::RepoPath pipeline = file.parent() / dialect.names().pipeline;
  spec::Project project;
  try {
    const auto text = fs::try_read_file(workspace.absolute(pipeline), metadata_limit_bytes);
    project = parse_pipeline(dialect, text, pipeline, work_tree_files(workspace));
  } catch (const Error& failure) {
    // It may be in conflict itself just now.
    log::debug("{} is not asked while its lock is merged: {}", quoted(pipeline.str()), failure.what());
  }
  return spec::merge_locks(dialect, sides.base, sides.ours, sides.theirs, file, project);
}

}  // namespace

MergeResult merge_file(Workspace& workspace, const std::string& base_file, const std::string& ours_file,
                       const std::string& theirs_file, const std::string& path) {
  MergeResult result;
  const fs::RepoPath in_git = fs::RepoPath::parse(path);
  const bool is_lock = in_git.name() == workspace.dialect().names().lock;
  if (!in_git.within(workspace.git_prefix()) || (!is_lock && !is_pointer_name(workspace.dialect(), in_git.name()))) {
    result.recognised = false;
    return result;
  }
  const fs::RepoPath file = in_git.below(workspace.git_prefix());
  const auto read = [&](const std::string& typed) {
    return fs::try_read_file(absolute_path(workspace.session().cwd, typed), metadata_limit_bytes).value_or("");
  };
  const Sides sides{read(base_file), read(ours_file), read(theirs_file)};
  const spec::Merged merged =
      is_lock ? merge_lock_texts(workspace, sides, file) : merge_pointers(workspace, sides, file, result);
  result.conflict = merged.conflict;
  fs::write_file_atomic(absolute_path(workspace.session().cwd, ours_file), merged.text, 0666, workspace.durability());
  return result;
}

std::vector<fs::RepoPath> fold_journal(Workspace& workspace) {
  const Journal journal(workspace);
  if (!journal.exists()) {
    return {};
  }
  std::vector<fs::RepoPath> written = write_lock_files(workspace, {});
  git::Program program = workspace.git_program();
  // A hook works on the index that git names to it: that of a partial commit is a file of its own.
  if (const auto index = workspace.session().env.find("GIT_INDEX_FILE"); index != workspace.session().env.end()) {
    program = program.with("GIT_INDEX_FILE", absolute_path(workspace.session().cwd, index->second));
  }
  for (const fs::RepoPath& file : written) {
    if (workspace.git().tracks(workspace.git_path(file))) {
      program.run({"add", "--", file.str()});
    }
  }
  return written;
}

}  // namespace mlops::repo

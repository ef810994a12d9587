// SPDX-License-Identifier: Apache-2.0
#include "repo/move.hpp"

#include <algorithm>

#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "repo/add.hpp"
#include "repo/checkout.hpp"
#include "repo/claims.hpp"
#include "repo/git_ignore.hpp"
#include "repo/pointers.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

spec::Pointer pointer_of(const Workspace& workspace, const Snapshot& snapshot, const std::string& typed) {
  const fs::RepoPath path = workspace.resolve(typed);
  for (const spec::Pointer& pointer : snapshot.pointers) {
    if (pointer.path == path || pointer.file == path) {
      return pointer;
    }
  }
  const auto tracked = snapshot.find(path);
  if (!tracked) {
    throw Error::of(ErrorKind::missing, "{} is not tracked", quoted(typed)).hint("git's own files move with `git mv`");
  }
  if (tracked->stage != nullptr) {
    throw Error::of(ErrorKind::conflict, "{} is an output of stage '{}'", quoted(typed), tracked->stage->name)
        .hint("rename it in {} and in its command, then `mlops repro`", tracked->stage->file.str());
  }
  throw Error::of(ErrorKind::conflict, "{} is a part of {}", quoted(typed), quoted(tracked->path.str()))
      .hint("move it as you like, then `mlops add {}`", shell_quoted(workspace.shown(tracked->path)));
}

fs::RepoPath destination(const Workspace& workspace, const fs::RepoPath& from, const std::string& typed) {
  fs::RepoPath to = workspace.resolve(typed);
  const auto stat = fs::stat_path(workspace.absolute(to));
  if (stat && stat->type == fs::FileType::directory && to != from) {
    to = to / from.name();
  }
  return to;
}

/// All checks, before anything changes.
void require_movable(Workspace& workspace, const Snapshot& snapshot, const fs::RepoPath& from, const fs::RepoPath& to) {
  if (to == from) {
    throw Error::usage("{} is there already", quoted(from.str()));
  }
  if (to.within(from)) {
    throw Error::usage("{} cannot move to {}: it would lie in itself", quoted(from.str()), quoted(to.str()));
  }
  require_free(workspace, snapshot, to, "move");
  for (const fs::RepoPath& taken : {to, Snapshot::pointer_file(workspace.dialect(), to)}) {
    if (fs::stat_path(workspace.absolute(taken))) {
      throw Error::of(ErrorKind::conflict, "{} exists already", quoted(taken.str()));
    }
  }
  const auto parent = fs::stat_path(workspace.absolute(to.parent()));
  if (!parent || parent->type != fs::FileType::directory) {
    throw Error::of(ErrorKind::missing, "{} is not a directory", quoted(to.parent().str()));
  }
}

void append(std::vector<fs::RepoPath>& files, const std::vector<fs::RepoPath>& more) {
  files.insert(files.end(), more.begin(), more.end());
}

/// Moves the data; where it cannot go, its new pointer goes again.
void move_data(const Workspace& workspace, const MoveResult& result) {
  try {
    if (!fs::rename_if_absent(workspace.absolute(result.from), workspace.absolute(result.to))) {
      throw Error::of(ErrorKind::conflict, "{} appeared meanwhile", quoted(result.to.str()));
    }
  } catch (const Error&) {
    fs::remove_file(workspace.absolute(result.new_pointer));
    throw;
  }
}

}  // namespace

MoveResult move(Workspace& workspace, const std::string& from, const std::string& to) {
  const spec::Dialect& dialect = workspace.dialect();
  const auto snapshot = Snapshot::of_workspace(workspace);
  spec::Pointer pointer = pointer_of(workspace, *snapshot, from);
  MoveResult result;
  result.from = pointer.path;
  result.to = destination(workspace, pointer.path, to);
  require_movable(workspace, *snapshot, result.from, result.to);
  result.old_pointer = pointer.file;
  result.new_pointer = Snapshot::pointer_file(dialect, result.to);

  // At every moment a pointer names the bytes, so that whatever stops us, checkout brings them back.
  bool present = false;
  {
    const auto lock = workspace.lock_metadata();
    require_still_tracked(workspace, result.old_pointer, result.from);
    // What it says may have changed since.
    pointer = read_pointer(workspace, result.old_pointer, result.from);
    pointer.path = result.to;
    pointer.file = result.new_pointer;
    append(result.changed_files, ignore_paths(workspace, {result.to}, lock));
    workspace.write_file(result.new_pointer, dialect.write_pointer(pointer, result.new_pointer, {}));
    present = fs::stat_path(workspace.absolute(result.from)).has_value();
    if (present) {
      move_data(workspace, result);
    }
    fs::remove_file(workspace.absolute(result.old_pointer));
  }
  append(result.changed_files, unignore_paths(workspace, {result.from}));

  append(result.changed_files, {result.old_pointer, result.new_pointer});
  std::sort(result.changed_files.begin(), result.changed_files.end());
  result.changed_files.erase(std::unique(result.changed_files.begin(), result.changed_files.end()),
                             result.changed_files.end());
  result.changed_files = known_to_git(workspace, std::move(result.changed_files));
  const std::optional<store::Entry> placed = present ? pointer.entry : std::nullopt;
  note_placed(workspace, {{result.from, std::nullopt}, {result.to, placed}});
  result.staged = autostage(workspace, result.changed_files);
  return result;
}

}  // namespace mlops::repo

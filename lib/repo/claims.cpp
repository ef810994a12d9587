// SPDX-License-Identifier: Apache-2.0
#include "repo/claims.hpp"

#include "fs/beneath.hpp"
#include "repo/pointers.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

/// Names that mean something to git or to us wherever they stand.
void require_ordinary(const spec::Dialect& dialect, const fs::RepoPath& path) {
  const spec::Names& names = dialect.names();
  if (is_pointer_name(dialect, path.name())) {
    throw Error::usage("{} is a pointer file, which git keeps", quoted(path.str()))
        .hint("name the data: {}", quoted(path.str().substr(0, path.str().size() - names.pointer_suffix.size())));
  }
  for (const std::string_view own : {names.pipeline, names.lock, names.ignore, std::string_view(".gitignore"),
                                     std::string_view(".gitattributes"), std::string_view(".gitmodules")}) {
    if (path.name() == own) {
      throw Error::usage("{} is a file for git to keep, not data", quoted(path.str()));
    }
  }
}

void require_no_stage_claim(const Snapshot& snapshot, const fs::RepoPath& path) {
  for (const spec::Stage& stage : snapshot.project.stages) {
    for (const spec::Output& output : stage.outs) {
      if (path.within(output.path) || output.path.within(path)) {
        throw Error::of(ErrorKind::conflict, "{} {} output {} of stage '{}'", quoted(path.str()),
                        path.within(output.path) ? "belongs to" : "holds", quoted(output.path.str()), stage.name)
            .hint("`mlops commit {}` records it as it is now; `mlops stage remove {}` gives it up", stage.name,
                  stage.name);
      }
    }
  }
}

/// What ignore rules hide would never be found again: neither the data by us, nor its pointer by git.
void require_visible(Workspace& workspace, const fs::RepoPath& path) {
  for (fs::RepoPath part = path; !part.is_root(); part = part.parent()) {
    if (workspace.ignore_for(part.parent()).ignored(part, true)) {
      throw Error::of(ErrorKind::conflict, "{} is ignored by {}", quoted(path.str()),
                      workspace.dialect().names().ignore);
    }
  }
  const fs::RepoPath pointer = Snapshot::pointer_file(workspace.dialect(), path);
  if (!fs::stat_path(workspace.absolute(pointer)) && workspace.git().ignores(workspace.git_path(pointer))) {
    throw Error::of(ErrorKind::conflict, "git ignores {}, so the pointer of {} could never be committed",
                    quoted(pointer.str()), quoted(path.str()))
        .hint("`git check-ignore -v {}` shows the rule", shell_quoted(workspace.shown(pointer)));
  }
}

}  // namespace

void require_not_in_git(Workspace& workspace, const fs::RepoPath& path) {
  if (!workspace.git().tracks(workspace.git_path(path))) {
    return;
  }
  throw Error::of(ErrorKind::conflict, "{} is tracked by git", quoted(path.str()))
      .hint("take it out of git first: `git rm -r --cached {}`, then commit", shell_quoted(workspace.shown(path)));
}

void require_free(Workspace& workspace, const Snapshot& snapshot, const fs::RepoPath& path, const std::string& where) {
  if (path.is_root()) {
    throw Error::usage("the whole repository cannot be tracked as data").hint("name the directories that hold data");
  }
  fs::require_declarable(path, where);
  require_ordinary(workspace.dialect(), path);
  fs::require_no_link_parents(workspace.root(), path);
  require_no_stage_claim(snapshot, path);
  for (const spec::Pointer& pointer : snapshot.pointers) {
    if (pointer.path != path && (path.within(pointer.path) || pointer.path.within(path))) {
      throw Error::of(ErrorKind::conflict, "{} {} {}, which is tracked already", quoted(path.str()),
                      path.within(pointer.path) ? "lies inside" : "holds", quoted(pointer.path.str()))
          .hint("`mlops remove {}` stops tracking it; its files stay", shell_quoted(workspace.shown(pointer.path)));
    }
  }
  require_not_in_git(workspace, path);
  require_visible(workspace, path);
}

}  // namespace mlops::repo

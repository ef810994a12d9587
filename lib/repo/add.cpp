// SPDX-License-Identifier: Apache-2.0
#include "repo/add.hpp"

#include <unistd.h>

#include <algorithm>

#include "fs/beneath.hpp"
#include "fs/file.hpp"
#include "repo/checkout.hpp"
#include "repo/claims.hpp"
#include "repo/git_ignore.hpp"
#include "repo/lock_text.hpp"
#include "repo/pointers.hpp"
#include "repo/tree_update.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

/// One path to be stored, and the tracked path whose pointer will say so.
struct Request {
  fs::RepoPath path;
  fs::RepoPath data;
  std::optional<fs::RepoPath> pointer{};  ///< the file that spoke of it already when the request was made
  std::optional<store::Entry> entry{};    ///< once built
  bool whole() const { return path == data; }
};

std::vector<fs::RepoPath> matching_paths(const Workspace& workspace, const std::string& pattern) {
  std::vector<fs::RepoPath> paths = expand_glob(workspace, pattern);
  std::erase_if(paths, [&](const fs::RepoPath& path) {
    return is_pointer_name(workspace.dialect(), path.name()) || path.name().starts_with(".git");
  });
  if (paths.empty()) {
    throw Error::of(ErrorKind::missing, "nothing matches {}", quoted(pattern));
  }
  return paths;
}

std::vector<fs::RepoPath> asked_paths(const Workspace& workspace, const AddOptions& options) {
  std::vector<fs::RepoPath> paths;
  for (const std::string& word : options.targets) {
    const auto found = options.glob ? matching_paths(workspace, word) : std::vector{workspace.resolve(word)};
    paths.insert(paths.end(), found.begin(), found.end());
  }
  if (paths.empty()) {
    throw Error::usage("nothing to add").hint("name files or directories");
  }
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return paths;
}

/// Whether a link stands for a file of the cache, as checkout makes them.
bool is_cache_link(Workspace& workspace, const std::string& path) {
  const auto target = fs::read_link(path);
  return target && target->starts_with(workspace.db().root() + "/objects/");
}

Error does_not_exist(const Workspace& workspace, const Request& request) {
  Error error = Error::of(ErrorKind::missing, "{} does not exist", quoted(workspace.shown(request.path)));
  const std::string data = shell_quoted(workspace.shown(request.data));
  if (request.pointer && request.whole()) {
    error.hint("`mlops checkout {}` brings it back as it was recorded, `mlops remove {}` stops tracking it", data,
               data);
  } else if (request.pointer) {
    error.hint("if it was deleted on purpose, `mlops add {}` records that", data);
  }
  return error;
}

void require_addable(Workspace& workspace, const Request& request) {
  const fs::RepoPath& path = request.path;
  const std::string absolute = workspace.absolute(path);
  const auto stat = fs::stat_path(absolute);
  if (!stat) {
    throw does_not_exist(workspace, request);
  }
  if (stat->type == fs::FileType::link && !is_cache_link(workspace, absolute)) {
    throw Error("{} is a symbolic link", quoted(path.relative_to(workspace.cwd())))
        .hint("add what it leads to, or the directory that holds it");
  }
  if (stat->type == fs::FileType::other) {
    throw Error("{} is neither a file nor a directory", quoted(path.relative_to(workspace.cwd())));
  }
  if (stat->type != fs::FileType::link && ::access(absolute.c_str(), R_OK) != 0) {
    throw system_error(errno, "read", absolute);
  }
}

/// Inside a tracked directory names are free, except those that no checkout would write.
void require_inside(Workspace& workspace, const fs::RepoPath& path) {
  for (const std::string& part : split(path.str(), '/')) {
    if (const auto why = fs::unsafe_name(part)) {
      throw Error("cannot add {}: because of its part {}: {}", quoted(path.str()), quoted(part), *why);
    }
  }
  fs::require_no_link_parents(workspace.root(), path);
  require_not_in_git(workspace, path);
}

/// What the walk over the directory leaves out cannot be recorded in it: status would call it deleted from then on.
void require_not_left_out(const Workspace& workspace, const Request& request) {
  const auto last = fs::stat_path(workspace.absolute(request.path));
  for (fs::RepoPath part = request.path; part != request.data; part = part.parent()) {
    const bool directory = part != request.path || (last && last->type == fs::FileType::directory);
    if (workspace.ignore_for(part.parent()).ignored(part, directory)) {
      throw Error::of(ErrorKind::conflict, "cannot add {}: a pattern in {} leaves {} out of {}",
                      quoted(workspace.shown(request.path)), workspace.dialect().names().ignore, quoted(part.str()),
                      quoted(request.data.str()))
          .hint("take that pattern out, or add one below it that begins with '!'");
    }
  }
}

Request make_request(Workspace& workspace, const Snapshot& snapshot, const fs::RepoPath& path) {
  Request request{path, path};
  for (const spec::Pointer& pointer : snapshot.pointers) {
    if (!path.within(pointer.path)) {
      continue;
    }
    request.data = pointer.path;
    request.pointer = pointer.file;
    if (!request.whole() && (!pointer.entry || pointer.entry->kind != store::EntryKind::tree)) {
      throw Error::of(ErrorKind::conflict, "{} is tracked as a file, so nothing can be added below it",
                      quoted(pointer.path.str()))
          .hint("where a directory has taken its place, `mlops add {}` tracks that",
                shell_quoted(workspace.shown(pointer.path)));
    }
  }
  if (request.whole()) {
    require_free(workspace, snapshot, path, "add");
  } else {
    require_inside(workspace, path);
  }
  require_addable(workspace, request);
  if (!request.whole()) {
    require_not_left_out(workspace, request);
  }
  return request;
}

std::vector<Request> make_requests(Workspace& workspace, const Snapshot& snapshot,
                                   const std::vector<fs::RepoPath>& paths) {
  std::vector<Request> requests;
  for (const fs::RepoPath& path : paths) {
    Request request = make_request(workspace, snapshot, path);
    const bool covered = !requests.empty() && path.within(requests.back().path);
    if (covered && requests.back().data == request.data) {
      continue;
    }
    if (covered) {
      throw Error::usage("{} lies inside {}, which is to be added too", quoted(path.str()),
                         quoted(requests.back().path.str()))
          .hint("name one of them");
    }
    requests.push_back(std::move(request));
  }
  return requests;
}

/// Hashes and stores everything; nothing names it yet.
void build_all(Workspace& workspace, store::WriteBatch& batch, std::vector<Request>& requests) {
  for (Request& request : requests) {
    store::BuildOptions options = workspace.build_options(request.path, "Adding " + workspace.shown(request.path));
    options.inside = !request.whole();
    request.entry = store::build(workspace.root(), request.path, workspace.db(), batch, options);
  }
  batch.publish();
}

void annotate(spec::Pointer& pointer, const AddOptions& options) {
  spec::Annotations& notes = pointer.annotations;
  notes.desc = options.desc.value_or(notes.desc);
  notes.type = options.type.value_or(notes.type);
  notes.labels = options.labels.value_or(notes.labels);
  notes.meta = options.meta.value_or(notes.meta);
}

spec::Pointer new_pointer(const Request& request, const fs::RepoPath& file) {
  spec::Pointer pointer;
  pointer.path = request.data;
  pointer.file = file;
  pointer.entry = *request.entry;
  return pointer;
}

/// Writes one pointer as it must be now, from what stands on disk at this moment. The caller holds the metadata lock.
Added write_pointer(Workspace& workspace, const Request& request, const AddOptions& options) {
  const spec::Dialect& dialect = workspace.dialect();
  const fs::RepoPath file = request.pointer.value_or(Snapshot::pointer_file(dialect, request.data));
  const std::string path = workspace.absolute(file);
  const auto before = fs::try_read_file(path, pointer_limit_bytes);
  spec::Pointer pointer = before ? parse_pointer(dialect, *before, file, request.data) : new_pointer(request, file);
  if (request.whole()) {
    pointer.entry = *request.entry;
  } else {
    store::WriteBatch batch(workspace.db());
    pointer.entry =
        with_entry(workspace.db(), batch, pointer.entry.value(), request.path.below(request.data), *request.entry);
    batch.publish();
  }
  annotate(pointer, options);
  const std::string text = dialect.write_pointer(pointer, file, before.value_or(""));
  const bool changed = text != before;
  if (changed) {
    workspace.write_file(file, text);
  }
  return {.path = request.path, .data = request.data, .pointer = file, .entry = *request.entry, .changed = changed};
}

/// Makes workspace files links into the cache where that is what the user wants.
void relink(Workspace& workspace, const std::vector<Request>& requests) {
  const fs::LinkType first = workspace.checkout_options().links.front();
  if (first != fs::LinkType::hardlink && first != fs::LinkType::symlink) {
    return;
  }
  std::vector<store::CheckoutItem> items;
  for (const Request& request : requests) {
    items.push_back({request.path, request.entry});
  }
  CheckoutOptions options;
  options.relink = true;
  checkout_items(workspace, items, options);
}

void note_added(Workspace& workspace, const AddResult& result) {
  std::vector<std::pair<fs::RepoPath, std::optional<store::Entry>>> placed;
  for (const Added& added : result.added) {
    placed.emplace_back(added.data, read_pointer(workspace, added.pointer, added.data).entry);
  }
  note_placed(workspace, placed);
}

AddResult store_requests(Workspace& workspace, std::vector<Request> requests, const AddOptions& options) {
  AddResult result;
  std::vector<fs::RepoPath> data;
  for (const Request& request : requests) {
    data.push_back(request.data);
  }
  require_ignorable(workspace, data);
  // Holds the lease until the pointers are written: gc must not take what nothing names yet.
  store::WriteBatch batch(workspace.writable_db());
  build_all(workspace, batch, requests);
  result.bytes_written = batch.bytes_written();
  {
    const auto lock = workspace.lock_metadata();
    for (const Request& request : requests) {
      if (request.pointer) {
        require_still_tracked(workspace, *request.pointer, request.data);
      }
    }
    for (const Request& request : requests) {
      result.added.push_back(write_pointer(workspace, request, options));
    }
  }
  relink(workspace, requests);
  result.changed_files = ignore_paths(workspace, data);
  for (const Added& added : result.added) {
    if (added.changed) {
      result.changed_files.push_back(added.pointer);
    }
  }
  std::sort(result.changed_files.begin(), result.changed_files.end());
  result.changed_files.erase(std::unique(result.changed_files.begin(), result.changed_files.end()),
                             result.changed_files.end());
  note_added(workspace, result);
  workspace.save_memo();
  result.staged = autostage(workspace, result.changed_files);
  return result;
}

}  // namespace

std::vector<fs::RepoPath> known_to_git(Workspace& workspace, std::vector<fs::RepoPath> files) {
  std::erase_if(files, [&](const fs::RepoPath& file) {
    return !fs::stat_path(workspace.absolute(file)) && !workspace.git().tracks(workspace.git_path(file));
  });
  return files;
}

bool autostage(Workspace& workspace, const std::vector<fs::RepoPath>& files) {
  if (files.empty() || !workspace.config().flag("core.autostage")) {
    return false;
  }
  std::vector<std::string> args{"add", "--all", "--"};
  const std::size_t fixed = args.size();
  for (const fs::RepoPath& file : known_to_git(workspace, files)) {
    args.push_back(":(literal)" + file.str());
  }
  if (args.size() > fixed) {
    workspace.git_program().run(args);
  }
  return true;
}

AddResult add(Workspace& workspace, const AddOptions& options) {
  workspace.sweep_leftovers();
  const auto snapshot = Snapshot::of_workspace(workspace);
  return store_requests(workspace, make_requests(workspace, *snapshot, asked_paths(workspace, options)), options);
}

AddResult store_changes(Workspace& workspace, const std::vector<const spec::Pointer*>& pointers) {
  std::vector<Request> requests;
  for (const spec::Pointer* pointer : pointers) {
    fs::require_no_link_parents(workspace.root(), pointer->path);
    requests.push_back({pointer->path, pointer->path, pointer->file});
    require_addable(workspace, requests.back());
  }
  return requests.empty() ? AddResult() : store_requests(workspace, std::move(requests), {});
}

}  // namespace mlops::repo

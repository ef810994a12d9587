// SPDX-License-Identifier: Apache-2.0
// Reading trees and blobs. Trees may be hostile: no recursion on their depth, and names that no checkout could make
// are passed over.

#include <algorithm>
#include <map>

#include "git/handle.hpp"
#include "git/mode.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"

namespace mlops::git {
namespace {

constexpr std::size_t longest_path = 65536;

/// The entries of one directory in the order of their names.
std::vector<TreeItem> children(git_repository* repository, const TreeItem& directory) {
  const git_oid id = raw(directory.id);
  TreeHandle tree;
  check(git_tree_lookup(out(tree), repository, &id), "read tree '{}'", directory.id.hex());
  std::vector<TreeItem> items;
  const std::size_t count = git_tree_entrycount(tree.get());
  items.reserve(count);
  const std::string prefix = directory.path.is_root() ? std::string() : directory.path.str() + "/";
  for (std::size_t i = 0; i < count; ++i) {
    const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
    const std::string text = prefix + git_tree_entry_name(entry);
    std::optional<fs::RepoPath> path = text.size() < longest_path ? fs::RepoPath::try_parse(text) : std::nullopt;
    // A '/' inside a name would pass for two names.
    if (path && path->name().size() + prefix.size() == text.size()) {
      items.push_back(
          {std::move(*path), oid(*git_tree_entry_id(entry)), file_mode(git_tree_entry_filemode_raw(entry))});
    }
  }
  std::sort(items.begin(), items.end(), [](const TreeItem& a, const TreeItem& b) { return a.path < b.path; });
  return items;
}

/// What one side of a comparison has that the other does not have alike; equal subtrees are not entered.
std::map<fs::RepoPath, TreeItem> unlike(const Repository& repository, const std::optional<Oid>& tree,
                                        const std::optional<Oid>& other) {
  std::map<fs::RepoPath, TreeItem> items;
  if (!tree) {
    return items;
  }
  const auto differs = [&](const TreeItem& item) {
    const std::optional<TreeItem> there = other ? repository.find(*other, item.path) : std::nullopt;
    return !there || there->id != item.id || there->mode != item.mode;
  };
  repository.walk(
      *tree,
      [&](const TreeItem& item) {
        if (differs(item)) items.emplace(item.path, item);
      },
      differs);
  return items;
}

}  // namespace

Oid Repository::tree_of(const Oid& id) const {
  const git_oid name = raw(id);
  ObjectHandle object;
  check(git_object_lookup(out(object), state_->get(), &name, GIT_OBJECT_ANY), "read git object '{}'", id.hex());
  ObjectHandle tree;
  check(git_object_peel(out(tree), object.get(), GIT_OBJECT_TREE), "find the tree of git object '{}'", id.hex());
  return oid(*git_object_id(tree.get()));
}

std::optional<TreeItem> Repository::find(const Oid& commit_or_tree, const fs::RepoPath& path) const {
  const Oid root = tree_of(commit_or_tree);
  if (path.is_root()) {
    return TreeItem{path, root, FileMode::directory};
  }
  const git_oid id = raw(root);
  TreeHandle tree;
  check(git_tree_lookup(out(tree), state_->get(), &id), "read tree '{}'", root.hex());
  TreeEntryHandle entry;
  const int code = git_tree_entry_bypath(out(entry), tree.get(), path.str().c_str());
  if (code == GIT_ENOTFOUND) {
    return std::nullopt;
  }
  check(code, "read tree '{}'", root.hex());
  return TreeItem{path, oid(*git_tree_entry_id(entry.get())), file_mode(git_tree_entry_filemode_raw(entry.get()))};
}

std::optional<std::string> Repository::read_file(const Oid& commit_or_tree, const fs::RepoPath& path,
                                                 std::uint64_t limit_bytes) const {
  const std::optional<TreeItem> item = find(commit_or_tree, path);
  if (!item || (item->mode != FileMode::regular && item->mode != FileMode::executable)) {
    return std::nullopt;
  }
  return read_blob(item->id, limit_bytes);
}

std::uint64_t Repository::size_of(const Oid& id) const {
  const git_oid name = raw(id);
  OdbHandle odb;
  check(git_repository_odb(out(odb), state_->get()), "open git's objects");
  std::size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  check(git_odb_read_header(&size, &type, odb.get(), &name), "read git object '{}'", id.hex());
  return size;
}

std::string Repository::read_blob(const Oid& id, std::uint64_t limit_bytes) const {
  const git_oid name = raw(id);
  const std::uint64_t size = size_of(id);
  if (size > limit_bytes) {
    throw Error("git object '{}' has {} bytes, more than the {} expected of it", id.hex(), size, limit_bytes);
  }
  BlobHandle blob;
  check(git_blob_lookup(out(blob), state_->get(), &name), "read git object '{}'", id.hex());
  return {static_cast<const char*>(git_blob_rawcontent(blob.get())),
          static_cast<std::size_t>(git_blob_rawsize(blob.get()))};
}

void Repository::walk(const Oid& commit_or_tree, const std::function<void(const TreeItem&)>& visit,
                      const std::function<bool(const TreeItem&)>& enter) const {
  std::vector<TreeItem> waiting{{fs::RepoPath(), tree_of(commit_or_tree), FileMode::directory}};
  while (!waiting.empty()) {
    const TreeItem item = std::move(waiting.back());
    waiting.pop_back();
    if (item.mode != FileMode::directory) {
      visit(item);
    } else if (!enter || enter(item)) {
      check_interrupt();
      std::vector<TreeItem> below = children(state_->get(), item);
      waiting.insert(waiting.end(), std::make_move_iterator(below.rbegin()), std::make_move_iterator(below.rend()));
    }
  }
}

std::vector<FileChange> diff_trees(const Repository& repository, const std::optional<Oid>& before,
                                   const std::optional<Oid>& after) {
  std::map<fs::RepoPath, FileChange> changes;
  for (auto& [path, item] : unlike(repository, before, after)) {
    changes[path] = {path, item, std::nullopt};
  }
  for (auto& [path, item] : unlike(repository, after, before)) {
    FileChange& change = changes[path];
    change.path = path;
    change.after = item;
  }
  std::vector<FileChange> result;
  result.reserve(changes.size());
  for (auto& [path, change] : changes) {
    result.push_back(std::move(change));
  }
  return result;
}

}  // namespace mlops::git

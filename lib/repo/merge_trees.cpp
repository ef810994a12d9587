// SPDX-License-Identifier: Apache-2.0
#include "repo/merge_trees.hpp"

#include <set>

#include "repo/tree_update.hpp"
#include "util/error.hpp"

namespace mlops::repo {
namespace {

/// Deeper trees than this are refused: the merge follows their depth.
constexpr std::size_t depth_limit = 512;

using OptionalEntry = std::optional<store::Entry>;

bool is_tree(const OptionalEntry& entry) { return entry && entry->kind == store::EntryKind::tree; }

OptionalEntry child(const store::Tree& tree, const std::string& name) {
  const store::TreeEntry* found = tree.find(name);
  return found == nullptr ? std::nullopt : OptionalEntry(found->entry);
}

class Merge {
 public:
  Merge(const store::LocalDb& db, store::WriteBatch& batch, std::vector<fs::RepoPath>& conflicts)
      : db_(db), batch_(batch), conflicts_(conflicts) {}

  /// Merges two directories into a new one; differences that cannot be reconciled are noted, and ours stands.
  store::Entry merge(const fs::RepoPath& path, const OptionalEntry& base, const store::Entry& ours,
                     const store::Entry& theirs, std::size_t depth) {
    if (depth > depth_limit) {
      throw Error("cannot merge directories that are nested more than {} deep", depth_limit);
    }
    const store::Tree base_tree = is_tree(base) ? db_.read_tree(base->id()) : store::Tree();
    const store::Tree our_tree = db_.read_tree(ours.id());
    const store::Tree their_tree = db_.read_tree(theirs.id());
    std::set<std::string> names;
    for (const store::Tree* tree : {&our_tree, &their_tree}) {
      for (const store::TreeEntry& entry : tree->entries) {
        names.insert(entry.name);
      }
    }
    store::Tree merged;
    for (const std::string& name : names) {
      const OptionalEntry entry =
          choose(path / name, child(base_tree, name), child(our_tree, name), child(their_tree, name), depth);
      if (entry) {
        merged.entries.push_back({name, *entry});
      }
    }
    return add_tree(batch_, merged, depth == 0 ? store::WriteBatch::Place::top : store::WriteBatch::Place::inside);
  }

 private:
  OptionalEntry choose(const fs::RepoPath& path, const OptionalEntry& base, const OptionalEntry& ours,
                       const OptionalEntry& theirs, std::size_t depth) {
    if (ours == theirs || theirs == base) {
      return ours;
    }
    if (ours == base) {
      return theirs;
    }
    if (is_tree(ours) && is_tree(theirs)) {
      return merge(path, base, *ours, *theirs, depth + 1);
    }
    conflicts_.push_back(path);
    return ours;
  }

  const store::LocalDb& db_;
  store::WriteBatch& batch_;
  std::vector<fs::RepoPath>& conflicts_;
};

}  // namespace

std::optional<store::Entry> merge_trees(const store::LocalDb& db, store::WriteBatch& batch,
                                        const std::optional<store::Entry>& base, const store::Entry& ours,
                                        const store::Entry& theirs, std::vector<fs::RepoPath>& conflicts) {
  const store::Entry merged = Merge(db, batch, conflicts).merge({}, base, ours, theirs, 0);
  return conflicts.empty() ? std::optional(merged) : std::nullopt;
}

}  // namespace mlops::repo

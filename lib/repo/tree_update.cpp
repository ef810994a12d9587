// SPDX-License-Identifier: Apache-2.0
#include "repo/tree_update.hpp"

#include <algorithm>

#include "util/text.hpp"

namespace mlops::repo {
namespace {

void put(store::Tree& tree, const std::string& name, const store::Entry& entry) {
  const auto at =
      std::lower_bound(tree.entries.begin(), tree.entries.end(), name,
                       [](const store::TreeEntry& item, const std::string& key) { return item.name < key; });
  if (at != tree.entries.end() && at->name == name) {
    at->entry = entry;
  } else {
    tree.entries.insert(at, {name, entry});
  }
}

}  // namespace

store::Entry add_tree(store::WriteBatch& batch, const store::Tree& tree, store::WriteBatch::Place place) {
  return {store::EntryKind::tree, batch.add_tree(tree, place), tree.size(), tree.files()};
}

store::Entry with_entry(const store::LocalDb& db, store::WriteBatch& batch, const store::Entry& top,
                        const fs::RepoPath& below, const store::Entry& entry) {
  const std::vector<std::string> names = split(below.str(), '/');
  std::vector<store::Tree> trees{db.read_tree(top.id())};
  for (std::size_t i = 0; i + 1 < names.size(); ++i) {
    const store::TreeEntry* next = trees.back().find(names[i]);
    const bool is_tree = next != nullptr && next->entry.kind == store::EntryKind::tree;
    trees.push_back(is_tree ? db.read_tree(next->entry.id()) : store::Tree());
  }
  store::Entry made = entry;
  for (std::size_t i = names.size(); i-- > 0;) {
    put(trees[i], names[i], made);
    made = add_tree(batch, trees[i], i == 0 ? store::WriteBatch::Place::top : store::WriteBatch::Place::inside);
  }
  return made;
}

}  // namespace mlops::repo

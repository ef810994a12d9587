// SPDX-License-Identifier: Apache-2.0

// Two trees are merged like two sorted lists, and only pairs of subtrees whose digests differ are read. What is to be
// compared waits on a stack of our own, since the depth is in the hands of whoever wrote the trees.

#include <algorithm>

#include "store/build.hpp"
#include "store/layout.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"

namespace mlops::store {
namespace {

struct Pair {
  fs::RepoPath path;
  std::optional<Entry> before;
  std::optional<Entry> after;
};

bool is_tree(const std::optional<Entry>& entry) { return entry && entry->kind == EntryKind::tree; }
bool is_leaf(const std::optional<Entry>& entry) { return entry && entry->kind != EntryKind::tree; }

class Comparison {
 public:
  Comparison(const TreeReader& read_before, const TreeReader& read_after, WholeTrees whole)
      : read_before_(read_before), read_after_(read_after), whole_(whole) {}

  std::vector<Difference> run(const std::optional<Entry>& before, const std::optional<Entry>& after) {
    todo_.push_back({{}, before, after});
    while (!todo_.empty()) {
      check_interrupt();
      const Pair pair = std::move(todo_.back());
      todo_.pop_back();
      compare(pair);
    }
    // Where a file became a directory, or the reverse, the deletion comes first.
    std::stable_sort(result_.begin(), result_.end(), [](const Difference& a, const Difference& b) {
      return a.path != b.path ? a.path < b.path : a.change == Change::deleted && b.change != Change::deleted;
    });
    return std::move(result_);
  }

 private:
  void compare(const Pair& pair) {
    const auto& [path, before, after] = pair;
    if (before && after && before->id() == after->id() && before->kind == after->kind) {
      return;
    }
    if (is_leaf(before) && is_leaf(after)) {
      result_.push_back({path, Change::modified, before, after});
      return;
    }
    if (is_tree(before) && is_tree(after)) {
      merge(path, read_before_(before->id()), read_after_(after->id()));
      return;
    }
    one_side(path, before, Change::deleted);
    one_side(path, after, Change::added);
  }

  void one_side(const fs::RepoPath& path, const std::optional<Entry>& entry, Change change) {
    if (!entry) {
      return;
    }
    const bool deleted = change == Change::deleted;
    const Difference whole{path, change, deleted ? entry : std::nullopt, deleted ? std::nullopt : entry};
    if (is_leaf(entry) || whole_ == WholeTrees::yes) {
      result_.push_back(whole);
      return;
    }
    const Tree tree = (deleted ? read_before_ : read_after_)(entry->id());
    if (tree.entries.empty()) {
      result_.push_back(whole);
      return;
    }
    deleted ? merge(path, tree, {}) : merge(path, {}, tree);
  }

  void merge(const fs::RepoPath& path, const Tree& before, const Tree& after) {
    if (std::count(path.str().begin(), path.str().end(), '/') > static_cast<std::ptrdiff_t>(max_tree_depth)) {
      throw Error::of(ErrorKind::corrupt, "trees are nested more than {} levels deep", max_tree_depth);
    }
    auto left = before.entries.begin();
    auto right = after.entries.begin();
    while (left != before.entries.end() || right != after.entries.end()) {
      const bool take_left =
          right == after.entries.end() || (left != before.entries.end() && left->name <= right->name);
      const bool take_right =
          left == before.entries.end() || (right != after.entries.end() && right->name <= left->name);
      const std::string& name = take_left ? left->name : right->name;
      const auto old_entry = take_left ? std::optional(left->entry) : std::nullopt;
      const auto new_entry = take_right ? std::optional(right->entry) : std::nullopt;
      if (old_entry != new_entry) {
        todo_.push_back({path / name, old_entry, new_entry});
      }
      left += take_left ? 1 : 0;
      right += take_right ? 1 : 0;
    }
  }

  const TreeReader& read_before_;
  const TreeReader& read_after_;
  WholeTrees whole_;
  std::vector<Pair> todo_;
  std::vector<Difference> result_;
};

}  // namespace

std::vector<Difference> diff_entries(const std::optional<Entry>& before, const TreeReader& read_before,
                                     const std::optional<Entry>& after, const TreeReader& read_after,
                                     WholeTrees whole_trees) {
  return Comparison(read_before, read_after, whole_trees).run(before, after);
}

}  // namespace mlops::store

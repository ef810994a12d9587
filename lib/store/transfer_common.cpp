// SPDX-License-Identifier: Apache-2.0
#include "store/transfer_common.hpp"

#include <algorithm>
#include <utility>

#include "store/layout.hpp"
#include "util/error.hpp"
#include "util/parallel.hpp"

namespace mlops::store {

void Outcome::transferred(const Parcel& parcel, std::uint64_t bytes, bool listed) {
  const std::lock_guard guard(mutex_);
  ++result_.objects;
  result_.bytes += bytes;
  if (listed) {
    result_.transferred.push_back({parcel.entry.id(), parcel.label, ""});
  }
}

void Outcome::failed(const Parcel& parcel, const std::string& reason) {
  const std::lock_guard guard(mutex_);
  lost_.insert(parcel.entry.id());
  result_.failed.push_back({parcel.entry.id(), parcel.label, reason});
}

void Outcome::failed(const Parcel& parcel, const Error& error) {
  failed(parcel, error.what());
  const std::lock_guard guard(mutex_);
  for (const std::string& hint : error.hints()) {
    if (std::find(result_.hints.begin(), result_.hints.end(), hint) == result_.hints.end()) {
      result_.hints.push_back(hint);
    }
  }
}

void Outcome::missing(const Parcel& parcel) {
  const std::lock_guard guard(mutex_);
  lost_.insert(parcel.entry.id());
  result_.missing.push_back({parcel.entry.id(), parcel.label, "neither in the cache nor there"});
}

bool Outcome::is_lost(const hash::ObjectId& id) const {
  const std::lock_guard guard(mutex_);
  return lost_.count(id) != 0;
}

bool Outcome::fail_if_incomplete(const TreeParcel& tree) {
  const bool incomplete =
      std::any_of(tree.members.begin(), tree.members.end(), [this](const auto& id) { return is_lost(id); });
  if (incomplete) {
    failed(tree.parcel, "something that the directory holds did not make it");
  }
  return incomplete;
}

TransferResult Outcome::take() {
  for (auto* list : {&result_.failed, &result_.missing, &result_.transferred}) {
    std::sort(list->begin(), list->end(), [](const TransferResult::Item& a, const TransferResult::Item& b) {
      return a.label != b.label ? a.label < b.label : a.id < b.id;
    });
  }
  return std::move(result_);
}

void TreeQueue::add(const Parcel& parcel, std::size_t depth) {
  if (depth > max_tree_depth) {
    throw Error::of(ErrorKind::corrupt, "trees below '{}' are nested more than {} levels deep", parcel.label,
                    max_tree_depth);
  }
  if (seen_.insert(parcel.entry.id()).second) {
    waiting_.push_back({parcel, depth});
  }
}

std::vector<TreeQueue::Next> TreeQueue::take() { return std::exchange(waiting_, {}); }

std::vector<std::vector<const TreeParcel*>> children_first(const std::vector<TreeParcel>& trees) {
  std::unordered_map<hash::ObjectId, std::size_t> index;
  for (std::size_t i = 0; i < trees.size(); ++i) {
    index.emplace(trees[i].parcel.entry.id(), i);
  }
  // Kahn's order from the leaves: a tree's group is one above the highest group among its members.
  std::vector<std::size_t> waits(trees.size(), 0);
  std::vector<std::vector<std::size_t>> listed_by(trees.size());
  for (std::size_t i = 0; i < trees.size(); ++i) {
    for (const hash::ObjectId& member : trees[i].members) {
      if (const auto it = index.find(member); it != index.end()) {
        listed_by[it->second].push_back(i);
        ++waits[i];
      }
    }
  }
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < trees.size(); ++i) {
    if (waits[i] == 0) {
      ready.push_back(i);
    }
  }
  std::vector<std::vector<const TreeParcel*>> groups;
  while (!ready.empty()) {
    std::vector<std::size_t> next;
    groups.emplace_back();
    for (const std::size_t i : ready) {
      groups.back().push_back(&trees[i]);
      for (const std::size_t parent : listed_by[i]) {
        if (--waits[parent] == 0) {
          next.push_back(parent);
        }
      }
    }
    ready = std::move(next);
  }
  return groups;
}

unsigned transfer_jobs(unsigned wanted) { return wanted != 0 ? wanted : 4 * processors(); }

}  // namespace mlops::store

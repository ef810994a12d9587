// SPDX-License-Identifier: Apache-2.0
#include <unordered_set>

#include "store/layout.hpp"
#include "store/manifest.hpp"
#include "store/transfer.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/text.hpp"

namespace mlops::store {

void visit_reachable(const LocalDb& db, const Wanted& wanted,
                     const std::function<void(const Entry&, const std::string& label)>& visit,
                     const std::function<void(const Entry&, const std::string& label)>& unreadable) {
  // Each tree once: trees that list the same subtree again and again would otherwise take for ever.
  std::unordered_set<hash::ObjectId> seen{wanted.entry.id()};
  std::vector<Wanted> todo{wanted};
  while (!todo.empty()) {
    check_interrupt();
    const Wanted next = std::move(todo.back());
    todo.pop_back();
    if (!is_part(next.entry.id())) {
      visit(next.entry, next.label);
    }
    if (next.entry.kind != EntryKind::tree) {
      continue;
    }
    try {
      const Tree tree = db.read_tree(next.entry.id());
      for (auto item = tree.entries.rbegin(); item != tree.entries.rend(); ++item) {
        if (item->entry.kind != EntryKind::tree || seen.insert(item->entry.id()).second) {
          todo.push_back({item->entry, next.label + "/" + printable(item->name)});
        }
      }
    } catch (const Error&) {
      unreadable(next.entry, next.label);
    }
  }
}

}  // namespace mlops::store

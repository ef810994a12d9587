// SPDX-License-Identifier: Apache-2.0
// The three-way merge of two locks: what only one side changed is taken from it, stage by stage, so that branches which
// ran different stages merge without a conflict. Where both changed a stage, and differently, the stages before it often
// decide: what ran after another stage did says nothing once that stage comes from the other side. Elsewhere the text
// holds the two blocks between git's markers, and only those.

#include <algorithm>
#include <optional>
#include <set>

#include "spec/dialect.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

Lock read_side(const Dialect& dialect, std::string_view text, const fs::RepoPath& file, const Project& project) {
  // Git hands over an empty file for a side that has none.
  return trim(text).empty() ? Lock() : dialect.read_lock(text, file, project);
}

template <class T>
const T* lookup(const std::map<std::string, T>& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

std::map<std::string, Value> members(const Value& extra) {
  std::map<std::string, Value> out;
  if (const auto* map = extra.get<Value::Map>()) {
    out.insert(map->begin(), map->end());
  }
  return out;
}

template <class T>
bool same(const T* a, const T* b) {
  return a == nullptr || b == nullptr ? a == b : *a == *b;
}

using Stages = std::map<std::string, LockedStage>;

/// The stages as they will stand in the merged lock; nothing for one in conflict.
class Settled {
 public:
  Settled(const Stages& base, const Stages& ours, const Stages& theirs) {
    for (const auto* side : {&ours, &theirs}) {
      for (const auto& [name, stage] : *side) {
        take(name, merged(lookup(base, name), lookup(ours, name), lookup(theirs, name)));
        add_makers(name, stage);
      }
    }
  }

  const std::set<std::string>& conflicts() const { return conflicts_; }

  void settle(const std::string& name, const LockedStage& stage) {
    conflicts_.erase(name);
    stages_[name] = &stage;
  }

  /// Whether all that makes what this stage read is known.
  bool known_before(const LockedStage& stage) const {
    return std::all_of(stage.deps.begin(), stage.deps.end(), [&](const LockedPath& dep) {
      const auto* names = lookup(makers_, dep.path.str());
      return names == nullptr || std::none_of(names->begin(), names->end(),
                                              [&](const std::string& name) { return conflicts_.count(name) != 0; });
    });
  }

  /// Whether it read something that another stage makes otherwise in the merged lock.
  bool outdated(const LockedStage& stage) const {
    return std::any_of(stage.deps.begin(), stage.deps.end(), [&](const LockedPath& dep) {
      const auto* names = lookup(makers_, dep.path.str());
      return names != nullptr && std::any_of(names->begin(), names->end(), [&](const std::string& name) {
               const LockedStage* const* maker = lookup(stages_, name);
               return maker != nullptr && makes_otherwise(**maker, dep);
             });
    });
  }

 private:
  /// One that both changed stays open; one that is gone is nothing.
  static std::optional<const LockedStage*> merged(const LockedStage* base, const LockedStage* ours,
                                                  const LockedStage* theirs) {
    if (same(ours, theirs) || same(theirs, base)) {
      return ours;
    }
    return same(ours, base) ? std::optional(theirs) : std::nullopt;
  }

  static bool makes_otherwise(const LockedStage& maker, const LockedPath& dep) {
    return std::any_of(maker.outs.begin(), maker.outs.end(),
                       [&](const LockedPath& out) { return out.path == dep.path && !(out.entry == dep.entry); });
  }

  void take(const std::string& name, std::optional<const LockedStage*> stage) {
    if (!stage) {
      conflicts_.insert(name);
    } else if (*stage != nullptr) {
      stages_[name] = *stage;
    }
  }

  void add_makers(const std::string& name, const LockedStage& stage) {
    for (const LockedPath& out : stage.outs) {
      makers_[out.path.str()].insert(name);
    }
  }

  std::map<std::string, const LockedStage*> stages_;
  std::map<std::string, std::set<std::string>> makers_;  ///< by output
  std::set<std::string> conflicts_;
};

/// Gives both sides one entry for a stage where a side ran after something that the merge took from the other. Such an
/// entry is true, only of inputs that are not there any more, so that the stage runs again: no reason to ask anybody.
void settle_downstream(const Stages& base, Stages& ours, Stages& theirs) {
  Settled settled(base, ours, theirs);
  for (bool again = true; again;) {
    again = false;
    for (const std::string& name : std::set(settled.conflicts())) {
      const LockedStage* left = lookup(ours, name);
      const LockedStage* right = lookup(theirs, name);
      if (left == nullptr || right == nullptr || !settled.known_before(*left) || !settled.known_before(*right)) {
        continue;
      }
      const bool left_outdated = settled.outdated(*left);
      const bool right_outdated = settled.outdated(*right);
      if (left_outdated || right_outdated) {
        ours[name] = theirs[name] = left_outdated && !right_outdated ? *right : *left;
        settled.settle(name, ours[name]);
        again = true;
      }
    }
  }
}

/// One piece of the merged lock, or the two that are in conflict.
struct Piece {
  std::string ours;
  std::string theirs;
  bool conflict = false;
};

/// The keys of both, sorted.
template <class T>
std::vector<std::string> all_keys(const std::map<std::string, T>& ours, const std::map<std::string, T>& theirs) {
  std::set<std::string> keys;
  for (const auto* side : {&ours, &theirs}) {
    for (const auto& member : *side) {
      keys.insert(member.first);
    }
  }
  return {keys.begin(), keys.end()};
}

/// Merges maps key by key; `text` gives the block of one member.
template <class T, class Text>
std::vector<Piece> merge_members(const std::vector<std::string>& keys, const std::map<std::string, T>& base,
                                 const std::map<std::string, T>& ours, const std::map<std::string, T>& theirs,
                                 Text text) {
  std::vector<Piece> pieces;
  for (const std::string& key : keys) {
    const T* before = lookup(base, key);
    const T* left = lookup(ours, key);
    const T* right = lookup(theirs, key);
    const auto block = [&](const T* value) { return value == nullptr ? std::string() : text(key, *value); };
    if (same(left, right) || same(right, before)) {
      pieces.push_back({.ours = block(left), .theirs = {}});
    } else if (same(left, before)) {
      pieces.push_back({.ours = block(right), .theirs = {}});
    } else {
      pieces.push_back({.ours = block(left), .theirs = block(right), .conflict = true});
    }
  }
  return pieces;
}

void append_pieces(Merged& merged, const std::vector<Piece>& pieces) {
  for (const Piece& piece : pieces) {
    merged.conflict = merged.conflict || piece.conflict;
    merged.text +=
        piece.conflict ? "<<<<<<< ours\n" + piece.ours + "=======\n" + piece.theirs + ">>>>>>> theirs\n" : piece.ours;
  }
}

/// The stages of both sides in the order in which a lock that holds them all lists them.
std::vector<std::string> stage_order(const Dialect& dialect, const fs::RepoPath& file, const Project& project,
                                     const Lock& ours, const Lock& theirs) {
  Lock all = ours;
  for (const auto& [name, stage] : theirs.stages) {
    if (!all.stages.contains(name)) {
      all.stages.insert_or_assign(name, stage);
    }
  }
  std::vector<std::string> order;
  for (const auto& item : dialect.read_lock(dialect.write_lock(all, file, {}), file, project).stages) {
    order.push_back(item.first);
  }
  return order;
}

}  // namespace

Merged merge_locks(const Dialect& dialect, std::string_view base, std::string_view ours, std::string_view theirs,
                   const fs::RepoPath& file, const Project& project) {
  const Lock before = read_side(dialect, base, file, project);
  const Lock left = read_side(dialect, ours, file, project);
  const Lock right = read_side(dialect, theirs, file, project);
  const Stages base_stages(before.stages.begin(), before.stages.end());
  Stages our_stages(left.stages.begin(), left.stages.end());
  Stages their_stages(right.stages.begin(), right.stages.end());
  settle_downstream(base_stages, our_stages, their_stages);

  // A lock without stages shows what stands before and after them.
  static constexpr std::string_view key = "stages:";
  const std::string empty = dialect.write_lock({}, file, {});
  const std::string head = empty.substr(0, empty.find(key) + key.size());
  const auto stage_text = [&](const std::string& name, const LockedStage& stage) {
    return dialect.write_lock({.stages = {{name, stage}}, .extra = {}}, file, {}).substr(head.size() + 1);
  };
  const auto extra_text = [&](const std::string& name, const Value& value) {
    return dialect.write_lock({.stages = {}, .extra = Value::Map{{name, value}}}, file, {}).substr(empty.size());
  };
  const std::vector<Piece> stages = merge_members(stage_order(dialect, file, project, left, right), base_stages,
                                                  our_stages, their_stages, stage_text);
  Merged merged;
  append_pieces(merged, stages);
  merged.text.insert(0, merged.text.empty() ? empty : head + "\n");
  const auto our_extra = members(left.extra);
  const auto their_extra = members(right.extra);
  append_pieces(merged, merge_members(all_keys(our_extra, their_extra), members(before.extra), our_extra, their_extra,
                                      extra_text));
  return merged;
}

}  // namespace mlops::spec

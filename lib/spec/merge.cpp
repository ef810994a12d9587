// SPDX-License-Identifier: Apache-2.0
// The three-way merge of two locks: what only one side changed is taken from it, stage by stage, so that branches which
// ran different stages merge without a conflict. Where both changed a stage, and differently, the text holds the two
// blocks between git's markers, and only those.

#include <algorithm>
#include <optional>
#include <set>

#include "spec/dialect.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

Lock read_side(const Dialect& dialect, std::string_view text, const fs::RepoPath& file) {
  // Git hands over an empty file for a side that has none.
  return trim(text).empty() ? Lock() : dialect.read_lock(text, file);
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

/// One piece of the merged lock, or the two that are in conflict.
struct Piece {
  std::string ours;
  std::string theirs;
  bool conflict = false;
};

/// Merges maps key by key; `text` gives the block of one member.
template <class T, class Text>
std::vector<Piece> merge_members(const std::map<std::string, T>& base, const std::map<std::string, T>& ours,
                                 const std::map<std::string, T>& theirs, Text text) {
  std::set<std::string> keys;
  for (const auto* side : {&ours, &theirs}) {
    for (const auto& member : *side) {
      keys.insert(member.first);
    }
  }
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

}  // namespace

Merged merge_locks(const Dialect& dialect, std::string_view base, std::string_view ours, std::string_view theirs,
                   const fs::RepoPath& file) {
  const Lock before = read_side(dialect, base, file);
  const Lock left = read_side(dialect, ours, file);
  const Lock right = read_side(dialect, theirs, file);

  // A lock without stages shows what stands before and after them.
  static constexpr std::string_view key = "stages:";
  const std::string empty = dialect.write_lock({});
  const std::string head = empty.substr(0, empty.find(key) + key.size());
  const auto stage_text = [&](const std::string& name, const LockedStage& stage) {
    return dialect.write_lock({.stages = {{name, stage}}, .extra = {}}).substr(head.size() + 1);
  };
  const auto extra_text = [&](const std::string& name, const Value& value) {
    return dialect.write_lock({.stages = {}, .extra = Value::Map{{name, value}}}).substr(empty.size());
  };
  const std::vector<Piece> stages = merge_members(before.stages, left.stages, right.stages, stage_text);
  Merged merged;
  append_pieces(merged, stages);
  merged.text.insert(0, merged.text.empty() ? empty : head + "\n");
  append_pieces(merged, merge_members(members(before.extra), members(left.extra), members(right.extra), extra_text));
  return merged;
}

}  // namespace mlops::spec

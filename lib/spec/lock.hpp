// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fs/repo_path.hpp"
#include "spec/stage.hpp"
#include "spec/value.hpp"
#include "store/tree.hpp"

namespace mlops::spec {

/// What a path was when its stage last succeeded.
struct LockedPath {
  fs::RepoPath path;
  store::Entry entry;
  std::string written{};    ///< as the file spells the path, where the dialect repeats that; else empty
  std::string elsewhere{};  ///< as Dependency::elsewhere
  Value extra{};            ///< a map of keys that a newer version wrote; kept as they are (null: none)
  friend bool operator==(const LockedPath&, const LockedPath&) = default;
};

/// The parameters of one file: dotted key and typed value; a key that the file lacked is not listed. For a whole file
/// one entry with an empty key.
using LockedParams = std::vector<std::pair<std::string, Value>>;

/// The state of one stage when it last succeeded.
struct LockedStage {
  StageCommand cmd;
  fs::RepoPath wdir;
  std::vector<LockedPath> deps, outs;  ///< sorted by path
  std::map<fs::RepoPath, LockedParams> params;
  std::map<std::string, std::string> env;
  Value extra;  ///< a map of keys that a newer version wrote; kept as they are (null: none)
  friend bool operator==(const LockedStage&, const LockedStage&) = default;
};

/// The state of each stage by its address, in the order in which a lock lists them: a stage that is new comes last, one
/// that is known keeps its place. The order is no part of what it says: == passes over it.
class StageStates {
 public:
  using Item = std::pair<std::string, LockedStage>;
  using const_iterator = std::vector<Item>::const_iterator;

  StageStates() = default;
  StageStates(std::initializer_list<Item> items);
  const_iterator begin() const { return items_.begin(); }
  const_iterator end() const { return items_.end(); }
  std::size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  const_iterator find(const std::string& stage) const;
  bool contains(const std::string& stage) const { return find(stage) != end(); }
  /// Throws std::out_of_range for a stage that is not there.
  const LockedStage& at(const std::string& stage) const;
  void insert_or_assign(std::string stage, LockedStage state);
  void erase(const std::string& stage);
  /// Names, sorted.
  std::vector<std::string> names() const;
  friend bool operator==(const StageStates& a, const StageStates& b);

 private:
  std::vector<Item> items_;
  std::unordered_map<std::string, std::size_t> places_;
};

struct Lock {
  StageStates stages;
  Value extra;  ///< unknown top-level keys
  friend bool operator==(const Lock&, const Lock&) = default;
};

/// What the small text file beside a tracked file or directory says of it.
struct Pointer {
  fs::RepoPath path;  ///< root-relative path of the data; the file says it relative to its own directory
  fs::RepoPath file;  ///< the text file; one of the DVC dialect may speak of several paths
  std::optional<store::Entry> entry;  ///< nothing: the content was never seen (an import that was not downloaded)
  Annotations annotations;
  std::optional<std::string> remote;
  bool push = true;
  bool cache = true;  ///< kept in the store; otherwise git's business
  Value source;       ///< of imports; null otherwise; kept as it is
  Value extra;
  friend bool operator==(const Pointer&, const Pointer&) = default;
};

}  // namespace mlops::spec

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
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
  Value extra{};  ///< a map of keys that a newer version wrote; kept as they are (null: none)
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

struct Lock {
  std::map<std::string, LockedStage> stages;
  Value extra;  ///< unknown top-level keys
  friend bool operator==(const Lock&, const Lock&) = default;
};

/// The small text file beside a tracked file or directory.
struct Pointer {
  fs::RepoPath path;  ///< root-relative path of the data; the file says it relative to its own directory
  store::Entry entry;
  Annotations annotations;
  std::optional<std::string> remote;
  bool push = true;
  Value source;  ///< of imports; null otherwise; kept as it is
  Value extra;
  friend bool operator==(const Pointer&, const Pointer&) = default;
};

}  // namespace mlops::spec

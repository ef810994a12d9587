// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "hash/digest.hpp"
#include "spec/config_format.hpp"
#include "spec/lock.hpp"
#include "spec/read_file.hpp"
#include "spec/stage.hpp"

namespace mlops::spec {

/// The names that a dialect fixes.
struct Names {
  std::string_view directory;       ///< ".mlops"
  std::string_view pipeline;        ///< "mlops.yaml"
  std::string_view lock;            ///< "mlops.lock"
  std::string_view pointer_suffix;  ///< ".mlops"
  std::string_view ignore;          ///< ".mlopsignore"
  std::string_view marker;          ///< what makes a directory a project: ".mlops/config"
  std::string_view cache;           ///< where the cache is unless configured: ".mlops/cache"
  std::string_view state;           ///< what is this clone's alone: ".mlops/tmp"
  std::string_view rescue;          ///< where bytes go that would be lost: ".mlops/rescue"
  std::string_view stage_cache;     ///< the stage cache in the cache and on remotes: "stages"
  std::string_view always_ignored;  ///< patterns that hold before those of all ignore files; a line each
};

/// What decides the result of a stage; its canonical text's digest is the stage key (D9).
struct StageInputs {
  StageCommand cmd;
  fs::RepoPath wdir;
  std::vector<LockedPath> deps;
  std::map<fs::RepoPath, LockedParams> params;
  std::map<std::string, std::string> env;
  std::vector<Output> outs;  ///< path, kind, cache and persist count
  Value extra{};             ///< as LockedStage::extra
};

/// What the stage cache keeps for a key.
struct StageEntry {
  StageInputs inputs;
  std::vector<LockedPath> outs;
};

/// How a stage cache calls an entry: hexadecimal SHA-256 digests.
struct StageEntryName {
  std::string key;      ///< of stage_key_text
  std::string value{};  ///< of stage_value_text; empty unless the dialect keeps all results
  friend bool operator==(const StageEntryName&, const StageEntryName&) = default;
  friend auto operator<=>(const StageEntryName&, const StageEntryName&) = default;
};

/// Everything that a family of file formats fixes: text to structs, names, digest algorithm, keys. Nothing else, and
/// no code above this layer asks which one it has.
///
/// Readers throw Error with FILE:LINE; `file` is the root-relative path for messages and, for pointers, the directory
/// that paths in it are relative to. Writers are canonical: read(write(x)) == x.
class Dialect {
 public:
  virtual ~Dialect() = default;
  virtual const Names& names() const = 0;
  virtual hash::Algorithm algorithm() const = 0;

  /// `read` gives the files that templates take values from.
  virtual Project read_project(std::string_view text, const fs::RepoPath& file, const ReadFile& read) const = 0;
  /// Returns the pipeline file's text with this stage added, or replaced if it is there; the rest keeps every byte.
  /// Texts of the stage are written as they are, so that they may hold templates.
  virtual std::string with_stage(const std::string& text, const fs::RepoPath& file, const Stage& stage) const = 0;
  virtual std::string without_stage(const std::string& text, const fs::RepoPath& file,
                                    const std::string& address) const = 0;
  virtual std::string with_frozen(const std::string& text, const fs::RepoPath& file, const std::string& address,
                                  bool frozen) const = 0;

  /// `project` is what the pipeline file beside the lock declares: a lock may say paths as its stages spell them.
  virtual Lock read_lock(std::string_view text, const fs::RepoPath& file, const Project& project) const = 0;
  /// The lock file's text with these stages, which are all that it shall hold. `before` is what the file says now (empty:
  /// nothing); where a dialect keeps the order or the layout of what is there, it takes them from it.
  virtual std::string write_lock(const Lock& lock, const fs::RepoPath& file, std::string_view before) const = 0;
  /// One pointer for each path that the file speaks of, in its order; at least one.
  virtual std::vector<Pointer> read_pointers(std::string_view text, const fs::RepoPath& file) const = 0;
  /// The file's text with what it says of `pointer.path` exchanged for this. `before` as in write_lock.
  virtual std::string write_pointer(const Pointer& pointer, const fs::RepoPath& file,
                                    std::string_view before) const = 0;

  /// Whether `status` speaks of stages, and of pointer files as stages, with one list of changes each.
  virtual bool status_by_stage() const { return false; }
  /// Whether a stage that no longer declares an input or output that its lock entry has counts as changed.
  virtual bool notices_removals() const { return true; }
  /// Whether read_lock makes use of the project.
  virtual bool locks_need_projects() const { return false; }
  /// Whether a stage that is declared in a directory goes into a pipeline file there, even if it has to be made.
  virtual bool pipeline_in_each_directory() const { return false; }
  /// Whether the pointer of X is always the file that Names say, beside X.
  virtual bool pointers_have_fixed_names() const { return true; }

  /// The canonical text whose SHA-256 is the stage key.
  virtual std::string stage_key_text(const StageInputs& inputs) const = 0;
  virtual std::string write_stage_entry(const StageEntry& entry) const = 0;
  /// An entry may not tell the directory that its paths are relative to: `wdir` is the one of the stage that asks.
  virtual StageEntry read_stage_entry(std::string_view text, const std::string& where,
                                      const fs::RepoPath& wdir = {}) const = 0;
  /// Whether the stage cache keeps every different result of the same inputs, and for good. Otherwise it is the last
  /// result, for as long as it is in use.
  virtual bool keeps_all_results() const { return false; }
  /// The canonical text whose SHA-256 tells results of the same inputs apart. For dialects that keep all.
  virtual std::string stage_value_text(const StageEntry& entry) const {
    static_cast<void>(entry);
    return {};
  }
  /// Where the entry of `key` lies, relative to the cache or to a remote: a file, or the directory of such files, each
  /// named by its value, where all results are kept.
  virtual std::string stage_cache_place(const std::string& key) const = 0;
  /// The name of the entry in the file `place`; nothing if no entry lies in such a place.
  virtual std::optional<StageEntryName> stage_entry_name(std::string_view place) const = 0;
  /// Whether two stages with these inputs must have the same result; their keys alone may not say so.
  virtual bool same_stage_inputs(const StageInputs& a, const StageInputs& b) const {
    return stage_key_text(a) == stage_key_text(b);
  }
  /// Whether results of a stage that declares no input may be reused.
  virtual bool reuses_without_inputs() const { return true; }

  /// Whether two parameter values count as the same.
  virtual bool equal(const Value& a, const Value& b) const = 0;

  /// What its configuration files are.
  virtual const ConfigFormat& config_format() const = 0;
};

const Dialect& native_dialect();
const Dialect& dvc_dialect();

/// One journal record or merge unit as one line of JSON, and back.
std::string locked_stage_to_json(const LockedStage& stage);
LockedStage locked_stage_from_json(std::string_view text, const std::string& where);

/// The result of merging three versions of a file of ours.
struct Merged {
  std::string text;
  bool conflict = false;  ///< `text` then holds conflict markers around what both sides changed
};
/// Merges locks stage by stage. Throws Error if a side cannot be read.
Merged merge_locks(const Dialect& dialect, std::string_view base, std::string_view ours, std::string_view theirs,
                   const fs::RepoPath& file, const Project& project);

/// The compiled form of a pipeline file and its lock (D8): a private, checksummed, disposable encoding, so that an
/// unchanged text is never parsed twice.
std::string compile(const Project& project, const Lock& lock);
/// Nothing unless `bytes` is exactly what this version's `compile` made.
struct Compiled {
  Project project;
  Lock lock;
};
std::optional<Compiled> load_compiled(std::string_view bytes);

}  // namespace mlops::spec

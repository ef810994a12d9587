// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/dialect.hpp"
#include "spec/dialects/dvc_yaml.hpp"
#include "spec/schema.hpp"

namespace mlops::spec::dvc {

/// What lock, pointer and run cache entry have in common.

/// Aliases in a lock repeat what its params hold anyway, so that its size bounds what they expand to.
inline constexpr YamlLimits lock_limits{.alias_nodes = 5'000'000};

/// What an entry of `deps` or `outs` says of content, while it is read.
struct EntryDraft {
  std::optional<std::string> path;
  std::optional<std::string> md5;
  std::optional<std::uint64_t> size, nfiles;
  bool exec = false;
  bool hash = false;  ///< whether the digest's kind is named: without it, it is DVC 2's
  Value::Map extra;   ///< what means nothing to us, as it is
};
void read_entry_path(const Place& at, const YamlNode& node, EntryDraft& into);
void read_md5(const Place& at, const YamlNode& node, EntryDraft& into);
void read_size(const Place& at, const YamlNode& node, EntryDraft& into);
void read_nfiles(const Place& at, const YamlNode& node, EntryDraft& into);
void read_isexec(const Place& at, const YamlNode& node, EntryDraft& into);
void read_hash(const Place& at, const YamlNode& node, EntryDraft& into);
/// Digests of other stores (`etag`, `checksum`) and their versions.
void read_foreign(const Place& at, const YamlNode& node, EntryDraft& into);
void read_cloud(const Place& at, const YamlNode& node, EntryDraft& into);
void read_files(const Place& at, const YamlNode& node, EntryDraft& into);
/// Takes any map as it is.
void read_map(const Place& at, const YamlNode& node, EntryDraft& into);
/// The entry; nothing where no digest of ours is told. Throws Error unless what is told makes sense.
std::optional<store::Entry> finish_entry(const Place& at, const YamlNode& node, const EntryDraft& draft);

/// The directory whose listing `files` spells out; nothing unless it tells the MD5 of each file.
std::optional<store::Entry> entry_of_files(const Value& files);

/// A path as a file of DVC's spells it, seen from `wdir`: inside the project, or else elsewhere.
struct ResolvedPath {
  fs::RepoPath path;
  std::string elsewhere;
};
ResolvedPath resolve_path(const fs::RepoPath& wdir, const std::string& written);

/// The entry of a dependency or output as locks have it.
Value locked_path_value(const LockedPath& path, const fs::RepoPath& wdir);
/// How the lock spells the path.
std::string spelled(const LockedPath& path, const fs::RepoPath& wdir);

enum class PathRole : std::uint8_t { dependency, output };
std::vector<LockedPath> read_locked_paths(const Place& at, const YamlNode& node, const fs::RepoPath& wdir,
                                          PathRole role);
/// Reads what a stage read and made. `declared` is the stage that the pipeline file has, or nullptr.
LockedStage read_locked_stage(const Place& at, const YamlNode& node, const fs::RepoPath& wdir, const Stage* declared);
StageCommand read_command(const Place& at, const YamlNode& node);
Value command_value(const StageCommand& cmd);
/// What a stage reads and makes, in the order in which it is written.
Value stage_value(const LockedStage& stage);
/// Marks what `params` of a stage holds: objects that two keys share, and integers beyond 64 bits.
void mark_params(const Value& params, YamlMarks& marks, int& objects);
/// Marks as one object what `before`, the text of an earlier `document`, has as one and is equal still.
void mark_as_before(std::string_view before, const std::string& file, const Value& document, YamlMarks& marks,
                    int& objects);

/// Python's json.dumps(value, sort_keys=True), without members whose key is one of `excluded`, at any depth.
std::string python_json(const Value& value, std::initializer_list<std::string_view> excluded, const YamlMarks& marks);
inline std::string python_json(const Value& value) { return python_json(value, {}, {}); }

}  // namespace mlops::spec::dvc

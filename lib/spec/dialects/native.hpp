// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "spec/dialect.hpp"
#include "spec/schema.hpp"

namespace mlops::spec::native {

/// Our own formats, a file for each: native_project, native_stage, native_lock, native_pointer, native_entry.

inline constexpr std::int64_t format_version = 1;

Project read_project(std::string_view text, const fs::RepoPath& file, const ReadFile& read);
std::string with_stage(const std::string& text, const fs::RepoPath& file, const Stage& stage);
std::string without_stage(const std::string& text, const fs::RepoPath& file, const std::string& address);
std::string with_frozen(const std::string& text, const fs::RepoPath& file, const std::string& address, bool frozen);

Lock read_lock(std::string_view text, const fs::RepoPath& file);
std::string write_lock(const Lock& lock, const fs::RepoPath& file);
Pointer read_pointer(std::string_view text, const fs::RepoPath& file);
std::string write_pointer(const Pointer& pointer, const fs::RepoPath& file);

std::string stage_key_text(const StageInputs& inputs);
std::string write_stage_entry(const StageEntry& entry);
StageEntry read_stage_entry(std::string_view text, const std::string& where);
std::string stage_cache_place(const std::string& key);
std::optional<StageEntryName> stage_entry_name(std::string_view place);

const ConfigFormat& config_format();

/// Parts that several of the formats share.
Value command_value(const StageCommand& cmd);
StageCommand read_command(const Place& at, const YamlNode& node);
Value env_value(const std::map<std::string, std::string>& env);
std::map<std::string, std::string> read_env(const Place& at, const YamlNode& node);
Value locked_paths_value(const std::vector<LockedPath>& paths);
std::vector<LockedPath> read_locked_paths(const Place& at, const YamlNode& node);
Value locked_params_value(const std::map<fs::RepoPath, LockedParams>& params);
std::map<fs::RepoPath, LockedParams> read_locked_params(const Place& at, const YamlNode& node);
/// A root-relative path as files that we write hold it; the root only where `root_allowed`.
fs::RepoPath read_path(const Place& at, const YamlNode& node);
/// Appends the members of `extra`, if it is a map.
void append_extra(Value::Map& map, const Value& extra);

/// What an entry of a tree, lock or pointer says about content: kind, digest, size, files.
struct EntryFields {
  std::optional<store::EntryKind> kind;
  std::optional<hash::Digest> digest;
  std::optional<std::uint64_t> size;
  std::optional<std::uint64_t> files;
};
void read_kind(const Place& at, const YamlNode& node, EntryFields& into);
void read_digest(const Place& at, const YamlNode& node, EntryFields& into,
                 hash::Algorithm algorithm = hash::Algorithm::sha256);
/// Throws Error unless all that the kind needs is there.
store::Entry finish_entry(const Place& at, const YamlNode& node, const EntryFields& fields);
void append_entry(Value::Map& map, const store::Entry& entry);

/// Reads the document of a file that we write: whole (with its last line break), a map, of a version that we know.
YamlNode read_versioned(std::string_view text, const std::string& file);

}  // namespace mlops::spec::native

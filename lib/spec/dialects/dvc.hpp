// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/dialect.hpp"

namespace mlops::spec::dvc {

/// DVC's formats, a file for each: dvc_project, dvc_stage, dvc_lock, dvc_pointer, dvc_entry, dvc_yaml, dvc_config.
///
/// Read as DVC 3 reads them, written as it writes them, to the byte. Paths in these files are kept as they are spelled
/// (Dependency::written and its like), since lock and run cache repeat the spelling.

Project read_project(std::string_view text, const fs::RepoPath& file, const ReadFile& read);
std::string with_stage(const std::string& text, const fs::RepoPath& file, const Stage& stage);
std::string without_stage(const std::string& text, const fs::RepoPath& file, const std::string& address);
std::string with_frozen(const std::string& text, const fs::RepoPath& file, const std::string& address, bool frozen);

Lock read_lock(std::string_view text, const fs::RepoPath& file, const Project& project);
std::string write_lock(const Lock& lock, const fs::RepoPath& file, std::string_view before);

std::vector<Pointer> read_pointers(std::string_view text, const fs::RepoPath& file);
std::string write_pointer(const Pointer& pointer, const fs::RepoPath& file, std::string_view before);

/// The text whose SHA-256 is a run cache key, and the one whose SHA-256 names an entry under that key.
std::string stage_key_text(const StageInputs& inputs);
std::string stage_value_text(const StageEntry& entry);
std::string write_stage_entry(const StageEntry& entry);
/// An entry does not tell the directory `wdir` that its paths are relative to.
StageEntry read_stage_entry(std::string_view text, const std::string& where, const fs::RepoPath& wdir = {});
std::string stage_cache_place(const std::string& key);
std::optional<StageEntryName> stage_entry_name(std::string_view place);
/// Whether also what no key tells is the same.
bool same_stage_inputs(const StageInputs& a, const StageInputs& b);

/// Whether two parameter values count as the same: as Python's == sees them (1 == 1.0 == true).
bool equal(const Value& a, const Value& b);

}  // namespace mlops::spec::dvc

// SPDX-License-Identifier: Apache-2.0
#pragma once

// Edits of a pipeline file, whose shape around the stages is the same in all dialects.

#include <string>
#include <vector>

#include "fs/repo_path.hpp"
#include "spec/value.hpp"
#include "spec/yaml_edit.hpp"

namespace mlops::spec {

/// The text with the stage of this name added, or changed where it differs; the rest keeps every byte.
std::string put_stage(const std::string& text, const fs::RepoPath& file, const std::string& name,
                      const Value::Map& wanted, MemberText member = nullptr);
/// The text without the stage. Throws Error unless it is declared there by this name.
std::string take_stage(const std::string& text, const fs::RepoPath& file, const std::string& name);
/// The text with the stage, or those that it generates, frozen or not. Throws Error as `take_stage` does.
std::string put_frozen(const std::string& text, const fs::RepoPath& file, const std::string& name, bool frozen);

// Parts of what is written of a stage.
Value text_list(const std::vector<std::string>& texts);
void append_if(Value::Map& map, bool wanted, const char* key, Value value);

}  // namespace mlops::spec

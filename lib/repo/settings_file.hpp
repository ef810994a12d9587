// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "repo/workspace.hpp"

namespace mlops::repo {

/// The value that one file gives `key`; nothing if it does not.
std::optional<std::string> read_setting(const std::string& file, const std::string& key);

/// Rewrites a configuration file; config.local is for its owner's eyes only. The caller holds the metadata lock for
/// files of the project.
void edit_settings(const std::string& file, ConfigLevel level,
                   const std::function<std::string(const std::string&)>& edit);

/// As edit_settings for a file of this project; a committed text that this clone trusted stays trusted, since the change
/// is the user's own.
void edit_project_settings(Workspace& workspace, const std::string& file, ConfigLevel level,
                           const std::function<std::string(const std::string&)>& edit);

/// The file to change for a level: the user's own files may be links, and are followed. Throws Error::usage when there
/// is none.
std::string settings_file(const Session& session, const std::optional<std::string>& root, ConfigLevel level);

}  // namespace mlops::repo

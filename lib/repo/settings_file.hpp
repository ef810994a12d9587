// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "repo/workspace.hpp"

namespace mlops::repo {

/// The file that a change of a setting goes to, absolute and without links, and its syntax.
struct SettingsFile {
  ConfigLevel level;
  std::string path;
  const spec::ConfigFormat* format;
};

/// Finds the file in which `key` stands at a level: where files of the project's format cannot hold it, the native one
/// of the user or the system. Throws Error::usage when there is none.
SettingsFile settings_file(const Session& session, const std::optional<std::string>& root,
                           const spec::ConfigFormat& format, ConfigLevel level, const std::string& key);
SettingsFile settings_file(const Workspace& workspace, ConfigLevel level, const std::string& key);

/// The value that one file gives `key` as it is written there; nothing if it does not.
std::optional<std::string> read_setting(const SettingsFile& file, const std::string& key);

using SettingsEdit = std::function<std::string(const std::string&)>;

/// Rewrites a configuration file of the user's or the system's outside a project.
void edit_settings(const Session& session, const spec::ConfigFormat& format, const SettingsFile& file,
                   const SettingsEdit& edit);

/// Rewrites a configuration file after all layers have been judged with the new text; config.local is for its owner's
/// eyes only. A committed text that this clone trusted, or that needed no trust, is trusted as it becomes: the change is
/// the user's own. The caller holds the metadata lock.
///
/// `Judged::later` is for the first of two files that only together make sense again.
enum class Judged { now, later };
void edit_settings(Workspace& workspace, const SettingsFile& file, const SettingsEdit& edit,
                   Judged judged = Judged::now);

/// What a file is about to say.
struct SettingsText {
  ConfigLevel level;
  std::string file;
  std::string text;
};
/// Throws Error unless the layers fit together with this text in the place of the file's, those up to its level by
/// themselves too: what later ones say is not there for everyone.
void check_settings_text(const Session& session, const std::optional<std::string>& root,
                         const spec::ConfigFormat& format, const SettingsText& text);

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "repo/workspace.hpp"

namespace mlops::repo {

/// The file of a level, absolute. Throws Error::usage for `environment`, and for project levels outside a project.
std::string config_file(const Session& session, const std::optional<std::string>& root,
                        const spec::ConfigFormat& format, ConfigLevel level);

/// Reads all layers. `root` is nothing outside a project: then only system, user and environment count.
Config load_config(const Session& session, const std::optional<std::string>& root, const spec::ConfigFormat& format);

/// Where a change was written.
struct SettingChange {
  std::string key;
  std::string value;  ///< as it stands in the file; empty when unset
  std::optional<std::string> before;
  ConfigLevel level = ConfigLevel::project;
  std::string file;             ///< absolute
  bool moved_to_local = false;  ///< the key never counts from the committed file, so it went to config.local
};

/// Sets a key. No level: the project's file, or config.local for keys that do not count from a committed file.
/// Throws Error::usage for an unknown key or a wrong value (nearest named), Error (untrusted) for a secret-like key in
/// the committed file.
SettingChange set_config(Workspace& workspace, const std::string& key, const std::string& value,
                         std::optional<ConfigLevel> level = std::nullopt);
/// Unsets a key. Throws Error (missing) when the file of the level does not set it, unless that is accepted.
SettingChange unset_config(Workspace& workspace, const std::string& key,
                           std::optional<ConfigLevel> level = std::nullopt, spec::Absent absent = spec::Absent::refuse);
/// As set_config and unset_config without opening a project, for system and user level.
SettingChange set_config(const Session& session, const spec::ConfigFormat& format, const std::string& key,
                         const std::string& value, ConfigLevel level);
SettingChange unset_config(const Session& session, const spec::ConfigFormat& format, const std::string& key,
                           ConfigLevel level);
/// The setting in force, or of one level only. Throws Error::usage for an unknown key.
std::optional<ConfigValue> get_config(const Config& config, const std::string& key,
                                      std::optional<ConfigLevel> level = std::nullopt);
/// What the program's table says of a key that nothing sets; nothing: the program decides. Throws Error::usage for an
/// unknown key.
std::optional<std::string> default_config(const Config& config, const std::string& key);
/// All settings in force, or all of one level; sorted by key.
std::vector<ConfigValue> list_config(const Config& config, std::optional<ConfigLevel> level = std::nullopt);

/// All settings as they stand, those that later ones hide too, in order of level and file.
std::vector<ConfigValue> all_config(const Config& config, std::optional<ConfigLevel> level = std::nullopt);

/// One remote of the configuration.
struct RemoteInfo {
  std::string name;
  std::string url;  ///< as written, made absolute for folders; without user and password
  bool is_default = false;
  bool trusted = true;                                       ///< whether it may be used without `mlops trust`
  std::string file;                                          ///< where its url stands
  std::vector<std::pair<std::string, std::string>> options;  ///< the others, by name
};
/// All remotes, or those with settings in one file.
std::vector<RemoteInfo> list_remotes(Workspace& workspace, std::optional<ConfigLevel> level = std::nullopt);

struct RemoteAddOptions {
  std::string name{}, url{};  ///< a relative folder is relative to the cwd and stored relative to the file's directory
  bool make_default = false;
  bool force = false;  ///< replaces one of that name
  std::optional<ConfigLevel> level{};
};
/// Defines a remote and trusts its url in this clone.
RemoteInfo add_remote(Workspace& workspace, const RemoteAddOptions& options);
/// Sets an option of a remote; no value: unsets it. A new url is trusted in this clone.
SettingChange modify_remote(Workspace& workspace, const std::string& name, const std::string& option,
                            const std::optional<std::string>& value, std::optional<ConfigLevel> level = std::nullopt);
/// Removes a remote, and core.remote where it named it. Returns the files that changed.
std::vector<std::string> remove_remote(Workspace& workspace, const std::string& name,
                                       std::optional<ConfigLevel> level = std::nullopt);
std::vector<std::string> rename_remote(Workspace& workspace, const std::string& from, const std::string& to,
                                       std::optional<ConfigLevel> level = std::nullopt);
/// The default remote's name, if any.
std::optional<std::string> default_remote(const Workspace& workspace);
/// Makes `name` the default; nothing: none is.
SettingChange set_default_remote(Workspace& workspace, const std::optional<std::string>& name,
                                 std::optional<ConfigLevel> level = std::nullopt);

/// The cache directory in force, absolute.
std::string cache_directory(const Config& config, const std::string& root);
/// Sets cache.dir (relative to the cwd as typed; stored as the format does), where its key belongs unless a level is named.
SettingChange set_cache_directory(Workspace& workspace, const std::string& typed,
                                  std::optional<ConfigLevel> level = std::nullopt);

/// What `mlops trust` would take on, or has taken on.
struct TrustReport {
  std::vector<ConfigValue> settings;                      ///< keys of the committed file that count only after trust
  std::vector<std::pair<std::string, std::string>> urls;  ///< remote name and url, of the committed file
  bool config_trusted = false;                            ///< the committed file as it is now
};
TrustReport trust_report(Workspace& workspace);
/// Trusts the committed configuration as it is now, with its remotes' urls, for this clone.
TrustReport trust(Workspace& workspace);
/// Forgets all that was trusted in this clone.
void distrust(Workspace& workspace);

}  // namespace mlops::repo

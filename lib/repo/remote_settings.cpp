// SPDX-License-Identifier: Apache-2.0
//
// Remotes in the configuration: the sections `[remote "NAME"]` and core.remote.

#include <algorithm>

#include "repo/layout.hpp"
#include "repo/remote_url.hpp"
#include "repo/settings.hpp"
#include "repo/settings_file.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

constexpr ConfigLevel file_levels[] = {ConfigLevel::local, ConfigLevel::project, ConfigLevel::user,
                                       ConfigLevel::system};

/// A remote's name as the project's files tell names apart.
std::string canonical_name(const Workspace& workspace, const std::string& name) {
  const std::string key = workspace.dialect().config_format().canonical_key("remote." + name + ".url");
  return key.substr(key.find('.') + 1, key.rfind('.') - key.find('.') - 1);
}

std::string section(const std::string& name) { return "remote." + name; }

std::string url_key(const std::string& name) { return section(name) + ".url"; }

/// The file in which settings of remotes stand at a level.
SettingsFile remotes_file(const Workspace& workspace, ConfigLevel level) {
  return settings_file(workspace, level, "core.remote");
}

void check_url(const std::string& typed) {
  if (has_control(typed) || typed.empty()) {
    throw Error::usage("{} is no url: it is empty or holds a control character", quoted(typed));
  }
}

/// A folder as typed in the cwd becomes relative to the file that will name it; anything else stays.
std::string stored_url(const Workspace& workspace, const std::string& typed, const SettingsFile& file) {
  check_url(typed);
  if (file.format->path_kind(url_key("name")) == spec::ConfigPath::relative) {
    return typed;  // set_config does it for all paths
  }
  std::string url = written_path(workspace.session().cwd, typed, file.path.substr(0, file.path.rfind('/')));
  // Made only to be judged: an unknown scheme or a malformed url shows now, not at the first push.
  const ConfigValue setting{.key = {}, .value = url, .level = file.level, .file = file.path};
  remote::make_transport({{"url", resolved_url(setting)}});
  return url;
}

bool stands_in(const Config& config, const std::string& name, ConfigLevel level) {
  const std::string prefix = section(name) + ".";
  const auto& all = config.all();
  return std::any_of(all.begin(), all.end(), [&](const ConfigValue& value) {
    return value.level == level && value.key.rfind('.') + 1 == prefix.size() && value.key.starts_with(prefix);
  });
}

/// The first level whose file has the section.
std::optional<ConfigLevel> level_of(const Config& config, const std::string& name) {
  for (const ConfigLevel level : file_levels) {
    if (stands_in(config, name, level)) {
      return level;
    }
  }
  return std::nullopt;
}

/// Where a change of a remote goes for which no level is named.
ConfigLevel require_remote(const Workspace& workspace, const std::string& name, std::optional<ConfigLevel> level) {
  const auto found = level_of(workspace.config(), name);
  if (found && workspace.dialect().config_format().project_first()) {
    return level.value_or(ConfigLevel::project);
  }
  if (!found) {
    Error error = Error::of(ErrorKind::missing, "no remote is called {}", quoted(name));
    const auto near = nearest(name, workspace.config().remotes());
    throw near ? std::move(error).hint("did you mean '{}'?", *near) : std::move(error).hint("`mlops remote list`");
  }
  return level.value_or(*found);
}

/// Changes every file of this clone whose core.remote is `from`: to `to`, or takes it out.
void follow_default(Workspace& workspace, const std::string& from, const std::optional<std::string>& to,
                    std::vector<std::string>& changed) {
  for (const ConfigLevel level : {ConfigLevel::project, ConfigLevel::local}) {
    const SettingsFile file = remotes_file(workspace, level);
    if (read_setting(file, "core.remote") == from) {
      edit_settings(workspace, file, [&](const std::string& text) {
        return to ? file.format->set(text, file.path, "core.remote", *to)
                  : file.format->unset(text, file.path, "core.remote", spec::Absent::refuse);
      });
      changed.push_back(file.path);
    }
  }
}

/// The files to change for a remote: that of the level, and before it the clone's own where it holds options of a remote
/// that would be left without a url.
std::vector<SettingsFile> files_of(const Workspace& workspace, const std::string& name, ConfigLevel level) {
  std::vector<SettingsFile> files;
  const bool follows = workspace.dialect().config_format().project_first() && level == ConfigLevel::project &&
                       stands_in(workspace.config(), name, ConfigLevel::local);
  if (follows && !read_setting(remotes_file(workspace, ConfigLevel::local), url_key(name))) {
    files.push_back(remotes_file(workspace, ConfigLevel::local));
  }
  files.push_back(remotes_file(workspace, level));
  return files;
}

std::vector<std::string> without_doubles(std::vector<std::string> files) {
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

}  // namespace

std::vector<RemoteInfo> list_remotes(Workspace& workspace, std::optional<ConfigLevel> level) {
  std::vector<RemoteInfo> remotes;
  const auto chosen = default_remote(workspace);
  for (const std::string& name : workspace.config().remotes()) {
    if (level && !stands_in(workspace.config(), name, *level)) {
      continue;
    }
    const ConfigValue* url = workspace.config().find(section(name) + ".url");
    const std::string place = resolved_url(*url);
    RemoteInfo info;
    info.name = name;
    info.url = shown_url(place);
    info.is_default = chosen == name;
    info.file = url->file;
    info.trusted = url->level != ConfigLevel::project || !is_folder_url(place) ||
                   is_own_remote_folder(place, workspace.dialect().config_format()) ||
                   Trust(workspace.git().common_dir()).url_trusted(place);
    for (const ConfigValue& value : list_config(workspace.config())) {
      const std::string prefix = section(name) + ".";
      const std::string option = value.key.starts_with(prefix) ? value.key.substr(prefix.size()) : std::string();
      if (!option.empty() && option != "url" && option.find('.') == std::string::npos) {
        info.options.emplace_back(option, value.value);
      }
    }
    remotes.push_back(std::move(info));
  }
  return remotes;
}

RemoteInfo add_remote(Workspace& workspace, const RemoteAddOptions& options) {
  const spec::ConfigFormat& format = workspace.dialect().config_format();
  format.check_remote_name(options.name);
  const std::string name = canonical_name(workspace, options.name);
  const ConfigLevel level = options.level.value_or(ConfigLevel::project);
  const bool exists = format.project_first() ? stands_in(workspace.config(), name, level)
                                             : level_of(workspace.config(), name).has_value();
  if (exists && !options.force) {
    throw Error::of(ErrorKind::conflict, "remote '{}' exists already", printable(name))
        .hint("change it with `mlops remote modify {} url URL`, or use -f", shell_quoted(name));
  }
  const SettingsFile file = remotes_file(workspace, level);
  const std::string url = stored_url(workspace, options.url, file);
  set_config(workspace, url_key(name), url, level);
  for (const ConfigValue& value : all_config(workspace.config(), level)) {
    const std::string prefix = section(name) + ".";
    if (exists && value.key != url_key(name) && value.key.rfind('.') + 1 == prefix.size() &&
        value.key.starts_with(prefix)) {
      unset_config(workspace, value.key, level);
    }
  }
  if (options.make_default) {
    set_default_remote(workspace, name, level);
  }
  const std::vector<RemoteInfo> remotes = list_remotes(workspace);
  return *std::find_if(remotes.begin(), remotes.end(), [&](const auto& info) { return info.name == name; });
}

SettingChange modify_remote(Workspace& workspace, const std::string& name, const std::string& option,
                            const std::optional<std::string>& value, std::optional<ConfigLevel> level) {
  const std::string known = canonical_name(workspace, name);
  const ConfigLevel target = require_remote(workspace, known, level);
  const std::string key = section(known) + "." + option;
  if (!value) {
    const bool silent = workspace.dialect().config_format().project_first();
    return unset_config(workspace, key, target, silent ? spec::Absent::accept : spec::Absent::refuse);
  }
  const bool url = workspace.dialect().config_format().canonical_key(key) == url_key(known);
  return set_config(workspace, key, url ? stored_url(workspace, *value, remotes_file(workspace, target)) : *value,
                    target);
}

std::vector<std::string> remove_remote(Workspace& workspace, const std::string& name,
                                       std::optional<ConfigLevel> level) {
  const std::string known = canonical_name(workspace, name);
  const ConfigLevel target = require_remote(workspace, known, level);
  std::vector<std::string> changed;
  {
    const auto lock = workspace.lock_metadata();
    for (const SettingsFile& file : files_of(workspace, known, target)) {
      edit_settings(workspace, file, [&](const std::string& text) {
        return file.format->remove_section(text, file.path, section(known));
      });
      changed.push_back(file.path);
    }
    workspace.reload_config();
    if (!level_of(workspace.config(), known)) {
      follow_default(workspace, known, std::nullopt, changed);
    }
  }
  workspace.reload_config();
  return without_doubles(std::move(changed));
}

std::vector<std::string> rename_remote(Workspace& workspace, const std::string& from, const std::string& to,
                                       std::optional<ConfigLevel> level) {
  workspace.dialect().config_format().check_remote_name(to);
  const std::string known = canonical_name(workspace, from);
  const ConfigLevel target = require_remote(workspace, known, level);
  if (level_of(workspace.config(), canonical_name(workspace, to))) {
    throw Error::of(ErrorKind::conflict, "remote '{}' exists already", printable(to));
  }
  std::vector<std::string> changed;
  {
    const auto lock = workspace.lock_metadata();
    for (const SettingsFile& file : files_of(workspace, known, target)) {
      // The default first: an edit after the renaming may write the new name in another case.
      const bool is_default = read_setting(file, "core.remote") == known;
      const auto edit = [&](const std::string& text) {
        const std::string before = is_default ? file.format->set(text, file.path, "core.remote", to) : text;
        return file.format->rename_section(before, file.path, section(known), section(to));
      };
      edit_settings(workspace, file, edit, file.level == target ? Judged::now : Judged::later);
      changed.push_back(file.path);
    }
    follow_default(workspace, known, to, changed);
  }
  workspace.reload_config();
  return without_doubles(std::move(changed));
}

std::optional<std::string> default_remote(const Workspace& workspace) { return workspace.config().get("core.remote"); }

SettingChange set_default_remote(Workspace& workspace, const std::optional<std::string>& name,
                                 std::optional<ConfigLevel> level) {
  if (!name) {
    const bool silent = workspace.dialect().config_format().project_first();
    return unset_config(workspace, "core.remote", level, silent ? spec::Absent::accept : spec::Absent::refuse);
  }
  const std::string known = canonical_name(workspace, *name);
  require_remote(workspace, known, std::nullopt);
  return set_config(workspace, "core.remote", known, level);
}

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
//
// Remotes in the configuration: the sections `[remote "NAME"]` and core.remote.

#include <algorithm>
#include <cctype>

#include "fs/file.hpp"
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

void check_remote_name(const std::string& name) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.'; };
  if (name.empty() || name.front() == '-' || !std::all_of(name.begin(), name.end(), fits)) {
    throw Error::usage(
        "{} cannot name a remote: a name has letters, digits, '_', '-' and '.', and does not begin with '-'",
        quoted(name));
  }
}

std::string section(const std::string& name) { return "remote." + name; }

/// A folder as typed in the cwd becomes relative to the file that will name it; anything else stays.
std::string stored_url(const Workspace& workspace, const std::string& typed, const std::string& file) {
  if (has_control(typed) || typed.empty()) {
    throw Error::usage("{} is no url: it is empty or holds a control character", quoted(typed));
  }
  if (!is_folder_url(typed) || typed.starts_with('/')) {
    return typed;
  }
  const std::string absolute = absolute_path(workspace.session().cwd, typed);
  return relative_path(file.substr(0, file.rfind('/')), absolute);
}

/// The first level whose file has the section.
std::optional<ConfigLevel> level_of(const Config& config, const std::string& name) {
  const std::string prefix = section(name) + ".";
  for (const ConfigLevel level : file_levels) {
    const auto& all = config.all();
    if (std::any_of(all.begin(), all.end(), [&](const ConfigValue& value) {
          return value.level == level && value.key.rfind('.') + 1 == prefix.size() && value.key.starts_with(prefix);
        })) {
      return level;
    }
  }
  return std::nullopt;
}

ConfigLevel require_remote(const Workspace& workspace, const std::string& name, std::optional<ConfigLevel> level) {
  const auto found = level_of(workspace.config(), name);
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
    const std::string file = settings_file(workspace.session(), workspace.root(), level);
    if (read_setting(file, "core.remote") == from) {
      edit_project_settings(workspace, file, level, [&](const std::string& text) {
        return to ? spec::set_config(text, file, "core.remote", *to) : spec::unset_config(text, file, "core.remote");
      });
      changed.push_back(file);
    }
  }
}

std::vector<std::string> without_doubles(std::vector<std::string> files) {
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

}  // namespace

std::vector<RemoteInfo> list_remotes(Workspace& workspace) {
  std::vector<RemoteInfo> remotes;
  const auto chosen = default_remote(workspace);
  for (const std::string& name : workspace.config().remotes()) {
    const ConfigValue* url = workspace.config().find(section(name) + ".url");
    const std::string place = resolved_url(*url);
    RemoteInfo info;
    info.name = name;
    info.url = shown_url(place);
    info.is_default = chosen == name;
    info.file = url->file;
    info.trusted = url->level != ConfigLevel::project || !is_folder_url(place) || is_own_remote_folder(place) ||
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
  check_remote_name(options.name);
  const ConfigLevel level = options.level.value_or(ConfigLevel::project);
  const std::string file = settings_file(workspace.session(), workspace.root(), level);
  if (!options.force && level_of(workspace.config(), options.name)) {
    throw Error::of(ErrorKind::conflict, "remote '{}' exists already", options.name)
        .hint("change it with `mlops remote modify {} url URL`, or use -f", options.name);
  }
  const std::string key = section(options.name) + ".url";
  const std::string url = stored_url(workspace, options.url, file);
  const ConfigValue setting{.key = key, .value = url, .level = level, .file = file};
  // Made only to be judged: an unknown scheme or a malformed url shows now, not at the first push.
  remote::make_transport({{"url", resolved_url(setting)}});
  set_config(workspace, key, url, level);
  if (options.make_default) {
    set_default_remote(workspace, options.name, level);
  }
  const std::vector<RemoteInfo> remotes = list_remotes(workspace);
  return *std::find_if(remotes.begin(), remotes.end(), [&](const auto& info) { return info.name == options.name; });
}

SettingChange modify_remote(Workspace& workspace, const std::string& name, const std::string& option,
                            const std::optional<std::string>& value, std::optional<ConfigLevel> level) {
  const ConfigLevel target = require_remote(workspace, name, level);
  const std::string key = section(name) + "." + option;
  if (!value) {
    return unset_config(workspace, key, target);
  }
  if (option != "url") {
    return set_config(workspace, key, *value, target);
  }
  const std::string file = settings_file(workspace.session(), workspace.root(), target);
  const std::string url = stored_url(workspace, *value, file);
  remote::make_transport({{"url", resolved_url({.key = key, .value = url, .level = target, .file = file})}});
  return set_config(workspace, key, url, target);
}

std::vector<std::string> remove_remote(Workspace& workspace, const std::string& name,
                                       std::optional<ConfigLevel> level) {
  const ConfigLevel target = require_remote(workspace, name, level);
  const std::string file = settings_file(workspace.session(), workspace.root(), target);
  std::vector<std::string> changed{file};
  {
    const auto lock = workspace.lock_metadata();
    edit_project_settings(workspace, file, target, [&](const std::string& text) {
      return spec::remove_config_section(text, file, section(name));
    });
    workspace.reload_config();
    if (!level_of(workspace.config(), name)) {
      follow_default(workspace, name, std::nullopt, changed);
    }
  }
  workspace.reload_config();
  return without_doubles(std::move(changed));
}

std::vector<std::string> rename_remote(Workspace& workspace, const std::string& from, const std::string& to,
                                       std::optional<ConfigLevel> level) {
  check_remote_name(to);
  const ConfigLevel target = require_remote(workspace, from, level);
  if (level_of(workspace.config(), to)) {
    throw Error::of(ErrorKind::conflict, "remote '{}' exists already", to);
  }
  const std::string file = settings_file(workspace.session(), workspace.root(), target);
  std::vector<std::string> changed{file};
  {
    const auto lock = workspace.lock_metadata();
    edit_project_settings(workspace, file, target, [&](const std::string& text) {
      return spec::rename_config_section(text, file, section(from), section(to));
    });
    follow_default(workspace, from, to, changed);
  }
  workspace.reload_config();
  return without_doubles(std::move(changed));
}

std::optional<std::string> default_remote(const Workspace& workspace) { return workspace.config().get("core.remote"); }

SettingChange set_default_remote(Workspace& workspace, const std::optional<std::string>& name,
                                 std::optional<ConfigLevel> level) {
  if (!name) {
    return unset_config(workspace, "core.remote", level);
  }
  require_remote(workspace, *name, std::nullopt);
  return set_config(workspace, "core.remote", *name, level);
}

}  // namespace mlops::repo

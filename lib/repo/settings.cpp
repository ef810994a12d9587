// SPDX-License-Identifier: Apache-2.0
#include "repo/settings.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "fs/file.hpp"
#include "repo/layout.hpp"
#include "repo/remote_url.hpp"
#include "repo/settings_file.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

/// What everyone who clones the repository could read must not hold a secret (I-36).
void refuse_secret(const spec::ConfigFormat& format, const std::string& key, const std::string& value,
                   ConfigLevel level) {
  constexpr std::array<std::string_view, 5> marks{"password", "secret", "token", "credential", "private_key"};
  const std::string name = key.substr(key.rfind('.') + 1);
  const bool by_name = std::any_of(marks.begin(), marks.end(),
                                   [&](std::string_view mark) { return name.find(mark) != std::string::npos; });
  const bool secret = format.knows(key) ? format.secret(key) : by_name;
  if (level == ConfigLevel::project && (secret || has_password(value))) {
    throw Error::of(ErrorKind::untrusted, "'{}' would put a secret into a file that git tracks", printable(key))
        .hint("keep it in this clone with `--local`, or in your own configuration with `--global`");
  }
}

/// Where a change goes for which no level is named.
ConfigLevel home_of(const spec::ConfigFormat& format, const std::string& key) {
  return format.project_first() || counts_from_committed(format, key) ? ConfigLevel::project : ConfigLevel::local;
}

bool is_remote_url(const std::string& key) { return key.starts_with("remote.") && key.ends_with(".url"); }

/// A value as typed in `cwd`, as the file holds it.
std::string stored_value(const SettingsFile& file, const std::string& key, const std::string& value,
                         const std::string& cwd) {
  switch (file.format->path_kind(key)) {
    case spec::ConfigPath::absolute:
      return absolute_path(cwd, value);
    case spec::ConfigPath::relative:
      if (value.empty()) {
        throw Error::usage("'{}' takes a path that is not empty", printable(key));
      }
      return written_path(cwd, value, file.path.substr(0, file.path.rfind('/')));
    case spec::ConfigPath::none:
      break;
  }
  return value;
}

SettingChange unset_in(const SettingsFile& file, const std::string& key,
                       const std::function<void(const SettingsEdit&)>& edit, spec::Absent absent) {
  const auto before = read_setting(file, key);
  if (!before && absent == spec::Absent::refuse) {
    throw Error::of(ErrorKind::missing, "'{}' is not set in {}", printable(key), quoted(file.path));
  }
  edit([&](const std::string& text) { return file.format->unset(text, file.path, key, absent); });
  return {.key = key, .value = {}, .before = before, .level = file.level, .file = file.path};
}

SettingChange set_in(const SettingsFile& file, const std::string& key, const std::string& value,
                     const std::function<void(const SettingsEdit&)>& edit) {
  const auto before = read_setting(file, key);
  edit([&](const std::string& text) { return file.format->set(text, file.path, key, value); });
  return {.key = key, .value = value, .before = before, .level = file.level, .file = file.path};
}

/// What the user types in this clone is trusted in it.
void trust_typed_url(Workspace& workspace, const SettingChange& change) {
  for (const ConfigValue& value : workspace.config().all()) {
    if (is_remote_url(change.key) && value.key == change.key && value.level == change.level) {
      Trust(workspace.git().common_dir()).trust_url(resolved_url(value));
    }
  }
}

}  // namespace

SettingChange set_config(Workspace& workspace, const std::string& key, const std::string& value,
                         std::optional<ConfigLevel> level) {
  const spec::ConfigFormat& format = workspace.dialect().config_format();
  const std::string name = format.canonical_key(key);
  const ConfigLevel target = level.value_or(home_of(format, name));
  refuse_secret(format, name, value, target);
  check_config_value(name, value, format);
  const SettingsFile file = settings_file(workspace, target, name);
  const std::string stored = stored_value(file, name, value, workspace.session().cwd);
  const auto lock = workspace.lock_metadata();
  SettingChange change =
      set_in(file, name, stored, [&](const SettingsEdit& edit) { edit_settings(workspace, file, edit); });
  change.moved_to_local = !level && target == ConfigLevel::local;
  workspace.reload_config();
  trust_typed_url(workspace, change);
  return change;
}

SettingChange unset_config(Workspace& workspace, const std::string& key, std::optional<ConfigLevel> level,
                           spec::Absent absent) {
  const spec::ConfigFormat& format = workspace.dialect().config_format();
  const std::string name = format.canonical_key(key);
  require_config_key(name, format);
  const SettingsFile file = settings_file(workspace, level.value_or(home_of(format, name)), name);
  const auto lock = workspace.lock_metadata();
  SettingChange change = unset_in(
      file, name, [&](const SettingsEdit& edit) { edit_settings(workspace, file, edit); }, absent);
  workspace.reload_config();
  return change;
}

SettingChange set_config(const Session& session, const spec::ConfigFormat& format, const std::string& key,
                         const std::string& value, ConfigLevel level) {
  const std::string name = format.canonical_key(key);
  check_config_value(name, value, format);
  const SettingsFile file = settings_file(session, std::nullopt, format, level, name);
  return set_in(file, name, stored_value(file, name, value, session.cwd),
                [&](const SettingsEdit& edit) { edit_settings(session, format, file, edit); });
}

SettingChange unset_config(const Session& session, const spec::ConfigFormat& format, const std::string& key,
                           ConfigLevel level) {
  const std::string name = format.canonical_key(key);
  require_config_key(name, format);
  const SettingsFile file = settings_file(session, std::nullopt, format, level, name);
  return unset_in(
      file, name, [&](const SettingsEdit& edit) { edit_settings(session, format, file, edit); }, spec::Absent::refuse);
}

std::optional<std::string> default_config(const Config& config, const std::string& key) {
  const std::string name = config.format().canonical_key(key);
  require_config_key(name, config.format());
  const ConfigKey* row = find_config_key(name);
  const bool none = config.format().knows(name) || row == nullptr || row->fallback.empty();
  return none ? std::nullopt : std::optional<std::string>(row->fallback);
}

std::optional<ConfigValue> get_config(const Config& config, const std::string& key, std::optional<ConfigLevel> level) {
  const std::string name = config.format().canonical_key(key);
  require_config_key(name, config.format());
  if (!level) {
    const ConfigValue* value = config.find(name);
    return value == nullptr ? std::nullopt : std::optional(*value);
  }
  std::optional<ConfigValue> found;
  for (const ConfigValue& value : config.all()) {
    if (value.key == name && value.level == *level) {
      found = value;
    }
  }
  return found;
}

std::vector<ConfigValue> list_config(const Config& config, std::optional<ConfigLevel> level) {
  std::map<std::string, ConfigValue> by_key;
  for (const ConfigValue& value : config.all()) {
    // One that needs trust is shown, marked, where nothing that counts hides it.
    if (level ? value.level == *level : value.trusted || by_key.count(value.key) == 0) {
      by_key.insert_or_assign(value.key, value);
    }
  }
  std::vector<ConfigValue> values;
  for (auto& [key, value] : by_key) {
    values.push_back(value);
  }
  return values;
}

std::vector<ConfigValue> all_config(const Config& config, std::optional<ConfigLevel> level) {
  std::vector<ConfigValue> values;
  for (const ConfigValue& value : config.all()) {
    if (!level || value.level == *level) {
      values.push_back(value);
    }
  }
  return values;
}

std::string cache_directory(const Config& config, const std::string& root) {
  const ConfigValue* value = config.find("cache.dir");
  if (value == nullptr) {
    return root + "/" + std::string(dialect_of(root).names().cache);
  }
  return value->level == ConfigLevel::environment
             ? absolute_path(root, value->value)
             : absolute_path(value->file.substr(0, value->file.rfind('/')), value->value);
}

SettingChange set_cache_directory(Workspace& workspace, const std::string& typed, std::optional<ConfigLevel> level) {
  return set_config(workspace, "cache.dir", typed, level);
}

TrustReport trust_report(Workspace& workspace) {
  const spec::ConfigFormat& format = workspace.dialect().config_format();
  const std::string file = config_file(workspace.session(), workspace.root(), format, ConfigLevel::project);
  const std::string text = fs::try_read_file(file).value_or("");
  TrustReport report;
  report.config_trusted = Trust(workspace.git().common_dir()).config_trusted(text);
  for (const ConfigValue& value : workspace.config().all()) {
    if (value.level != ConfigLevel::project) {
      continue;
    }
    if (is_remote_url(value.key)) {
      const std::string prefix = "remote.", suffix = ".url";
      report.urls.emplace_back(value.key.substr(prefix.size(), value.key.size() - prefix.size() - suffix.size()),
                               resolved_url(value));
    } else if (!counts_from_committed(format, value.key)) {
      report.settings.push_back(value);
    }
  }
  return report;
}

TrustReport trust(Workspace& workspace) {
  TrustReport report = trust_report(workspace);
  const Trust record(workspace.git().common_dir());
  const std::string file =
      config_file(workspace.session(), workspace.root(), workspace.dialect().config_format(), ConfigLevel::project);
  record.trust_config(fs::try_read_file(file).value_or(""));
  for (const auto& [name, url] : report.urls) {
    record.trust_url(url);
  }
  workspace.reload_config();
  report.config_trusted = true;
  return report;
}

void distrust(Workspace& workspace) {
  Trust(workspace.git().common_dir()).forget_all();
  workspace.reload_config();
}

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#include "repo/settings.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "fs/file.hpp"
#include "repo/layout.hpp"
#include "repo/remote_url.hpp"
#include "repo/settings_file.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

/// Section and name in lower case, what is between them as it is.
std::string canonical_key(const std::string& key) {
  const std::size_t first = key.find('.');
  const std::size_t last = key.rfind('.');
  if (first == std::string::npos) {
    return lower(key);
  }
  return lower(key.substr(0, first)) + key.substr(first, last - first) + lower(key.substr(last));
}

/// What everyone who clones the repository could read must not hold a secret (I-36).
void refuse_secret(const std::string& key, const std::string& value, ConfigLevel level) {
  constexpr std::array<std::string_view, 5> marks{"password", "secret", "token", "credential", "private_key"};
  const std::string name = key.substr(key.rfind('.') + 1);
  const bool by_name = std::any_of(marks.begin(), marks.end(),
                                   [&](std::string_view mark) { return name.find(mark) != std::string::npos; });
  if (level == ConfigLevel::project && (by_name || has_password(value))) {
    throw Error::of(ErrorKind::untrusted, "'{}' would put a secret into a file that git tracks", printable(key))
        .hint("keep it in this clone with `--local`, or in your own configuration with `--global`");
  }
}

ConfigLevel home_of(const std::string& key) {
  const ConfigKey* row = find_config_key(key);
  return row == nullptr || row->committed ? ConfigLevel::project : ConfigLevel::local;
}

bool is_remote_url(const std::string& key) { return key.starts_with("remote.") && key.ends_with(".url"); }

/// Throws Error::usage for an unknown key.
void require_known(const std::string& key) {
  if (find_config_key(key) == nullptr) {
    check_config_value(key, "");
  }
}

/// What the user types in this clone is trusted in it.
void trust_typed_url(Workspace& workspace, const SettingChange& change) {
  if (is_remote_url(change.key)) {
    Trust(workspace.git().common_dir())
        .trust_url(
            resolved_url({.key = change.key, .value = change.value, .level = change.level, .file = change.file}));
  }
}

using Edit = std::function<std::string(const std::string&)>;
using EditFile = std::function<void(const std::string& file, ConfigLevel level, const Edit& edit)>;

SettingChange unset_in(const EditFile& edit_file, const std::string& file, const std::string& key, ConfigLevel level) {
  const auto before = read_setting(file, key);
  if (!before) {
    throw Error::of(ErrorKind::missing, "'{}' is not set in {}", printable(key), quoted(file));
  }
  edit_file(file, level, [&](const std::string& text) { return spec::unset_config(text, file, key); });
  return {.key = key, .value = {}, .before = before, .level = level, .file = file};
}

SettingChange set_in(const EditFile& edit_file, const std::string& file, const std::string& key,
                     const std::string& value, ConfigLevel level) {
  const auto before = read_setting(file, key);
  edit_file(file, level, [&](const std::string& text) { return spec::set_config(text, file, key, value); });
  return {.key = key, .value = value, .before = before, .level = level, .file = file};
}

EditFile editor(Workspace& workspace) {
  return [&workspace](const std::string& file, ConfigLevel level, const Edit& edit) {
    edit_project_settings(workspace, file, level, edit);
  };
}

}  // namespace

std::optional<std::string> read_setting(const std::string& file, const std::string& key) {
  std::optional<std::string> found;
  for (const spec::ConfigItem& item : spec::parse_config(fs::try_read_file(file).value_or(""), file)) {
    if (item.key == key) {
      found = item.value;
    }
  }
  return found;
}

void edit_project_settings(Workspace& workspace, const std::string& file, ConfigLevel level,
                           const std::function<std::string(const std::string&)>& edit) {
  const Trust record(workspace.git().common_dir());
  const bool trusted = level == ConfigLevel::project && record.config_trusted(fs::try_read_file(file).value_or(""));
  edit_settings(file, level, edit);
  if (trusted) {
    record.trust_config(fs::try_read_file(file).value_or(""));
  }
}

void edit_settings(const std::string& file, ConfigLevel level,
                   const std::function<std::string(const std::string&)>& edit) {
  const std::string before = fs::try_read_file(file).value_or("");
  const std::string after = edit(before);
  if (after == before) {
    return;
  }
  if (level == ConfigLevel::system || level == ConfigLevel::user) {
    fs::make_directories(file.substr(0, file.rfind('/')));
  }
  constexpr std::uint32_t for_everyone = 0666;
  constexpr std::uint32_t for_me = 0600;
  fs::write_file_atomic(file, after, level == ConfigLevel::local ? for_me : for_everyone);
  if (level == ConfigLevel::local) {
    fs::set_mode(file, for_me);
  }
}

std::string settings_file(const Session& session, const std::optional<std::string>& root, ConfigLevel level) {
  const std::string file = config_file(session, root, level);
  if (file.empty()) {
    throw Error::usage("there is no place for your own configuration: neither HOME nor XDG_CONFIG_HOME is set");
  }
  return level == ConfigLevel::system || level == ConfigLevel::user ? real_path(file) : file;
}

SettingChange set_config(Workspace& workspace, const std::string& key, const std::string& value,
                         std::optional<ConfigLevel> level) {
  const std::string name = canonical_key(key);
  const ConfigLevel target = level.value_or(home_of(name));
  refuse_secret(name, value, target);
  check_config_value(name, value);
  const std::string stored = name == "cache.dir" ? absolute_path(workspace.session().cwd, value) : value;
  const auto lock = workspace.lock_metadata();
  SettingChange change =
      set_in(editor(workspace), settings_file(workspace.session(), workspace.root(), target), name, stored, target);
  change.moved_to_local = !level && target == ConfigLevel::local;
  trust_typed_url(workspace, change);
  workspace.reload_config();
  return change;
}

SettingChange unset_config(Workspace& workspace, const std::string& key, std::optional<ConfigLevel> level) {
  const std::string name = canonical_key(key);
  require_known(name);
  const ConfigLevel target = level.value_or(home_of(name));
  const auto lock = workspace.lock_metadata();
  SettingChange change =
      unset_in(editor(workspace), settings_file(workspace.session(), workspace.root(), target), name, target);
  workspace.reload_config();
  return change;
}

SettingChange set_config(const Session& session, const std::string& key, const std::string& value, ConfigLevel level) {
  const std::string name = canonical_key(key);
  check_config_value(name, value);
  const std::string stored = name == "cache.dir" ? absolute_path(session.cwd, value) : value;
  return set_in(edit_settings, settings_file(session, std::nullopt, level), name, stored, level);
}

SettingChange unset_config(const Session& session, const std::string& key, ConfigLevel level) {
  const std::string name = canonical_key(key);
  require_known(name);
  return unset_in(edit_settings, settings_file(session, std::nullopt, level), name, level);
}

std::optional<std::string> default_config(const std::string& key) {
  const std::string name = canonical_key(key);
  require_known(name);
  const std::string_view fallback = find_config_key(name)->fallback;
  return fallback.empty() ? std::nullopt : std::optional<std::string>(fallback);
}

std::optional<ConfigValue> get_config(const Config& config, const std::string& key, std::optional<ConfigLevel> level) {
  const std::string name = canonical_key(key);
  require_known(name);
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
  const std::string file = config_file(workspace.session(), workspace.root(), ConfigLevel::project);
  const std::string text = fs::try_read_file(file).value_or("");
  TrustReport report;
  report.config_trusted = Trust(workspace.git().common_dir()).config_trusted(text);
  for (const ConfigValue& value : workspace.config().all()) {
    const ConfigKey* row = find_config_key(value.key);
    if (value.level != ConfigLevel::project || row == nullptr) {
      continue;
    }
    if (is_remote_url(value.key)) {
      const std::string prefix = "remote.", suffix = ".url";
      report.urls.emplace_back(value.key.substr(prefix.size(), value.key.size() - prefix.size() - suffix.size()),
                               resolved_url(value));
    } else if (!row->committed) {
      report.settings.push_back(value);
    }
  }
  return report;
}

TrustReport trust(Workspace& workspace) {
  TrustReport report = trust_report(workspace);
  const Trust record(workspace.git().common_dir());
  const std::string file = config_file(workspace.session(), workspace.root(), ConfigLevel::project);
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

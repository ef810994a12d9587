// SPDX-License-Identifier: Apache-2.0
#include "repo/settings_file.hpp"

#include <algorithm>

#include "fs/file.hpp"
#include "repo/layout.hpp"
#include "repo/settings.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

bool is_own(ConfigLevel level) { return level == ConfigLevel::system || level == ConfigLevel::user; }

void write(const SettingsFile& file, const std::string& text) {
  if (is_own(file.level)) {
    fs::make_directories(file.path.substr(0, file.path.rfind('/')));
  }
  constexpr std::uint32_t for_everyone = 0666;
  constexpr std::uint32_t for_me = 0600;
  fs::write_file_atomic(file.path, text, file.level == ConfigLevel::local ? for_me : for_everyone);
  if (file.level == ConfigLevel::local) {
    fs::set_mode(file.path, for_me);
  }
}

bool needs_trust(const SettingsFile& file, const std::string& text) {
  const auto items = file.format->parse(text, file.path);
  return std::any_of(items.begin(), items.end(),
                     [&](const spec::ConfigItem& item) { return !counts_from_committed(*file.format, item.key); });
}

}  // namespace

SettingsFile settings_file(const Session& session, const std::optional<std::string>& root,
                           const spec::ConfigFormat& project_format, ConfigLevel level, const std::string& key) {
  const bool fits = spec::can_hold(project_format, key);
  if (!fits && !is_own(level)) {
    throw Error::usage("the configuration files of this project cannot hold '{}'", printable(key))
        .hint("set it for yourself, with `--global`");
  }
  const spec::ConfigFormat& format = fits ? project_format : spec::native_dialect().config_format();
  const std::string file = config_file(session, root, format, level);
  if (file.empty()) {
    throw Error::usage("there is no place for your own configuration: neither HOME nor XDG_CONFIG_HOME is set");
  }
  // The user's own files may be links, and are followed.
  return {.level = level, .path = is_own(level) ? real_path(file) : file, .format = &format};
}

SettingsFile settings_file(const Workspace& workspace, ConfigLevel level, const std::string& key) {
  return settings_file(workspace.session(), workspace.root(), workspace.dialect().config_format(), level, key);
}

std::optional<std::string> read_setting(const SettingsFile& file, const std::string& key) {
  std::optional<std::string> found;
  for (const spec::ConfigItem& item : file.format->parse(fs::try_read_file(file.path).value_or(""), file.path)) {
    if (item.key == key) {
      found = item.value;
    }
  }
  return found;
}

void edit_settings(const Session& session, const spec::ConfigFormat& format, const SettingsFile& file,
                   const SettingsEdit& edit) {
  const std::string before = fs::try_read_file(file.path).value_or("");
  const std::string after = edit(before);
  if (after != before) {
    check_settings_text(session, std::nullopt, format, {.level = file.level, .file = file.path, .text = after});
    write(file, after);
  }
}

void edit_settings(Workspace& workspace, const SettingsFile& file, const SettingsEdit& edit, Judged judged) {
  const std::string before = fs::try_read_file(file.path).value_or("");
  const std::string after = edit(before);
  if (after == before) {
    return;
  }
  if (judged == Judged::now) {
    check_settings_text(workspace.session(), workspace.root(), workspace.dialect().config_format(),
                        {.level = file.level, .file = file.path, .text = after});
  }
  const bool committed = file.level == ConfigLevel::project && needs_trust(file, after);
  const bool trusted =
      committed && (!needs_trust(file, before) || Trust(workspace.git().common_dir()).config_trusted(before));
  write(file, after);
  if (trusted) {
    Trust(workspace.git().common_dir()).trust_config(after);
  }
}

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#include "spec/dialects/dvc_config.hpp"

#include <array>

#include "spec/dialects/dvc_config_schema.hpp"
#include "spec/dialects/dvc_config_text.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::spec::dvc {

namespace {

/// A variable that is set to something other than blanks.
std::string variable(const Environment& env, const std::string& name) {
  const auto found = env.find(name);
  return found == env.end() ? std::string() : std::string(trim(found->second));
}

std::string system_directory(const Environment& env) {
  if (std::string named = variable(env, "DVC_SYSTEM_CONFIG_DIR"); !named.empty()) {
    return named;
  }
  const std::string list = variable(env, "XDG_CONFIG_DIRS");
  return (list.empty() ? "/etc/xdg" : split(list, ':').front()) + "/dvc";
}

/// Empty when nothing says where the user is at home.
std::string user_directory(const Environment& env) {
  if (std::string named = variable(env, "DVC_GLOBAL_CONFIG_DIR"); !named.empty()) {
    return named;
  }
  if (const std::string base = variable(env, "XDG_CONFIG_HOME"); !base.empty()) {
    return base + "/dvc";
  }
  const std::string home = variable(env, "HOME");
  return home.empty() ? std::string() : home + "/.config/dvc";
}

class Format : public ConfigFormat {
 public:
  bool open() const override { return false; }
  bool project_first() const override { return true; }

  std::string file(ConfigPlace place, const Environment& env) const override {
    switch (place) {
      case ConfigPlace::system:
        return system_directory(env) + "/config";
      case ConfigPlace::user: {
        const std::string directory = user_directory(env);
        return directory.empty() ? directory : directory + "/config";
      }
      case ConfigPlace::project:
        return ".dvc/config";
      case ConfigPlace::local:
        break;
    }
    return ".dvc/config.local";
  }

  /// A remote of version 3, or one of version 2, whose directories are the first two digits of an MD5.
  std::vector<std::string> remote_marks() const override {
    constexpr std::string_view digits = "0123456789abcdef";
    std::vector<std::string> names{"files/md5"};
    for (const char first : digits) {
      for (const char second : digits) {
        names.push_back({first, second});
      }
    }
    return names;
  }

  std::string canonical_key(std::string_view key) const override { return python_lower(key); }
  bool knows(std::string_view key) const override { return is_known_key(key); }
  std::vector<std::string> keys() const override { return all_keys(); }
  bool committed(std::string_view key) const override { return is_committed_key(key); }
  bool secret(std::string_view key) const override { return is_secret_key(key); }
  ConfigPath path_kind(std::string_view key) const override {
    return is_path_key(key) ? ConfigPath::relative : ConfigPath::none;
  }
  std::string_view alias(std::string_view key) const override {
    return key == "core.jobs" ? "core.checksum_jobs" : std::string_view();
  }

  void check_remote_name(const std::string& name) const override {
    if (name.empty() || has_control(name) || name.find('\'') != std::string::npos) {
      throw Error::usage("{} cannot name a remote: a name is not empty and has no single quotes", quoted(name));
    }
  }

  std::vector<ConfigItem> parse(std::string_view text, const std::string& file) const override {
    return parse_config(text, file);
  }
  std::string set(const std::string& text, const std::string& file, const std::string& key,
                  const std::string& value) const override {
    return set_config(text, file, key, value);
  }
  std::string unset(const std::string& text, const std::string& file, const std::string& key,
                    Absent absent) const override {
    return unset_config(text, file, key, absent);
  }
  std::string remove_section(const std::string& text, const std::string& file,
                             const std::string& section) const override {
    return remove_config_section(text, file, section);
  }
  std::string rename_section(const std::string& text, const std::string& file, const std::string& from,
                             const std::string& to) const override {
    return rename_config_section(text, file, from, to);
  }
  void check(std::span<const ConfigSetting> settings) const override { check_settings(settings); }
};

}  // namespace

const ConfigFormat& config_format() {
  static const Format format;
  return format;
}

}  // namespace mlops::spec::dvc

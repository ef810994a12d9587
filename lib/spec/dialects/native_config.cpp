// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>

#include "spec/dialects/native.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::spec::native {

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string variable(const Environment& env, const std::string& name) {
  const auto found = env.find(name);
  return found == env.end() ? std::string() : found->second;
}

std::string user_file(const Environment& env) {
  if (std::string named = variable(env, "MLOPS_CONFIG_GLOBAL"); !named.empty()) {
    return named;
  }
  if (const std::string base = variable(env, "XDG_CONFIG_HOME"); !base.empty()) {
    return base + "/mlops/config";
  }
  const std::string home = variable(env, "HOME");
  return home.empty() ? home : home + "/.config/mlops/config";
}

/// Git's syntax; the keys are those of the program's table.
class Format : public ConfigFormat {
 public:
  bool open() const override { return true; }
  bool project_first() const override { return false; }

  std::string file(ConfigPlace place, const Environment& env) const override {
    switch (place) {
      case ConfigPlace::system: {
        const std::string named = variable(env, "MLOPS_CONFIG_SYSTEM");
        return named.empty() ? "/etc/mlops/config" : named;
      }
      case ConfigPlace::user:
        return user_file(env);
      case ConfigPlace::project:
        return ".mlops/config";
      case ConfigPlace::local:
        break;
    }
    return ".mlops/config.local";
  }
  std::vector<std::string> remote_marks() const override { return {"mlops-remote"}; }

  /// Section and name in lowercase, what is between them as it is.
  std::string canonical_key(std::string_view key) const override {
    const std::size_t first = key.find('.');
    const std::size_t last = key.rfind('.');
    if (first == std::string_view::npos) {
      return lower(key);
    }
    return lower(key.substr(0, first)) + std::string(key.substr(first, last - first)) + lower(key.substr(last));
  }
  bool knows(std::string_view) const override { return false; }
  std::vector<std::string> keys() const override { return {}; }
  bool committed(std::string_view) const override { return false; }
  bool secret(std::string_view) const override { return false; }
  ConfigPath path_kind(std::string_view key) const override {
    return key == "cache.dir" ? ConfigPath::absolute : ConfigPath::none;
  }
  std::string_view alias(std::string_view) const override { return {}; }

  void check_remote_name(const std::string& name) const override {
    const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.'; };
    if (name.empty() || name.front() == '-' || !std::all_of(name.begin(), name.end(), fits)) {
      throw Error::usage(
          "{} cannot name a remote: a name has letters, digits, '_', '-' and '.', and does not begin with '-'",
          quoted(name));
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
    const std::vector<ConfigItem> items = parse_config(text, file);
    const bool there = std::any_of(items.begin(), items.end(), [&](const ConfigItem& item) { return item.key == key; });
    return !there && absent == Absent::accept ? text : unset_config(text, file, key);
  }
  std::string remove_section(const std::string& text, const std::string& file,
                             const std::string& section) const override {
    return remove_config_section(text, file, section);
  }
  std::string rename_section(const std::string& text, const std::string& file, const std::string& from,
                             const std::string& to) const override {
    return rename_config_section(text, file, from, to);
  }
  void check(std::span<const ConfigSetting>) const override {}
};

}  // namespace

const ConfigFormat& config_format() {
  static const Format format;
  return format;
}

}  // namespace mlops::spec::native

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/dialect.hpp"

namespace mlops::repo {

/// Where a setting came from; later ones win.
enum class ConfigLevel { system, user, project, local, environment };
std::string_view to_string(ConfigLevel level);

/// What a key takes.
enum class ConfigType { text, boolean, integer, duration, choice, list };

/// One row of the table of all keys; parser, `mlops config`, man page mlops-config(5) and completion read it.
struct ConfigKey {
  std::string_view name;  ///< "core.remote"; "remote.<name>.url" for keys of a named section
  ConfigType type = ConfigType::text;
  std::string_view fallback;    ///< value when nothing sets it; empty: none
  std::string_view help;        ///< one sentence for the manual
  std::string_view choices;     ///< comma-separated, for choice and list
  bool committed = true;        ///< counts from .mlops/config without `mlops trust` (D21)
  std::string_view variable{};  ///< environment variable that sets it
};
std::span<const ConfigKey> config_keys();
/// Finds the row for a concrete key; nullptr if unknown.
const ConfigKey* find_config_key(std::string_view key);

/// Whether a key counts from a committed file without `mlops trust`, as the format or else the table says.
bool counts_from_committed(const spec::ConfigFormat& format, std::string_view key);

/// One setting with where it stands.
struct ConfigValue {
  std::string key, value;
  ConfigLevel level;
  std::string file;  ///< or the variable's name
  int line = 0;
  bool trusted = true;                   ///< false: stands in the committed file, needs trust, and is not used
  std::optional<std::string> written{};  ///< how it is listed, where that is not the value
  const std::string& shown() const { return written ? *written : value; }
};

/// All settings of all layers. Immutable.
class Config {
 public:
  Config() = default;
  /// Takes the layers' items in order of level. Throws Error (FILE:LINE) on an unknown key or a value of a wrong type,
  /// with the nearest known key.
  explicit Config(std::vector<ConfigValue> values,
                  const spec::ConfigFormat& format = spec::native_dialect().config_format());

  /// The format of the project's files.
  const spec::ConfigFormat& format() const { return *format_; }

  /// The value in force, or the table's fallback, or nothing. A key of the table may stand in the project's files under
  /// the format's own name.
  std::optional<std::string> get(std::string_view key) const;
  bool flag(std::string_view key) const;
  std::int64_t integer(std::string_view key) const;
  double seconds(std::string_view key) const;
  std::vector<std::string> list(std::string_view key) const;
  /// The setting in force with its origin.
  const ConfigValue* find(std::string_view key) const;
  const std::vector<ConfigValue>& all() const { return values_; }
  /// Names of all remotes, sorted.
  std::vector<std::string> remotes() const;

 private:
  bool names(const ConfigValue& value, std::string_view key) const;

  std::vector<ConfigValue> values_;
  const spec::ConfigFormat* format_ = &spec::native_dialect().config_format();
};

/// Throws Error::usage unless `value` fits the key of the program's table; names the nearest known key for an unknown one.
void check_config_value(std::string_view key, std::string_view value,
                        const spec::ConfigFormat& format = spec::native_dialect().config_format());
/// Throws Error::usage with the nearest known key unless the table or the format knows this one.
void require_config_key(std::string_view key, const spec::ConfigFormat& format);

/// Seconds from "90", "90s", "5m", "2h", "14d"; nothing for anything else.
std::optional<double> parse_duration(std::string_view text);

}  // namespace mlops::repo

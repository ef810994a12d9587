// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/config_text.hpp"
#include "util/process.hpp"

namespace mlops::spec {

/// The files that settings stand in, from the one that everyone on the machine shares to the one of this clone.
enum class ConfigPlace { system, user, project, local };

/// Whether taking out something that is not there is an error.
enum class Absent { refuse, accept };

/// How a path that was typed at the command line is written to a file, and read from it.
enum class ConfigPath {
  none,      ///< no path: as it is
  absolute,  ///< made absolute
  relative   ///< relative to the directory of the file, unless it begins with '/' or '~' or is an address
};

/// What the layers of a project say together; for checks that one file alone does not allow.
struct ConfigSetting {
  std::string_view key;
  std::string_view value;
  std::string_view file;
  int line = 0;
};

/// What a dialect does with configuration files: where they lie, their syntax, and the keys that it fixes itself.
class ConfigFormat {
 public:
  virtual ~ConfigFormat() = default;

  /// Whether its files hold the keys of the program's own table too. Where they do not, those stand in the user's own
  /// files of the native dialect.
  virtual bool open() const = 0;
  /// Whether a change for which no level is named goes to the project's file wherever the setting stands, and asking for
  /// a setting that is not there, or taking it from a remote, is no failure.
  virtual bool project_first() const = 0;
  /// The file of a place: absolute for system and user (empty: there is none), else relative to the project's root.
  virtual std::string file(ConfigPlace place, const Environment& env) const = 0;
  /// Names in a folder (relative paths) any of which shows that it is a remote of this dialect's.
  virtual std::vector<std::string> remote_marks() const = 0;

  /// A key as it is compared and stored: lowercase where case does not count.
  virtual std::string canonical_key(std::string_view key) const = 0;
  /// Whether the dialect fixes this key (canonical); the program's table knows the others.
  virtual bool knows(std::string_view key) const = 0;
  /// All keys that it fixes, "<name>" standing for a name, for "did you mean".
  virtual std::vector<std::string> keys() const = 0;
  /// Of a key that it knows: whether it counts from a committed file without `mlops trust`.
  virtual bool committed(std::string_view key) const = 0;
  /// Of a key that it knows: whether its value must not stand in a committed file.
  virtual bool secret(std::string_view key) const = 0;
  virtual ConfigPath path_kind(std::string_view key) const = 0;
  /// Its own name for a key of the program's table; empty if it has none.
  virtual std::string_view alias(std::string_view key) const = 0;
  /// Throws Error::usage unless a remote can have this name.
  virtual void check_remote_name(const std::string& name) const = 0;

  /// As the functions of config_text.hpp. Texts of `file` need its absolute path where paths in it are relative.
  virtual std::vector<ConfigItem> parse(std::string_view text, const std::string& file) const = 0;
  virtual std::string set(const std::string& text, const std::string& file, const std::string& key,
                          const std::string& value) const = 0;
  virtual std::string unset(const std::string& text, const std::string& file, const std::string& key,
                            Absent absent) const = 0;
  virtual std::string remove_section(const std::string& text, const std::string& file,
                                     const std::string& section) const = 0;
  virtual std::string rename_section(const std::string& text, const std::string& file, const std::string& from,
                                     const std::string& to) const = 0;
  /// Judges keys and values of all its files together, in order of level. Throws Error::usage "FILE:LINE: reason".
  virtual void check(std::span<const ConfigSetting> settings) const = 0;
};

/// Whether files of this format can hold `key` (canonical).
inline bool can_hold(const ConfigFormat& format, std::string_view key) { return format.open() || format.knows(key); }

}  // namespace mlops::spec

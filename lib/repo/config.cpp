// SPDX-License-Identifier: Apache-2.0
#include "repo/config.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <set>

#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

constexpr std::string_view format_key = "core.format";

// Keys that run something, redirect data or open it to others never count from a committed file by themselves (D21).
constexpr std::array keys{
    ConfigKey{
        .name = format_key,
        .type = ConfigType::integer,
        .fallback = "1",
        .help = "The format of the project, written by `mlops init`; a newer one than this program knows is refused.",
        .choices = {}},
    ConfigKey{.name = "core.remote",
              .type = ConfigType::text,
              .fallback = {},
              .help = "The remote that push, fetch, pull and status --cloud use when none is named.",
              .choices = {},
              .variable = "MLOPS_REMOTE"},
    ConfigKey{.name = "core.autostage",
              .type = ConfigType::boolean,
              .fallback = "false",
              .help =
                  "Whether files that a command changes (pointers, .gitignore, mlops.yaml, mlops.lock) are handed to "
                  "`git add`.",
              .choices = {}},
    ConfigKey{.name = "core.jobs",
              .type = ConfigType::integer,
              .fallback = {},
              .help = "How many things are done at once when -j is not given; chosen from the processors when unset.",
              .choices = {},
              .variable = "MLOPS_JOBS"},
    ConfigKey{.name = "core.durability",
              .type = ConfigType::choice,
              .fallback = "batch",
              .help =
                  "How sure it is that a power cut cannot undo a finished command: off (leave it to the system), batch "
                  "(flush a few times for each command) or strict (flush each file).",
              .choices = "off,batch,strict",
              .committed = false,
              .variable = "MLOPS_DURABILITY"},
    ConfigKey{.name = "cache.dir",
              .type = ConfigType::text,
              .fallback = {},
              .help = "The directory of the cache; relative to the file that sets it. `.mlops/cache` when unset.",
              .choices = {},
              .committed = false,
              .variable = "MLOPS_CACHE_DIR"},
    ConfigKey{
        .name = "cache.type",
        .type = ConfigType::list,
        .fallback = "reflink,copy",
        .help = "How workspace files get their content from the cache; the first that the file system can do is used.",
        .choices = "reflink,copy,hardlink,symlink"},
    ConfigKey{.name = "cache.shared",
              .type = ConfigType::choice,
              .fallback = {},
              .help = "`group` lets everyone in the directory's group use the cache.",
              .choices = "group",
              .committed = false},
    ConfigKey{.name = "remote.<name>.url",
              .type = ConfigType::text,
              .fallback = {},
              .help = "Where the remote is; a relative folder is relative to the file that names it.",
              .choices = {}},
    ConfigKey{.name = "remote.<name>.jobs",
              .type = ConfigType::integer,
              .fallback = {},
              .help = "How many transfers run at once with this remote when -j is not given.",
              .choices = {}},
    ConfigKey{.name = "gc.grace",
              .type = ConfigType::duration,
              .fallback = "14d",
              .help = "How long gc keeps what nothing names; at least 1h.",
              .choices = {}},
    ConfigKey{.name = "gc.stages",
              .type = ConfigType::duration,
              .fallback = "90d",
              .help = "How long gc keeps entries of the stage cache that were not used.",
              .choices = {}},
    ConfigKey{.name = "run.include",
              .type = ConfigType::list,
              .fallback = {},
              .help = "Patterns of untracked files that enter the record of a run although no stage declares them.",
              .choices = {}},
    ConfigKey{.name = "run.lock_wait",
              .type = ConfigType::duration,
              .fallback = {},
              .help = "How long a run waits for another one to end; without bound when unset.",
              .choices = {},
              .variable = "MLOPS_LOCK_WAIT"},
};

constexpr std::string_view section_placeholder = ".<name>.";
constexpr double shortest_grace_seconds = 3600;

/// Whether `key` is an instance of the row's pattern: "remote.<name>.url" matches "remote.My.Store.url".
bool matches(std::string_view pattern, std::string_view key) {
  const std::size_t at = pattern.find(section_placeholder);
  if (at == std::string_view::npos) {
    return pattern == key;
  }
  const std::string_view before = pattern.substr(0, at + 1);
  const std::string_view after = pattern.substr(at + section_placeholder.size() - 1);
  return key.size() > before.size() + after.size() && key.starts_with(before) && key.ends_with(after);
}

/// The row's name with the placeholder filled as in `key`, so that misspelt keys are compared fairly.
std::string instance_like(std::string_view pattern, std::string_view key) {
  const std::size_t at = pattern.find(section_placeholder);
  const std::size_t first = key.find('.');
  const std::size_t last = key.rfind('.');
  if (at == std::string_view::npos || first == std::string_view::npos || last <= first) {
    return std::string(pattern);
  }
  return std::string(pattern.substr(0, at + 1)) + std::string(key.substr(first + 1, last - first - 1)) +
         std::string(pattern.substr(at + section_placeholder.size() - 1));
}

Error unknown_key(std::string_view key, const spec::ConfigFormat& format, const std::string& prefix) {
  std::vector<std::string> candidates;
  for (const ConfigKey& row : keys) {
    candidates.push_back(instance_like(row.name, key));
  }
  for (const std::string& name : format.keys()) {
    candidates.push_back(instance_like(name, key));
  }
  Error error = Error::usage("{}unknown configuration key {}", prefix, quoted(key));
  if (const auto near = nearest(key, candidates)) {
    return std::move(error).hint("did you mean '{}'?", *near);
  }
  return std::move(error).hint("`man mlops-config` lists all keys");
}

std::optional<bool> parse_flag(std::string_view text) {
  std::string word(text);
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (word == "true" || word == "yes" || word == "on" || word == "1") {
    return true;
  }
  if (word == "false" || word == "no" || word == "off" || word == "0" || word.empty()) {
    return false;
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc() && end == text.data() + text.size() && value >= 0 ? std::optional(value) : std::nullopt;
}

std::vector<std::string> parse_list(std::string_view text) {
  std::vector<std::string> items;
  for (const std::string& part : split(text, ',')) {
    if (const std::string_view item = trim(part); !item.empty()) {
      items.emplace_back(item);
    }
  }
  return items;
}

bool is_choice(const ConfigKey& row, const std::string& word) {
  const std::vector<std::string> choices = split(row.choices, ',');
  return row.choices.empty() || std::find(choices.begin(), choices.end(), word) != choices.end();
}

/// Returns what a value of this row must be, if `value` is not it.
std::optional<std::string> value_fault(const ConfigKey& row, std::string_view value) {
  switch (row.type) {
    case ConfigType::text:
      return value.empty() ? std::optional<std::string>("a text that is not empty") : std::nullopt;
    case ConfigType::boolean:
      return parse_flag(value) ? std::nullopt : std::optional<std::string>("true or false");
    case ConfigType::integer:
      return parse_integer(value) ? std::nullopt : std::optional<std::string>("a number that is not negative");
    case ConfigType::duration: {
      const auto seconds = parse_duration(value);
      if (!seconds) {
        return "a time such as 90s, 5m, 2h or 14d";
      }
      return row.name == "gc.grace" && *seconds < shortest_grace_seconds ? std::optional<std::string>("at least 1h")
                                                                         : std::nullopt;
    }
    case ConfigType::choice:
      return is_choice(row, std::string(value)) ? std::nullopt : std::optional("one of " + std::string(row.choices));
    case ConfigType::list: {
      const std::vector<std::string> items = parse_list(value);
      const bool fits = std::all_of(items.begin(), items.end(), [&](const auto& item) { return is_choice(row, item); });
      return fits && !items.empty() ? std::nullopt
                                    : std::optional(row.choices.empty() ? std::string("a list separated by commas")
                                                                        : "a list of " + std::string(row.choices));
    }
  }
  return std::nullopt;
}

void check_value(std::string_view key, std::string_view value, const spec::ConfigFormat& format,
                 const std::string& prefix) {
  const ConfigKey* row = find_config_key(key);
  if (row == nullptr && !format.knows(key)) {
    throw unknown_key(key, format, prefix);
  }
  if (format.knows(key)) {
    return;  // its value is judged with those of the other layers
  }
  if (has_control(value)) {
    throw Error::usage("{}the value of '{}' holds a control character", prefix, key);
  }
  if (const auto wanted = value_fault(*row, value)) {
    throw Error::usage("{}{} is no value for '{}': it takes {}", prefix, quoted(value), key, *wanted);
  }
}

}  // namespace

std::string_view to_string(ConfigLevel level) {
  constexpr std::array<std::string_view, 5> words{"system", "user", "project", "local", "environment"};
  return words.at(static_cast<std::size_t>(level));
}

std::span<const ConfigKey> config_keys() { return keys; }

const ConfigKey* find_config_key(std::string_view key) {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const ConfigKey& row) { return matches(row.name, key); });
  return found == keys.end() ? nullptr : &*found;
}

bool counts_from_committed(const spec::ConfigFormat& format, std::string_view key) {
  const ConfigKey* row = find_config_key(key);
  return format.knows(key) ? format.committed(key) : row == nullptr || row->committed;
}

Config::Config(std::vector<ConfigValue> values, const spec::ConfigFormat& format)
    : values_(std::move(values)), format_(&format) {
  std::vector<spec::ConfigSetting> settings;
  for (const ConfigValue& value : values_) {
    settings.push_back({.key = value.key, .value = value.value, .file = value.file, .line = value.line});
  }
  std::erase_if(settings, [&](const spec::ConfigSetting& setting) {
    return !format.knows(setting.key) && find_config_key(setting.key) != nullptr;
  });
  format.check(settings);
  for (const ConfigValue& value : values_) {
    check_value(value.key, value.value, format,
                value.line > 0 ? fmt::format("{}:{}: ", printable(value.file), value.line) : value.file + ": ");
  }
}

bool Config::names(const ConfigValue& value, std::string_view key) const {
  const std::string_view alias = format_->alias(key);
  return value.key == key || (!alias.empty() && value.key == alias);
}

const ConfigValue* Config::find(std::string_view key) const {
  const auto found = std::find_if(values_.rbegin(), values_.rend(),
                                  [&](const ConfigValue& value) { return value.trusted && names(value, key); });
  return found == values_.rend() ? nullptr : &*found;
}

std::optional<std::string> Config::get(std::string_view key) const {
  if (const ConfigValue* value = find(key)) {
    return value->value;
  }
  const ConfigKey* row = find_config_key(key);
  return row == nullptr || row->fallback.empty() ? std::nullopt : std::optional(std::string(row->fallback));
}

bool Config::flag(std::string_view key) const { return parse_flag(get(key).value_or("")).value_or(false); }

std::int64_t Config::integer(std::string_view key) const { return parse_integer(get(key).value_or("")).value_or(0); }

double Config::seconds(std::string_view key) const { return parse_duration(get(key).value_or("")).value_or(0); }

std::vector<std::string> Config::list(std::string_view key) const { return parse_list(get(key).value_or("")); }

std::vector<std::string> Config::remotes() const {
  constexpr std::string_view prefix = "remote.";
  constexpr std::string_view suffix = ".url";
  std::set<std::string> names;
  for (const ConfigValue& value : values_) {
    if (value.trusted && value.key.starts_with(prefix) && value.key.ends_with(suffix)) {
      names.insert(value.key.substr(prefix.size(), value.key.size() - prefix.size() - suffix.size()));
    }
  }
  return {names.begin(), names.end()};
}

void check_config_value(std::string_view key, std::string_view value, const spec::ConfigFormat& format) {
  check_value(key, value, format, "");
  if (key == format_key && value != find_config_key(key)->fallback) {
    throw Error::usage(
        "'{}' is written by `mlops init` and not set by hand: no mlops that knows format {} only could "
        "work here any more",
        key, find_config_key(key)->fallback);
  }
}

void require_config_key(std::string_view key, const spec::ConfigFormat& format) {
  if (find_config_key(key) == nullptr && !format.knows(key)) {
    throw unknown_key(key, format, "");
  }
}

std::optional<double> parse_duration(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view unit = text.substr(digits);
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + digits, number);
  if (digits == 0 || failure != std::errc() || end != text.data() + digits || !std::isfinite(number)) {
    return std::nullopt;
  }
  struct Unit {
    std::string_view word;
    double seconds;
  };
  constexpr std::array units{Unit{"", 1}, Unit{"s", 1}, Unit{"m", 60}, Unit{"h", 3600}, Unit{"d", 86400}};
  for (const Unit& known : units) {
    if (known.word == unit) {
      return number * known.seconds;
    }
  }
  return std::nullopt;
}

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
//
// The layers of configuration: where each file is, and which of its settings count (D21).

#include <algorithm>
#include <iterator>

#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "repo/layout.hpp"
#include "repo/settings.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

constexpr std::uint64_t size_limit = 1U << 20U;

std::optional<std::string> variable(const Session& session, const std::string& name) {
  const auto found = session.env.find(name);
  return found == session.env.end() || found->second.empty() ? std::nullopt : std::optional(found->second);
}

std::string project_directory(const std::string& root) {
  return root + "/" + std::string(dialect_of(root).names().directory);
}

std::string user_config_file(const Session& session) {
  if (const auto named = variable(session, "MLOPS_CONFIG_GLOBAL")) {
    return *named;
  }
  if (const auto base = variable(session, "XDG_CONFIG_HOME")) {
    return *base + "/mlops/config";
  }
  if (const auto home = variable(session, "HOME")) {
    return *home + "/.config/mlops/config";
  }
  return {};
}

std::vector<ConfigValue> read_layer(const std::string& file, const std::string& text, ConfigLevel level) {
  std::vector<ConfigValue> values;
  for (spec::ConfigItem& item : spec::parse_config(text, file)) {
    values.push_back(
        {.key = std::move(item.key), .value = std::move(item.value), .level = level, .file = file, .line = item.line});
  }
  return values;
}

/// The user's own files may be symbolic links (people keep them elsewhere); those of a repository may not.
std::vector<ConfigValue> read_own_layer(const std::string& file, ConfigLevel level) {
  if (file.empty()) {
    return {};
  }
  const std::string real = real_path(file);
  const auto text = fs::try_read_file(real, size_limit);
  return text ? read_layer(real, *text, level) : std::vector<ConfigValue>();
}

/// Refuses a newer format before anything else in the file is judged: its keys may be new too (I-40).
void check_format(const std::vector<ConfigValue>& values) {
  constexpr std::string_view known = "1";
  for (const ConfigValue& value : values) {
    if (value.key == "core.format" && value.value != known) {
      throw Error::of(ErrorKind::format, "{}:{}: this project has format {}, and this program knows format {}",
                      printable(value.file), value.line, quoted(value.value), known)
          .hint("use a newer mlops");
    }
  }
}

/// The committed file: what it may not decide is marked, unless this clone trusts the text.
std::vector<ConfigValue> read_committed_layer(const std::string& root, const std::string& file) {
  const auto text = fs::try_read_file(file, size_limit);
  if (!text) {
    return {};
  }
  std::vector<ConfigValue> values = read_layer(file, *text, ConfigLevel::project);
  check_format(values);
  const auto needs_trust = [](const ConfigValue& value) {
    const ConfigKey* row = find_config_key(value.key);
    return row != nullptr && !row->committed;
  };
  if (std::none_of(values.begin(), values.end(), needs_trust)) {
    return values;
  }
  const auto repository = git::Repository::discover(root);
  const bool trusted = repository && Trust(repository->common_dir()).config_trusted(*text);
  for (ConfigValue& value : values) {
    value.trusted = trusted || !needs_trust(value);
  }
  return values;
}

/// The file of this clone, which must not have come with the repository: then it would be the committed one again.
std::vector<ConfigValue> read_local_layer(const std::string& root, const std::string& file) {
  const auto text = fs::try_read_file(file, size_limit);
  if (!text) {
    return {};
  }
  const auto repository = git::Repository::discover(root);
  if (repository && repository->tracks(path_below(repository->work_tree(), file))) {
    throw Error::of(ErrorKind::untrusted, "{} is tracked by git, so its settings are not this clone's own",
                    quoted(file))
        .hint("take it out with `git rm --cached {}`", shell_quoted(file));
  }
  return read_layer(file, *text, ConfigLevel::local);
}

std::vector<ConfigValue> read_environment(const Session& session) {
  std::vector<ConfigValue> values;
  for (const ConfigKey& row : config_keys()) {
    const std::string name(row.variable);
    if (const auto value = name.empty() ? std::nullopt : variable(session, name)) {
      values.push_back({.key = std::string(row.name),
                        .value = row.name == "cache.dir" ? absolute_path(session.cwd, *value) : *value,
                        .level = ConfigLevel::environment,
                        .file = name});
    }
  }
  return values;
}

void append(std::vector<ConfigValue>& all, std::vector<ConfigValue> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

std::string config_file(const Session& session, const std::optional<std::string>& root, ConfigLevel level) {
  switch (level) {
    case ConfigLevel::system:
      return variable(session, "MLOPS_CONFIG_SYSTEM").value_or("/etc/mlops/config");
    case ConfigLevel::user:
      return user_config_file(session);
    case ConfigLevel::project:
    case ConfigLevel::local:
      if (!root) {
        throw Error::usage("the {} configuration belongs to a project, and this is not inside one", to_string(level))
            .hint("run `mlops init`, or use --global");
      }
      return project_directory(*root) + (level == ConfigLevel::project ? "/config" : "/config.local");
    case ConfigLevel::environment:
      break;
  }
  throw Error::usage("the environment has no configuration file");
}

Config load_config(const Session& session, const std::optional<std::string>& root) {
  std::vector<ConfigValue> values;
  append(values, read_own_layer(config_file(session, root, ConfigLevel::system), ConfigLevel::system));
  append(values, read_own_layer(config_file(session, root, ConfigLevel::user), ConfigLevel::user));
  if (root) {
    append(values, read_committed_layer(*root, config_file(session, root, ConfigLevel::project)));
    append(values, read_local_layer(*root, config_file(session, root, ConfigLevel::local)));
  }
  append(values, read_environment(session));
  return Config(std::move(values));
}

}  // namespace mlops::repo

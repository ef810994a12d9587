// SPDX-License-Identifier: Apache-2.0
//
// The layers of configuration: where each file is, and which of its settings count (D21).

#include <algorithm>
#include <iterator>

#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "repo/layout.hpp"
#include "repo/settings.hpp"
#include "repo/settings_file.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

constexpr std::uint64_t size_limit = 1U << 20U;

std::string directory_of(const std::string& file) { return file.substr(0, file.rfind('/')); }

std::optional<std::string> variable(const Session& session, const std::string& name) {
  const auto found = session.env.find(name);
  return found == session.env.end() || found->second.empty() ? std::nullopt : std::optional(found->second);
}

const spec::ConfigFormat& own_format() { return spec::native_dialect().config_format(); }

void append(std::vector<ConfigValue>& all, std::vector<ConfigValue> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// Reads the files, `instead` in place of the one that is about to be changed.
class Layers {
 public:
  Layers(const Session& session, const std::optional<std::string>& root, const spec::ConfigFormat& format,
         const SettingsText* instead)
      : session_(session), root_(root), format_(format), instead_(instead) {}

  /// The layers up to and with `last`.
  Config load(ConfigLevel last) const {
    std::vector<ConfigValue> values;
    for (const ConfigLevel level :
         {ConfigLevel::system, ConfigLevel::user, ConfigLevel::project, ConfigLevel::local, ConfigLevel::environment}) {
      if (level <= last) {
        append(values, layer_of(level));
      }
    }
    return Config(std::move(values), format_);
  }

 private:
  std::vector<ConfigValue> layer_of(ConfigLevel level) const {
    switch (level) {
      case ConfigLevel::system:
      case ConfigLevel::user:
        return own_layer(level);
      case ConfigLevel::project:
        return root_ ? committed_layer() : std::vector<ConfigValue>();
      case ConfigLevel::local:
        return root_ ? local_layer() : std::vector<ConfigValue>();
      case ConfigLevel::environment:
        break;
    }
    return environment();
  }

  std::optional<std::string> text_of(const std::string& file) const {
    return instead_ != nullptr && instead_->file == file ? std::optional(instead_->text)
                                                         : fs::try_read_file(file, size_limit);
  }

  std::vector<ConfigValue> layer(const spec::ConfigFormat& format, const std::string& file, const std::string& text,
                                 ConfigLevel level) const {
    std::vector<ConfigValue> values;
    for (spec::ConfigItem& item : format.parse(text, file)) {
      ConfigValue value{.key = std::move(item.key),
                        .value = std::move(item.value),
                        .level = level,
                        .file = file,
                        .line = item.line,
                        .written = std::move(item.shown)};
      if (format.path_kind(value.key) == spec::ConfigPath::relative) {
        value.value = used_path(directory_of(file), value.value, variable(session_, "HOME").value_or(""));
      }
      values.push_back(std::move(value));
    }
    return values;
  }

  /// The user's own files may be symbolic links (people keep them elsewhere); those of a repository may not.
  std::vector<ConfigValue> own_file(const spec::ConfigFormat& format, ConfigLevel level) const {
    const std::string file = config_file(session_, root_, format, level);
    if (file.empty()) {
      return {};
    }
    const std::string real = real_path(file);
    const auto text = text_of(real);
    return text ? layer(format, real, *text, level) : std::vector<ConfigValue>();
  }

  /// Where the project's files cannot hold all keys, the native files of the level say those.
  std::vector<ConfigValue> own_layer(ConfigLevel level) const {
    std::vector<ConfigValue> values;
    if (!format_.open()) {
      values = own_file(own_format(), level);
      std::erase_if(values, [&](const ConfigValue& value) { return format_.knows(value.key); });
    }
    append(values, own_file(format_, level));
    return values;
  }

  std::vector<ConfigValue> committed_layer() const;
  std::vector<ConfigValue> local_layer() const;
  std::vector<ConfigValue> environment() const;

  const Session& session_;
  const std::optional<std::string>& root_;
  const spec::ConfigFormat& format_;
  const SettingsText* instead_;
};

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
std::vector<ConfigValue> Layers::committed_layer() const {
  const std::string file = config_file(session_, root_, format_, ConfigLevel::project);
  const auto text = text_of(file);
  if (!text) {
    return {};
  }
  std::vector<ConfigValue> values = layer(format_, file, *text, ConfigLevel::project);
  check_format(values);
  const auto needs_trust = [&](const ConfigValue& value) { return !counts_from_committed(format_, value.key); };
  if (std::none_of(values.begin(), values.end(), needs_trust)) {
    return values;
  }
  const auto repository = git::Repository::discover(*root_);
  const bool trusted = repository && Trust(repository->common_dir()).config_trusted(*text);
  for (ConfigValue& value : values) {
    value.trusted = trusted || !needs_trust(value);
  }
  return values;
}

/// The file of this clone, which must not have come with the repository: then it would be the committed one again.
std::vector<ConfigValue> Layers::local_layer() const {
  const std::string file = config_file(session_, root_, format_, ConfigLevel::local);
  const auto text = text_of(file);
  if (!text) {
    return {};
  }
  const auto repository = git::Repository::discover(*root_);
  if (repository && repository->tracks(path_below(repository->work_tree(), file))) {
    throw Error::of(ErrorKind::untrusted, "{} is tracked by git, so its settings are not this clone's own",
                    quoted(file))
        .hint("take it out with `git rm --cached {}`", shell_quoted(file));
  }
  return layer(format_, file, *text, ConfigLevel::local);
}

std::vector<ConfigValue> Layers::environment() const {
  std::vector<ConfigValue> values;
  for (const ConfigKey& row : config_keys()) {
    const std::string name(row.variable);
    if (const auto value = name.empty() ? std::nullopt : variable(session_, name)) {
      values.push_back({.key = std::string(row.name),
                        .value = row.name == "cache.dir" ? absolute_path(session_.cwd, *value) : *value,
                        .level = ConfigLevel::environment,
                        .file = name});
    }
  }
  return values;
}

}  // namespace

std::string config_file(const Session& session, const std::optional<std::string>& root,
                        const spec::ConfigFormat& format, ConfigLevel level) {
  switch (level) {
    case ConfigLevel::system:
      return format.file(spec::ConfigPlace::system, session.env);
    case ConfigLevel::user:
      return format.file(spec::ConfigPlace::user, session.env);
    case ConfigLevel::project:
    case ConfigLevel::local:
      if (!root) {
        throw Error::usage("the {} configuration belongs to a project, and this is not inside one", to_string(level))
            .hint("run `mlops init`, or use --global");
      }
      return *root + "/" +
             format.file(level == ConfigLevel::project ? spec::ConfigPlace::project : spec::ConfigPlace::local,
                         session.env);
    case ConfigLevel::environment:
      break;
  }
  throw Error::usage("the environment has no configuration file");
}

Config load_config(const Session& session, const std::optional<std::string>& root, const spec::ConfigFormat& format) {
  return Layers(session, root, format, nullptr).load(ConfigLevel::environment);
}

void check_settings_text(const Session& session, const std::optional<std::string>& root,
                         const spec::ConfigFormat& format, const SettingsText& text) {
  const Layers layers(session, root, format, &text);
  layers.load(text.level);
  layers.load(ConfigLevel::environment);
}

}  // namespace mlops::repo

// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "repo/settings.hpp"
#include "repo/workspace.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

using repo::ConfigLevel;

class Config : public Command {
  std::optional<std::string> key_, value_;
  bool unset_ = false, list_ = false, origin_ = false, json_ = false;
  bool system_ = false, user_ = false, project_ = false, local_ = false;

  Args args() override {
    return {{.names = "key",
             .metavar = "key",
             .help = "section.name, or remote.NAME.option",
             .into = &key_,
             .complete = Complete::config_key},
            {.names = "value",
             .metavar = "value",
             .help = "Its new value; shows the present one if omitted",
             .into = &value_,
             .complete = Complete::config_value},
            {.names = "-u,--unset", .help = "Remove the setting", .into = &unset_},
            {.names = "-l,--list", .help = "Show all settings", .into = &list_},
            {.names = "--show-origin", .help = "Show where settings stand", .into = &origin_},
            {.names = "--system", .help = "Use the machine's file", .into = &system_},
            {.names = "--global", .help = "Use the user's file", .into = &user_},
            {.names = "--project", .help = "Use .mlops/config, which is committed", .into = &project_},
            {.names = "--local", .help = "Use .mlops/config.local, which is not", .into = &local_},
            args::json(&json_)};
  }

  std::optional<ConfigLevel> level() const {
    if (system_ + user_ + project_ + local_ > 1) throw Error::usage("give at most one level");
    if (system_) return ConfigLevel::system;
    if (user_) return ConfigLevel::user;
    if (project_) return ConfigLevel::project;
    if (local_) return ConfigLevel::local;
    return std::nullopt;
  }

  ExitCode show_all(Context& context, const repo::Config& config) const {
    auto settings = nlohmann::ordered_json::array();
    for (const auto& item : repo::list_config(config, level())) {
      if (json_) {
        settings.push_back({{"key", item.key},
                            {"value", item.value},
                            {"level", repo::to_string(item.level)},
                            {"file", item.file},
                            {"trusted", item.trusted}});
        continue;
      }
      if (origin_) context.out << item.file << "\t";
      context.out << item.key << "=" << printable(item.value) << (item.trusted ? "" : "  (not trusted)") << "\n";
    }
    if (json_) print_json(context.out, {{"settings", settings}});
    return ExitCode::ok;
  }

  ExitCode show_one(Context& context, const repo::Config& config) const {
    const auto found = repo::get_config(config, *key_, level());
    // A level asks for what its file says, no level for what is in force.
    const auto value = found ? std::optional(found->value) : level() ? std::nullopt : repo::default_config(*key_);
    if (json_) {
      print_json(context.out, {{"key", *key_}, {"value", value ? nlohmann::ordered_json(*value) : nullptr}});
    } else if (value) {
      if (origin_) context.out << (found ? found->file : "default") << "\t";
      context.out << printable(*value) << "\n";
    }
    return value ? ExitCode::ok : ExitCode::failed;
  }

  /// The user's and the machine's files can be used outside a project.
  bool outside_project() const { return system_ || user_; }

  ExitCode run(Context& context) override {
    if (unset_ && (!key_ || value_)) throw Error::usage("`--unset` wants a key and no value");
    const bool reads = list_ || !key_ || (!value_ && !unset_);
    if (outside_project()) {
      if (reads) {
        const auto config = repo::load_config(context.session(), std::nullopt);
        return list_ || !key_ ? show_all(context, config) : show_one(context, config);
      }
      if (unset_) {
        repo::unset_config(context.session(), *key_, *level());
      } else {
        repo::set_config(context.session(), *key_, *value_, *level());
      }
      return ExitCode::ok;
    }
    auto workspace = context.workspace();
    if (reads) return list_ || !key_ ? show_all(context, workspace.config()) : show_one(context, workspace.config());
    const auto change =
        unset_ ? repo::unset_config(workspace, *key_, level()) : repo::set_config(workspace, *key_, *value_, level());
    if (change.moved_to_local)
      context.say("Set " + mlops::quoted(change.key) +
                  " in .mlops/config.local: it never counts from the committed file.");
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec config_command{
    .name = "config",
    .group = "Start",
    .summary = "Show or change settings",
    .manual = R"(Settings come, later ones winning, from the machine's file, the user's, `.mlops/config` (committed),
`.mlops/config.local` (not committed), and environment variables. mlops-config(5) lists every key. Without a level a
change goes to `.mlops/config`, or to `.mlops/config.local` for keys that never count from the committed file.

A key alone shows its value in force, the default included; with a level, what its file says. It ends with 1 when there
is none.

EXAMPLES
  mlops config core.remote store
  mlops config cache.dir /shared/cache
  mlops config --list --show-origin
  mlops config -u cache.type
)",
    .make = make_command<Config>};

}  // namespace mlops::cli

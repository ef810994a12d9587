// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/levels.hpp"
#include "repo/layout.hpp"
#include "repo/settings.hpp"
#include "repo/workspace.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class Config : public Command {
  std::optional<std::string> key_, value_;
  bool unset_ = false, list_ = false, origin_ = false, json_ = false;
  LevelArgs level_;

  Args args() override {
    Args args{{.names = "key",
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
              {.names = "--show-origin", .help = "Show where settings stand", .into = &origin_}};
    level_.append_to(args);
    args.push_back(args::json(&json_));
    return args;
  }

  ExitCode show_all(Context& context, const repo::Config& config, const std::string& root) const {
    auto settings = nlohmann::ordered_json::array();
    for (const auto& item : repo::all_config(config, level_.level())) {
      if (json_) {
        settings.push_back({{"key", item.key},
                            {"value", item.value},
                            {"level", repo::to_string(item.level)},
                            {"file", item.file},
                            {"trusted", item.trusted}});
        continue;
      }
      if (origin_) context.out << origin(item, root) << "\t";
      context.out << printable(item.key) << "=" << printable(item.shown()) << (item.trusted ? "" : "  (not trusted)")
                  << "\n";
    }
    if (json_) print_json(context.out, {{"settings", settings}});
    return ExitCode::ok;
  }

  ExitCode show_one(Context& context, const repo::Config& config, const std::string& root) const {
    const auto level = level_.level();
    const auto found = repo::get_config(config, *key_, level);
    // A level asks for what its file says, no level for what is in force.
    const auto value = found   ? std::optional(found->shown())
                       : level ? std::nullopt
                               : repo::default_config(config, *key_);
    if (json_) {
      print_json(context.out, {{"key", *key_}, {"value", value ? nlohmann::ordered_json(*value) : nullptr}});
    } else if (value) {
      if (origin_) context.out << (found ? origin(*found, root) : "default") << "\t";
      context.out << printable(*value) << "\n";
    }
    const bool silent = !level && config.format().project_first();
    return value || silent ? ExitCode::ok : ExitCode::failed;
  }

  ExitCode show(Context& context, const repo::Config& config, const std::string& root) const {
    return list_ || !key_ ? show_all(context, config, root) : show_one(context, config, root);
  }

  ExitCode run(Context& context) override {
    if (unset_ && (!key_ || value_)) throw Error::usage("`--unset` wants a key and no value");
    if (list_ && (key_ || unset_)) throw Error::usage("`--list` takes no key and no value");
    if (origin_ && (value_ || unset_)) throw Error::usage("`--show-origin` is for showing settings");
    const auto level = level_.level();
    const bool reads = list_ || !key_ || (!value_ && !unset_);
    const auto root = repo::find_project(context.cwd);
    if (level_.outside_project() || (reads && !level && !root)) {
      const spec::ConfigFormat& format = (root ? repo::dialect_of(*root) : spec::native_dialect()).config_format();
      if (reads) return show(context, repo::load_config(context.session(), std::nullopt, format), "");
      if (unset_) {
        repo::unset_config(context.session(), format, *key_, *level);
      } else {
        repo::set_config(context.session(), format, *key_, *value_, *level);
      }
      return ExitCode::ok;
    }
    auto workspace = context.workspace();
    if (reads) return show(context, workspace.config(), workspace.root());
    const auto change =
        unset_ ? repo::unset_config(workspace, *key_, level) : repo::set_config(workspace, *key_, *value_, level);
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
is none. `--list` shows the settings of all files, so that a key may come more than once; the last one counts.

In a DVC repository the files are DVC's, `.dvc/config` and the others, read and written as DVC does, and so are the keys:
see mlops-config(5). There a key that nothing sets shows nothing and ends with 0, and a change without a level always
goes to `.dvc/config`.

EXAMPLES
  mlops config core.remote store
  mlops config cache.dir /shared/cache
  mlops config --list --show-origin
  mlops config -u cache.type
)",
    .make = make_command<Config>};

}  // namespace mlops::cli

// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/levels.hpp"
#include "cli/output.hpp"
#include "repo/settings.hpp"
#include "repo/workspace.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

Arg name_arg(std::string* into) {
  return {.names = "name",
          .metavar = "name",
          .help = "The remote's name",
          .into = into,
          .complete = Complete::remote,
          .required = true};
}

class RemoteAdd : public Command {
  repo::RemoteAddOptions options_;
  LevelArgs level_;

  Args args() override {
    Args args{{.names = "name", .metavar = "name", .help = "A name for it", .into = &options_.name, .required = true},
              {.names = "url",
               .metavar = "url",
               .help = "A folder",
               .into = &options_.url,
               .complete = Complete::path,
               .required = true},
              {.names = "-d,--default", .help = "Make it the default remote", .into = &options_.make_default},
              args::force(&options_.force, "Replace a remote of that name")};
    level_.append_to(args);
    return args;
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    options_.level = level_.level();
    const auto info = repo::add_remote(workspace, options_);
    context.say("Added remote " + mlops::quoted(info.name) + " at " + mlops::quoted(info.url) +
                (options_.make_default ? ", the default." : "."));
    return ExitCode::ok;
  }
};

class RemoteList : public Command {
  bool json_ = false;
  LevelArgs level_;

  Args args() override {
    Args args{args::json(&json_)};
    level_.append_to(args);
    return args;
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    auto remotes = nlohmann::ordered_json::array();
    const auto infos = repo::list_remotes(workspace, level_.level());
    if (infos.empty() && !json_) context.say("There are no remotes yet; `mlops remote add -d NAME FOLDER` names one.");
    for (const auto& info : infos) {
      if (!json_) {
        context.out << printable(info.name) << "\t" << printable(info.url) << (info.is_default ? "\t(default)" : "")
                    << (info.trusted ? "" : "\t(not trusted)") << "\n";
        continue;
      }
      auto options = nlohmann::ordered_json::object();
      for (const auto& option : info.options) options[option.first] = option.second;
      remotes.push_back({{"name", info.name},
                         {"url", info.url},
                         {"default", info.is_default},
                         {"trusted", info.trusted},
                         {"file", info.file},
                         {"options", options}});
    }
    if (json_) print_json(context.out, {{"remotes", remotes}});
    return ExitCode::ok;
  }
};

class RemoteModify : public Command {
  std::string name_, option_;
  std::optional<std::string> value_;
  bool unset_ = false;
  LevelArgs level_;

  Args args() override {
    Args args{
        name_arg(&name_),
        {.names = "option",
         .metavar = "option",
         .help = "Which option, for example url",
         .into = &option_,
         .complete = Complete::remote_option,
         .required = true},
        {.names = "value", .metavar = "value", .help = "Its new value", .into = &value_, .complete = Complete::path},
        {.names = "-u,--unset", .help = "Remove the option", .into = &unset_}};
    level_.append_to(args);
    return args;
  }

  ExitCode run(Context& context) override {
    if (value_.has_value() == unset_) throw Error::usage("give either a value or `--unset`");
    auto workspace = context.workspace();
    repo::modify_remote(workspace, name_, option_, value_, level_.level());
    return ExitCode::ok;
  }
};

class RemoteRemove : public Command {
  std::string name_;
  LevelArgs level_;

  Args args() override {
    Args args{name_arg(&name_)};
    level_.append_to(args);
    return args;
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    repo::remove_remote(workspace, name_, level_.level());
    context.say("Removed remote " + mlops::quoted(name_) + "; what it holds stays there.");
    return ExitCode::ok;
  }
};

class RemoteRename : public Command {
  std::string from_, to_;
  LevelArgs level_;

  Args args() override {
    Args args{name_arg(&from_),
              {.names = "new", .metavar = "new", .help = "Its new name", .into = &to_, .required = true}};
    level_.append_to(args);
    return args;
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    repo::rename_remote(workspace, from_, to_, level_.level());
    return ExitCode::ok;
  }
};

class RemoteDefault : public Command {
  std::optional<std::string> name_;
  bool unset_ = false;
  LevelArgs level_;

  Args args() override {
    Args args{{.names = "name",
               .metavar = "name",
               .help = "The new default; shows the present one if omitted",
               .into = &name_,
               .complete = Complete::remote},
              {.names = "-u,--unset", .help = "Have no default", .into = &unset_}};
    level_.append_to(args);
    return args;
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    if (unset_ || name_) {
      repo::set_default_remote(workspace, unset_ ? std::nullopt : name_, level_.level());
      return ExitCode::ok;
    }
    const auto found = repo::get_config(workspace.config(), "core.remote", level_.level());
    if (found) {
      context.out << printable(found->shown()) << "\n";
    } else {
      context.say("There is no default remote.");
    }
    return found ? ExitCode::ok : ExitCode::failed;
  }
};

}  // namespace

const CommandSpec remote_add_command{
    .name = "remote add",
    .group = "Share",
    .summary = "Name a place where objects also live",
    .manual =
        R"(A remote is a folder, which may lie on a mounted share: objects lie in it exactly as in the cache. The first push
makes an empty folder a remote, by a small file `mlops-remote`; a folder that holds other things is refused.

The name and place are written to `.mlops/config`, which is committed, so that colleagues have them too.

EXAMPLES
  mlops remote add -d store /mnt/share/project
)",
    .make = make_command<RemoteAdd>};

const CommandSpec remote_list_command{
    .name = "remote list",
    .group = "Share",
    .summary = "List remotes",
    .manual = "Lists the remotes with their places.\n\nEXAMPLES\n  mlops remote list --json\n",
    .make = make_command<RemoteList>};

const CommandSpec remote_modify_command{
    .name = "remote modify",
    .group = "Share",
    .summary = "Change an option of a remote",
    .manual =
        "Sets or removes one option of a remote. mlops-config(5) lists them.\n\n"
        "EXAMPLES\n  mlops remote modify store url /mnt/other\n  mlops remote modify --local store jobs 16\n",
    .make = make_command<RemoteModify>};

const CommandSpec remote_remove_command{
    .name = "remote remove",
    .group = "Share",
    .summary = "Forget a remote",
    .manual =
        "Takes a remote out of the configuration. Nothing is deleted at its place.\n\n"
        "EXAMPLES\n  mlops remote remove backup\n",
    .make = make_command<RemoteRemove>};

const CommandSpec remote_rename_command{.name = "remote rename",
                                        .group = "Share",
                                        .summary = "Rename a remote",
                                        .manual =
                                            "Renames a remote in the configuration.\n\n"
                                            "EXAMPLES\n  mlops remote rename store main-store\n",
                                        .make = make_command<RemoteRename>};

const CommandSpec remote_default_command{
    .name = "remote default",
    .group = "Share",
    .summary = "Show or change the default remote",
    .manual =
        "The default remote is what push, fetch and pull use when `-r` does not name another.\n\n"
        "EXAMPLES\n  mlops remote default store\n",
    .make = make_command<RemoteDefault>};

}  // namespace mlops::cli

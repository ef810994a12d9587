// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "repo/settings.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class TrustCommand : public Command {
  bool show_ = false, forget_ = false, json_ = false;

  Args args() override {
    return {{.names = "--show", .help = "Only show what would be trusted", .into = &show_},
            {.names = "--forget", .help = "Trust nothing of this clone any more", .into = &forget_},
            args::json(&json_)};
  }

  static nlohmann::ordered_json report_json(const repo::TrustReport& report) {
    auto settings = nlohmann::ordered_json::array();
    for (const auto& setting : report.settings)
      settings.push_back({{"key", setting.key}, {"value", setting.value}, {"line", setting.line}});
    auto remotes = nlohmann::ordered_json::array();
    for (const auto& url : report.urls) remotes.push_back({{"name", url.first}, {"url", url.second}});
    return {{"trusted", report.config_trusted}, {"settings", settings}, {"remotes", remotes}};
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    if (forget_) {
      repo::distrust(workspace);
      context.say("Nothing of this clone's committed configuration is trusted any more.");
      return ExitCode::ok;
    }
    const auto report = show_ ? repo::trust_report(workspace) : repo::trust(workspace);
    if (json_) {
      print_json(context.out, report_json(report));
      return ExitCode::ok;
    }
    for (const auto& setting : report.settings) context.out << setting.key << " = " << printable(setting.value) << "\n";
    for (const auto& url : report.urls)
      context.out << "remote " << url.first << " at " << printable(url.second) << "\n";
    if (!show_) context.say("Trusted the committed configuration as it is now, in this clone.");
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec trust_command{
    .name = "trust",
    .group = "Start",
    .summary = "Let the committed configuration redirect this clone",
    .manual =
        R"(From `.mlops/config`, which comes with the repository, only harmless settings count by themselves. Those that name
programs, credentials or directories outside the repository count after this command, and only while the file stays
exactly as it is. The same holds for a remote in a folder that is not yours and not yet an mlops remote.

What was trusted is kept inside the git directory, where no commit can put anything.

EXAMPLES
  mlops trust --show
  mlops trust
)",
    .make = make_command<TrustCommand>};

}  // namespace mlops::cli

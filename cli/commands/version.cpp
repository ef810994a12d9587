// SPDX-License-Identifier: Apache-2.0
#include "version.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/json.hpp"

namespace mlops::cli {
namespace {

class Version : public Command {
  bool json_ = false;

  Args args() override { return {args::json(&json_)}; }

  ExitCode run(Context& context) override {
    if (json_) {
      print_json(context.out, {{"version", std::string(version)}, {"format", 1}});
    } else {
      context.out << "mlops " << version << "\n";
    }
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec version_command{
    .name = "version",
    .group = "Start",
    .summary = "Show the version",
    .manual =
        "Shows the version of this program and of the format of projects that it makes.\n\n"
        "EXAMPLES\n  mlops version --json\n",
    .make = make_command<Version>};

}  // namespace mlops::cli

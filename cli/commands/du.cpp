// SPDX-License-Identifier: Apache-2.0
#include "repo/du.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/listed_place.hpp"
#include "cli/commands/shared.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class Du : public Command {
  ListedPlace place_;
  repo::DuOptions options_;
  bool summarize_ = false, json_ = false;

  Args args() override {
    return {place_.first(),
            place_.second(),
            ListedPlace::revision(&options_.revision),
            {.names = "-s,--summarize", .help = "Show the total only", .into = &summarize_},
            args::json(&json_)};
  }

  ExitCode run(Context& context) override {
    auto workspace = place_.open(context, options_.path);
    const auto result = repo::du(workspace, options_);
    if (json_) {
      Json items = Json::array();
      for (const auto& item : result.items) items.push_back({{"path", item.path.str()}, {"size", item.size_bytes}});
      print_json(context.out, {{"files", items},
                               {"path", result.total.path.str()},
                               {"size", result.total.size_bytes},
                               {"not_in_cache", paths_json(result.not_in_cache)}});
      return ExitCode::ok;
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& item : result.items) {
      if (!summarize_) rows.push_back({short_size(item.size_bytes), item.path.str()});
    }
    rows.push_back({short_size(result.total.size_bytes), result.total.path.str()});
    context.out << plain_table(rows);
    say_not_listed(context, result.not_in_cache);
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec du_command{
    .name = "du",
    .group = "Data",
    .summary = "Show how many bytes data and other files take",
    .manual =
        R"(Adds up the sizes of what lies in a directory, one line for each entry and the total last: files as they are in the
workspace, tracked data that is not there as it is recorded. Pointers, pipeline and ignore files do not count. With
`--rev` a revision is looked at, whose data need not be here. Paths are relative to the project's root.

Where the project is and what is looked at in it are given as for mlops-ls(1).

JSON
{"files": [{"path", "size"}], "path", "size", "not_in_cache": [path]}, sizes in bytes.

EXAMPLES
  mlops du data
  mlops du . -s --rev v1.0
)",
    .make = make_command<Du>};

}  // namespace mlops::cli

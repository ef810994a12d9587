// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"
#include "repo/list.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class Ls : public Command {
  repo::ListOptions options_;
  std::optional<int> depth_;
  bool size_ = false, hash_ = false, json_ = false;

  Args args() override {
    return {{.names = "path",
             .metavar = "path",
             .help = "What to list; the current directory if omitted",
             .into = &options_.path,
             .complete = Complete::path},
            {.names = "-R,--recursive", .help = "List what lies below, too", .into = &options_.recursive},
            {.names = "-L,--level", .metavar = "n", .help = "With -R, go at most this deep", .into = &depth_},
            {.names = "--rev",
             .metavar = "revision",
             .help = "List this revision instead of the workspace",
             .into = &options_.revision,
             .complete = Complete::revision},
            {.names = "--dvc-only,--tracked", .help = "Only what mlops tracks", .into = &options_.tracked_only},
            {.names = "--size", .help = "Show sizes", .into = &size_},
            {.names = "--show-hash", .help = "Show digests", .into = &hash_},
            args::json(&json_)};
  }

  static Json item_json(const repo::ListItem& item) {
    return {{"path", item.path.str()},
            {"isdir", item.directory},
            {"isexec", item.executable},
            {"tracked", item.tracked},
            {"size", item.size_bytes ? Json(*item.size_bytes) : Json(nullptr)},
            {"sha256", item.digest ? Json(item.digest->hex()) : Json(nullptr)}};
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    if (depth_ && *depth_ < 1) throw Error::usage("`--level` wants a number above 0");
    if (depth_) options_.depth = static_cast<unsigned>(*depth_);
    const auto result = repo::list(workspace, options_);
    if (json_) {
      Json files = Json::array();
      for (const auto& item : result.items) files.push_back(item_json(item));
      print_json(context.out, {{"files", files}, {"not_in_cache", paths_json(result.not_in_cache)}});
      return ExitCode::ok;
    }
    const Paint paint(context.color_out());
    for (const auto& item : result.items) {
      if (size_) context.out << (item.size_bytes ? human_size(*item.size_bytes) : "-") << "\t";
      if (hash_) context.out << (item.digest ? item.digest->hex() : "-") << "\t";
      const std::string name = printable(item.path.relative_to(workspace.cwd())) + (item.directory ? "/" : "");
      context.out << (item.tracked ? paint.cyan(name) : name) << "\n";
    }
    for (const auto& path : result.not_in_cache)
      context.say("The listing of " + mlops::quoted(workspace.shown(path)) +
                  " is not in the cache; `mlops fetch` brings it.");
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec ls_command{
    .name = "ls",
    .group = "Data",
    .summary = "List files, those of git and tracked ones",
    .manual =
        R"(Lists a directory as the repository knows it: git's files and the data that mlops tracks, also of a revision whose
data is not in the workspace.

EXAMPLES
  mlops ls data --size
  mlops ls -R --rev v1.0 data/raw
)",
    .make = make_command<Ls>};

const CommandSpec list_command{
    .name = "list", .group = "", .summary = ls_command.summary, .manual = ls_command.manual, .make = make_command<Ls>};

}  // namespace mlops::cli

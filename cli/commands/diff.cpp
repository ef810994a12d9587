// SPDX-License-Identifier: Apache-2.0
#include "repo/diff.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "cli/json.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class Diff : public Command {
  repo::DiffOptions options_;
  bool json_ = false;
  bool exit_code_ = false;
  bool show_hash_ = false;

  Args args() override {
    return {{.names = "a",
             .metavar = "a",
             .help = "Revision to compare from; HEAD if omitted",
             .into = &options_.before,
             .complete = Complete::revision},
            {.names = "b",
             .metavar = "b",
             .help = "Revision to compare to; the workspace if omitted",
             .into = &options_.after,
             .complete = Complete::revision},
            {.names = "--targets",
             .metavar = "path",
             .help = "Only this path (repeatable)",
             .into = &options_.targets,
             .complete = Complete::path},
            {.names = "--show-hash", .help = "Show the digests", .into = &show_hash_},
            {.names = "--exit-code", .help = "End with 4 if there are differences", .into = &exit_code_},
            args::json(&json_)};
  }

  void show(const Context& context, const repo::Workspace& workspace, const repo::DiffItem& item) const {
    context.out << repo::to_string(item.kind) << "\t";
    if (item.from) context.out << workspace.shown(*item.from) << " -> ";
    context.out << workspace.shown(item.path);
    if (show_hash_) {
      const auto digest = [](const std::optional<store::Entry>& entry) {
        return entry ? entry->digest.hex().substr(0, 12) : std::string("-");
      };
      context.out << "\t" << digest(item.before) << ".." << digest(item.after);
    }
    const auto& entry = item.after ? item.after : item.before;
    if (entry) context.out << "\t" << human_size(entry->size);
    context.out << "\n";
  }

  static Json item_json(const repo::DiffItem& item) {
    return {{"status", repo::to_string(item.kind)},
            {"path", item.path.str()},
            {"from", item.from ? Json(item.from->str()) : Json(nullptr)},
            {"before", entry_json(item.before)},
            {"after", entry_json(item.after)}};
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    const auto result = repo::diff(workspace, options_);
    if (json_) {
      Json files = Json::array();
      for (const auto& item : result.items) files.push_back(item_json(item));
      print_json(context.out, {{"before", result.before},
                               {"after", result.after},
                               {"files", files},
                               {"not_in_cache", paths_json(result.not_in_cache)}});
    } else {
      for (const auto& item : result.items) show(context, workspace, item);
      for (const auto& path : result.not_in_cache)
        context.say(mlops::quoted(workspace.shown(path)) +
                    " differs; its listing is not in the cache (`mlops fetch`).");
      if (result.items.empty() && result.not_in_cache.empty()) context.say("No differences.");
    }
    const bool same = result.items.empty() && result.not_in_cache.empty();
    return exit_code_ && !same ? ExitCode::no : ExitCode::ok;
  }
};

}  // namespace

const CommandSpec diff_command{
    .name = "diff",
    .group = "Data",
    .summary = "Show how tracked data differs between revisions",
    .manual =
        R"(Compares the tracked data of two revisions, or of a revision with the workspace, file by file: added, deleted,
modified, renamed (same content at another path).

EXAMPLES
  mlops diff                   HEAD with the workspace
  mlops diff v1.0 main         two revisions
  mlops diff --targets data/raw --json
)",
    .make = make_command<Diff>};

}  // namespace mlops::cli

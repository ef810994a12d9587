// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"
#include "repo/data_changes.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

using Kinds = std::vector<repo::DiffKind>;

/// The order in which kinds of change are shown.
const Kinds shown_kinds{repo::DiffKind::modified, repo::DiffKind::unknown, repo::DiffKind::renamed,
                        repo::DiffKind::added, repo::DiffKind::deleted};

std::string path_of(const repo::DiffItem& item) { return path_text(item.path, item.after ? item.after : item.before); }

std::vector<std::string> paths_of(const std::vector<repo::RecordedFile>& files) {
  std::vector<std::string> paths;
  for (const auto& file : files) paths.push_back(path_text(file.path, file.entry));
  return paths;
}

std::vector<std::string> paths_of(const std::vector<repo::DiffItem>& items) {
  std::vector<std::string> paths;
  for (const auto& item : items) paths.push_back(path_of(item));
  return paths;
}

Json item_json(const repo::DiffItem& item) {
  if (!item.from) return path_of(item);
  return {{"old", path_text(*item.from, item.before)}, {"new", path_of(item)}};
}

Json items_json(const std::vector<repo::DiffItem>& items) {
  Json json = Json::object();
  for (const auto kind : shown_kinds) {
    for (const auto& item : items) {
      if (item.kind == kind) json[std::string(repo::to_string(kind))].push_back(item_json(item));
    }
  }
  return json;
}

/// "modified: data/raw", "renamed: old -> new".
std::vector<std::string> item_lines(const std::vector<repo::DiffItem>& items) {
  std::vector<std::string> lines;
  for (const auto kind : shown_kinds) {
    for (const auto& item : items) {
      if (item.kind != kind) continue;
      const std::string from = item.from ? path_text(*item.from, item.before) + " -> " : "";
      lines.push_back(std::string(repo::to_string(kind)) + ": " + from + path_of(item));
    }
  }
  return lines;
}

/// Writes one part after another, an empty line between them.
class Parts {
 public:
  explicit Parts(std::ostream& out) : out_(out) {}

  void show(std::string_view head, const std::vector<std::string_view>& hints, const std::vector<std::string>& lines,
            const std::function<std::string(const std::string&)>& paint) {
    if (lines.empty()) return;
    out_ << (any_ ? "\n" : "") << head << ":\n";
    for (const auto hint : hints) out_ << "  (" << hint << ")\n";
    for (const auto& line : lines) out_ << paint("        " + printable(line)) << "\n";
    any_ = true;
  }
  bool any() const { return any_; }

 private:
  std::ostream& out_;
  bool any_ = false;
};

class DataStatus : public Command {
  repo::DataChangesOptions options_;
  bool granular_ = false, no_refresh_ = false, json_ = false;
  std::string untracked_ = "no";

  Args args() override {
    return {args::targets(&options_.targets, "What to look at; everything if omitted"),
            {.names = "--granular", .help = "Look into tracked directories, file by file", .into = &granular_},
            {.names = "--unchanged", .help = "Also show what did not change", .into = &options_.unchanged},
            {.names = "--untracked-files",
             .metavar = "which",
             .help = "Also show files that nobody tracks; the bare option means all",
             .alone = "all",
             .into = &untracked_,
             .choices = {"no", "all"}},
            {.names = "--not-in-remote",
             .help = "Also show what the remote does not have",
             .into = &options_.not_in_remote},
            args::remote(&options_.remote),
            {.names = "--no-remote-refresh",
             .help = "With --not-in-remote: go by what the remote had when it was last asked",
             .into = &no_refresh_},
            args::json(&json_)};
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    options_.granularity = granular_ ? repo::Granularity::files : repo::Granularity::paths;
    options_.refresh = !no_refresh_;
    if (untracked_ == "all")
      options_.git = repo::GitLook::untracked;
    else
      options_.git = json_ ? repo::GitLook::none : repo::GitLook::changes;
    const auto changes = repo::data_changes(workspace, options_);
    for (const auto& note : changes.notes) context.say("note: " + note);
    if (json_)
      print_json(context.out, changes_json(changes));
    else if (context.verbosity != Verbosity::quiet)
      show(context, changes);
    return ExitCode::ok;
  }

  static Json changes_json(const repo::DataChanges& changes) {
    const std::vector<std::pair<std::string, Json>> parts{{"not_in_cache", paths_of(changes.not_in_cache)},
                                                          {"not_in_remote", paths_of(changes.not_in_remote)},
                                                          {"committed", items_json(changes.committed)},
                                                          {"uncommitted", items_json(changes.uncommitted)},
                                                          {"untracked", changes.untracked},
                                                          {"unchanged", paths_of(changes.unchanged)}};
    Json json = Json::object();
    for (const auto& part : parts) {
      if (!part.second.empty()) json[part.first] = part.second;
    }
    return json;
  }

  static void show(const Context& context, const repo::DataChanges& changes) {
    const Paint paint(context.color_out());
    const auto red = [&](const std::string& text) { return paint.red(text); };
    const auto green = [&](const std::string& text) { return paint.green(text); };
    const auto yellow = [&](const std::string& text) { return paint.yellow(text); };
    const auto cyan = [&](const std::string& text) { return paint.cyan(text); };
    const auto plain = [](const std::string& text) { return text; };
    Parts parts(context.out);
    parts.show("Not in cache", {R"(use "mlops fetch <file>..." to download files)"}, paths_of(changes.not_in_cache),
               red);
    parts.show("Not in remote", {R"(use "mlops push <file>..." to upload files)"}, paths_of(changes.not_in_remote),
               red);
    parts.show("mlops committed changes", {"git commit the corresponding files of mlops to update the repo"},
               item_lines(changes.committed), green);
    parts.show(
        "mlops uncommitted changes",
        {R"(use "mlops commit <file>..." to track changes)", R"(use "mlops checkout <file>..." to discard changes)"},
        item_lines(changes.uncommitted), yellow);
    parts.show("Untracked files", {R"(use "git add <file> ..." or "mlops add <file>..." to commit to git or to mlops)"},
               changes.untracked, cyan);
    parts.show("mlops unchanged files", {}, paths_of(changes.unchanged), plain);
    if (!parts.any()) context.out << (changes.no_commits ? "No changes in an empty git repo.\n" : "No changes.\n");
    if (changes.git_changes)
      context.out << "(there are " << (parts.any() ? "other " : "")
                  << "changes not tracked by mlops, use \"git status\" to see)\n";
  }
};

}  // namespace

const CommandSpec data_status_command{
    .name = "data status",
    .group = "Data",
    .summary = "Show changes of data, committed and not",
    .manual =
        R"(Compares three states of the tracked data: what the last git commit records, what the pointers and the lock record
now, and what lies in the workspace.

  not in cache       recorded now, and its object is not in the cache
  not in remote      recorded now, and its object is not in its remote (with `--not-in-remote`)
  committed          HEAD against the metadata files: `git commit` would record it
  uncommitted        the metadata files against the workspace: `mlops commit` would record it
  untracked          files that neither git nor mlops tracks (with `--untracked-files`)
  unchanged          the same in all three (with `--unchanged`)

Changes are `modified`, `added`, `deleted`, `renamed`, and `unknown` for files below a directory of which one side's
listing is not in the cache. Paths are relative to the project's root, those of untracked files to the current
directory; a directory ends with a slash. Without `--granular` a tracked directory is one line; with it the files inside
follow, and objects of files are looked for, too. A target may be any path, also one inside a tracked directory.

The status of stages is another question: mlops-status(1).

JSON
One object; parts that are empty are left out:

  {"not_in_cache": [path], "not_in_remote": [path], "committed": changes, "uncommitted": changes,
   "untracked": [path], "unchanged": [path]}

where changes is {"modified": [path], "unknown": [path], "renamed": [{"old": path, "new": path}], "added": [path],
"deleted": [path]}, without those that are empty.

EXAMPLES
  mlops data status --granular
  mlops data status --json --untracked-files --unchanged
  mlops data status --not-in-remote -r store data/raw
)",
    .make = make_command<DataStatus>};

}  // namespace mlops::cli

// SPDX-License-Identifier: Apache-2.0
#include "repo/diff.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

constexpr std::size_t short_digits = 8;

/// One line of the answer: a path, or two where it was renamed, and the hashes of what is there.
struct Row {
  std::string old_path;
  std::string new_path{};  ///< empty unless renamed
  std::optional<std::string> old_hash{}, new_hash{};
  bool two_hashes = false;

  std::string path() const { return new_path.empty() ? old_path : old_path + " -> " + new_path; }
  bool directory() const { return path().ends_with('/'); }
  /// "abcdef01", "abcdef01..23456789".
  std::string short_hash() const {
    const auto digits = [](const std::optional<std::string>& hash) {
      return hash ? hash->substr(0, short_digits) : std::string("-");
    };
    return two_hashes ? digits(old_hash) + ".." + digits(new_hash) : digits(old_hash);
  }
};

struct Group {
  std::string name;
  std::vector<Row> rows;
};

std::optional<std::string> hash_of(const std::optional<store::Entry>& entry) {
  return entry ? std::optional(digest_text(*entry)) : std::nullopt;
}

Row row_of(const repo::DiffItem& item) {
  const auto& shown = item.before ? item.before : item.after;
  Row row{.old_path = path_text(item.from ? *item.from : item.path, shown), .old_hash = hash_of(shown)};
  if (item.kind == repo::DiffKind::renamed) row.new_path = path_text(item.path, item.after);
  row.two_hashes = item.kind == repo::DiffKind::modified;
  if (row.two_hashes) row.new_hash = hash_of(item.after);
  return row;
}

/// All groups in the order in which `order` names them, each sorted by the text of its paths.
std::vector<Group> groups_of(const repo::DiffResult& result, const std::vector<std::string>& order) {
  std::vector<Group> groups;
  for (const auto& name : order) {
    groups.push_back({name, {}});
    auto& rows = groups.back().rows;
    for (const auto& item : result.items) {
      if (repo::to_string(item.kind) == name) rows.push_back(row_of(item));
    }
    if (name == "not in cache") {
      for (const auto& file : result.not_in_cache)
        rows.push_back({.old_path = path_text(file.path, file.entry), .old_hash = hash_of(file.entry)});
    }
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.old_path < b.old_path; });
  }
  return groups;
}

class Diff : public Command {
  repo::DiffOptions options_;
  bool json_ = false, markdown_ = false;
  bool exit_code_ = false, hide_missing_ = false;
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
             .help = "Only these paths (repeatable)",
             .into = &options_.targets,
             .complete = Complete::target,
             .several = true},
            {.names = "--show-hash", .help = "Show the digests", .into = &show_hash_},
            {.names = "--hide-missing", .help = "Say nothing of what the cache lacks", .into = &hide_missing_},
            {.names = "--exit-code", .help = "End with 4 if there are differences", .into = &exit_code_},
            {.names = "--md", .help = "Print a Markdown table instead of text", .into = &markdown_},
            args::json(&json_)};
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    options_.look_in_cache = !options_.after && !hide_missing_;
    const auto result = repo::diff(workspace, options_);
    const bool nothing = result.items.empty() && result.not_in_cache.empty();
    if (json_)
      print_json(context.out, nothing ? Json::object() : diff_json(result));
    else if (markdown_)
      context.out << markdown(result);
    else if (context.verbosity != Verbosity::quiet)
      show(context, result);
    for (const auto& path : result.not_listed)
      context.say(mlops::quoted(path.str()) + " differs; its listing is not in the cache (`mlops fetch`).");
    if (nothing && !json_) context.say("No differences.");
    return exit_code_ && !result.items.empty() ? ExitCode::no : ExitCode::ok;
  }

  /// The groups that are shown: what the cache lacks last, if at all.
  std::vector<Group> shown(const repo::DiffResult& result, std::vector<std::string> order) const {
    if (options_.look_in_cache) order.emplace_back("not in cache");
    return groups_of(result, order);
  }

  Json row_json(const Row& row) const {
    Json json = {
        {"path", row.new_path.empty() ? Json(row.old_path) : Json{{"old", row.old_path}, {"new", row.new_path}}}};
    const auto hash = [](const std::optional<std::string>& text) { return text ? Json(*text) : Json(nullptr); };
    if (show_hash_)
      json["hash"] =
          row.two_hashes ? Json{{"old", hash(row.old_hash)}, {"new", hash(row.new_hash)}} : hash(row.old_hash);
    return json;
  }

  Json diff_json(const repo::DiffResult& result) const {
    Json json = Json::object();
    for (const auto& group : shown(result, {"added", "deleted", "modified", "renamed"})) {
      json[group.name] = Json::array();
      for (const auto& row : group.rows) json[group.name].push_back(row_json(row));
    }
    return json;
  }

  std::string markdown(const repo::DiffResult& result) const {
    std::vector<std::vector<std::string>> rows;
    for (const auto& group : shown(result, {"added", "deleted", "renamed", "modified"})) {
      for (const auto& row : group.rows) {
        rows.push_back({group.name});
        if (show_hash_) rows.back().push_back(row.short_hash());
        rows.back().push_back(row.path());
      }
    }
    std::vector<std::string> head{"Status", "Path"};
    if (show_hash_) head.insert(head.begin() + 1, "Hash");
    return markdown_table(head, rows) + "\n";
  }

  void show(const Context& context, const repo::DiffResult& result) const {
    const Paint paint(context.color_out());
    std::vector<std::string> summary;
    for (const auto& group : shown(result, {"added", "deleted", "renamed", "modified"})) {
      if (group.rows.empty()) continue;
      std::string head = group.name;
      head[0] = static_cast<char>(head[0] - 'a' + 'A');
      const bool warns = group.name == "modified" || group.name == "not in cache";
      context.out << (warns                     ? paint.yellow(head)
                      : group.name == "deleted" ? paint.red(head)
                                                : paint.green(head))
                  << ":\n";
      for (const auto& row : group.rows)
        context.out << "    " << (show_hash_ ? row.short_hash() + "  " : "") << printable(row.path()) << "\n";
      context.out << "\n";
      const auto files =
          std::count_if(group.rows.begin(), group.rows.end(), [](const Row& r) { return !r.directory(); });
      if (files > 0) summary.push_back(std::to_string(files) + " " + group.name);
    }
    if (!summary.empty()) context.out << "files summary: " << join(summary, ", ") << "\n";
  }
};

}  // namespace

const CommandSpec diff_command{
    .name = "diff",
    .group = "Data",
    .summary = "Show how tracked data differs between revisions",
    .manual =
        R"(Compares the tracked data of two revisions, or of a revision with the workspace, file by file: added, deleted,
renamed (same content at another path), modified. Compared with the workspace it also says which objects of the first
revision are not in the cache. Paths are relative to the project's root; a directory ends with a slash, and the summary
counts files only.

JSON
One object; when nothing differs and nothing is missing it is empty. `--show-hash` adds the hashes.

  {"added": [{"path": path, "hash": hash}], "deleted": [{"path": path, "hash": hash}],
   "modified": [{"path": path, "hash": {"old": hash, "new": hash}}],
   "renamed": [{"path": {"old": path, "new": path}, "hash": hash}], "not in cache": [{"path": path, "hash": hash}]}

"not in cache" is there only in a comparison with the workspace and without `--hide-missing`.

EXAMPLES
  mlops diff                   HEAD with the workspace
  mlops diff v1.0 main         two revisions
  mlops diff --targets data/raw model.bin --json
)",
    .make = make_command<Diff>};

}  // namespace mlops::cli

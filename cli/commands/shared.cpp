// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/shared.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "repo/workspace.hpp"
#include "util/text.hpp"

namespace mlops::cli {

Json entry_json(const std::optional<store::Entry>& entry) {
  if (!entry) return nullptr;
  return {{"kind", store::to_string(entry->kind)},
          {std::string(hash::to_string(entry->digest.algorithm())), entry->digest.hex()},
          {"size", entry->size},
          {"files", entry->files}};
}

std::string path_text(const fs::RepoPath& path, const std::optional<store::Entry>& entry) {
  return path.str() + (entry && entry->kind == store::EntryKind::tree ? "/" : "");
}

std::string digest_text(const store::Entry& entry) { return hash::listed_name(entry.id()); }

Json paths_json(const std::vector<fs::RepoPath>& paths) {
  Json list = Json::array();
  for (const auto& path : paths) list.push_back(path.str());
  return list;
}

Json rescued_json(const std::vector<std::pair<fs::RepoPath, std::string>>& rescued) {
  Json list = Json::array();
  for (const auto& item : rescued) list.push_back({{"path", item.first.str()}, {"kept_at", item.second}});
  return list;
}

std::string size_text(const store::Entry& entry) {
  if (entry.kind != store::EntryKind::tree) return "(" + human_size(entry.size) + ")";
  return "(" + human_size(entry.size) + " in " + counted(entry.files, "file") + ")";
}

std::string git_add_words(const repo::Workspace& workspace, const std::vector<fs::RepoPath>& files) {
  std::string words;
  bool dashed = false;
  for (const auto& file : files) {
    const std::string path = file.relative_to(workspace.cwd());
    dashed = dashed || path.starts_with('-');
    words += " " + shell_quoted(path);
  }
  return (dashed ? " --" : "") + words;
}

void suggest_git_add(const Context& context, const repo::Workspace& workspace, const std::vector<fs::RepoPath>& files,
                     bool staged) {
  if (files.empty() || staged) return;
  context.say("To keep this with git, run `git add" + git_add_words(workspace, files) + "`.");
}

namespace {

void show_paths(const Context& context, const repo::Workspace& workspace, std::string_view mark,
                const std::vector<fs::RepoPath>& paths) {
  for (const auto& path : paths) context.out << mark << "\t" << workspace.shown(path) << "\n";
}

}  // namespace

void say_no_stages(const Context& context) { context.say("There are no stages yet; `mlops stage add` declares one."); }

void show_checkout(const Context& context, const repo::Workspace& workspace, const repo::CheckoutResult& result) {
  const std::size_t changes = result.added.size() + result.modified.size() + result.deleted.size();
  constexpr std::size_t list_at_most = 20;
  // What was done is no answer to a question: -q wants none of it.
  const bool listed =
      changes <= list_at_most ? context.verbosity != Verbosity::quiet : context.verbosity >= Verbosity::verbose;
  if (listed) {
    show_paths(context, workspace, "A", result.added);
    show_paths(context, workspace, "M", result.modified);
    show_paths(context, workspace, "D", result.deleted);
  }
  for (const auto& item : result.rescued)
    context.say("Kept the former content of " + mlops::quoted(workspace.shown(item.first)) + " at " +
                mlops::quoted(item.second) + ".");
  for (const auto& path : result.missing)
    context.say("Skipped " + mlops::quoted(workspace.shown(path)) + ": not in the cache; `mlops pull` brings it.");
  if (changes > list_at_most)
    context.say("Checked out: " + counted(result.added.size(), "file") + " added, " +
                human_count(result.modified.size()) + " modified, " + human_count(result.deleted.size()) + " deleted.");
}

Json checkout_json(const repo::CheckoutResult& result) {
  return {{"added", paths_json(result.added)},     {"modified", paths_json(result.modified)},
          {"deleted", paths_json(result.deleted)}, {"rescued", rescued_json(result.rescued)},
          {"missing", paths_json(result.missing)}, {"not_made", paths_json(result.not_made)}};
}

namespace {

void show_failures(const Context& context, const std::vector<store::TransferResult::Item>& items,
                   std::string_view what) {
  constexpr std::size_t show_at_most = 50;
  for (std::size_t i = 0; i < items.size() && i < show_at_most; ++i) {
    context.err << "error: " << what << " " << mlops::quoted(items[i].label);
    if (!items[i].reason.empty()) context.err << ": " << items[i].reason;
    context.err << "\n";
  }
  if (items.size() > show_at_most)
    context.err << "error: ... and " << human_count(items.size() - show_at_most) << " more\n";
}

Json items_json(const std::vector<store::TransferResult::Item>& items) {
  Json list = Json::array();
  for (const auto& item : items)
    list.push_back({{"path", item.label},
                    {"object", hash::object_path(item.id)},
                    {"reason", item.reason.empty() ? Json(nullptr) : Json(item.reason)}});
  return list;
}

}  // namespace

ExitCode show_sync(const Context& context, const repo::SyncResult& result, std::string_view verb,
                   std::string_view preposition) {
  for (const auto& remote : result.remotes) {
    const auto& transfer = remote.transfer;
    show_failures(context, transfer.failed, "cannot transfer");
    show_failures(context, transfer.missing, "missing here and on the remote:");
    if (transfer.objects > 0)
      context.say(std::string(verb) + " " + counted(transfer.objects, "object") + " (" + human_size(transfer.bytes) +
                  ") " + std::string(preposition) + " " + mlops::quoted(remote.remote) + ".");
  }
  for (const auto& hint : result.hints) context.err << "hint: " << hint << "\n";
  if (result.complete() && result.objects() == 0)
    context.say(result.paths == 0 ? "There is no tracked data to transfer." : "Everything is up to date.");
  return result.complete() ? ExitCode::ok : ExitCode::partial;
}

Json sync_json(const repo::SyncResult& result) {
  Json remotes = Json::array();
  for (const auto& remote : result.remotes) {
    const auto& transfer = remote.transfer;
    remotes.push_back({{"remote", remote.remote},
                       {"objects", transfer.objects},
                       {"bytes", transfer.bytes},
                       {"transferred", items_json(transfer.transferred)},
                       {"failed", items_json(transfer.failed)},
                       {"missing", items_json(transfer.missing)}});
  }
  return {{"remotes", remotes}, {"paths", result.paths}, {"complete", result.complete()}, {"hints", result.hints}};
}

Args SyncArgs::args() {
  return {
      args::targets(&options.targets.targets, "What to transfer; everything tracked if omitted"),
      args::remote(&options.remote),
      args::jobs(&jobs),
      args::all_branches(&options.revisions.all_branches),
      args::all_tags(&options.revisions.all_tags),
      args::all_commits(&options.revisions.all_commits),
      {.names = "--rev",
       .metavar = "revision",
       .help = "Also what this revision names (repeatable)",
       .into = &options.revisions.revisions,
       .complete = Complete::revision},
      {.names = "-d,--with-deps", .help = "Also what the named stages depend on", .into = &options.targets.with_deps},
      args::recursive(&options.targets.recursive),
      {.names = "--glob", .help = "Take targets as patterns", .into = &options.targets.glob},
      {.names = "--verify",
       .help = "Ask for every object instead of trusting directory listings",
       .into = &options.verify},
      args::dry_run(&options.dry_run),
      args::json(&json)};
}

repo::Session session_with_jobs(const Context& context, int jobs) {
  if (jobs < 0) throw Error::usage("`--jobs` wants a number above 0, not {}", jobs);
  repo::Session session = context.session();
  session.jobs = static_cast<unsigned>(jobs);
  return session;
}

}  // namespace mlops::cli

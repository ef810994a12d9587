// SPDX-License-Identifier: Apache-2.0
#include "pipeline/status.hpp"
#include "pipeline/stage_changes.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/pipeline_text.hpp"
#include "cli/commands/shared.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"
#include "repo/data_status.hpp"
#include "repo/snapshot.hpp"
#include "repo/sync.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

std::string change_text(const repo::DataStatusItem& item) {
  if (!item.problem.empty()) return item.problem;
  if (!item.changes_known) return "its recorded listing is not in the cache";
  std::size_t added = 0, deleted = 0, modified = 0;
  for (const auto& change : item.changes) {
    added += change.change == store::Change::added ? 1 : 0;
    deleted += change.change == store::Change::deleted ? 1 : 0;
    modified += change.change == store::Change::modified ? 1 : 0;
  }
  std::vector<std::string> parts;
  if (modified > 0) parts.push_back(human_count(modified) + " modified");
  if (added > 0) parts.push_back(human_count(added) + " new");
  if (deleted > 0) parts.push_back(human_count(deleted) + " deleted");
  return join(parts, ", ");
}

std::string_view change_word(store::Change change) {
  return change == store::Change::added ? "added" : change == store::Change::deleted ? "deleted" : "modified";
}

Json item_json(const repo::DataStatusItem& item) {
  Json changes = Json::array();
  for (const auto& change : item.changes)
    changes.push_back({{"path", (item.path / change.path).str()}, {"status", change_word(change.change)}});
  return {{"path", item.path.str()},
          {"status", repo::to_string(item.state)},
          {"stage", item.stage.empty() ? Json(nullptr) : Json(item.stage)},
          {"in_cache", item.in_cache},
          {"recorded", entry_json(item.recorded)},
          {"actual", entry_json(item.actual)},
          {"problem", item.problem.empty() ? Json(nullptr) : Json(item.problem)},
          {"changes", changes}};
}

Json stage_json(const pipeline::StageStatus& stage) {
  return {{"name", stage.stage}, {"action", action_word(stage.action)}, {"reasons", reasons_json(stage.reasons)}};
}

/// Whether an item wants to be shown under "changed": an output that its stage would remake is shown there instead.
bool shows(const repo::DataStatusItem& item) {
  return item.state == repo::DataState::modified || item.state == repo::DataState::missing ||
         item.state == repo::DataState::unstored;
}

class Status : public Command {
  repo::SyncOptions cloud_options_;
  bool cloud_ = false, json_ = false, exit_code_ = false;
  int jobs_ = 0;

  Args args() override {
    return {args::targets(&cloud_options_.targets.targets, "What to look at; everything if omitted"),
            {.names = "-c,--cloud", .help = "Compare the cache with a remote", .into = &cloud_},
            args::remote(&cloud_options_.remote),
            args::all_branches(&cloud_options_.revisions.all_branches),
            args::all_tags(&cloud_options_.revisions.all_tags),
            args::all_commits(&cloud_options_.revisions.all_commits),
            {.names = "-d,--with-deps",
             .help = "Also what the named stages depend on",
             .into = &cloud_options_.targets.with_deps},
            args::recursive(&cloud_options_.targets.recursive),
            {.names = "--exit-code", .help = "End with 4 if anything differs", .into = &exit_code_},
            args::jobs(&jobs_),
            args::json(&json_)};
  }

  ExitCode verdict(bool clean) const { return exit_code_ && !clean ? ExitCode::no : ExitCode::ok; }

  ExitCode run(Context& context) override {
    auto workspace = repo::Workspace::open(session_with_jobs(context, jobs_));
    if (cloud_ || cloud_options_.remote || cloud_options_.revisions.any()) return run_cloud(context, workspace);
    const auto snapshot = repo::Snapshot::of_workspace(workspace);
    if (workspace.dialect().status_by_stage()) return run_by_stage(context, workspace, *snapshot);
    const auto data = repo::data_status(workspace, *snapshot, {.targets = cloud_options_.targets});
    const auto stages = pipeline::status(workspace, *snapshot, cloud_options_.targets.targets);
    const bool clean = data.clean() && stages.changed.empty();
    const auto not_in_git = cloud_options_.targets.targets.empty() ? repo::untracked_metadata(workspace, *snapshot)
                                                                   : std::vector<fs::RepoPath>();
    if (json_) {
      Json json = status_json(data, stages, clean);
      json["untracked_metadata"] = paths_json(not_in_git);
      print_json(context.out, json);
    } else if (context.verbosity != Verbosity::quiet) {
      show_data(context, workspace, data);
      show_stages(context, stages);
      show_not_in_git(context, workspace, not_in_git);
      if (clean) context.out << "Data and pipeline are up to date.\n";
    }
    return verdict(clean);
  }

  ExitCode run_by_stage(Context& context, repo::Workspace& workspace, const repo::Snapshot& snapshot) const {
    std::vector<std::string> frozen;
    const auto changed = pipeline::stage_changes(workspace, snapshot, cloud_options_.targets.targets, frozen);
    for (const auto& name : frozen) {
      context.say("stage '" + name + "' is frozen, so its dependencies are not looked at.");
    }
    if (json_) {
      Json stages = Json::object();
      for (const auto& stage : changed) stages[stage.name] = changes_json(stage);
      print_json(context.out, stages);
    } else if (context.verbosity != Verbosity::quiet) {
      for (const auto& stage : changed) show_changes(context, stage);
      if (changed.empty()) context.out << "Data and pipelines are up to date.\n";
    }
    return verdict(changed.empty());
  }

  static Json changes_json(const pipeline::StageChanges& stage) {
    Json list = Json::array();
    const auto add = [&](const char* title, const std::vector<pipeline::StageChanges::Item>& items) {
      if (items.empty()) return;
      Json paths = Json::object();
      for (const auto& item : items) {
        Json keys = Json::object();
        for (const auto& [key, word] : item.keys) keys[key] = word;
        paths[item.path] = item.keys.empty() ? Json(item.word) : keys;
      }
      list.push_back({{title, paths}});
    };
    add("changed deps", stage.deps);
    add("changed outs", stage.outs);
    if (stage.command) list.push_back("changed command");
    if (stage.always) list.push_back("always changed");
    return list;
  }

  static void show_changes(Context& context, const pipeline::StageChanges& stage) {
    const auto line = [&](const char* indent, const std::string& word, const std::string& what) {
      context.out << indent << word << ':' << std::string(word.size() < 19 ? 19 - word.size() : 1, ' ') << what << "\n";
    };
    const auto show = [&](const char* title, const std::vector<pipeline::StageChanges::Item>& items) {
      if (!items.empty()) context.out << "\t" << title << ":\n";
      for (const auto& item : items) {
        if (item.keys.empty()) {
          line("\t\t", item.word, item.path);
          continue;
        }
        context.out << "\t\t" << item.path << ":\n";
        for (const auto& [key, word] : item.keys) line("\t\t\t", word, printable(key));
      }
    };
    context.out << stage.name << ":\n";
    show("changed deps", stage.deps);
    show("changed outs", stage.outs);
    if (stage.command) context.out << "\tchanged command\n";
    if (stage.always) context.out << "\talways changed\n";
  }

  static Json status_json(const repo::DataStatus& data, const pipeline::PipelineStatus& stages, bool clean) {
    Json files = Json::array();
    for (const auto& item : data.items) files.push_back(item_json(item));
    Json rows = Json::array();
    for (const auto& stage : stages.changed) rows.push_back(stage_json(stage));
    return {{"clean", clean}, {"files", files}, {"stages", rows}};
  }

  static void show_data(Context& context, const repo::Workspace& workspace, const repo::DataStatus& data) {
    const Paint paint(context.color_out());
    bool headed = false;
    for (const auto& item : data.items) {
      if (!shows(item)) continue;
      if (!headed) {
        context.out << "Changed data:\n"
                       "  (`mlops commit <path>` records it, `mlops checkout <path>` brings the recorded state back)\n";
      }
      headed = true;
      const auto details = item.state == repo::DataState::modified ? change_text(item) : std::string();
      context.out << "\t" << paint.red(std::string(repo::to_string(item.state)) + ": " + workspace.shown(item.path))
                  << (details.empty() ? "" : " (" + details + ")") << "\n";
      for (const auto& change : item.changes) {
        if (context.verbosity < Verbosity::verbose && item.changes.size() > 10) break;
        if (!change.path.is_root())
          context.out << "\t    " << change_word(change.change) << ": " << workspace.shown(item.path / change.path)
                      << "\n";
      }
    }
    bool cached = true;
    for (const auto& item : data.items) {
      if (item.in_cache) continue;
      if (cached)
        context.out
            << "Not in the cache:\n  (`mlops commit <path>` stores what is in its place, `mlops pull` or `mlops "
               "fetch` brings what is not)\n";
      cached = false;
      context.out << "\t" << paint.red(workspace.shown(item.path)) << "\n";
    }
  }

  static void show_stages(Context& context, const pipeline::PipelineStatus& stages) {
    if (stages.changed.empty()) return;
    const Paint paint(context.color_out());
    context.out << "Stages that are not up to date:\n  (`mlops repro` or `mlops run` brings them up to date)\n";
    for (const auto& stage : stages.changed) {
      context.out << "\t" << paint.red(printable(stage.stage)) << "\n";
      for (const auto& reason : stage.reasons) context.out << "\t    " << pipeline::describe(reason) << "\n";
    }
  }

  static void show_not_in_git(Context& context, const repo::Workspace& workspace,
                              const std::vector<fs::RepoPath>& files) {
    if (files.empty()) return;
    const Paint paint(context.color_out());
    context.out << "Not yet in git:\n  (`git add" << git_add_words(workspace, files) << "` gives it to git)\n";
    for (const auto& file : files) context.out << "\t" << paint.red(workspace.shown(file)) << "\n";
  }

  ExitCode run_cloud(Context& context, repo::Workspace& workspace) const {
    const auto status = repo::cloud_status(workspace, cloud_options_);
    const auto word = [](repo::CloudItem::State state) -> std::string_view {
      return state == repo::CloudItem::State::new_here      ? "new"
             : state == repo::CloudItem::State::only_remote ? "deleted"
                                                            : "missing";
    };
    if (json_ && workspace.dialect().status_by_stage()) {
      Json paths = Json::object();
      for (const auto& item : status.items) paths[item.path] = word(item.state);
      print_json(context.out, paths);
      return verdict(status.items.empty());
    }
    if (json_) {
      Json files = Json::array();
      for (const auto& item : status.items)
        files.push_back({{"path", item.path},
                         {"status", word(item.state)},
                         {"object", hash::object_path(item.id)},
                         {"remote", item.remote}});
      print_json(context.out, {{"files", files}, {"remotes", status.remotes}});
      return verdict(status.items.empty());
    }
    for (const auto& item : status.items) context.out << word(item.state) << "\t" << printable(item.path) << "\n";
    if (status.items.empty()) {
      context.out << "Cache and " << (status.remotes.empty() ? "remote" : mlops::quoted(join(status.remotes, ", ")))
                  << " are in sync.\n";
    } else {
      context.say(
          "new: only in the cache (`mlops push`); deleted: only on the remote (`mlops fetch`); missing: in neither.");
    }
    return verdict(status.items.empty());
  }
};

}  // namespace

const CommandSpec status_command{
    .name = "status",
    .group = "Data",
    .summary = "Show what changed and what to do about it",
    .manual =
        R"(Compares the workspace with what pointers and lock record: data that changed or is gone, what the cache lacks, and
stages that are not up to date, each with its reasons. Only files whose size or times differ from what was seen before
are read again. Nothing is run. Pointers, `mlops.yaml`, `mlops.lock` and the `.gitignore` files beside tracked paths that
were never given to `git add` are named too: a clone would lack them.

With `--cloud` (or `-r`) it compares the cache with a remote instead.

EXAMPLES
  mlops status
  mlops status --exit-code -q      for scripts: 0 clean, 4 not
  mlops status -c -r store
)",
    .make = make_command<Status>};

}  // namespace mlops::cli

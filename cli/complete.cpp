// SPDX-License-Identifier: Apache-2.0
#include "cli/complete.hpp"

#include <algorithm>
#include <ostream>
#include <set>

#include "cli/app.hpp"
#include "git/repository.hpp"
#include "repo/config.hpp"
#include "repo/snapshot.hpp"
#include "repo/workspace.hpp"
#include "run/record.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

/// One thing to offer. Candidates with control characters are left out: no shell could be trusted with them.
struct Candidate {
  std::string value, help;
};
using Candidates = std::vector<Candidate>;

void stages(repo::Workspace& workspace, Candidates& found) {
  const auto snapshot = repo::Snapshot::of_pipeline(workspace);
  for (const auto& stage : snapshot->project.stages)
    found.push_back({stage.name, stage.desc.empty() ? join(stage.cmd.lines, "; ") : stage.desc});
}

void targets(repo::Workspace& workspace, Candidates& found) {
  const auto snapshot = repo::Snapshot::of_workspace(workspace);
  for (const auto& stage : snapshot->project.stages) found.push_back({stage.name, "stage"});
  for (const auto& tracked : snapshot->tracked())
    found.push_back({tracked.path.relative_to(workspace.cwd()), tracked.stage != nullptr ? "output" : "data"});
}

void revisions(repo::Workspace& workspace, Candidates& found) {
  for (const auto& ref : workspace.git().refs()) {
    for (const std::string_view prefix : {"refs/heads/", "refs/tags/", "refs/remotes/"}) {
      if (ref.name.starts_with(prefix)) found.push_back({ref.name.substr(prefix.size()), ref.target.short_hex()});
    }
  }
  found.push_back({"HEAD", "the current commit"});
}

void runs(repo::Workspace& workspace, Candidates& found) {
  for (const auto& run : run::list_runs(workspace)) {
    found.push_back({run.record.id, run.record.name.empty() ? run.record.status : run.record.name});
    if (!run.record.name.empty()) found.push_back({run.record.name, run.record.id});
  }
}

Candidates values(Complete what, const Context& context) {
  Candidates found;
  if (what == Complete::config_key) {
    for (const auto& key : repo::config_keys()) found.push_back({std::string(key.name), std::string(key.help)});
    return found;
  }
  if (what == Complete::command) {
    for (const CommandSpec* spec : commands()) {
      if (!spec->group.empty()) found.push_back({split(spec->name, ' ').front(), ""});
    }
    return found;
  }
  auto workspace = context.workspace();
  if (what == Complete::stage) stages(workspace, found);
  if (what == Complete::target) targets(workspace, found);
  if (what == Complete::revision) revisions(workspace, found);
  if (what == Complete::run) runs(workspace, found);
  if (what == Complete::remote) {
    for (const auto& name : workspace.config().remotes())
      found.push_back({name, workspace.config().get("remote." + name + ".url").value_or("")});
  }
  return found;
}

void offer(const Candidates& candidates, const std::string& prefix, Context& context) {
  std::set<std::string> seen;
  for (const auto& candidate : candidates) {
    if (!candidate.value.starts_with(prefix) || has_control(candidate.value) || !seen.insert(candidate.value).second)
      continue;
    context.out << candidate.value;
    if (!candidate.help.empty()) context.out << "\t" << printable(candidate.help);
    context.out << "\n";
  }
}

void offer_values(const Arg& arg, const std::string& prefix, Context& context) {
  Candidates found;
  for (const auto& choice : arg.choices) found.push_back({choice, ""});
  if (arg.complete == Complete::path) context.out << "@files\n";
  if (arg.complete != Complete::path && arg.complete != Complete::nothing) {
    try {
      for (auto& candidate : values(arg.complete, context)) found.push_back(std::move(candidate));
    } catch (const Error&) {
      // Outside a project, or in a broken one, there is nothing to offer; a TAB must stay silent.
      found.clear();
    }
  }
  offer(found, prefix, context);
  if (arg.complete == Complete::target) context.out << "@files\n";
}

void offer_commands(const std::vector<std::string>& words, const std::string& current, Context& context) {
  Candidates found;
  for (const CommandSpec* spec : commands()) {
    const auto name = split(spec->name, ' ');
    if (spec->group.empty() || name.size() <= words.size() || !std::equal(words.begin(), words.end(), name.begin()))
      continue;
    const bool leaf = name.size() == words.size() + 1;
    found.push_back({name[words.size()], leaf ? std::string(spec->summary) : ""});
  }
  if (words.empty()) found.push_back({"help", "Show the manual of a command"});
  offer(found, current, context);
}

void offer_arguments(const Loaded& loaded, const std::vector<std::string>& words, const std::string& current,
                     Context& context) {
  if (!words.empty() && words.back().starts_with('-')) {
    const Arg* arg = find_arg(loaded.args, words.back());
    if (arg != nullptr && arg->takes_value()) return offer_values(*arg, current, context);
  }
  const auto equals = current.find('=');
  if (current.starts_with("--") && equals != std::string::npos) {
    const Arg* arg = find_arg(loaded.args, current.substr(0, equals));
    if (arg != nullptr && arg->takes_value()) offer_values(*arg, current.substr(equals + 1), context);
    return;
  }
  if (current.starts_with('-')) {
    Candidates found;
    for (const Arg& arg : loaded.args) {
      if (arg.positional()) continue;
      for (auto& name : arg.spellings()) found.push_back({name, std::string(arg.help)});
    }
    return offer(found, current, context);
  }
  for (const Arg& arg : loaded.args) {
    if (arg.positional()) return offer_values(arg, current, context);
  }
}

}  // namespace

void complete(std::vector<std::string> words, Context& context) {
  const std::string current = words.empty() ? "" : words.back();
  if (!words.empty()) words.pop_back();
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    return offer_commands(words, current, context);
  }
  std::vector<std::string> rest = words;
  const CommandSpec* spec = find_command(rest);
  if (spec == nullptr) return offer_commands(words, current, context);
  offer_arguments(Loaded(*spec), rest, current, context);
}

}  // namespace mlops::cli

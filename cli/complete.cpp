// SPDX-License-Identifier: Apache-2.0
#include "cli/complete.hpp"

#include <algorithm>
#include <ostream>
#include <set>

#include "cli/app.hpp"
#include "cli/pages.hpp"
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

/// All keys, those of remotes once for each remote that there is.
void config_keys(const std::vector<std::string>& remotes, Candidates& found) {
  static constexpr std::string_view placeholder = "<name>";
  for (const auto& key : repo::config_keys()) {
    const auto at = key.name.find(placeholder);
    if (at == std::string_view::npos) {
      found.push_back({std::string(key.name), std::string(key.help)});
      continue;
    }
    for (const auto& remote : remotes)
      found.push_back({std::string(key.name).replace(at, placeholder.size(), remote), std::string(key.help)});
  }
}

void remote_options(Candidates& found) {
  static constexpr std::string_view section = "remote.<name>.";
  for (const auto& key : repo::config_keys()) {
    if (key.name.starts_with(section))
      found.push_back({std::string(key.name.substr(section.size())), std::string(key.help)});
  }
}

/// Remotes of the project; none outside of one.
Candidates remotes(const Context& context) {
  Candidates found;
  const auto workspace = context.workspace();
  for (const auto& name : workspace.config().remotes())
    found.push_back({name, workspace.config().get("remote." + name + ".url").value_or("")});
  return found;
}

/// What the operand or option takes. `before` are the operands that stand before it.
Candidates values(Complete what, const std::vector<std::string>& before, const Context& context) {
  Candidates found;
  if (what == Complete::remote_option) {
    remote_options(found);
  } else if (what == Complete::remote) {
    found = remotes(context);
  } else if (what == Complete::config_key) {
    std::vector<std::string> names;
    try {
      for (const auto& remote : remotes(context)) names.push_back(remote.value);
    } catch (const Error&) {
      names.clear();  // settings of the user can be changed outside a project, too
    }
    config_keys(names, found);
  } else if (what == Complete::config_value && !before.empty()) {
    if (before.back() == "core.remote") return remotes(context);
    const auto* key = repo::find_config_key(before.back());
    if (key == nullptr) return found;
    const std::string_view choices = key->type == repo::ConfigType::boolean ? "true,false" : key->choices;
    for (auto& choice : split(choices, ',')) found.push_back({std::move(choice), ""});
  } else {
    auto workspace = context.workspace();
    if (what == Complete::stage) stages(workspace, found);
    if (what == Complete::target) targets(workspace, found);
    if (what == Complete::revision) revisions(workspace, found);
    if (what == Complete::run) runs(workspace, found);
  }
  return found;
}

/// Whether the shell's own list of files belongs to the answer.
bool takes_files(Complete what, const std::vector<std::string>& before) {
  if (what == Complete::path || what == Complete::target) return true;
  return what == Complete::config_value && !before.empty() &&
         (before.back() == "cache.dir" || before.back().ends_with(".url"));
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

void offer_values(const Arg& arg, const std::vector<std::string>& before, const std::string& prefix, Context& context) {
  Candidates found;
  for (const auto& choice : arg.choices) found.push_back({choice, ""});
  if (arg.complete != Complete::path && arg.complete != Complete::nothing) {
    try {
      for (auto& candidate : values(arg.complete, before, context)) found.push_back(std::move(candidate));
    } catch (const Error&) {
      // Outside a project, or in a broken one, there is nothing to offer; a TAB must stay silent.
      found.clear();
    }
  }
  offer(found, prefix, context);
  if (takes_files(arg.complete, before)) context.out << "@files\n";
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

void offer_options(const Args& args, const std::string& current, Context& context) {
  Candidates found;
  for (const Arg& arg : args) {
    if (arg.positional()) continue;
    for (auto& name : arg.spellings()) found.push_back({name, std::string(arg.help)});
  }
  offer(found, current, context);
}

/// What the words before the one that is asked about mean.
struct Typed {
  const Arg* waiting = nullptr;       ///< the option whose value comes next
  bool satisfied = false;             ///< it has one already, and takes more
  std::vector<std::string> operands;  ///< so far
  bool operands_only = false;         ///< after `--`, or inside a command that a stage runs
};

Typed read_typed(const Args& args, const std::vector<std::string>& words) {
  Typed typed;
  const bool takes_rest = std::any_of(args.begin(), args.end(), [](const Arg& arg) { return arg.rest; });
  for (const auto& word : words) {
    const bool is_option = word.starts_with('-') && word.size() > 1;
    if (typed.waiting != nullptr && !(typed.satisfied && is_option)) {
      typed.satisfied = typed.waiting->several;
      if (!typed.satisfied) typed.waiting = nullptr;
    } else if (!typed.operands_only && word == "--") {
      typed.operands_only = true;
      typed.waiting = nullptr;
      typed.satisfied = false;
    } else if (!typed.operands_only && is_option) {
      const Arg* arg = find_arg(args, word);
      typed.waiting = arg != nullptr && arg->takes_value() ? arg : nullptr;
      typed.satisfied = false;
    } else {
      typed.operands.push_back(word);
      if (takes_rest) typed.operands_only = true;
    }
  }
  return typed;
}

/// The operand that comes after `count` others, or nullptr when there is room for none.
const Arg* operand_after(const Args& args, std::size_t count) {
  for (const Arg& arg : args) {
    if (!arg.positional()) continue;
    if (count == 0 || arg.repeats()) return &arg;
    --count;
  }
  return nullptr;
}

void offer_arguments(const Loaded& loaded, const std::vector<std::string>& words, const std::string& current,
                     Context& context) {
  const Typed typed = read_typed(loaded.args, words);
  const bool more = typed.satisfied && current.starts_with('-');
  if (typed.waiting != nullptr && !more) return offer_values(*typed.waiting, typed.operands, current, context);
  if (current.starts_with('-') && !typed.operands_only) {
    const auto equals = current.find('=');
    if (equals == std::string::npos) return offer_options(loaded.args, current, context);
    const Arg* arg = find_arg(loaded.args, current.substr(0, equals));
    if (arg != nullptr && arg->takes_value()) offer_values(*arg, typed.operands, current.substr(equals + 1), context);
    return;
  }
  const Arg* operand = operand_after(loaded.args, typed.operands.size());
  if (operand != nullptr) offer_values(*operand, typed.operands, current, context);
}

void offer_pages(const std::string& current, Context& context) {
  Candidates found;
  for (const Page& page : pages()) {
    const bool prefixed = page.name.starts_with("mlops-");
    found.push_back({std::string(prefixed ? page.name.substr(6) : page.name), std::string(page.summary)});
  }
  offer(found, current, context);
}

/// What may stand before the command's name.
void offer_first_options(const std::string& current, Context& context) {
  offer({{"--help", "List all commands"},
         {"--version", "Show the version"},
         {"--quiet", "Say nothing but errors"},
         {"--verbose", "Say more"},
         {"--cd", "Work as if started in this directory"}},
        current, context);
}

}  // namespace

void complete(std::vector<std::string> words, Context& context) {
  const std::string current = words.empty() ? "" : words.back();
  if (!words.empty()) words.pop_back();
  const auto lifted = lift_globals(words);
  for (std::size_t i = 0; i < lifted.size(); ++i) {
    if (lifted[i].starts_with("--cd")) enter(lifted[i] == "--cd" ? lifted[++i] : lifted[i].substr(5), context);
  }
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    if (words.empty()) offer_pages(current, context);
    return offer_commands(words, current, context);
  }
  if (words.empty() && current.starts_with('-')) return offer_first_options(current, context);
  if (words.size() == 1 && words.front() == "--cd") {
    context.out << "@files\n";
    return;
  }
  std::vector<std::string> rest = words;
  const CommandSpec* spec = find_command(rest);
  if (spec == nullptr) return offer_commands(words, current, context);
  offer_arguments(Loaded(*spec), rest, current, context);
}

}  // namespace mlops::cli

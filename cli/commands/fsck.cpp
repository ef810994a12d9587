// SPDX-License-Identifier: Apache-2.0
#include "run/fsck.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "cli/json.hpp"
#include "repo/workspace.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

std::string_view state_word(run::FsckItem::State state) {
  return state == run::FsckItem::State::missing ? "missing" : "corrupt";
}

/// What only other commits or runs need is often elsewhere on purpose: a clone fetches what it works with.
bool is_elsewhere(const run::FsckItem& item) {
  return item.state == run::FsckItem::State::missing && !item.needs.empty() && !item.is_repaired() && !item.is_urgent();
}

Json item_json(const run::FsckItem& item) {
  Json needs = Json::array();
  for (const auto& need : item.needs) needs.push_back({{"path", need.path}, {"revision", need.revision}});
  return {{"object", hash::object_path(item.id)},
          {"state", state_word(item.state)},
          {"reason", item.reason},
          {"quarantined", item.quarantined.empty() ? Json(nullptr) : Json(item.quarantined)},
          {"needs", needs},
          {"elsewhere", is_elsewhere(item)},
          {"repaired_from", item.is_repaired() ? Json(item.repaired_from) : Json(nullptr)}};
}

class Fsck : public Command {
  run::FsckVerbOptions options_;
  bool quick_ = false, no_repair_ = false, repair_ = false, json_ = false;
  int jobs_ = 0;

  Args args() override {
    return {{.names = "--quick",
             .help = "Hash only objects whose times changed since they were last hashed",
             .into = &quick_},
            {.names = "--full", .help = "Hash every object (the default)", .into = &options_.full},
            {.names = "--repair", .help = "Bring back what is bad or missing (the default)", .into = &repair_},
            {.names = "--no-repair", .help = "Only report", .into = &no_repair_},
            args::remote(&options_.remote),
            args::jobs(&jobs_),
            args::json(&json_)};
  }

  void show_item(Context& context, const run::FsckItem& item) const {
    context.out << state_word(item.state) << "\t" << hash::object_path(item.id);
    if (!item.reason.empty()) context.out << ": " << item.reason;
    context.out << "\n";
    for (const auto& need : item.needs)
      context.out << "\tneeded by " << mlops::quoted(need.path) << " (" << printable(need.revision) << ")\n";
    if (!item.quarantined.empty()) context.out << "\tits bytes are kept at " << mlops::quoted(item.quarantined) << "\n";
    context.out << (item.is_repaired()     ? "\trepaired from " + printable(item.repaired_from) + "\n"
                    : item.is_unreadable() ? "\tleft in its place: what it holds is not known\n"
                    : item.needs.empty()   ? "\tnothing needs it\n"
                    : no_repair_           ? "\tnot repaired, as was asked for\n"
                                           : "\tnot repaired: no remote has it, and no file of the workspace\n");
  }

  void show(Context& context, const run::FsckVerbResult& result) const {
    for (const auto& item : result.items)
      if (!is_elsewhere(item)) show_item(context, item);
    for (const auto& file : result.foreign) context.out << "foreign\t" << printable(file) << " (left alone)\n";
    for (const auto& what : result.unreadable) context.err << "warning: could not ask " << printable(what) << "\n";
    context.out << "Checked " << counted(result.checked, "object") << " (" << human_size(result.checked_bytes) << "); "
                << human_count(result.reachable) << " needed, " << human_count(result.orphans) << " not.\n";
    const auto elsewhere = std::count_if(result.items.begin(), result.items.end(), is_elsewhere);
    if (elsewhere > 0)
      context.out << counted(static_cast<std::uint64_t>(elsewhere), "object")
                  << " of other commits or runs not in this cache; `mlops fetch --all-commits` and `mlops runs pull` "
                     "bring what a remote has.\n";
  }

  ExitCode run(Context& context) override {
    auto workspace = repo::Workspace::open(session_with_jobs(context, jobs_));
    options_.full = !quick_;
    options_.repair = !no_repair_;
    const auto result = run::fsck(workspace, options_);
    if (json_) {
      Json items = Json::array();
      for (const auto& item : result.items) items.push_back(item_json(item));
      print_json(context.out, {{"healthy", result.healthy()},
                               {"checked", result.checked},
                               {"checked_bytes", result.checked_bytes},
                               {"reachable", result.reachable},
                               {"orphans", result.orphans},
                               {"objects", items},
                               {"foreign", result.foreign},
                               {"unreadable", result.unreadable}});
    } else {
      show(context, result);
    }
    return result.healthy() ? ExitCode::ok : ExitCode::failed;
  }
};

}  // namespace

const CommandSpec fsck_command{
    .name = "fsck",
    .group = "Share",
    .summary = "Check the cache and repair it",
    .manual =
        R"(Hashes every object of the cache. One whose bytes do not match its name is moved to `bad/` in the cache, never
deleted, and counts as missing. Then everything that the work tree, all commits and all runs name is looked for. What is
bad, or missing although the work tree needs it or a tree that is here promises it, is named with each path and commit
that needs it, and brought back from a remote that has it, or from a file of the workspace that still holds the same
bytes. What only other commits or runs need may never have been fetched: it is counted, not repaired.

It ends with 0 when all that is needed here is there, or is there again; else with 1.

EXAMPLES
  mlops fsck
  mlops fsck --no-repair --json
)",
    .make = make_command<Fsck>};

}  // namespace mlops::cli

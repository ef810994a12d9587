// SPDX-License-Identifier: Apache-2.0
//
// What the stages of a run printed.

#include <algorithm>
#include <array>

#include "fs/file.hpp"
#include "repo/neighbour.hpp"
#include "run/history.hpp"
#include "store/transfer.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::run {
namespace {

Error not_here(const Run& run, const std::string& stage) {
  return Error::of(ErrorKind::missing, "the log of stage '{}' of run '{}' is not in the cache", stage, run.record.id)
      .hint("`mlops runs pull {}` brings it, if the remote has it", run.record.id);
}

void fetch_logs(repo::Workspace& workspace, const std::vector<const StageRecord*>& stages, const Run& run,
                const LogOptions& options) {
  std::vector<store::Wanted> wanted;
  for (const StageRecord* stage : stages) {
    if (!workspace.db().has(stage->log->id())) {
      wanted.push_back({*stage->log, "log of " + stage->name});
    }
  }
  if (wanted.empty()) {
    return;
  }
  const bool may_fetch = options.fetch && (options.remote || workspace.config().get("core.remote"));
  if (!may_fetch) {
    throw not_here(run, wanted.front().label.substr(std::string_view("log of ").size()));
  }
  const auto remote = workspace.open_remote(options.remote, remote::Remote::Access::read);
  workspace.writable_db();
  repo::fetch_objects(workspace, *remote, wanted, {.jobs = workspace.jobs(), .progress = workspace.session().progress});
}

/// The stage of the run that a bare name means to a person in cwd: that of the pipeline file there comes first.
std::string stage_meant(const repo::Workspace& workspace, const Run& run, const std::string& word) {
  const fs::RepoPath file = workspace.cwd() / workspace.dialect().names().pipeline;
  const std::string here = word.empty() ? word : spec::stage_address(file, word);
  return std::ranges::find(run.record.stages, here, &StageRecord::name) != run.record.stages.end() ? here : word;
}

std::vector<const StageRecord*> chosen_stages(const Run& run, const std::string& name) {
  std::vector<const StageRecord*> chosen;
  std::vector<std::string> names;
  bool executed = false;
  for (const StageRecord& stage : run.record.stages) {
    names.push_back(stage.name);
    const bool asked_for = name.empty() || stage.name == name;
    executed = executed || (asked_for && stage.exit_code.has_value());
    if (stage.log && asked_for) {
      chosen.push_back(&stage);
    }
  }
  if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) {
    Error error = Error::of(ErrorKind::missing, "run '{}' has no stage {}", run.record.id, quoted(name));
    throw std::move(error).hint("it has {}", join(names, ", "));
  }
  // One that ran and was silent has an empty log; one that did not run has none.
  if (chosen.empty() && !executed) {
    const std::string what = name.empty() ? "no stage was" : "stage '" + name + "' was not";
    throw Error::of(ErrorKind::missing, "there is no log: {} executed in run '{}'", what, run.record.id)
        .hint("`mlops runs show {}` tells which stages ran", run.record.id);
  }
  return chosen;
}

}  // namespace

void read_logs(repo::Workspace& workspace, const LogOptions& options,
               const std::function<void(const std::string& stage, std::string_view bytes)>& sink) {
  const Run run = find_run(workspace, options.run);
  const std::vector<const StageRecord*> stages = chosen_stages(run, stage_meant(workspace, run, options.stage));
  fetch_logs(workspace, stages, run, options);
  std::array<char, 65536> buffer;
  for (const StageRecord* stage : stages) {
    if (!workspace.db().has(stage->log->id())) {
      throw not_here(run, stage->name);
    }
    const fs::Fd log = workspace.db().open_verified(stage->log->id());
    while (const std::size_t count = fs::read_full(log.get(), buffer, workspace.db().path(stage->log->id()))) {
      sink(stage->name, std::string_view(buffer.data(), count));
    }
  }
}

}  // namespace mlops::run

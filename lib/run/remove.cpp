// SPDX-License-Identifier: Apache-2.0
#include "run/remove.hpp"

#include <algorithm>

#include "run/layout.hpp"
#include "util/error.hpp"

namespace mlops::run {
namespace {

/// A run, or one whose record cannot be read: of that the id is known, and that is enough.
Run removable_run(repo::Workspace& workspace, const std::string& word) {
  try {
    return find_run(workspace, word);
  } catch (const Error& error) {
    const auto ref = error.kind() == ErrorKind::corrupt ? unreadable_run(workspace, word) : std::nullopt;
    if (!ref) {
      throw;
    }
    Run run{.commit = ref->target, .record = {}};
    run.record.id = word;
    return run;
  }
}

}  // namespace

std::vector<Run> remove_runs(repo::Workspace& workspace, const RemoveRunsOptions& options) {
  if (options.all == !options.runs.empty()) {
    throw Error::usage("name the runs to remove, or use --all").hint("`mlops runs list` shows them");
  }
  std::vector<Run> chosen = options.all ? list_runs(workspace) : std::vector<Run>();
  for (const std::string& word : options.runs) {
    Run run = removable_run(workspace, word);
    const auto same = [&](const Run& other) { return other.record.id == run.record.id; };
    if (std::none_of(chosen.begin(), chosen.end(), same)) {
      chosen.push_back(std::move(run));
    }
  }
  if (!options.dry_run) {
    for (const Run& run : chosen) {
      workspace.git().delete_ref(ref_name(run.record.id), run.commit);
    }
  }
  return chosen;
}

}  // namespace mlops::run

// SPDX-License-Identifier: Apache-2.0
#include "run/needs.hpp"

#include "run/values.hpp"
#include "util/text.hpp"

namespace mlops::run {

std::map<std::string, std::vector<store::Wanted>> needed_objects(repo::Workspace& workspace, const Run& run) {
  std::map<std::string, std::vector<store::Wanted>> needs;
  const std::string& id = run.record.id;
  const RunPaths paths(workspace, run, run_lock(workspace, run));
  for (const spec::Pointer* pointer : paths.inputs()) {
    if (pointer->push && pointer->entry) {
      needs[pointer->remote.value_or("")].push_back({*pointer->entry, id + ":" + printable(pointer->path.str())});
    }
  }
  // What the lock says was read may be older than the pointer, and is what counts.
  for (const auto* list : {&paths.dependencies(), &paths.outputs()}) {
    for (const RunPaths::Path& path : *list) {
      if (path.cached && path.push) {
        needs[path.remote.value_or("")].push_back({path.entry, id + ":" + printable(path.path.str())});
      }
    }
  }
  for (const StageRecord& stage : run.record.stages) {
    if (stage.log) {
      needs[""].push_back({*stage.log, id + ": log of " + stage.name});
    }
  }
  return needs;
}

}  // namespace mlops::run

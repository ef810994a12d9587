// SPDX-License-Identifier: Apache-2.0
#include "repo/diff.hpp"

#include <memory>

#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

git::Oid commit_of(Workspace& workspace, const std::string& revision) {
  const auto commit = workspace.git().resolve(revision);
  if (!commit) {
    throw Error::of(ErrorKind::missing, "{} is no revision of this repository", quoted(revision));
  }
  return *commit;
}

std::unique_ptr<Snapshot> snapshot_before(Workspace& workspace, const std::optional<std::string>& revision) {
  if (!revision && !workspace.git().head()) {
    return std::make_unique<Snapshot>();  // before the first commit everything is new
  }
  return Snapshot::of_tree(workspace, commit_of(workspace, revision.value_or("HEAD")));
}

}  // namespace

DiffResult diff(Workspace& workspace, const DiffOptions& options) {
  DiffResult result;
  result.before = options.before.value_or("HEAD");
  result.after = options.after.value_or("workspace");
  const auto old_snapshot = snapshot_before(workspace, options.before);
  const auto new_snapshot = options.after ? Snapshot::of_tree(workspace, commit_of(workspace, *options.after))
                                          : Snapshot::of_workspace(workspace);
  const PathFilter filter(workspace, options.targets, {old_snapshot.get(), new_snapshot.get()});
  if (!filter.unmatched().empty()) {
    throw Error::of(ErrorKind::missing, "{} is tracked on neither side", quoted(filter.unmatched().front()))
        .hint("`mlops ls -R --dvc-only` lists what is tracked");
  }
  const RecordedSide before(*old_snapshot, workspace.db());
  const RecordedSide after(*new_snapshot, workspace.db());
  std::unique_ptr<PresentSide> present;
  if (!options.after) {
    present = std::make_unique<PresentSide>(workspace, after, filter, KeepTrees::yes);
  }
  const Side& other = present ? static_cast<const Side&>(*present) : after;
  SidesDiff compared = compare_sides(before, other, paths_of(before, after), filter, {});
  result.items = std::move(compared.items);
  result.not_listed = std::move(compared.not_listed);
  if (options.look_in_cache) {
    auto files = recorded_files(workspace.db(), before, filter, Granularity::files);
    result.not_in_cache = not_in_cache(workspace.db(), std::move(files), workspace.jobs());
  }
  return result;
}

}  // namespace mlops::repo

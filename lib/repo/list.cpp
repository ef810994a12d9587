// SPDX-License-Identifier: Apache-2.0
#include "repo/list.hpp"

#include <algorithm>

#include "repo/list_layers.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

/// One place of the listing, seen through both layers.
struct Place {
  fs::RepoPath path;
  std::optional<PlainFile> plain;
  std::optional<Recorded> recorded;

  bool directory() const { return plain ? plain->directory : recorded->directory(); }
  /// What is recorded below counts only where a directory is there, or nothing.
  bool looks_into_recorded() const { return recorded && recorded->directory() && (!plain || plain->directory); }
};

ListItem item_of(const Place& place) {
  ListItem item{.path = place.path, .directory = place.directory(), .size_bytes = std::nullopt, .entry = std::nullopt};
  if (place.recorded && place.recorded->tracked) {
    item.tracked = true;
    item.entry = place.recorded->entry;
  }
  const bool recorded_directory = item.directory && item.entry && item.entry->kind == store::EntryKind::tree;
  if (place.plain) {
    item.executable = place.plain->executable;
    item.size_bytes = place.plain->size_bytes;
  } else {
    item.executable = item.entry && item.entry->kind == store::EntryKind::exec;
  }
  if (item.entry && (!place.plain || recorded_directory)) {
    item.size_bytes = item.entry->size;
  }
  return item;
}

class Lister {
 public:
  Lister(const ListOptions& options, FileLayer* files, const RecordedLayer& recorded)
      : options_(options), files_(files), recorded_(recorded) {}

  /// Returns false when nothing of that name is known.
  bool run(const fs::RepoPath& base) {
    const Place place{base, files_ != nullptr ? files_->find(base) : std::nullopt, recorded_of(base)};
    if (!place.plain && !place.recorded) {
      return base.is_root();
    }
    result_.base = item_of(place);
    const std::size_t depth = options_.shape == ListShape::children ? 1 : options_.depth.value_or(unbounded);
    if (depth == 0 || !place.directory()) {
      result_.items.push_back(result_.base);
    } else {
      descend(place, depth);
    }
    return true;
  }

  ListResult finish() {
    const bool tree = options_.shape == ListShape::tree;
    std::sort(result_.items.begin(), result_.items.end(), [&](const ListItem& a, const ListItem& b) {
      return tree ? a.path < b.path : a.path.str() < b.path.str();
    });
    return std::move(result_);
  }

 private:
  static constexpr std::size_t unbounded = static_cast<std::size_t>(-1);

  std::optional<Recorded> recorded_of(const fs::RepoPath& path) {
    try {
      return recorded_.find(path);
    } catch (const Error& failure) {
      if (failure.kind() != ErrorKind::missing) {
        throw;
      }
      result_.not_in_cache.push_back(path);
      return Recorded{true, std::nullopt};
    }
  }

  /// Adds what lies below a directory; `levels`: how many.
  void descend(const Place& top, std::size_t levels) {
    std::vector<std::pair<Place, std::size_t>> waiting{{top, levels}};
    while (!waiting.empty()) {
      check_interrupt();
      const auto [place, left] = std::move(waiting.back());
      waiting.pop_back();
      for (Place& child : children(place)) {
        const bool enters = child.directory() && left > 1 && can_enter(child);
        if (!enters || options_.shape == ListShape::tree) {
          result_.items.push_back(item_of(child));
        }
        if (enters) {
          waiting.emplace_back(std::move(child), left == unbounded ? left : left - 1);
        }
      }
    }
  }

  /// Whether anything can be told of what the directory holds.
  bool can_enter(const Place& place) {
    if (place.plain || recorded_.listed(*place.recorded)) {
      return true;
    }
    result_.not_in_cache.push_back(place.path);
    return false;
  }

  std::vector<Place> children(const Place& place) {
    std::map<std::string, Place> merged;
    if (files_ != nullptr && place.plain) {
      for (auto& [name, plain] : files_->children(place.path)) {
        merged.emplace(name, Place{place.path / name, plain, std::nullopt});
      }
    }
    if (place.looks_into_recorded()) {
      const auto recorded = recorded_.children(place.path, *place.recorded);
      if (!recorded) {
        result_.not_in_cache.push_back(place.path);
      }
      for (const auto& [name, entry] : recorded.value_or(std::map<std::string, Recorded>())) {
        Place& child = merged.try_emplace(name, Place{place.path / name, std::nullopt, std::nullopt}).first->second;
        child.recorded = entry;
      }
    }
    std::vector<Place> places;
    for (auto& [name, child] : merged) {
      places.push_back(std::move(child));
    }
    return places;
  }

  const ListOptions& options_;
  FileLayer* files_;  ///< null when only what is tracked is wanted
  const RecordedLayer& recorded_;
  ListResult result_;
};

}  // namespace

ListResult list(Workspace& workspace, const ListOptions& options) {
  std::optional<git::Oid> commit;
  if (options.revision) {
    commit = workspace.git().resolve(*options.revision);
    if (!commit) {
      throw Error::of(ErrorKind::missing, "{} is no revision of this repository", quoted(*options.revision));
    }
  }
  const fs::RepoPath base = workspace.resolve(options.path.empty() ? "." : options.path);
  const auto snapshot = commit ? Snapshot::of_tree(workspace, *commit) : Snapshot::of_workspace(workspace);
  const RecordedLayer recorded(workspace, *snapshot);
  const auto files = commit ? commit_layer(workspace, *commit) : work_tree_layer(workspace);
  Lister lister(options, options.tracked_only ? nullptr : files.get(), recorded);
  if (!lister.run(base)) {
    throw Error::of(ErrorKind::missing, "{} is neither there nor tracked", quoted(workspace.shown(base)));
  }
  return lister.finish();
}

}  // namespace mlops::repo

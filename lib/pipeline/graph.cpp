// SPDX-License-Identifier: Apache-2.0
//
// From declared paths to edges.
//
// All outputs and pointers are put into one list sorted by path. In RepoPath's order everything inside a directory
// follows it directly, so that overlaps are neighbours, and once overlaps are refused, the one output that holds a
// given path is the last one that is not after it. Each dependency then costs one binary search:
//
//   outputs  data/prepared, model.json      dependency data/prepared/x.csv  ->  data/prepared holds it
//                                           dependency data                 ->  data/prepared lies below it
#include "pipeline/graph.hpp"

#include <algorithm>
#include <functional>
#include <queue>

#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::pipeline {
namespace {

constexpr auto by_path = [](const Graph::Claim& claim, const fs::RepoPath& path) { return *claim.path < path; };

void sort_unique(std::vector<std::size_t>& numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

/// Returns a cycle among the stages that are left, first one repeated at the end.
std::vector<std::size_t> find_cycle(const std::vector<std::vector<std::size_t>>& upstream,
                                    const std::vector<std::size_t>& waiting, std::size_t start) {
  // Every stage left has an upstream that is left too, so going up must come round.
  std::vector<std::size_t> path;
  std::vector<bool> seen(upstream.size(), false);
  for (std::size_t at = start; !seen[at];) {
    seen[at] = true;
    path.push_back(at);
    at = *std::find_if(upstream[at].begin(), upstream[at].end(), [&](std::size_t up) { return waiting[up] > 0; });
    if (seen[at]) {
      path.erase(path.begin(), std::find(path.begin(), path.end(), at));
      path.push_back(at);
    }
  }
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace

Graph::Graph(const repo::Snapshot& snapshot, const spec::Dialect& dialect)
    : upstream_(snapshot.project.stages.size()),
      downstream_(snapshot.project.stages.size()),
      where_(fmt::format(" in '{}'", dialect.names().pipeline)) {
  stages_.reserve(upstream_.size());
  by_name_.reserve(upstream_.size());
  for (const spec::Stage& stage : snapshot.project.stages) {
    by_name_.emplace(stage.name, stages_.size());
    stages_.push_back(&stage);
    if (stage.file != stages_.front()->file) {
      where_.clear();
    }
  }
  collect_claims(snapshot);
  connect();
  sort();
}

/// Where a claim is written, as the beginning of a message.
std::string Graph::place_of(const Claim& claim) const {
  return claim.stage == no_stage ? "" : fmt::format("{}:{}: ", stages_[claim.stage]->file.str(), claim.line);
}

void Graph::collect_claims(const repo::Snapshot& snapshot) {
  claims_.reserve(stages_.size() + snapshot.pointers.size());
  for (std::size_t index = 0; index < stages_.size(); ++index) {
    for (const spec::Output& out : stages_[index]->outs) {
      if (out.elsewhere.empty()) {
        claims_.push_back({&out.path, index, out.line});
      }
    }
  }
  for (const spec::Pointer& pointer : snapshot.pointers) {
    claims_.push_back({&pointer.path, no_stage, 0});
  }
  std::stable_sort(claims_.begin(), claims_.end(), [](const Claim& a, const Claim& b) { return *a.path < *b.path; });
  for (std::size_t i = 1; i < claims_.size(); ++i) {
    const Claim& outer = claims_[i - 1];
    const Claim& inner = claims_[i];
    if (!inner.path->within(*outer.path)) {
      continue;
    }
    const auto owner = [&](const Claim& claim) {
      return claim.stage == no_stage ? std::string("a tracked path")
                                     : fmt::format("stage '{}'", stages_[claim.stage]->name);
    };
    const std::string place = place_of(inner.line >= outer.line ? inner : outer);
    if (*inner.path == *outer.path) {
      throw Error("{}{} is claimed twice: by {} and by {}", place, quoted(inner.path->str()), owner(outer),
                  owner(inner))
          .hint("each path can be made by one stage, or tracked by one `mlops add`, not both");
    }
    throw Error("{}{} of {} lies inside {} of {}", place, quoted(inner.path->str()), owner(inner),
                quoted(outer.path->str()), owner(outer))
        .hint("outputs and tracked paths must not overlap; declare the directory or the paths inside it");
  }
}

void Graph::connect_to_producers(std::size_t consumer, const fs::RepoPath& path, int line) {
  auto at = std::lower_bound(claims_.begin(), claims_.end(), path, by_path);
  if (at != claims_.begin() && path.within(*std::prev(at)->path)) {
    --at;
  }
  for (; at != claims_.end() && (at->path->within(path) || path.within(*at->path)); ++at) {
    if (at->stage == consumer) {
      throw Error("{}:{}: stage '{}' depends on {}, which its own output {} overlaps", stages_[consumer]->file.str(),
                  line, stages_[consumer]->name, quoted(path.str()), quoted(at->path->str()))
          .hint("a stage cannot read what it writes; split it in two, or drop the dependency");
    }
    if (at->stage != no_stage) {
      upstream_[consumer].push_back(at->stage);
    }
  }
}

void Graph::connect() {
  for (std::size_t index = 0; index < stages_.size(); ++index) {
    for (const spec::Dependency& dep : stages_[index]->deps) {
      if (dep.elsewhere.empty()) {
        connect_to_producers(index, dep.path, dep.line);
      }
    }
    for (const spec::ParamsDependency& params : stages_[index]->params) {
      connect_to_producers(index, params.file, params.line);
    }
    sort_unique(upstream_[index]);
    for (const std::size_t up : upstream_[index]) {
      downstream_[up].push_back(index);
    }
  }
}

void Graph::sort() {
  std::vector<std::size_t> waiting(size());
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t index = 0; index < size(); ++index) {
    waiting[index] = upstream_[index].size();
    if (waiting[index] == 0) {
      ready.push(index);
    }
  }
  order_.reserve(size());
  while (!ready.empty()) {
    const std::size_t next = ready.top();
    ready.pop();
    order_.push_back(next);
    for (const std::size_t down : downstream_[next]) {
      if (--waiting[down] == 0) {
        ready.push(down);
      }
    }
  }
  if (order_.size() == size()) {
    return;
  }
  const auto first = std::find_if(waiting.begin(), waiting.end(), [](std::size_t left) { return left > 0; });
  std::vector<std::string> names;
  for (const std::size_t index : find_cycle(upstream_, waiting, static_cast<std::size_t>(first - waiting.begin()))) {
    names.push_back(stages_[index]->name);
  }
  const spec::Stage& cyclic = *stages_[index(names.front())];
  throw Error("{}:{}: the stages form a cycle: {}", cyclic.file.str(), cyclic.line, join(names, " -> "))
      .hint("each stage needs the output of the one before it; remove one of these dependencies");
}

std::optional<std::size_t> Graph::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

std::size_t Graph::index(const std::string& name) const {
  if (const auto found = find(name)) {
    return *found;
  }
  std::vector<std::string> addresses, names;
  for (const spec::Stage* stage : stages_) {
    addresses.push_back(stage->name);
    names.push_back(spec::local_name(stage->file, stage->name));
  }
  Error error = Error::of(ErrorKind::missing, "there is no stage or output {}{}", quoted(name), where_);
  if (const auto near = nearest(name, addresses)) {
    throw std::move(error).hint("did you mean '{}'?", *near);
  }
  if (const auto near = nearest(name.substr(name.find_last_of("/:") + 1), names)) {
    const auto at = std::find(names.begin(), names.end(), *near) - names.begin();
    throw std::move(error).hint("did you mean '{}'?", addresses[static_cast<std::size_t>(at)]);
  }
  throw std::move(error).hint("`mlops stage list` shows what is declared");
}

std::vector<std::size_t> Graph::closure(const std::vector<std::size_t>& start, bool downstream) const {
  const auto& next = downstream ? downstream_ : upstream_;
  std::vector<bool> inside(size(), false);
  std::vector<std::size_t> open = start;
  while (!open.empty()) {
    const std::size_t at = open.back();
    open.pop_back();
    if (!inside[at]) {
      inside[at] = true;
      open.insert(open.end(), next[at].begin(), next[at].end());
    }
  }
  std::vector<std::size_t> members;
  std::copy_if(order_.begin(), order_.end(), std::back_inserter(members), [&](std::size_t at) { return inside[at]; });
  return members;
}

std::vector<std::size_t> Graph::producers(const fs::RepoPath& path) const {
  std::vector<std::size_t> found;
  auto at = std::lower_bound(claims_.begin(), claims_.end(), path, by_path);
  if (at != claims_.begin() && path.within(*std::prev(at)->path)) {
    found.push_back(std::prev(at)->stage);
  }
  for (; at != claims_.end() && at->path->within(path); ++at) {
    found.push_back(at->stage);
  }
  std::erase(found, no_stage);
  sort_unique(found);
  return found;
}

}  // namespace mlops::pipeline

// SPDX-License-Identifier: Apache-2.0
//
// From the graph and the lock to ordered steps.
//
// A stage whose upstream will run cannot be judged by files that are about to change: it gets the provisional reason
// `upstream_may_change`, next to those that hold anyway, and is judged again when its inputs exist (pipeline/runner).
// Cost: one look at each path, and one pass over stages and edges.
#include "pipeline/plan.hpp"

#include <algorithm>

#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::pipeline {
namespace {

using Kind = Reason::Kind;

std::vector<std::size_t> stages_named(const Graph& graph, const std::string& target) {
  if (const auto found = graph.find(target)) {
    return {*found};
  }
  if (const auto path = fs::RepoPath::try_parse(target)) {
    std::vector<std::size_t> makers = graph.producers(*path);
    if (!makers.empty()) {
      return makers;
    }
  }
  return {graph.index(target)};  // throws, naming what is near
}

/// The targets and all above them that matters: nothing above a frozen stage does.
std::vector<std::size_t> with_upstream(const Graph& graph, std::vector<std::size_t> open) {
  std::vector<bool> inside(graph.size(), false);
  while (!open.empty()) {
    const std::size_t at = open.back();
    open.pop_back();
    if (inside[at]) {
      continue;
    }
    inside[at] = true;
    if (!graph.stage(at).frozen) {
      open.insert(open.end(), graph.upstream(at).begin(), graph.upstream(at).end());
    }
  }
  std::vector<std::size_t> members;
  std::copy_if(graph.order().begin(), graph.order().end(), std::back_inserter(members),
               [&](std::size_t at) { return inside[at]; });
  return members;
}

std::vector<std::size_t> selected(const Graph& graph, const PlanOptions& options) {
  if (options.targets.empty()) {
    return graph.order();
  }
  std::vector<std::size_t> targets;
  for (const std::string& target : options.targets) {
    const auto named = stages_named(graph, target);
    targets.insert(targets.end(), named.begin(), named.end());
  }
  if (options.downstream) {
    return graph.closure(targets, true);
  }
  if (!options.single_item) {
    return with_upstream(graph, targets);
  }
  std::vector<std::size_t> members;
  std::copy_if(graph.order().begin(), graph.order().end(), std::back_inserter(members),
               [&](std::size_t at) { return std::find(targets.begin(), targets.end(), at) != targets.end(); });
  return members;
}

void prefetch(const Graph& graph, const std::vector<std::size_t>& members, Current& current) {
  std::vector<fs::RepoPath> paths;
  paths.reserve(members.size() * 4);
  for (const std::size_t member : members) {
    if (graph.stage(member).frozen) {
      continue;
    }
    for (const spec::Dependency& dep : graph.stage(member).deps) {
      paths.push_back(dep.path);
    }
    for (const spec::Output& out : graph.stage(member).outs) {
      paths.push_back(out.path);
    }
  }
  current.prefetch(paths);
}

/// Makes the steps in order, knowing of each stage passed whether it will run.
class Planner {
 public:
  Planner(const spec::Dialect& dialect, const Graph& graph, const repo::Snapshot& snapshot, Current& current,
          const PlanOptions& options)
      : dialect_(dialect),
        graph_(graph),
        snapshot_(snapshot),
        current_(current),
        options_(options),
        will_run_(graph.size(), false) {}

  Step step(std::size_t index) {
    Step made{.stage = index, .action = Action::up_to_date, .reasons = {}};
    const spec::Stage& stage = graph_.stage(index);
    if (stage.frozen) {
      made.action = Action::frozen;
      return made;
    }
    const auto found = snapshot_.lock.stages.find(stage.name);
    const spec::LockedStage* locked = found == snapshot_.lock.stages.end() ? nullptr : &found->second;
    made.reasons = compare(dialect_, stage, locked, current_, options_.allow_missing);
    add_upstream(index, made.reasons);
    if (options_.force) {
      made.reasons.push_back({.kind = Kind::forced, .subject = {}});
    }
    if (!made.reasons.empty()) {
      made.action = Action::run;
      will_run_[index] = true;
    }
    return made;
  }

 private:
  void add_upstream(std::size_t index, std::vector<Reason>& reasons) {
    std::vector<std::string> running;
    for (const std::size_t up : graph_.upstream(index)) {
      if (will_run_[up]) {
        running.push_back(graph_.stage(up).name);
      }
    }
    if (running.empty()) {
      return;
    }
    drop_what_upstream_decides(index, reasons);
    if (options_.force_downstream) {
      reasons.push_back({.kind = Kind::forced, .subject = join(running, ", ")});
    } else {
      reasons.push_back({.kind = Kind::upstream_may_change, .subject = join(running, ", ")});
    }
  }

  /// What is there now under an output that will be made anew says nothing.
  void drop_what_upstream_decides(std::size_t index, std::vector<Reason>& reasons) const {
    std::erase_if(reasons, [&](const Reason& reason) {
      if (reason.kind != Kind::dependency_changed && reason.kind != Kind::dependency_missing) {
        return false;
      }
      const auto& deps = graph_.stage(index).deps;
      return std::any_of(deps.begin(), deps.end(), [&](const spec::Dependency& dep) {
        return printable(dep.path.str()) == reason.subject && made_by_running(dep.path);
      });
    });
  }

  bool made_by_running(const fs::RepoPath& path) const {
    const auto makers = graph_.producers(path);
    return std::any_of(makers.begin(), makers.end(), [&](std::size_t maker) { return will_run_[maker]; });
  }

  const spec::Dialect& dialect_;
  const Graph& graph_;
  const repo::Snapshot& snapshot_;
  Current& current_;
  const PlanOptions& options_;
  std::vector<bool> will_run_;
};

}  // namespace

Plan make_plan(const spec::Dialect& dialect, const Graph& graph, const repo::Snapshot& snapshot, Current& current,
               const PlanOptions& options) {
  const std::vector<std::size_t> members = selected(graph, options);
  prefetch(graph, members, current);
  Planner planner(dialect, graph, snapshot, current, options);
  Plan plan;
  plan.steps.reserve(members.size());
  for (const std::size_t member : members) {
    plan.steps.push_back(planner.step(member));
  }
  return plan;
}

}  // namespace mlops::pipeline

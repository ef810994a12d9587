// SPDX-License-Identifier: Apache-2.0
#include "pipeline/dag.hpp"

#include "pipeline/selection.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace mlops::pipeline {
namespace {

/// Stages in the drawing, in running order.
std::vector<std::size_t> chosen_stages(const Graph& graph, const DagOptions& options) {
  if (options.targets.empty()) {
    return graph.order();
  }
  std::vector<std::size_t> targets;
  for (const std::string& target : options.targets) {
    if (const auto found = graph.find(target)) {
      targets.push_back(*found);
      continue;
    }
    const auto path = fs::RepoPath::try_parse(target);
    const auto makers = path ? graph.producers(*path) : std::vector<std::size_t>();
    if (makers.empty()) {
      graph.index(target);  // throws, naming what is near
    }
    targets.insert(targets.end(), makers.begin(), makers.end());
  }
  if (!options.full) {
    return graph.closure(targets, false);
  }
  // Everything connected: up and down until nothing is added.
  for (std::vector<std::size_t> before; before.size() != targets.size();) {
    before = targets;
    targets = graph.closure(graph.closure(targets, true), false);
  }
  return targets;
}

/// Collects nodes by name; edges between them.
class Builder {
 public:
  std::size_t node(const std::string& name, Dag::NodeKind kind, bool frozen = false) {
    const auto [at, added] = index_.emplace(name, dag_.nodes.size());
    if (added) {
      dag_.nodes.push_back({printable(name), kind, frozen});
    }
    return at->second;
  }
  void edge(std::size_t from, std::size_t to) { edges_.insert({from, to}); }
  Dag take() {
    dag_.edges.assign(edges_.begin(), edges_.end());
    return std::move(dag_);
  }

 private:
  Dag dag_;
  std::map<std::string, std::size_t> index_;
  std::set<Dag::Edge> edges_;
};

bool overlap(const fs::RepoPath& a, const fs::RepoPath& b) { return a.within(b) || b.within(a); }

std::vector<const spec::Pointer*> pointers_read(const spec::Stage& stage, const repo::Snapshot& snapshot) {
  std::vector<const spec::Pointer*> found;
  for (const spec::Pointer& pointer : snapshot.pointers) {
    const auto reads = [&](const spec::Dependency& dep) { return overlap(dep.path, pointer.path); };
    if (std::any_of(stage.deps.begin(), stage.deps.end(), reads)) {
      found.push_back(&pointer);
    }
  }
  return found;
}

Dag stages_dag(const Graph& graph, const std::vector<std::size_t>& chosen, const repo::Snapshot& snapshot) {
  Builder builder;
  std::vector<bool> inside(graph.size(), false);
  for (const std::size_t index : chosen) {
    inside[index] = true;
    for (const spec::Pointer* pointer : pointers_read(graph.stage(index), snapshot)) {
      builder.node(pointer->file.str(), Dag::NodeKind::tracked);
    }
  }
  for (const std::size_t index : chosen) {
    const spec::Stage& stage = graph.stage(index);
    const std::size_t to = builder.node(stage.name, Dag::NodeKind::stage, stage.frozen);
    for (const spec::Pointer* pointer : pointers_read(stage, snapshot)) {
      builder.edge(builder.node(pointer->file.str(), Dag::NodeKind::tracked), to);
    }
    for (const std::size_t up : graph.upstream(index)) {
      if (inside[up]) {
        builder.edge(builder.node(graph.stage(up).name, Dag::NodeKind::stage), to);
      }
    }
  }
  return builder.take();
}

Dag outputs_dag(const Graph& graph, const std::vector<std::size_t>& chosen, const repo::Snapshot& snapshot) {
  Builder builder;
  for (const std::size_t index : chosen) {
    const spec::Stage& stage = graph.stage(index);
    std::vector<std::size_t> inputs;
    for (const spec::Pointer* pointer : pointers_read(stage, snapshot)) {
      inputs.push_back(builder.node(pointer->path.str(), Dag::NodeKind::tracked));
    }
    for (const std::size_t up : graph.upstream(index)) {
      for (const spec::Output& out : graph.stage(up).outs) {
        const auto reads = [&](const spec::Dependency& dep) { return overlap(dep.path, out.path); };
        if (std::any_of(stage.deps.begin(), stage.deps.end(), reads)) {
          inputs.push_back(builder.node(out.path.str(), Dag::NodeKind::output));
        }
      }
    }
    for (const spec::Output& out : stage.outs) {
      const std::size_t to = builder.node(out.path.str(), Dag::NodeKind::output, stage.frozen);
      for (const std::size_t from : inputs) {
        builder.edge(from, to);
      }
    }
  }
  return builder.take();
}

std::string quoted_label(const std::string& name) {
  std::string label = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') {
      label += '\\';
    }
    label += c;
  }
  return label + "\"";
}

}  // namespace

Dag make_dag(const Graph& graph, const repo::Snapshot& snapshot, const DagOptions& options) {
  const std::vector<std::size_t> chosen = chosen_stages(graph, options);
  return options.outs ? outputs_dag(graph, chosen, snapshot) : stages_dag(graph, chosen, snapshot);
}

Dag dag(repo::Workspace& workspace, const DagOptions& options) {
  const auto snapshot = repo::Snapshot::of_workspace(workspace);
  const Graph graph(*snapshot, workspace.dialect());
  DagOptions resolved = options;
  resolved.targets = plan_targets(workspace, *snapshot, options.targets);
  return make_dag(graph, *snapshot, resolved);
}

std::string to_dot(const Dag& dag) {
  std::string text = "digraph pipeline {\n";
  for (const Dag::Node& node : dag.nodes) {
    text += "  " + quoted_label(node.name) + (node.kind == Dag::NodeKind::stage ? " [shape=box]" : "") + ";\n";
  }
  for (const Dag::Edge& edge : dag.edges) {
    text += "  " + quoted_label(dag.nodes[edge.from].name) + " -> " + quoted_label(dag.nodes[edge.to].name) + ";\n";
  }
  return text + "}\n";
}

std::string to_mermaid(const Dag& dag, Markdown markdown) {
  std::string text = "flowchart TD\n";
  for (std::size_t i = 0; i < dag.nodes.size(); ++i) {
    std::string label = dag.nodes[i].name;
    // Mermaid has no escape for a quote inside a label, only the entity.
    for (std::size_t at = 0; (at = label.find('"', at)) != std::string::npos; at += 6) {
      label.replace(at, 1, "#quot;");
    }
    text += fmt::format("\tnode{}[\"{}\"]\n", i + 1, label);
  }
  for (const Dag::Edge& edge : dag.edges) {
    text += fmt::format("\tnode{}-->node{}\n", edge.from + 1, edge.to + 1);
  }
  return markdown == Markdown::yes ? "```mermaid\n" + text + "```\n" : text;
}

}  // namespace mlops::pipeline

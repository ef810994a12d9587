// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pipeline/graph.hpp"
#include "repo/snapshot.hpp"
#include "repo/workspace.hpp"

namespace mlops::pipeline {

/// The pipeline as data for drawing: nodes in an order in which every edge points forward.
struct Dag {
  enum class NodeKind { stage, tracked, output };
  struct Node {
    std::string name;  ///< stage name, pointer file or output path; printable
    NodeKind kind = NodeKind::stage;
    bool frozen = false;
  };
  struct Edge {
    std::size_t from = 0, to = 0;  ///< indexes of nodes
    friend auto operator<=>(const Edge&, const Edge&) = default;
  };
  std::vector<Node> nodes;
  std::vector<Edge> edges;  ///< sorted
};

struct DagOptions {
  std::vector<std::string> targets{};  ///< stages or outputs; only what leads to them; empty: all
  bool full = false;                   ///< with targets: everything connected with them
  bool outs = false;                   ///< outputs as nodes instead of stages
};

Dag make_dag(const Graph& graph, const repo::Snapshot& snapshot, const DagOptions& options);
/// Loads the project and makes its dag.
Dag dag(repo::Workspace& workspace, const DagOptions& options);

/// Lanes of characters beside the names, top to bottom in running order.
std::string to_text(const Dag& dag);
/// Graphviz.
std::string to_dot(const Dag& dag);
/// A mermaid flowchart; in a fenced block with `markdown`.
enum class Markdown { no, yes };
std::string to_mermaid(const Dag& dag, Markdown markdown = Markdown::no);

}  // namespace mlops::pipeline

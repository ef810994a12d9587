// SPDX-License-Identifier: Apache-2.0
//
// A graph as lines of text, read from top to bottom.
//
// Each edge that has begun and not yet ended runs down a column (a lane). A node stands in the leftmost lane that leads
// to it, the others join just above it, and below it its lane goes on to the first node that needs it, with one new
// lane for each further one:
//
//   o  data/raw.mlops
//   o  prepare
//   |-.
//   o |  train
//   |-'
//   o  evaluate
//
// Graphs with more lanes than fit a screen are listed instead, each node with what it needs.
#include "pipeline/dag.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <optional>

namespace mlops::pipeline {
namespace {

constexpr std::size_t most_lanes = 24;

/// Draws node by node; a lane holds the node that it leads to.
class Drawing {
 public:
  explicit Drawing(const Dag& dag) : dag_(dag), targets_(dag.nodes.size()) {
    for (const Dag::Edge& edge : dag.edges) {
      targets_[edge.from].push_back(edge.to);
    }
  }

  /// Nothing when it does not fit.
  std::optional<std::string> draw() {
    for (std::size_t node = 0; node < dag_.nodes.size(); ++node) {
      const std::size_t lane = join_lanes(node);
      draw_node(node, lane);
      open_lanes(node, lane);
      if (lanes_.size() > most_lanes) {
        return std::nullopt;
      }
    }
    return std::move(text_);
  }

 private:
  std::size_t free_lane(std::size_t from) {
    for (std::size_t lane = from; lane < lanes_.size(); ++lane) {
      if (!lanes_[lane]) {
        return lane;
      }
    }
    lanes_.emplace_back();
    return lanes_.size() - 1;
  }

  std::size_t join_lanes(std::size_t node) {
    std::vector<std::size_t> here;
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
      if (lanes_[lane] == node) {
        here.push_back(lane);
      }
    }
    if (here.empty()) {
      const std::size_t lane = free_lane(0);
      lanes_[lane] = node;
      return lane;
    }
    if (here.size() > 1) {
      draw_bridge(here, '\'');
      std::for_each(here.begin() + 1, here.end(), [&](std::size_t lane) { lanes_[lane].reset(); });
      drop_free_lanes();
    }
    return here.front();
  }

  void open_lanes(std::size_t node, std::size_t lane) {
    const std::vector<std::size_t>& targets = targets_[node];
    lanes_[lane] = targets.empty() ? std::nullopt : std::optional(targets.front());
    std::vector<std::size_t> opened{lane};
    for (std::size_t i = 1; i < targets.size(); ++i) {
      opened.push_back(free_lane(lane + 1));
      lanes_[opened.back()] = targets[i];
    }
    if (opened.size() > 1) {
      draw_bridge(opened, '.');
    }
    drop_free_lanes();
  }

  /// Those at the right edge; others keep their place so that lines stay straight.
  void drop_free_lanes() {
    while (!lanes_.empty() && !lanes_.back()) {
      lanes_.pop_back();
    }
  }

  std::string row() const {
    std::string line;
    for (const auto& lane : lanes_) {
      line += lane ? "| " : "  ";
    }
    return line;
  }

  void add_line(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    text_ += line + "\n";
  }

  /// Connects the first of `lanes` with the others, which end or begin with `corner`.
  void draw_bridge(const std::vector<std::size_t>& lanes, char corner) {
    std::string line = row();
    for (std::size_t at = lanes.front() * 2 + 1; at < lanes.back() * 2; ++at) {
      line[at] = at % 2 == 0 && line[at] == '|' ? '+' : '-';
    }
    std::for_each(lanes.begin() + 1, lanes.end(), [&](std::size_t lane) { line[lane * 2] = corner; });
    add_line(line);
  }

  void draw_node(std::size_t node, std::size_t lane) {
    std::string line = row();
    line[lane * 2] = dag_.nodes[node].kind == Dag::NodeKind::stage ? 'o' : '*';
    add_line(line + " " + dag_.nodes[node].name + (dag_.nodes[node].frozen ? " (frozen)" : ""));
  }

  const Dag& dag_;
  std::vector<std::vector<std::size_t>> targets_;
  std::vector<std::optional<std::size_t>> lanes_;
  std::string text_;
};

std::string as_list(const Dag& dag) {
  std::vector<std::vector<std::string>> needs(dag.nodes.size());
  for (const Dag::Edge& edge : dag.edges) {
    needs[edge.to].push_back(dag.nodes[edge.from].name);
  }
  std::string text;
  for (std::size_t node = 0; node < dag.nodes.size(); ++node) {
    text += dag.nodes[node].name + (dag.nodes[node].frozen ? " (frozen)" : "") +
            (needs[node].empty() ? "" : " <- " + join(needs[node], ", ")) + "\n";
  }
  return text;
}

}  // namespace

std::string to_text(const Dag& dag) {
  auto drawn = Drawing(dag).draw();
  return drawn ? std::move(*drawn) : as_list(dag);
}

}  // namespace mlops::pipeline

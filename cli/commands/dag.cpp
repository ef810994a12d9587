// SPDX-License-Identifier: Apache-2.0
#include "pipeline/dag.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "cli/json.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class DagCommand : public Command {
  pipeline::DagOptions options_;
  bool dot_ = false, mermaid_ = false, markdown_ = false, json_ = false;

  Args args() override {
    return {{.names = "targets",
             .metavar = "target",
             .help = "Only what leads to these stages",
             .into = &options_.targets,
             .complete = Complete::stage},
            {.names = "--full", .help = "With targets, everything connected with them", .into = &options_.full},
            {.names = "-o,--outs", .help = "Show outputs instead of stages", .into = &options_.outs},
            {.names = "--dot", .help = "Print Graphviz", .into = &dot_},
            {.names = "--mermaid", .help = "Print Mermaid", .into = &mermaid_},
            {.names = "--md", .help = "Print Mermaid inside a Markdown block", .into = &markdown_},
            args::json(&json_)};
  }

  static nlohmann::ordered_json dag_json(const pipeline::Dag& dag) {
    auto nodes = nlohmann::ordered_json::array();
    for (const auto& node : dag.nodes) nodes.push_back({{"name", node.name}, {"frozen", node.frozen}});
    auto edges = nlohmann::ordered_json::array();
    for (const auto& edge : dag.edges)
      edges.push_back({{"from", dag.nodes[edge.from].name}, {"to", dag.nodes[edge.to].name}});
    return {{"nodes", nodes}, {"edges", edges}};
  }

  ExitCode run(Context& context) override {
    if (dot_ + mermaid_ + markdown_ + json_ > 1)
      throw Error::usage("give one of `--dot`, `--mermaid`, `--md`, `--json`");
    auto workspace = context.workspace();
    const auto dag = pipeline::dag(workspace, options_);
    if (dag.nodes.empty() && !json_) say_no_stages(context);
    if (json_) {
      print_json(context.out, dag_json(dag));
    } else if (mermaid_ || markdown_) {
      context.out << pipeline::to_mermaid(dag, markdown_ ? pipeline::Markdown::yes : pipeline::Markdown::no);
    } else {
      context.out << (dot_ ? pipeline::to_dot(dag) : pipeline::to_text(dag));
    }
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec dag_command{.name = "dag",
                              .group = "Pipeline",
                              .summary = "Show how stages depend on each other",
                              .manual = R"(Draws the graph of stages and tracked data, as text, Graphviz or Mermaid.

EXAMPLES
  mlops dag
  mlops dag --dot | dot -Tsvg > pipeline.svg
  mlops dag --md >> README.md
)",
                              .make = make_command<DagCommand>};

}  // namespace mlops::cli

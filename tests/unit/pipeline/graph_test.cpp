// SPDX-License-Identifier: Apache-2.0
#include "pipeline/graph.hpp"

#include <chrono>

#include "pipeline/dag.hpp"
#include "support/catch.hpp"
#include "util/error.hpp"

namespace mlops::test {
namespace {

using pipeline::Graph;

fs::RepoPath path(std::string_view text) { return fs::RepoPath::parse(text); }

spec::Stage stage(const std::string& name, const std::vector<std::string>& deps, const std::vector<std::string>& outs,
                  int line = 1) {
  spec::Stage made;
  made.name = name;
  made.file = path("mlops.yaml");
  made.line = line;
  for (const std::string& dep : deps) {
    made.deps.push_back({.path = path(dep), .line = line + 1});
  }
  for (const std::string& out : outs) {
    spec::Output output;
    output.path = path(out);
    output.line = line + 2;
    made.outs.push_back(output);
  }
  return made;
}

repo::Snapshot snapshot(std::vector<spec::Stage> stages) {
  repo::Snapshot made;
  made.project.stages = std::move(stages);
  return made;
}

std::vector<std::string> names(const Graph& graph, const std::vector<std::size_t>& indexes) {
  std::vector<std::string> found;
  for (const std::size_t index : indexes) {
    found.push_back(graph.stage(index).name);
  }
  return found;
}

using Names = std::vector<std::string>;

TEST_CASE("edges follow from overlapping paths in both directions") {
  const auto project = snapshot({stage("train", {"data/prepared"}, {"model"}), stage("part", {"data/raw/x.csv"}, {"p"}),
                                 stage("prepare", {}, {"data/prepared"}), stage("fetch", {}, {"data/raw"}),
                                 stage("all", {"data"}, {"report"})});
  const Graph graph(project);
  CHECK(names(graph, graph.upstream(graph.index("train"))) == Names{"prepare"});
  CHECK(names(graph, graph.upstream(graph.index("part"))) == Names{"fetch"});
  CHECK(names(graph, graph.upstream(graph.index("all"))) == Names{"prepare", "fetch"});
  CHECK(names(graph, graph.order()) == Names{"prepare", "train", "fetch", "part", "all"});
  CHECK(names(graph, graph.closure({graph.index("fetch")}, true)) == Names{"fetch", "part", "all"});
  CHECK(names(graph, graph.closure({graph.index("part")}, false)) == Names{"fetch", "part"});
  CHECK(names(graph, graph.producers(path("data"))) == Names{"prepare", "fetch"});
  CHECK(names(graph, graph.producers(path("model/weights"))) == Names{"train"});
}

TEST_CASE("paths that only share letters do not overlap") {
  const auto project = snapshot({stage("a", {}, {"data"}), stage("b", {}, {"data-2"}), stage("c", {}, {"data.csv"}),
                                 stage("d", {"data/x"}, {"y"})});
  const Graph graph(project);
  CHECK(names(graph, graph.upstream(graph.index("d"))) == Names{"a"});
}

TEST_CASE("a parameter file that a stage writes makes an edge") {
  auto reader = stage("reader", {}, {"x"});
  reader.params.push_back({.file = path("params.json"), .keys = {}});
  const auto project = snapshot({reader, stage("writer", {}, {"params.json"})});
  const Graph graph(project);
  CHECK(names(graph, graph.order()) == Names{"writer", "reader"});
}

TEST_CASE("unsound pipelines are refused with both parties and the line") {
  const auto same = snapshot({stage("a", {}, {"x"}, 1), stage("b", {}, {"x"}, 10)});
  CHECK_THROWS_WITH(Graph(same), "mlops.yaml:12: 'x' is claimed twice: by stage 'a' and by stage 'b'");
  const auto inside = snapshot({stage("a", {}, {"d"}, 1), stage("b", {}, {"d/x/y"}, 10)});
  CHECK_THROWS_WITH(Graph(inside), "mlops.yaml:12: 'd/x/y' of stage 'b' lies inside 'd' of stage 'a'");
  const auto own = snapshot({stage("a", {"d/x"}, {"d"}, 4)});
  CHECK_THROWS_WITH(Graph(own), Catch::Contains("mlops.yaml:5: stage 'a' depends on 'd/x', which its own output 'd'"));
  auto pointer = snapshot({stage("a", {}, {"data/raw/x"}, 4)});
  spec::Pointer raw;
  raw.path = path("data/raw");
  raw.file = path("data/raw.mlops");
  raw.entry = store::Entry{.digest = *hash::Digest::parse(hash::Algorithm::sha256, std::string(64, 'a'))};
  pointer.pointers.push_back(raw);
  CHECK_THROWS_WITH(Graph(pointer), Catch::Contains("lies inside 'data/raw' of a tracked path"));
}

TEST_CASE("a cycle is shown as a path") {
  const auto project = snapshot({stage("free", {}, {"f"}), stage("a", {"z"}, {"x"}), stage("b", {"x"}, {"y"}),
                                 stage("c", {"y"}, {"z"}), stage("below", {"z"}, {"end"})});
  CHECK_THROWS_WITH(Graph(project), Catch::Contains("a -> b -> c -> a") || Catch::Contains("b -> c -> a -> b") ||
                                        Catch::Contains("c -> a -> b -> c"));
}

TEST_CASE("an unknown stage is an error that names a near one") {
  const auto project = snapshot({stage("prepare", {}, {"x"})});
  const Graph graph(project);
  try {
    graph.index("prepere");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::missing);
    CHECK(error.hints() == Names{"did you mean 'prepare'?"});
  }
}

TEST_CASE("ten thousand stages in a chain and in a fan are ordered quickly") {
  std::vector<spec::Stage> stages;
  for (int i = 0; i < 10'000; ++i) {
    stages.push_back(
        stage("s" + std::to_string(i), {i == 0 ? "in" : "out" + std::to_string(i - 1)}, {"out" + std::to_string(i)}));
  }
  const auto project = snapshot(std::move(stages));
  const auto start = std::chrono::steady_clock::now();
  const Graph graph(project);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
  CHECK(graph.order().size() == 10'000);
  CHECK(graph.order().back() == 9'999);
}

pipeline::Dag diamond() {
  const auto project = snapshot({stage("prepare", {}, {"p"}), stage("left", {"p"}, {"l"}), stage("right", {"p"}, {"r"}),
                                 stage("join", {"l", "r"}, {"j"})});
  const Graph graph(project);
  return pipeline::make_dag(graph, project, {});
}

TEST_CASE("a dag is drawn as text") {
  CHECK(pipeline::to_text(diamond()) ==
        "o  prepare\n"
        "|-.\n"
        "o |  left\n"
        "| o  right\n"
        "|-'\n"
        "o  join\n");
}

TEST_CASE("a dag is written for graphviz and mermaid") {
  CHECK(pipeline::to_dot(diamond()).find("  \"left\" -> \"join\";\n") != std::string::npos);
  const std::string text = pipeline::to_mermaid(diamond(), pipeline::Markdown::yes);
  CHECK(text.starts_with("```mermaid\nflowchart TD\n\tnode1[\"prepare\"]\n"));
  CHECK(text.find("\tnode2-->node4\n") != std::string::npos);
}

TEST_CASE("a dag of outputs and of targets shows only those") {
  const auto project = snapshot({stage("a", {}, {"x"}), stage("b", {"x"}, {"y"}), stage("c", {"x"}, {"z"})});
  const Graph graph(project);
  const auto outs = pipeline::make_dag(graph, project, {.outs = true});
  CHECK(outs.nodes.size() == 3);
  CHECK(outs.edges.size() == 2);
  const auto part = pipeline::make_dag(graph, project, {.targets = {"b"}});
  CHECK(part.nodes.size() == 2);
  const auto full = pipeline::make_dag(graph, project, {.targets = {"b"}, .full = true});
  CHECK(full.nodes.size() == 3);
}

TEST_CASE("a graph too wide for a screen is listed") {
  std::vector<spec::Stage> stages{stage("root", {}, {"r"})};
  std::vector<std::string> outs;
  for (int i = 0; i < 40; ++i) {
    outs.push_back("o" + std::to_string(i));
    stages.push_back(stage("s" + std::to_string(i), {"r"}, {outs.back()}));
  }
  const auto project = snapshot(std::move(stages));
  const Graph graph(project);
  const auto text = pipeline::to_text(pipeline::make_dag(graph, project, {}));
  CHECK(text.find("s7 <- root\n") != std::string::npos);
}

}  // namespace
}  // namespace mlops::test

// SPDX-License-Identifier: Apache-2.0
// Stages of several pipeline files as one pipeline.

#include "pipeline/dag.hpp"
#include "pipeline/status.hpp"
#include "pipeline/why.hpp"
#include "pipeline_project.hpp"
#include "support/catch.hpp"
#include "util/error.hpp"

namespace mlops::test {
namespace {

using Words = std::vector<std::string>;

/// prepare (root) -> models: train, score -> train (root).
class SeveralFiles : public PipelineProject {
 public:
  SeveralFiles() {
    write("in.txt", "1\n");
    write("params.yaml", "k: root\n");
    write("models/params.yaml", "k: models\n");
    pipeline(
        "  prepare:\n    cmd: cat in.txt params.yaml > data\n    deps: [in.txt]\n    params: [k]\n    outs: [data]\n"
        "  train:\n    cmd: cat models/score > report\n    deps: [models/score]\n    outs: [report]\n");
    write(
        "models/mlops.yaml",
        "stages:\n"
        "  train:\n    cmd: cat ../data params.yaml > model\n    deps: [../data]\n    params: [k]\n    outs: [model]\n"
        "  score:\n    cmd: cat ../model > ../score\n    wdir: eval\n    deps: [../model]\n    outs: [../score]\n");
    write("models/eval/x", "");
  }
  /// What `mlops repro WORDS` of a person in `directory` runs.
  std::string repro_in(const std::string& directory, const Words& words, bool single = false) {
    const auto workspace = open(directory);
    pipeline::ReproOptions options;
    options.plan.targets = words;
    options.plan.single_item = single;
    options.plan.force = true;
    std::string text;
    for (const pipeline::StageReport& report : pipeline::repro(*workspace, options).stages) {
      text += (text.empty() ? "" : " ") + report.stage;
    }
    return text;
  }
};

TEST_CASE("stages of all files run in the order of their data, each in its directory") {
  SeveralFiles project;
  CHECK(project.outcomes() ==
        "prepare: executed, models/mlops.yaml:train: executed, models/mlops.yaml:score: executed, train: executed");
  CHECK(project.read("report") == "1\nk: root\nk: models\n");
  CHECK(project.outcomes() ==
        "prepare: up_to_date, models/mlops.yaml:train: up_to_date, models/mlops.yaml:score: up_to_date, "
        "train: up_to_date");
  project.write("models/params.yaml", "k: other\n");
  CHECK(project.outcomes() ==
        "prepare: up_to_date, models/mlops.yaml:train: executed, models/mlops.yaml:score: executed, train: executed");
  CHECK(project.exists("models/mlops.lock"));
  CHECK(project.read("mlops.lock").find("model\n") == std::string::npos);
  CHECK(project.last.undeclared.empty());
}

TEST_CASE("a lock in a directory that git does not know yet is no file that a stage forgot") {
  SeveralFiles project;
  project.git.git({"add", "in.txt", "params.yaml", "mlops.yaml"});
  project.git.git({"commit", "-q", "-m", "without models"});
  project.write("models/mlops.yaml", "stages:\n  train:\n    cmd: cat ../data > ../model\n    outs: [../model]\n");
  project.pipeline("  prepare:\n    cmd: cat in.txt > data\n    outs: [data]\n");
  project.outcomes();
  CHECK(project.exists("models/mlops.lock"));
  CHECK(project.last.undeclared.empty());
}

TEST_CASE("targets are names here, files and addresses") {
  SeveralFiles project;
  project.outcomes();
  CHECK(project.repro_in("models", {"train"}) == "prepare models/mlops.yaml:train");
  CHECK(project.repro_in("models", {"prepare"}) == "prepare");
  CHECK(project.repro_in("", {"models/mlops.yaml:score"}, true) == "models/mlops.yaml:score");
  CHECK(project.repro_in("", {"models/mlops.yaml"}, true) == "models/mlops.yaml:train models/mlops.yaml:score");
  CHECK(project.repro_in("models/eval", {"../mlops.yaml:train"}, true) == "models/mlops.yaml:train");
  CHECK(project.repro_in("models", {"../mlops.yaml:train"}, true) == "train");
  CHECK(project.repro_in("models", {"model"}, true) == "models/mlops.yaml:train");
  CHECK_THROWS_WITH(project.repro_in("", {"nothing"}), "there is no stage or output 'nothing'");
  for (const auto& [directory, word, near] :
       {std::tuple("", "models/mlops.yaml:trian", "models/mlops.yaml:train"), std::tuple("models", "scor", ""),
        std::tuple("models", "scorre", "models/mlops.yaml:score"),
        std::tuple("", "scorre", "models/mlops.yaml:score")}) {
    INFO(word);
    try {
      project.repro_in(directory, {word});
      FAIL("it is no target");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::missing);
      if (std::string_view(near) != "") {
        CHECK(error.hints() == Words{"did you mean '" + std::string(near) + "'?"});
      }
    }
  }
  CHECK_THROWS_AS(project.repro_in("models/eval", {"mlops.yaml"}), Error);
}

TEST_CASE("the graph, the status and the reasons name stages by their addresses") {
  SeveralFiles project;
  const auto dag = pipeline::dag(*project.open("models"), {.targets = {"score"}});
  Words names;
  for (const auto& node : dag.nodes) {
    names.push_back(node.name);
  }
  CHECK(names == Words{"prepare", "models/mlops.yaml:train", "models/mlops.yaml:score"});
  project.outcomes();
  project.write("models/params.yaml", "k: other\n");
  const auto why = pipeline::why(*project.open("models"), {"train"});
  REQUIRE(why.size() == 1);
  CHECK(why.front().stage == "models/mlops.yaml:train");
  CHECK_FALSE(why.front().reasons.empty());
  CHECK(pipeline::why(*project.open(), {"models/mlops.yaml"}).size() == 2);
  CHECK(pipeline::why(*project.open(), {}).size() == 4);
  CHECK_THROWS_AS(pipeline::why(*project.open(), {"score"}), Error);
}

TEST_CASE("stages are added to the file of the directory that has one") {
  SeveralFiles project;
  const std::string root = project.read("mlops.yaml");
  pipeline::stage_add(*project.open("models"),
                      {.name = "more", .deps = {"model"}, .outs = {"m"}, .cmd = {"cp model m"}});
  CHECK(project.read("models/mlops.yaml")
            .ends_with("  more:\n    cmd: cp model m\n    deps:\n    - model\n"
                       "    outs:\n    - m\n"));
  CHECK(project.read("mlops.yaml") == root);
  CHECK_THROWS_WITH(pipeline::stage_add(*project.open("models"), {.name = "more", .cmd = {"x"}}),
                    "stage 'more' is already declared in 'models/mlops.yaml'");
  CHECK_THROWS_WITH(
      pipeline::stage_add(*project.open("models"), {.name = "twice", .outs = {"../report"}, .cmd = {"x"}}),
      Catch::Contains("'report' is claimed twice"));
  pipeline::stage_add(*project.open("models/eval"), {.name = "deep", .outs = {"o"}, .cmd = {"echo > o"}});
  CHECK(project.read("mlops.yaml") == root + "  deep:\n    cmd: echo > o\n    wdir: models/eval\n    outs:\n    - o\n");
  pipeline::stage_add(*project.open("models"), {.name = "more", .force = true, .outs = {"n"}, .cmd = {"echo > n"}});
  CHECK(project.read("models/.gitignore") == "/n\n");
}

TEST_CASE("stages are listed, frozen and removed in their own file") {
  SeveralFiles project;
  project.outcomes();
  const std::string root = project.read("mlops.yaml"), before = project.read("models/mlops.yaml");
  CHECK(pipeline::stage_list(*project.open("models"), {"train"}).front().name == "models/mlops.yaml:train");
  CHECK(pipeline::stage_list(*project.open(), {"models/mlops.yaml"}).size() == 2);
  CHECK(pipeline::freeze(*project.open("models"), {"train"}, pipeline::Frozen::yes) ==
        Words{"models/mlops.yaml:train"});
  CHECK(project.read("mlops.yaml") == root);
  CHECK(project.read("models/mlops.yaml") != before);
  CHECK(pipeline::freeze(*project.open(), {"models/mlops.yaml", "train"}, pipeline::Frozen::yes) ==
        Words{"train", "models/mlops.yaml:score"});
  CHECK(pipeline::freeze(*project.open(), {"models/mlops.yaml", "train"}, pipeline::Frozen::no).size() == 3);
  CHECK(project.read("models/mlops.yaml") == before);
  CHECK_THROWS_WITH(pipeline::stage_remove(*project.open(), {.names = {"score"}}), Catch::Contains("'score'"));
  pipeline::stage_remove(*project.open("models"), {.names = {"score"}});
  CHECK(project.read("mlops.yaml") == root);
  CHECK(project.read("models/mlops.yaml").find("score") == std::string::npos);
  CHECK(project.lock().stages.names() == Words{"models/mlops.yaml:train", "prepare", "train"});
}

TEST_CASE("mistakes are named with the file that makes them") {
  SeveralFiles project;
  project.pipeline("  train:\n    cmd: x\n    deps: [models/score]\n    outs: [report]\n");
  project.write("models/score", "1");
  project.write("models/mlops.yaml", "stages:\n  a:\n    cmd: x\n    wdir: nowhere\n    outs: [o]\n");
  CHECK_THROWS_WITH(project.repro(), Catch::StartsWith("models/mlops.yaml:2: the working directory 'models/nowhere'"));
  project.write("models/mlops.yaml", "stages:\n  a:\n    cmd: x\n    deps: [nothing]\n");
  CHECK_THROWS_WITH(project.repro(), Catch::StartsWith("models/mlops.yaml:4: the dependency 'models/nothing'"));
  project.write("models/mlops.yaml", "stages:\n  a:\n    cmd: x\n    deps: [../report]\n    outs: [score]\n");
  CHECK_THROWS_WITH(project.repro(), Catch::Contains("mlops.yaml:") && Catch::Contains("models/mlops.yaml:a -> train"));
}

}  // namespace
}  // namespace mlops::test

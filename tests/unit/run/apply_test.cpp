// SPDX-License-Identifier: Apache-2.0
#include "run/apply.hpp"

#include "pipeline/status.hpp"
#include "run_project.hpp"
#include "support/catch.hpp"
#include "util/error.hpp"

namespace mlops::test {
namespace {

TEST_CASE("applying a run brings its parameters, lock and outputs, and nothing is left to run") {
  RunProject project;
  project.run_all({.name = "first"});
  project.run_all({.set = {"train.lr=0.3"}, .name = "second"});
  auto workspace = project.open();
  const auto result = run::apply(workspace, {.run = "first"});
  CHECK(project.read("params.yaml") == "train:\n  lr: 0.1  # the rate\n  epochs: 5\n");
  CHECK(project.read("metrics.json") == "{\"loss\": 0.1, \"size\": 2}\n");
  CHECK(project.read("model.txt") == "lr 0.1\nalpha\nbeta\n");
  CHECK(result.written == std::vector{at("metrics.json"), at("mlops.lock"), at("params.yaml")});
  CHECK(result.code.empty());
  CHECK(result.rescued.empty());
  CHECK(project.run_all().nothing_to_do);
}

TEST_CASE("applying leaves source code alone and says what differs") {
  RunProject project;
  project.run_all({.name = "first"});
  project.write("src/train.sh", std::string(train_script) + "# newer\n");
  auto workspace = project.open();
  const auto result = run::apply(workspace, {.run = "first"});
  CHECK(result.code == std::vector<std::string>{"src/train.sh"});
  CHECK(result.written.empty());
  CHECK(project.read("src/train.sh") == std::string(train_script) + "# newer\n");
}

TEST_CASE("changes that are found nowhere else are refused as a whole, or rescued with force") {
  RunProject project;
  project.run_all({.name = "first"});
  project.run_all({.set = {"train.lr=0.3"}, .name = "second"});
  project.write("params.yaml", "train:\n  lr: 0.9  # by hand\n  epochs: 1\n");
  auto workspace = project.open();
  const std::string lock = project.read("mlops.lock");
  try {
    run::apply(workspace, {.run = "first"});
    FAIL("it was applied");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::conflict);
    CHECK_THAT(error.what(), Catch::Contains("'params.yaml'"));
  }
  CHECK(project.read("mlops.lock") == lock);
  const auto result = run::apply(workspace, {.run = "first", .force = true});
  REQUIRE(result.rescued.size() == 1);
  CHECK(project.git.dir.read(result.rescued.front().second) == "train:\n  lr: 0.9  # by hand\n  epochs: 1\n");
  CHECK(project.read("params.yaml").find("lr: 0.1") != std::string::npos);
}

TEST_CASE("an edited output is protected as well") {
  RunProject project;
  project.run_all({.name = "first"});
  project.run_all({.set = {"train.lr=0.3"}});
  project.erase("model.txt");
  project.write("model.txt", "improved by hand\n");
  auto workspace = project.open();
  const std::string params = project.read("params.yaml");
  CHECK_THROWS_AS(run::apply(workspace, {.run = "first"}), Error);
  CHECK(project.read("params.yaml") == params);
  CHECK(project.read("model.txt") == "improved by hand\n");
}

TEST_CASE("a run whose outputs are not here names runs pull and changes nothing") {
  RunProject project;
  project.run_all({.name = "first"});
  project.run_all({.set = {"train.lr=0.3"}});
  project.erase(".mlops/cache/objects");
  auto workspace = project.open();
  const std::string params = project.read("params.yaml");
  try {
    run::apply(workspace, {.run = "first"});
    FAIL("it was applied");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::missing);
    CHECK_THAT(error.hints().back(), Catch::Contains("mlops runs pull"));
  }
  CHECK(project.read("params.yaml") == params);
}

TEST_CASE("a link on the way to a file of the run is never followed") {
  RunProject project;
  project.write("conf/params.yaml", "a: 1\n");
  project.write(
      "mlops.yaml",
      "stages:\n  one:\n    cmd: echo 1 > one.txt\n    params:\n    - conf/params.yaml: [a]\n    outs: [one.txt]\n");
  project.run_all({.name = "first"});
  project.write("elsewhere/params.yaml", "a: 2\n");
  project.erase("conf");
  std::filesystem::create_symlink(project.path("elsewhere"), project.path("conf"));
  auto workspace = project.open();
  CHECK_THROWS_AS(run::apply(workspace, {.run = "first", .force = true}), Error);
  CHECK(project.read("elsewhere/params.yaml") == "a: 2\n");
}

}  // namespace
}  // namespace mlops::test

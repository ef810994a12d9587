// SPDX-License-Identifier: Apache-2.0
// Addresses: how stages are called in a project of several pipeline files.

#include "spec/stage.hpp"

#include "spec/dialect.hpp"
#include "support/catch.hpp"
#include "unit/spec/samples.hpp"
#include "util/error.hpp"

using namespace mlops;
using namespace mlops::spec;

namespace {

const Dialect& native = native_dialect();
const fs::RepoPath root_file = test::path("mlops.yaml");
const fs::RepoPath file = test::path("models/mlops.yaml");
const fs::RepoPath lock_file = test::path("models/mlops.lock");

const std::string text =
    "stages:\n  # mine\n  train:\n    cmd: x\n    deps:\n    - ../data\n  each:\n    foreach: [a, b]\n    do:\n"
    "      cmd: y ${item}\n";

}  // namespace

TEST_CASE("an address is a name at the root and has the file before it elsewhere", "[spec][address]") {
  CHECK(stage_address(root_file, "train") == "train");
  CHECK(stage_address(file, "train@a") == "models/mlops.yaml:train@a");
  CHECK(local_name(root_file, "train") == "train");
  CHECK(local_name(file, "models/mlops.yaml:train@a") == "train@a");
}

TEST_CASE("an address taken apart is the file and the name", "[spec][address]") {
  for (const std::string directory : {"models", "a/b", "x@y", "odd:name", "mlops.yaml:", "d/mlops.yaml"}) {
    INFO(directory);
    const fs::RepoPath there = test::path(directory + "/mlops.yaml");
    const StageAddress parts = parse_stage_address(stage_address(there, "t@1-2"), "mlops.yaml");
    CHECK(parts.file == there);
    CHECK(parts.name == "t@1-2");
  }
  CHECK(parse_stage_address("train", "mlops.yaml").file == root_file);
  CHECK(parse_stage_address("train", "mlops.yaml").name == "train");
}

TEST_CASE("the group of an address is in the same file, whatever the directory is called", "[spec][address]") {
  Stage stage;
  stage.file = test::path("x@y/mlops.yaml");
  stage.name = "x@y/mlops.yaml:each@a:b c";
  CHECK(stage_group(stage) == "x@y/mlops.yaml:each");
  stage.name = "x@y/mlops.yaml:train";
  CHECK_FALSE(stage_group(stage));
}

TEST_CASE("what a record calls a stage is an address", "[spec][address]") {
  for (const std::string good : {"train", "models/mlops.yaml:train", "a b/mlops.yaml:t@x:y", "t@x:/y"}) {
    CHECK(check_stage_address(good) == "");
  }
  for (const std::string bad : {"", "-x", "models/train", "../mlops.yaml:train", "a\n/mlops.yaml:train",
                                "models/mlops.yaml:", "models/mlops.yaml:-x", ":x"}) {
    INFO(bad);
    CHECK_FALSE(check_stage_address(bad).empty());
  }
}

TEST_CASE("a directory that cannot be named in a lock holds no pipeline file", "[spec][address]") {
  CHECK_THROWS_AS(native.read_project(text, test::path("a\nb/mlops.yaml"), test::no_files), Error);
}

TEST_CASE("stages of a file below the root know it and bear its address", "[spec][address]") {
  const Project project = native.read_project(text, file, test::no_files);
  REQUIRE(project.stages.size() == 3);
  CHECK(project.stages[0].name == "models/mlops.yaml:train");
  CHECK(project.stages[2].name == "models/mlops.yaml:each@b");
  for (const Stage& stage : project.stages) {
    CHECK(stage.file == file);
    CHECK(stage.wdir == test::path("models"));
  }
  CHECK(project.stages[0].deps[0].path == test::path("data"));
  CHECK(project.find_all("models/mlops.yaml:each").size() == 2);
  CHECK(project.find_all("each").empty());
}

TEST_CASE("the text below the root is edited by address and says names", "[spec][address]") {
  CHECK(native.with_frozen("stages:\n  a:\n    cmd: x\n", file, "models/mlops.yaml:a", true) ==
        "stages:\n  a:\n    cmd: x\n    frozen: true\n");
  CHECK(native.without_stage("stages:\n  a:\n    cmd: x\n  b:\n    cmd: y\n", file, "models/mlops.yaml:a") ==
        "stages:\n  b:\n    cmd: y\n");
  Stage stage;
  stage.name = "models/mlops.yaml:new";
  stage.file = file;
  stage.cmd.lines = {"z"};
  stage.wdir = test::path("models");
  stage.deps = {{.path = test::path("data")}, {.path = test::path("models/own")}};
  CHECK(native.with_stage("", file, stage) == "stages:\n  new:\n    cmd: z\n    deps:\n    - ../data\n    - own\n");
}

TEST_CASE("a lock below the root says names and paths of the root, and reads back as addresses", "[spec][address]") {
  LockedStage state;
  state.cmd.lines = {"x"};
  state.wdir = test::path("models");
  state.outs = {test::locked("models/model", 0xab, 4)};
  const Lock lock{.stages = {{"models/mlops.yaml:train", state}}, .extra = {}};
  const std::string written = native.write_lock(lock, lock_file, {});
  CHECK(written ==
        "version: 1\nstages:\n  train:\n    cmd: x\n    wdir: models\n    outs:\n"
        "    - path: models/model\n      kind: file\n      sha256: " +
            test::digest(0xab).hex() + "\n      size: 4\n");
  CHECK(native.read_lock(written, lock_file, {}) == lock);
}

TEST_CASE("locks below the root merge stage by stage", "[spec][address]") {
  const auto with = [](const std::string& train, const std::string& score) {
    LockedStage one, two;
    one.cmd.lines = {train};
    two.cmd.lines = {score};
    return native.write_lock(
        {.stages = {{"models/mlops.yaml:train", one}, {"models/mlops.yaml:score", two}}, .extra = {}}, lock_file, {});
  };
  const Merged merged = merge_locks(native, with("1", "1"), with("2", "1"), with("1", "2"), lock_file, {});
  CHECK_FALSE(merged.conflict);
  CHECK(merged.text == with("2", "2"));
  const Merged clash = merge_locks(native, with("1", "1"), with("2", "1"), with("3", "1"), lock_file, {});
  CHECK(clash.conflict);
  CHECK(clash.text.find("<<<<<<< ours\n  train:\n") != std::string::npos);
}

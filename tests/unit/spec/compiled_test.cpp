// SPDX-License-Identifier: Apache-2.0
#include "hash/fingerprint.hpp"
#include "support/catch.hpp"
#include "unit/spec/samples.hpp"

using namespace mlops;
using namespace mlops::spec;

namespace {

Project rich_project() {
  Project project = test::project_of(test::lock());
  Stage& stage = project.stages.back();
  stage.name = "sub/mlops.yaml:train";
  stage.file = test::path("sub/mlops.yaml");
  stage.frozen = true;
  stage.timeout_seconds = 1.5;
  stage.desc = "é";
  stage.meta = Value(Value::Map{{"k", Value::List{0.5, Value(), true, std::int64_t{-3}}}});
  Output& output = stage.outs.back();
  output.written = "../model.json";
  output.kind = OutputKind::plot;
  output.remote = "store";
  output.cache = false;
  output.annotations = {.desc = "d", .type = "t", .labels = {"a", "b"}, .meta = "m"};
  output.plot = Value(Value::Map{{"x", "step"}});
  project.metrics = {test::path("m.json")};
  project.params = {test::path("p.yaml")};
  project.plots = {{test::path("mlops.yaml"), Value(Value::List{"p"})}};
  project.artifacts = {{test::path("sub/mlops.yaml"), Value(Value::Map{{"model", Value(Value::Map{{"path", "m"}})}})}};
  return project;
}

/// Gives changed bytes the checksum that fits, so that the reader behind it is what is tested.
std::string resealed(std::string bytes) {
  const std::uint64_t sum = hash::fingerprint(std::string_view(bytes).substr(16));
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[8 + i] = static_cast<char>(static_cast<unsigned char>(sum >> (8 * i)));
  }
  return bytes;
}

}  // namespace

TEST_CASE("the compiled form gives back project and lock", "[spec][compiled]") {
  const Project project = rich_project();
  const auto compiled = load_compiled(compile(project, test::lock()));
  REQUIRE(compiled);
  CHECK(compiled->project == project);
  CHECK(compiled->lock == test::lock());
  CHECK(compile(compiled->project, compiled->lock) == compile(project, test::lock()));
  const auto empty = load_compiled(compile({}, {}));
  REQUIRE(empty);
  CHECK(empty->project == Project());
  CHECK(empty->lock == Lock());
}

TEST_CASE("a compiled form that is cut off, extended or changed is not loaded", "[spec][compiled]") {
  const std::string bytes = compile(rich_project(), test::lock());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    REQUIRE_FALSE(load_compiled(bytes.substr(0, length)));
  }
  CHECK_FALSE(load_compiled(bytes + "x"));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    REQUIRE_FALSE(load_compiled(changed));
  }
}

TEST_CASE("bytes with a fitting checksum are still checked one by one", "[spec][compiled]") {
  const std::string bytes = compile(rich_project(), test::lock());
  for (std::size_t length = 16; length < bytes.size(); ++length) {
    REQUIRE_FALSE(load_compiled(resealed(bytes.substr(0, length))));
  }
  test::RandomValues random(31);
  for (int i = 0; i < 20000; ++i) {
    std::string changed = bytes;
    for (int changes = 0; changes < 3; ++changes) {
      changed[16 + random.below(changed.size() - 16)] = static_cast<char>(random.below(256));
    }
    load_compiled(resealed(changed));
  }
  SUCCEED();
}

TEST_CASE("a large pipeline survives compilation", "[spec][compiled]") {
  const Lock lock = test::large_lock(1000);
  const Project project = test::project_of(lock);
  const auto compiled = load_compiled(compile(project, lock));
  REQUIRE(compiled);
  CHECK(compiled->project == project);
  CHECK(compiled->lock == lock);
  CHECK(compile(compiled->project, compiled->lock) == compile(project, lock));
}

// SPDX-License-Identifier: Apache-2.0
// What docs/formats.md says of the formats of this layer is what the code reads and writes.

#include "support/formats.hpp"

#include "repo/journal.hpp"
#include "support/catch.hpp"
#include "support/test_project.hpp"

using namespace mlops;
using test::documented;

TEST_CASE("the documented journal is what recording its stages one by one writes", "[formats]") {
  const std::string text = documented("journal");
  const test::TestProject documented_project;
  documented_project.write(".mlops/tmp/journal", text);
  const auto records = repo::Journal(documented_project.open()).read({}).records;
  REQUIRE(records.size() == 2);

  const test::TestProject project;
  const auto workspace = project.open();
  workspace.make_state_directory();
  const repo::Journal journal(workspace);
  for (const auto& [stage, state] : records) {
    journal.append(stage, nullptr, state);
  }
  CHECK(project.read(".mlops/tmp/journal") == text);
}

TEST_CASE("the documented journal holds what the documented lock says", "[formats]") {
  const test::TestProject project;
  project.write(".mlops/tmp/journal", documented("journal"));
  auto workspace = project.open();
  CHECK(repo::write_lock_files(workspace, {}) == std::vector{test::at("mlops.lock")});
  CHECK(project.read("mlops.lock") == documented("lock"));
}

TEST_CASE("the documented trust file is what trusting writes", "[formats]") {
  const test::TempDir dir;
  const std::string directory = dir.path().string();
  const repo::Trust trust(directory);
  trust.trust_config(documented("config"));
  trust.trust_url("/mnt/team/store");
  CHECK(dir.read(dir / "mlops/trust") == documented("trust"));
}

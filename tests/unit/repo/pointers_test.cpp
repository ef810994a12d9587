// SPDX-License-Identifier: Apache-2.0
#include "repo/pointers.hpp"

#include <filesystem>

#include "repo/add.hpp"
#include "support/catch.hpp"
#include "support/test_project.hpp"

using namespace mlops;
using repo::Snapshot;
using test::TestProject;

TEST_CASE("a pointer under another name than its data's is refused by both names", "[repo]") {
  const TestProject project;
  project.write("model", "1");
  auto workspace = project.open();
  repo::add(workspace, {.targets = {"model"}});
  std::filesystem::copy_file(project.path("model.mlops"), project.path("copy.mlops"));
  CHECK_THROWS_WITH(Snapshot::of_workspace(workspace),
                    Catch::Equals("'model' has two pointers: 'model.mlops' and 'copy.mlops'"));
  std::filesystem::remove(project.path("model.mlops"));
  CHECK_THROWS_WITH(Snapshot::of_workspace(workspace),
                    Catch::Equals("'copy.mlops' is the pointer of 'model' and would have to be named 'model.mlops'"));
}

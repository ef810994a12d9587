// SPDX-License-Identifier: Apache-2.0
// What docs/formats.md says of the formats of this layer is what the code reads and writes.

#include "support/formats.hpp"

#include "run/layout.hpp"
#include "run/record.hpp"
#include "support/catch.hpp"

using namespace mlops;
using test::documented;

TEST_CASE("the documented record of a run is read and written back equal", "[formats]") {
  const std::string text = documented("run");
  const run::Record record = run::read_record(text, "the page");
  CHECK(run::write_record(record) == text);
  CHECK(record.extra.is_null());
  CHECK(run::id_of_ref(run::ref_name(record.id)) == record.id);
}

TEST_CASE("the documented message of a run's commit belongs to the documented record", "[formats]") {
  const run::Record record = run::read_record(documented("run"), "the page");
  CHECK(documented("run-message") ==
        "mlops run " + record.id + " (" + record.name + ")\n\nStatus: " + record.status + "\n");
}

TEST_CASE("the documented record has the key of the documented stage", "[formats]") {
  const run::Record record = run::read_record(documented("run"), "the page");
  CHECK(record.stages.back().name == "train");
  CHECK(record.stages.back().key + "\n" == documented("stage-key-digest"));
}

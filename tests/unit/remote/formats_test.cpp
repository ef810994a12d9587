// SPDX-License-Identifier: Apache-2.0
// What docs/formats.md says of the formats of this layer is what the code reads and writes.

#include "support/formats.hpp"

#include "remote/marker.hpp"
#include "support/catch.hpp"

using namespace mlops;

TEST_CASE("the documented marker of a remote is what we write and accept", "[formats]") {
  const std::string text = test::documented("remote");
  CHECK(remote::marker_text(hash::Algorithm::sha256) == text);
  CHECK_NOTHROW(remote::require_marker(text, hash::Algorithm::sha256));
  CHECK_NOTHROW(remote::require_marker("later: x\n" + text, hash::Algorithm::sha256));
}

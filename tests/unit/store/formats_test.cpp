// SPDX-License-Identifier: Apache-2.0
// What docs/formats.md says of the formats of this layer is what the code reads and writes.

#include "support/formats.hpp"

#include "hash/object_id.hpp"
#include "store/gc_trash.hpp"
#include "store/local_db.hpp"
#include "store/tree.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "util/text.hpp"

using namespace mlops;
using test::documented;

TEST_CASE("the documented tree is read and written back equal", "[formats]") {
  const std::string text = documented("tree");
  CHECK(store::encode_tree(store::decode_tree(text, "the page")) == text);
}

TEST_CASE("the documented names of any bytes are read and written back equal", "[formats]") {
  const std::string text = documented("tree-names");
  const store::Tree tree = store::decode_tree(text, "the page");
  CHECK(store::encode_tree(tree) == text);
  CHECK(tree.find("-dash and space") != nullptr);
  CHECK(tree.find("back\\slash") != nullptr);
  CHECK(tree.find("line\nfeed") != nullptr);
  CHECK(tree.find("not\xffutf-8") != nullptr);
}

TEST_CASE("the documented names of objects are names of objects", "[formats]") {
  std::size_t trees = 0;
  for (const std::string& line : split(trim(documented("objects")), '\n')) {
    const auto id = hash::parse_object_path(line);
    REQUIRE(id);
    CHECK(hash::object_path(*id) == line);
    trees += id->is_tree() ? 1 : 0;
  }
  CHECK(trees == 1);
}

TEST_CASE("the documented record of a batch in the trash is understood", "[formats]") {
  const test::TempDir dir;
  dir.write(dir / "trash/00000000001763829600-k3v9qz/batch", documented("trash-batch"));
  store::Memo memo{std::string()};
  const store::LocalDb db({.root = dir.path().string()}, memo);
  const auto batches = store::read_trash(db);
  REQUIRE(batches.size() == 1);
  CHECK(batches[0].recorded);
  CHECK(batches[0].leases == std::vector<std::string>{"node1-4711-m2x8c0rt", "node2-815-q9d4w7la"});
}

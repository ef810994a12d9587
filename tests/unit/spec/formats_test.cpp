// SPDX-License-Identifier: Apache-2.0
// What docs/formats.md says of the formats of this layer is what the code reads and writes.

#include "support/formats.hpp"

#include <algorithm>

#include "fs/ignore.hpp"
#include "hash/hasher.hpp"
#include "spec/config_text.hpp"
#include "spec/dialect.hpp"
#include "support/catch.hpp"

using namespace mlops;
using test::documented;

namespace {

const spec::Dialect& dialect() { return spec::native_dialect(); }
fs::RepoPath path(std::string_view text) { return fs::RepoPath::parse(text); }

const fs::RepoPath pointer_file = path("data/raw.mlops");

spec::Pointer documented_pointer() {
  const auto pointers = dialect().read_pointers(documented("pointer"), pointer_file);
  REQUIRE(pointers.size() == 1);
  return pointers.front();
}

spec::Lock documented_lock() { return dialect().read_lock(documented("lock"), path("mlops.lock"), {}); }

}  // namespace

TEST_CASE("the documented settings are what setting them one by one writes", "[formats]") {
  const std::string text = documented("config");
  std::string written;
  for (const spec::ConfigItem& item : spec::parse_config(text, "config")) {
    written = spec::set_config(written, "config", item.key, item.value);
  }
  CHECK(written == text);
  CHECK(spec::parse_config(text, "config").front().key == "core.format");
}

TEST_CASE("the documented ignore file leaves out what the page says", "[formats]") {
  const fs::IgnoreFile file({}, documented("ignore"));
  using Verdict = fs::IgnoreFile::Verdict;
  CHECK(file.match(path("data/raw/a.tmp"), false) == Verdict::ignored);
  CHECK(file.match(path("data/raw/keep.tmp"), false) == Verdict::included);
  CHECK(file.match(path("data/raw/__pycache__"), true) == Verdict::ignored);
  CHECK(file.match(path("data/raw/__pycache__"), false) == Verdict::none);
  CHECK(file.match(path("data/raw/scratch"), false) == Verdict::ignored);
  CHECK(file.match(path("other/raw/scratch"), false) == Verdict::none);
}

TEST_CASE("the documented pipeline file is what declaring its stages one by one writes", "[formats]") {
  const std::string text = documented("pipeline");
  const spec::Project project = dialect().read_project(text, path("mlops.yaml"), {});
  REQUIRE(project.stages.size() == 2);
  std::string written;
  for (const spec::Stage& stage : project.stages) {
    written = dialect().with_stage(written, path("mlops.yaml"), stage);
  }
  CHECK(written == text);
}

TEST_CASE("the documented pointer is read and written back equal", "[formats]") {
  const spec::Pointer pointer = documented_pointer();
  CHECK(pointer.path == path("data/raw"));
  CHECK(pointer.extra.is_null());
  CHECK(dialect().write_pointer(pointer, pointer_file, {}) == documented("pointer"));
}

TEST_CASE("the documented pointer names the documented tree", "[formats]") {
  const spec::Pointer pointer = documented_pointer();
  const std::string listing = documented("tree");
  const store::Tree tree = store::decode_tree(listing, "the page");
  REQUIRE(pointer.entry);
  CHECK(pointer.entry->kind == store::EntryKind::tree);
  CHECK(pointer.entry->digest == hash::digest_of(hash::Algorithm::sha256, listing));
  CHECK(pointer.entry->size == tree.size());
  CHECK(pointer.entry->files == tree.files());
}

TEST_CASE("the documented lock is read and written back equal, and belongs to the documented pipeline", "[formats]") {
  const spec::Lock lock = documented_lock();
  CHECK(lock.extra.is_null());
  CHECK(dialect().write_lock(lock, path("mlops.lock"), {}) == documented("lock"));
  const spec::Project project = dialect().read_project(documented("pipeline"), path("mlops.yaml"), {});
  REQUIRE(lock.stages.size() == project.stages.size());
  for (const auto& [name, state] : lock.stages) {
    CHECK(state.extra.is_null());
    CHECK(state.cmd == project.find(name)->cmd);
  }
}

TEST_CASE("the documented stage entry is read and written back equal", "[formats]") {
  const std::string text = documented("stage-entry");
  const spec::StageEntry entry = dialect().read_stage_entry(text, "the page");
  CHECK(dialect().write_stage_entry(entry) == text);
  const spec::Lock lock = documented_lock();
  CHECK(entry.outs == lock.stages.at("train").outs);
  CHECK(entry.inputs.deps == lock.stages.at("train").deps);
}

TEST_CASE("the documented stage key is made from the documented entry", "[formats]") {
  std::string text = documented("stage-key");
  std::erase(text, '\n');
  const spec::StageEntry entry = dialect().read_stage_entry(documented("stage-entry"), "the page");
  CHECK(dialect().stage_key_text(entry.inputs) == text);
  CHECK(hash::digest_of(hash::Algorithm::sha256, text).hex() + "\n" == documented("stage-key-digest"));
}

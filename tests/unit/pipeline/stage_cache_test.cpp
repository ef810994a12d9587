// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stage_cache.hpp"

#include "fs/file.hpp"
#include "hash/hasher.hpp"
#include "pipeline/stage_cache_files.hpp"
#include "pipeline_project.hpp"
#include "remote/remote.hpp"
#include "support/catch.hpp"
#include "util/clock.hpp"

namespace mlops::test {
namespace {

constexpr const char* copy = "  a:\n    cmd: cat in.txt > x\n    deps: [in.txt]\n    outs: [x]\n";

/// A project whose only stage ran for "one" and then for "two".
struct Seen : PipelineProject {
  Seen() {
    pipeline(copy);
    for (const char* content : {"one", "two"}) {
      write("in.txt", content);
      outcomes();
    }
    write("in.txt", "one");
  }
  std::string entry_path() const {
    const auto workspace = open();
    for (const auto& kept : pipeline::StageCache(*workspace).list()) {
      if (kept.entry.outs.front().entry.digest == hash::digest_of(hash::Algorithm::sha256, "one")) {
        return workspace->db().root() + "/" + workspace->dialect().stage_cache_place(kept.name.key);
      }
    }
    throw std::runtime_error("no entry");
  }
  std::string object_path(const std::string& content) const {
    const auto workspace = open();
    return workspace->db().path({hash::digest_of(hash::Algorithm::sha256, content), hash::ObjectKind::file});
  }
};

std::unique_ptr<remote::Remote> folder_remote(const std::string& path) {
  fs::make_directory(path);
  auto made =
      std::make_unique<remote::Remote>("store", remote::make_transport({{"url", path}}), hash::Algorithm::sha256);
  made->open(remote::Remote::Access::write);
  return made;
}

TEST_CASE("names of entries round trip and others are refused") {
  const std::string key(64, 'a');
  const spec::Dialect& dialect = spec::native_dialect();
  CHECK(dialect.stage_entry_name(dialect.stage_cache_place(key)) == spec::StageEntryName{.key = key});
  CHECK_FALSE(dialect.stage_entry_name("stages/ab/short"));
  CHECK_FALSE(dialect.stage_entry_name("stages/../../../../etc/passwd" + std::string(36, 'a')));
  CHECK_FALSE(dialect.stage_entry_name("objects/aa/" + std::string(62, 'a')));
}

TEST_CASE("an entry whose object is gone is a miss") {
  Seen seen;
  fs::remove_file(seen.object_path("one"));
  CHECK(seen.outcomes() == "a: executed");
}

TEST_CASE("an object that was damaged is found out, and the stage runs") {
  Seen seen;
  const std::string path = seen.object_path("one");
  fs::set_mode(path, 0644);
  fs::write_file_atomic(path, "bad");
  CHECK(seen.outcomes() == "a: executed");
  CHECK(seen.report("a").warnings.size() == 1);
  CHECK(seen.read("x") == "one");
}

TEST_CASE("an entry that is cut off at any place is a miss and is replaced") {
  Seen seen;
  const std::string path = seen.entry_path();
  const std::string whole = fs::read_file(path);
  const auto workspace = seen.open();
  // The last byte is a newline, which nothing hangs on.
  for (std::size_t length = 0; length + 1 < whole.size(); ++length) {
    fs::write_file_atomic(path, whole.substr(0, length), 0644, fs::Durability::off);
    CHECK(pipeline::StageCache(*workspace).list().size() == 1);
  }
  CHECK(seen.outcomes() == "a: executed");
  CHECK(fs::read_file(path) == whole);
}

TEST_CASE("an entry that says other outputs or other inputs than its name is a miss") {
  Seen seen;
  const std::string path = seen.entry_path();
  const std::string whole = fs::read_file(path);
  const auto poison = [&](const std::string& from, const std::string& to) {
    std::string text = whole;
    const auto at = text.rfind(from);
    REQUIRE(at != std::string::npos);
    fs::write_file_atomic(path, text.replace(at, from.size(), to));
    CHECK(seen.outcomes({.dry = true}) == "a: would_run");
    const auto workspace = seen.open();
    CHECK(pipeline::StageCache(*workspace).list().size() == 1);
  };
  poison("\"x\"", "\"y\"");
  poison("in.txt", "i2.txt");
  CHECK(seen.outcomes() == "a: executed");
}

TEST_CASE("stages with persistent, plain uncached or no outputs are not cacheable") {
  spec::Stage stage;
  CHECK_FALSE(pipeline::cacheable(spec::native_dialect(), stage));
  stage.outs.resize(1);
  CHECK(pipeline::cacheable(spec::native_dialect(), stage));
  stage.outs[0].cache = false;
  CHECK_FALSE(pipeline::cacheable(spec::native_dialect(), stage));
  stage.outs[0].kind = spec::OutputKind::metric;
  CHECK(pipeline::cacheable(spec::native_dialect(), stage));
  stage.always_changed = true;
  CHECK_FALSE(pipeline::cacheable(spec::native_dialect(), stage));
  stage.always_changed = false;
  stage.outs[0].persist = true;
  CHECK_FALSE(pipeline::cacheable(spec::native_dialect(), stage));
}

TEST_CASE("entries that were long unused expire") {
  Seen seen;
  const auto workspace = seen.open();
  const pipeline::StageCache cache(*workspace);
  fs::set_mtime(seen.entry_path(), now_ns() - 10'000'000'000);
  CHECK(cache.expire(5'000'000'000, true) == 1);
  CHECK(cache.names().size() == 2);
  CHECK(cache.expire(5'000'000'000, false) == 1);
  CHECK(cache.names().size() == 1);
}

TEST_CASE("the stage cache travels by a remote to another clone") {
  Seen seen;
  const auto remote = folder_remote((seen.git.dir / "remote").string());
  const auto sent = pipeline::StageCache(*seen.open()).push(*remote, {});
  CHECK(sent.complete());
  CHECK(sent.objects == 2);
  CHECK(pipeline::StageCache(*seen.open()).push(*remote, {}).objects == 0);

  PipelineProject other;
  other.pipeline(copy);
  other.write("in.txt", "two");
  CHECK(pipeline::StageCache(*other.open()).fetch(*remote, {}).objects == 2);
  CHECK(other.outcomes() == "a: restored");
  CHECK(other.read("x") == "two");
}

TEST_CASE("poisoned entries on a remote are dropped") {
  Seen seen;
  const auto remote = folder_remote((seen.git.dir / "remote").string());
  pipeline::StageCache(*seen.open()).push(*remote, {});
  for (const auto& file : remote->transport().list("stages")) {
    std::string text = *remote->transport().read(file.name, 1 << 20);
    const auto at = text.rfind("\"x\"");
    REQUIRE(at != std::string::npos);
    remote->transport().write(file.name, text.replace(at, 3, "\"../z\""));
  }
  remote->transport().write("stages/aa/" + std::string(62, 'b'), "{}");
  PipelineProject other;
  const auto workspace = other.open();
  const pipeline::StageCache cache(*workspace);
  CHECK(cache.fetch(*remote, {}).objects == 0);
  CHECK(cache.names().empty());
}

}  // namespace
}  // namespace mlops::test

// SPDX-License-Identifier: Apache-2.0
#include "remote/remote.hpp"

#include <filesystem>
#include <set>
#include <thread>

#include "hash/hasher.hpp"
#include "remote/marker.hpp"
#include "support/catch.hpp"
#include "support/memory_transport.hpp"
#include "support/temp_dir.hpp"
#include "util/error.hpp"

using namespace mlops;
using hash::Algorithm;
using hash::ObjectId;
using hash::ObjectKind;
using remote::Remote;
using test::MemoryPlace;

namespace {

const std::string marker = "version: 1\nhash: sha256\nlayout: 1\n";

remote::RetryPolicy patient() {
  return {.first_delay_seconds = 0, .longest_delay_seconds = 0, .deadline_seconds = 900, .sleep = [](double) {}};
}

/// A remote in memory whose insides a test can look at and spoil.
struct Fixture {
  std::shared_ptr<MemoryPlace> place = std::make_shared<MemoryPlace>();
  Remote remote{"store", std::make_unique<test::MemoryTransport>(place), Algorithm::sha256, patient()};
  test::TempDir dir;

  ObjectId object(const std::string& content, ObjectKind kind = ObjectKind::file) const {
    return {hash::digest_of(Algorithm::sha256, content), kind};
  }
  std::string file(const std::string& content) const { return dir.write("object", content).string(); }
  void hold(const std::string& content) const { place->files[hash::object_path(object(content))] = content; }
};

struct Failure {
  std::string text;
  ErrorKind kind = ErrorKind::failed;
};

Failure failure_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    Failure failure{error.what(), error.kind()};
    for (const std::string& hint : error.hints()) {
      failure.text += "\n" + hint;
    }
    return failure;
  }
  FAIL("did not fail");
  return {};
}

using Catch::Contains;

}  // namespace

TEST_CASE("opening for writing makes an empty place a remote") {
  Fixture fixture;
  fixture.place->exists = GENERATE(true, false);
  fixture.remote.open(Remote::Access::write);
  CHECK(fixture.place->files == std::map<std::string, std::string>{{"mlops-remote", marker}});
  fixture.remote.open(Remote::Access::write);
  fixture.remote.open(Remote::Access::read);
}

TEST_CASE("opening for writing refuses a place that holds other things") {
  Fixture fixture;
  fixture.place->files["thesis.doc"] = "x";
  const Failure failure = failure_of([&] { fixture.remote.open(Remote::Access::write); });
  CHECK_THAT(failure.text, Contains("remote 'store' is no mlops remote"));
  CHECK_THAT(failure.text, Contains("point it at an empty folder"));
  CHECK(fixture.place->files.size() == 1);
}

TEST_CASE("opening for reading changes nothing and says what is the matter") {
  Fixture fixture;
  SECTION("gone") {
    fixture.place->exists = false;
    const Failure failure = failure_of([&] { fixture.remote.open(Remote::Access::read); });
    CHECK(failure.kind == ErrorKind::missing);
    CHECK_THAT(failure.text, Contains("remote 'store' is gone: memory does not exist"));
  }
  SECTION("no remote of ours") {
    CHECK_THAT(failure_of([&] { fixture.remote.open(Remote::Access::read); }).text, Contains("is no mlops remote"));
  }
  CHECK(fixture.place->files.empty());
}

TEST_CASE("a marker of another time or project is refused for reading and writing") {
  Fixture fixture;
  const auto [text, kind] = GENERATE(table<std::string, ErrorKind>({
      {"version: 2\nhash: sha256\nlayout: 1\n", ErrorKind::format},
      {"version: 1\nhash: sha256\nlayout: 2\n", ErrorKind::format},
      {"version: 1\nhash: blake3\nlayout: 1\n", ErrorKind::format},
      {"version: 1\nhash: sha256\n", ErrorKind::corrupt},
      {"version: one\nhash: sha256\nlayout: 1\n", ErrorKind::corrupt},
      {"version: 0\nhash: sha256\nlayout: 1\n", ErrorKind::corrupt},
      {"version: 1\nversion: 1\nhash: sha256\nlayout: 1\n", ErrorKind::corrupt},
      {"\xff\x00\n", ErrorKind::corrupt},
      {"", ErrorKind::corrupt},
  }));
  fixture.place->files["mlops-remote"] = text;
  for (const Remote::Access access : {Remote::Access::read, Remote::Access::write}) {
    CHECK(failure_of([&] { fixture.remote.open(access); }).kind == kind);
  }
  CHECK(fixture.place->files["mlops-remote"] == text);
}

TEST_CASE("every truncation of the marker is refused") {
  for (std::size_t length = 0; length < marker.size(); ++length) {
    Fixture fixture;
    fixture.place->files["mlops-remote"] = marker.substr(0, length);
    CHECK_THROWS_AS(fixture.remote.open(Remote::Access::write), Error);
  }
  CHECK(remote::marker_text(Algorithm::sha256) == marker);
}

TEST_CASE("lines that a later version of the same format adds are passed over") {
  Fixture fixture;
  fixture.place->files["mlops-remote"] = marker + "owner: someone\n";
  fixture.remote.open(Remote::Access::write);
}

TEST_CASE("a place that does not keep the marker is not believed") {
  Fixture fixture;
  fixture.place->lies = true;
  CHECK_THAT(failure_of([&] { fixture.remote.open(Remote::Access::write); }).text, Contains("did not keep"));
}

TEST_CASE("objects go there and come back") {
  Fixture fixture;
  const std::string content = GENERATE(std::string(), std::string("hello"), std::string(200'000, 'x'));
  const ObjectId id = fixture.object(content);
  fixture.remote.put(id, fixture.file(content));
  CHECK(fixture.place->files == std::map<std::string, std::string>{{hash::object_path(id), content}});
  fs::TempFile received(fixture.dir.path().string());
  CHECK(fixture.remote.get(id, received, content.size()));
  CHECK(fs::read_file(received.path()) == content);
  CHECK(fixture.remote.list() == std::vector<ObjectId>{id});
  fixture.remote.flush();
  CHECK(fixture.place->flushes == 1);
}

TEST_CASE("an object that is there is not sent again, one of the wrong size is replaced") {
  Fixture fixture;
  const ObjectId id = fixture.object("hello");
  fixture.remote.put(id, fixture.file("hello"));
  fixture.remote.put(id, fixture.file("hello"));
  CHECK(fixture.place->writes == 1);
  for (const char* torn : {"", "hel", "hello and more"}) {
    fixture.place->files[hash::object_path(id)] = torn;
    fixture.remote.put(id, fixture.file("hello"));
    CHECK(fixture.place->files[hash::object_path(id)] == "hello");
  }
}

TEST_CASE("bytes that are not the object's are never sent under its name") {
  Fixture fixture;
  const Failure failure = failure_of([&] { fixture.remote.put(fixture.object("hello"), fixture.file("hellO")); });
  CHECK(failure.kind == ErrorKind::corrupt);
  CHECK_THAT(failure.text, Contains("mlops fsck"));
  CHECK(fixture.place->files.empty());
  const std::string gone = (fixture.dir / "gone").string();
  CHECK(failure_of([&] { fixture.remote.put(fixture.object("hello"), gone); }).kind == ErrorKind::missing);
}

TEST_CASE("a place that says yes and keeps nothing, or half, is found out") {
  Fixture fixture;
  (GENERATE(true, false) ? fixture.place->lies : fixture.place->keeps_half) = true;
  CHECK_THAT(failure_of([&] { fixture.remote.put(fixture.object("hello"), fixture.file("hello")); }).text,
             Contains("did not keep object"));
}

TEST_CASE("a broken transfer starts over from the first byte") {
  Fixture fixture;
  fixture.hold("hello world");
  fixture.place->broken_reads = 3;
  fs::TempFile received(fixture.dir.path().string());
  CHECK(fixture.remote.get(fixture.object("hello world"), received, 11));
  CHECK(fs::read_file(received.path()) == "hello world");
}

TEST_CASE("a remote sends no more than was expected of an object") {
  Fixture fixture;
  fixture.hold("hello");
  fs::TempFile received(fixture.dir.path().string());
  CHECK_THROWS_AS(fixture.remote.get(fixture.object("hello"), received, 4), Error);
}

TEST_CASE("every call is tried again after failures that pass") {
  Fixture fixture;
  const auto spoil = [&] { fixture.place->transient_calls = 2; };
  spoil();
  fixture.remote.open(Remote::Access::write);
  spoil();
  fixture.remote.put(fixture.object("a"), fixture.file("a"));
  spoil();
  CHECK(fixture.remote.missing(std::vector{fixture.object("a")}, 1).empty());
  spoil();
  CHECK(fixture.remote.list().size() == 1);
  spoil();
  fixture.remote.flush();
  spoil();
  fs::TempFile received(fixture.dir.path().string());
  CHECK(fixture.remote.get(fixture.object("a"), received, 1));
}

TEST_CASE("what is missing is found alike by asking and by listing") {
  Fixture fixture;
  fixture.place->page = GENERATE(0U, 1U, 1000U);
  const int count = GENERATE(1, 64, 600, 2000);
  std::vector<ObjectId> ids;
  std::set<ObjectId> absent;
  for (int i = 0; i < count; ++i) {
    const std::string content = std::to_string(i);
    ids.push_back(fixture.object(content));
    if (i % 3 == 0) {
      absent.insert(ids.back());
    } else {
      fixture.hold(content);
    }
  }
  for (int i = 0; fixture.place->page == 1 && i < 256 * 20; ++i) {
    fixture.place->files[fmt::format("objects/sha256/{:02x}/other{}", i % 256, i)] = "x";
  }
  const std::vector<ObjectId> missing = fixture.remote.missing(ids, 4);
  CHECK(std::set<ObjectId>(missing.begin(), missing.end()) == absent);
  CHECK(missing.size() == absent.size());
  if (fixture.place->page == 1000 && count == 2000) {
    CHECK(fixture.place->stats == 0);
    CHECK(fixture.place->lists <= 256);
  } else if (fixture.place->page == 1 && count > 64) {
    CHECK(fixture.place->lists == 1);  // the sample said that listing would cost more
    CHECK(fixture.place->stats < count);
  } else if (count <= 64 || fixture.place->page == 0) {
    CHECK(fixture.place->lists == 0);
    CHECK(fixture.place->stats == count);
  }
}

TEST_CASE("a tree is another object than the file of the same digest") {
  Fixture fixture;
  fixture.remote.put(fixture.object("x"), fixture.file("x"));
  CHECK(fixture.remote.missing(std::vector{fixture.object("x", ObjectKind::tree)}, 1).size() == 1);
}

TEST_CASE("a place that vanishes is not taken for an empty one") {
  Fixture fixture;
  fixture.place->exists = false;
  CHECK(failure_of([&] { fixture.remote.missing(std::vector{fixture.object("x")}, 1); }).kind == ErrorKind::missing);
  fs::TempFile received(fixture.dir.path().string());
  CHECK(failure_of([&] { fixture.remote.get(fixture.object("x"), received, 1); }).kind == ErrorKind::missing);
}

TEST_CASE("files that are no objects are passed over in listings") {
  Fixture fixture;
  fixture.hold("x");
  fixture.place->files["objects/sha256/ab/not-hex"] = "1";
  fixture.place->files["objects/README"] = "1";
  fixture.place->files["stages/ab/cd"] = "1";
  CHECK(fixture.remote.list() == std::vector<ObjectId>{fixture.object("x")});
}

TEST_CASE("two clients that open a new folder at once both find it theirs") {
  const test::TempDir dir;
  const auto open_folder = [&] {
    Remote remote("store", remote::make_transport({{"url", (dir / "store").string()}}), Algorithm::sha256, patient());
    remote.open(Remote::Access::write);
    remote.put({hash::digest_of(Algorithm::sha256, "x"), ObjectKind::file}, (dir / "source").string());
  };
  dir.write("source", "x");
  for (int round = 0; round < 10; ++round) {
    std::filesystem::remove_all(dir / "store");
    std::vector<std::string> failures(4);
    {
      std::vector<std::jthread> clients;
      for (std::string& failure : failures) {
        clients.emplace_back([&failure, &open_folder] {
          try {
            open_folder();
          } catch (const Error& error) {
            failure = error.what();
          }
        });
      }
    }
    CHECK(failures == std::vector<std::string>(4));
  }
}

// SPDX-License-Identifier: Apache-2.0
#include "remote/transports/local.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "fs/seam.hpp"
#include "support/catch.hpp"
#include "support/memory_transport.hpp"
#include "support/temp_dir.hpp"
#include "support/transport_conformance.hpp"
#include "util/error.hpp"

using namespace mlops;
using remote::Transport;

namespace {

namespace stdfs = std::filesystem;

std::unique_ptr<Transport> folder(const stdfs::path& path) { return remote::make_local({{"url", path.string()}}); }

std::string failure_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    std::string text = error.what();
    for (const std::string& hint : error.hints()) {
      text += "\n" + hint;
    }
    return text;
  }
  return {};
}

mode_t mode_of(const stdfs::path& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("a folder keeps the Transport contract") {
  const test::TempDir dir;
  test::check_transport([&] { return folder(dir.path()); });
}

TEST_CASE("a place in memory keeps the Transport contract") {
  test::check_transport([] { return std::make_unique<test::MemoryTransport>(std::make_shared<test::MemoryPlace>()); });
}

TEST_CASE("a folder that is not there is made by the first marker, never by anything else") {
  const test::TempDir dir;
  const auto transport = folder(dir / "new");
  CHECK(transport->place() == Transport::Place::absent);
  CHECK_THAT(failure_of([&] { transport->write("a", "1"); }),
             Catch::Contains("folder '" + (dir / "new").string() + "' does not exist"));
  CHECK_FALSE(stdfs::exists(dir / "new"));
  CHECK(transport->write_new("marker", "1"));
  CHECK(transport->place() == Transport::Place::occupied);
  transport->flush();

  CHECK_THAT(failure_of([&] { folder(dir / "no/parent")->write_new("marker", "1"); }),
             Catch::Contains("'" + (dir / "no").string() + "' does not exist"));
  CHECK_FALSE(stdfs::exists(dir / "no"));
}

TEST_CASE("a file in the folder's place is named") {
  const test::TempDir dir;
  dir.write("file", "1");
  CHECK_THAT(failure_of([&] { folder(dir / "file")->place(); }), Catch::Contains("is no folder"));
}

TEST_CASE("a folder reached through a link is used like any other") {
  const test::TempDir dir;
  stdfs::create_directory(dir / "real");
  stdfs::create_directory_symlink(dir / "real", dir / "link");
  const auto transport = folder(dir / "link");
  CHECK(transport->place() == Transport::Place::empty);
  CHECK(transport->write_new("marker", "1"));
  CHECK(dir.read("real/marker") == "1");
}

TEST_CASE("what a volume brings along does not count as content") {
  const test::TempDir dir;
  stdfs::create_directory(dir / "lost+found");
  stdfs::create_directory(dir / "tmp");
  CHECK(folder(dir.path())->place() == Transport::Place::empty);
}

TEST_CASE("files are read-only, directories follow the umask and the root keeps its bits") {
  const test::TempDir dir;
  stdfs::create_directory(dir / "share");
  REQUIRE(chmod((dir / "share").c_str(), 02775) == 0);
  const mode_t umask_before = umask(002);
  const auto transport = folder(dir / "share");
  transport->write_file("objects/sha256/ab/cd", dir.write("source", "1").string(), test::see_nothing, test::accept_all);
  transport->write("stages/ab/cd", "2");
  umask(umask_before);
  CHECK(mode_of(dir / "share/objects/sha256/ab/cd") == 0444);
  CHECK(mode_of(dir / "share/stages/ab/cd") == 0444);
  CHECK(mode_of(dir / "share/objects/sha256") == 02775);
  CHECK(mode_of(dir / "share/tmp") == 02775);
  CHECK(mode_of(dir / "share") == 02775);
}

TEST_CASE("links and directories under an object's name are no objects") {
  const test::TempDir dir;
  stdfs::create_directories(dir / "objects/ab/dir");
  stdfs::create_symlink("/etc/passwd", dir / "objects/ab/link");
  const auto transport = folder(dir.path());
  CHECK_FALSE(transport->stat("objects/ab/link"));
  CHECK_FALSE(transport->stat("objects/ab/dir"));
  CHECK(transport->list("objects").empty());
  fs::TempFile file(dir.path().string());
  CHECK_THROWS_AS(transport->read_to("objects/ab/link", file, 1'000'000), Error);
}

TEST_CASE("names never lead out of the folder") {
  const test::TempDir dir;
  stdfs::create_directory(dir / "root");
  dir.write("secret", "1");
  const auto transport = folder(dir / "root");
  CHECK_THROWS_AS(transport->read("../secret", 10), Error);
  CHECK_THROWS_AS(transport->write("../secret", "2"), Error);
  CHECK_THROWS_AS(transport->remove("../secret"), Error);
  CHECK_THROWS_AS(transport->stat("/etc/passwd"), Error);
  CHECK(dir.read("secret") == "1");
}

TEST_CASE("what killed uploads left goes, what may be in use stays") {
  const test::TempDir dir;
  const std::string here = [&] {
    const fs::TempFile file(dir.path().string());
    return file.path().substr(file.path().rfind('-') + 1);
  }();
  const auto leave = [&](const std::string& name, int hours) {
    const std::string path = dir.write("tmp/" + name, "part").string();
    fs::set_mtime(path, fs::stat_path(path)->mtime_ns - hours * 3600LL * 1'000'000'000);
  };
  leave(".mlops-tmp-2147483000-" + here, 0);
  leave(".mlops-tmp-1-" + here, 100);
  leave(".mlops-tmp-2147483000-elsewhereaaa", 23);
  leave(".mlops-tmp-2147483001-elsewhereaaa", 25);
  leave("somebody's own", 100);
  folder(dir.path())->write("a", "1");
  CHECK_FALSE(stdfs::exists(dir / ("tmp/.mlops-tmp-2147483000-" + here)));
  CHECK(stdfs::exists(dir / ("tmp/.mlops-tmp-1-" + here)));
  CHECK(stdfs::exists(dir / "tmp/.mlops-tmp-2147483000-elsewhereaaa"));
  CHECK_FALSE(stdfs::exists(dir / "tmp/.mlops-tmp-2147483001-elsewhereaaa"));
  CHECK(stdfs::exists(dir / "tmp/somebody's own"));
}

TEST_CASE("an empty push is flushed at once and many directories together") {
  const test::TempDir dir;
  const auto transport = folder(dir.path());
  transport->flush();
  const std::string source = dir.write("source", "1").string();
  for (int i = 0; i < 50; ++i) {
    transport->write_file("objects/" + std::to_string(i) + "/x", source, test::see_nothing, test::accept_all);
  }
  transport->flush();
  CHECK(transport->list("objects").size() == 50);
}

#ifdef MLOPS_FAILPOINTS
namespace {

/// Makes the calls of one name fail with an errno while it lives.
class Failing {
 public:
  Failing(std::string call, int code) {
    fs::set_fault_hook(
        [call = std::move(call), code](std::string_view name, std::string_view) { return name == call ? code : 0; });
  }
  ~Failing() { fs::set_fault_hook({}); }
  Failing(const Failing&) = delete;
  Failing& operator=(const Failing&) = delete;
};

std::size_t files_below(const stdfs::path& path) {
  std::size_t count = 0;
  for (const auto& entry : stdfs::recursive_directory_iterator(path)) {
    count += entry.is_regular_file() ? 1U : 0U;
  }
  return count;
}

}  // namespace

TEST_CASE("a full or failing disk is an error that leaves nothing behind") {
  const test::TempDir dir;
  stdfs::create_directory(dir / "root");
  const auto transport = folder(dir / "root");
  const std::string source = dir.write("source", "content").string();
  for (const char* call : {"create", "write", "fsync", "close", "rename"}) {
    for (const int code : {ENOSPC, EIO, EACCES}) {
      CAPTURE(call, code);
      std::string failure;
      {
        const Failing failing(call, code);
        failure =
            failure_of([&] { transport->write_file("objects/ab/cd", source, test::see_nothing, test::accept_all); });
      }
      CHECK_FALSE(failure.empty());
      CHECK(files_below(dir / "root") == 0);
    }
  }
  const Failing failing("write", ENOSPC);
  CHECK_THAT(failure_of([&] { transport->write("a", "1"); }), Catch::Contains("free some space"));
}

TEST_CASE("what a share recovers from is transient, a broken disk is not") {
  const test::TempDir dir;
  const auto transport = folder(dir.path());
  for (const int code : {ESTALE, ETIMEDOUT, EHOSTDOWN, EAGAIN}) {
    const Failing failing("create", code);
    CHECK_THROWS_AS(transport->write("a", "1"), remote::Transient);
  }
  const Failing failing("create", EIO);
  CHECK_THROWS_AS(transport->write("a", "1"), Error);
}
#endif

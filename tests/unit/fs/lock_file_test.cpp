// SPDX-License-Identifier: Apache-2.0
#include "fs/lock_file.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"

using namespace mlops;
using namespace mlops::fs;
using Mode = LockFile::Mode;
using std::chrono::milliseconds;

namespace {

/// Another process that holds the lock until it is killed.
class OtherHolder {
 public:
  explicit OtherHolder(const std::string& path) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      const auto lock = LockFile::try_acquire(path, Mode::exclusive, "other");
      const char answer = lock ? 'y' : 'n';
      ::_exit(::write(ready[1], &answer, 1) == 1 && ::pause() ? 0 : 1);
    }
    char answer = 0;
    REQUIRE(::read(ready[0], &answer, 1) == 1);
    REQUIRE(answer == 'y');
    ::close(ready[0]);
    ::close(ready[1]);
  }
  OtherHolder(const OtherHolder&) = delete;
  OtherHolder& operator=(const OtherHolder&) = delete;
  ~OtherHolder() { end(); }
  void end() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      pid_ = -1;
    }
  }

 private:
  pid_t pid_ = -1;
};

}  // namespace

TEST_CASE("an exclusive lock keeps everyone out, shared ones keep only writers out") {
  const test::TempDir dir;
  const std::string path = (dir / "lock").string();
  CHECK_FALSE(LockFile::is_held(path));
  {
    const auto writer = LockFile::try_acquire(path, Mode::exclusive, "writer");
    REQUIRE(writer);
    CHECK_FALSE(LockFile::try_acquire(path, Mode::exclusive, "second"));
    CHECK_FALSE(LockFile::try_acquire(path, Mode::shared, ""));
    CHECK(LockFile::is_held(path));
    CHECK(LockFile::holder(path) == "writer");
  }
  CHECK_FALSE(LockFile::is_held(path));
  CHECK(LockFile::holder(path).empty());
  const auto reader = LockFile::try_acquire(path, Mode::shared, "");
  const auto another = LockFile::try_acquire(path, Mode::shared, "");
  CHECK(reader);
  CHECK(another);
  CHECK_FALSE(LockFile::try_acquire(path, Mode::exclusive, "writer"));
  CHECK_FALSE(LockFile::is_held(path));
  CHECK(LockFile::is_held(path, Mode::exclusive));
}

TEST_CASE("a lock excludes other processes and ends with its holder, even by a kill") {
  const test::TempDir dir;
  const std::string path = (dir / "lock").string();
  OtherHolder other(path);
  CHECK_FALSE(LockFile::try_acquire(path, Mode::exclusive, "me"));
  CHECK(LockFile::holder(path) == "other");
  other.end();
  CHECK(LockFile::try_acquire(path, Mode::exclusive, "me"));
}

TEST_CASE("waiting for a lock says once for whom, and gives up at its limit") {
  const test::TempDir dir;
  const std::string path = (dir / "lock").string();
  const auto held = LockFile::try_acquire(path, Mode::exclusive, "pid 1 on host: mlops run");
  std::string told;
  try {
    LockFile::acquire(path, Mode::exclusive, "me", milliseconds(70), [&](const std::string& who) { told += who; });
    FAIL("took a held lock");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::conflict);
    CHECK(std::string(error.what()).find("mlops run") != std::string::npos);
  }
  CHECK(told == "pid 1 on host: mlops run");
  CHECK_THROWS_AS(LockFile::acquire(path, Mode::shared, "", milliseconds(0), {}), Error);
}

TEST_CASE("a waiter gets the lock when its holder lets go") {
  const test::TempDir dir;
  const std::string path = (dir / "lock").string();
  auto held = LockFile::try_acquire(path, Mode::exclusive, "first");
  const LockFile second =
      LockFile::acquire(path, Mode::exclusive, "second", std::nullopt, [&](const std::string&) { held.reset(); });
  CHECK(LockFile::holder(path) == "second");
}

TEST_CASE("an interrupt ends the wait for a lock") {
  const test::TempDir dir;
  const std::string path = (dir / "lock").string();
  const auto held = LockFile::try_acquire(path, Mode::exclusive, "first");
  install_signal_handlers();
  clear_interrupt();
  CHECK_THROWS_AS(LockFile::acquire(path, Mode::exclusive, "second", std::nullopt,
                                    [](const std::string&) { raise_interrupt(SIGINT); }),
                  Interrupted);
  clear_interrupt();
}

TEST_CASE("a link in place of a lock file is refused") {
  const test::TempDir dir;
  dir.write("target", "untouched");
  make_symlink("target", (dir / "lock").string());
  CHECK_THROWS_AS(LockFile::try_acquire((dir / "lock").string(), Mode::exclusive, "x"), Error);
  CHECK(dir.read("target") == "untouched");
}

TEST_CASE("the holder's text names process, host and work") {
  const std::string text = holder_text("mlops gc");
  CHECK(text.starts_with("pid " + std::to_string(::getpid()) + " on "));
  CHECK(text.find(": mlops gc, since 20") != std::string::npos);
}

// SPDX-License-Identifier: Apache-2.0
//
// Makes the n-th change to the file system fail, for every n, and looks at what is left.

#ifdef MLOPS_FAILPOINTS

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include "fs/file.hpp"
#include "fs/lock_file.hpp"
#include "fs/seam.hpp"
#include "fs/walk.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "util/error.hpp"

using namespace mlops;
using namespace mlops::fs;

namespace {

/// Lets a fault hook act while it lives.
struct Hooked {
  explicit Hooked(FaultHook hook) { set_fault_hook(std::move(hook)); }
  Hooked(const Hooked&) = delete;
  Hooked& operator=(const Hooked&) = delete;
  ~Hooked() { set_fault_hook(nullptr); }
};

struct Crash : std::exception {};

/// Runs `work` with its n-th change failing by `code`. Returns false when it had fewer than n.
bool fail_nth(int n, int code, const std::function<void()>& work) {
  int calls = 0;
  const Hooked hooked([&](std::string_view, std::string_view) { return ++calls == n ? code : 0; });
  if (n > 100) {
    throw std::logic_error("no end of changes");
  }
  try {
    work();
  } catch (const Error&) {
    CHECK(calls >= n);
  }
  return calls >= n;
}

/// Runs `work` with the power failing at its n-th change: that one and all later ones do not happen.
bool crash_at(int n, const std::function<void()>& work) {
  int calls = 0;
  const Hooked hooked([&](std::string_view, std::string_view) -> int {
    if (++calls >= n) {
      throw Crash();
    }
    return 0;
  });
  try {
    work();
  } catch (const Crash&) {
  }
  return calls >= n;
}

std::string file(const test::TempDir& dir) { return (dir / "file").string(); }

}  // namespace

TEST_CASE("whichever step of an atomic write fails, the file holds old or new content and nothing else stays") {
  for (const int code : {ENOSPC, EIO, EACCES}) {
    int n = 1;
    for (bool failed = true; failed; ++n) {
      const test::TempDir dir;
      dir.write("file", "old");
      failed = fail_nth(n, code, [&] { write_file_atomic(file(dir), "new content"); });
      INFO("step " << n);
      const std::string found = dir.read("file");
      CHECK((found == "old" || found == "new content"));
      CHECK(list_directory(dir.path().string()).size() == 1);
      CHECK((failed || found == "new content"));
    }
    CHECK(n > 7);
  }
}

TEST_CASE("a failure while a new file is created leaves it whole or absent") {
  bool failed = true;
  for (int n = 1; failed; ++n) {
    const test::TempDir dir;
    failed = fail_nth(n, ENOSPC, [&] { write_file_atomic(file(dir), "new"); });
    const auto found = try_read_file(file(dir));
    CHECK((!found || *found == "new"));
    CHECK(list_directory(dir.path().string()).size() == (found ? 1 : 0));
  }
}

TEST_CASE("a crash at any step of an atomic write leaves old or new content") {
  bool crashed = true;
  for (int n = 1; crashed; ++n) {
    const test::TempDir dir;
    dir.write("file", "old");
    crashed = crash_at(n, [&] { write_file_atomic(file(dir), "new"); });
    const std::string found = dir.read("file");
    CHECK((found == "old" || found == "new"));
    for (const DirEntry& entry : list_directory(dir.path().string())) {
      CHECK((entry.name == "file" || entry.name.starts_with(".file.mlops-tmp-")));
    }
  }
}

TEST_CASE("an fsync that failed is never tried again") {
  const test::TempDir dir;
  int syncs = 0;
  {
    const Hooked hooked([&](std::string_view call, std::string_view) { return call == "fsync" && ++syncs ? EIO : 0; });
    CHECK_THROWS_WITH(write_file_atomic(file(dir), "x"), Catch::Contains("input/output error"));
  }
  CHECK(syncs == 1);
  CHECK(list_directory(dir.path().string()).empty());
}

TEST_CASE("without durability nothing is flushed, with it file and directory are, in this order") {
  const test::TempDir dir;
  std::string calls;
  const Hooked hooked([&](std::string_view call, std::string_view) {
    calls.append(call).append(" ");
    return 0;
  });
  write_file_atomic(file(dir), "x", 0666, Durability::off);
  CHECK(calls == "create write close rename ");
  calls.clear();
  write_file_atomic(file(dir), "x", 0666, Durability::batch);
  CHECK(calls == "create write chmod fsync close rename fsync_directory ");
}

TEST_CASE("a file published without rename flags is still never overwritten") {
  const test::TempDir dir;
  const Hooked hooked([](std::string_view call, std::string_view) { return call == "rename" ? EINVAL : 0; });
  for (const bool expected : {true, false}) {
    TempFile temp(dir.path().string());
    temp.write(std::string_view(expected ? "first" : "second"));
    CHECK(temp.publish(file(dir)) == expected);
  }
  CHECK(dir.read("file") == "first");
  CHECK(list_directory(dir.path().string()).size() == 1);
}

TEST_CASE("a file is published where there are neither rename flags nor hard links") {
  const test::TempDir dir;
  int renames = 0;
  const Hooked hooked([&](std::string_view call, std::string_view) {
    return call == "link" ? EPERM : call == "rename" && ++renames % 2 == 1 ? EINVAL : 0;
  });
  TempFile first(dir.path().string());
  CHECK(first.publish(file(dir)));
  TempFile second(dir.path().string());
  CHECK_FALSE(second.publish(file(dir)));
  CHECK(list_directory(dir.path().string()).size() == 1);
}

TEST_CASE("an error that shows only at close keeps the file from being published") {
  const test::TempDir dir;
  {
    const Hooked hooked([](std::string_view call, std::string_view) { return call == "close" ? EDQUOT : 0; });
    TempFile temp(dir.path().string());
    CHECK_THROWS_AS(temp.publish(file(dir)), Error);
  }
  CHECK(list_directory(dir.path().string()).empty());
}

TEST_CASE("a record that could not be appended whole leaves no half of it") {
  const test::TempDir dir;
  append_file_durable(file(dir), "one\n");
  {
    const Hooked hooked([&](std::string_view call, std::string_view path) {
      if (call == "write") {
        // As a disk that fills up in the middle of the record.
        const Fd fd(::open(std::string(path).c_str(), O_WRONLY | O_APPEND));
        CHECK(::write(fd.get(), "tw", 2) == 2);
        return ENOSPC;
      }
      return 0;
    });
    CHECK_THROWS_AS(append_file_durable(file(dir), "two\n"), Error);
  }
  CHECK(dir.read("file") == "one\n");
}

TEST_CASE("where blocks cannot be shared, a copy is made") {
  const test::TempDir dir;
  dir.write("source", std::string(200'000, 's'));
  int asked = 0;
  const Hooked hooked(
      [&](std::string_view call, std::string_view) { return call == "reflink" && ++asked ? EOPNOTSUPP : 0; });
  const Fd from = open_read((dir / "source").string());
  TempFile to(dir.path().string());
  CHECK(copy_bytes(from.get(), to, "source", {}) == 200'000);
  CHECK(asked == 1);
  to.replace(file(dir));
  CHECK(dir.read("file") == std::string(200'000, 's'));
}

TEST_CASE("a lock is taken on a full disk, too") {
  const test::TempDir dir;
  dir.write("file", "");
  const Hooked hooked([](std::string_view call, std::string_view) { return call == "write" ? ENOSPC : 0; });
  CHECK(LockFile::try_acquire(file(dir), LockFile::Mode::exclusive, "gc"));
}

TEST_CASE("removing a tree can be continued after any failure") {
  bool failed = true;
  for (int n = 1; failed; ++n) {
    const test::TempDir dir;
    dir.write("tree/a/b/c", "x");
    dir.write("tree/d", "x");
    failed = fail_nth(n, EBUSY, [&] { remove_tree((dir / "tree").string()); });
    remove_tree((dir / "tree").string());
    CHECK(list_directory(dir.path().string()).empty());
  }
}

TEST_CASE("a sync point waits for its fifo to be opened and closed, others do not wait") {
  const test::TempDir dir;
  const std::string fifo = (dir / "fifo").string();
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  set_sync_point("here", fifo);
  sync_point("elsewhere");
  bool passed = false;
  std::jthread waiter([&] {
    sync_point("here");
    passed = true;
  });
  ::close(::open(fifo.c_str(), O_WRONLY));
  waiter.join();
  CHECK(passed);
  set_sync_point("", "");
}

#endif

// SPDX-License-Identifier: Apache-2.0
#include "fs/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/link.hpp"
#include "fs/walk.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"

using namespace mlops;
using namespace mlops::fs;
using Catch::Contains;

namespace {

std::string in(const test::TempDir& dir, const char* name) { return (dir / name).string(); }

std::size_t entries(const test::TempDir& dir) { return list_directory(dir.path().string()).size(); }

}  // namespace

TEST_CASE("a small file is read whole, and its absence is told apart from failure") {
  const test::TempDir dir;
  dir.write("a", "hello");
  CHECK(read_file(in(dir, "a")) == "hello");
  CHECK(try_read_file(in(dir, "a")) == "hello");
  CHECK_FALSE(try_read_file(in(dir, "none")));
  CHECK_FALSE(try_read_file(in(dir, "a/below")));
  CHECK_FALSE(try_open_read(in(dir, "none")));
  try {
    read_file(in(dir, "none"));
    FAIL("read a missing file");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::missing);
  }
  CHECK_THROWS_AS(read_file(dir.path().string()), Error);
}

TEST_CASE("a file beyond the limit is refused, one at the limit is not") {
  const test::TempDir dir;
  dir.write("a", "12345");
  CHECK(read_file(in(dir, "a"), 5) == "12345");
  CHECK_THROWS_WITH(read_file(in(dir, "a"), 4), Contains("larger than 4 B"));
  CHECK_THROWS_AS(try_read_file(in(dir, "a"), 4), Error);
  // Files of /proc claim to be empty.
  CHECK_FALSE(read_file("/proc/self/status").empty());
}

TEST_CASE("links and fifos are not read in place of files") {
  const test::TempDir dir;
  dir.write("a", "secret");
  make_symlink("a", in(dir, "link"));
  CHECK_THROWS_WITH(read_file(in(dir, "link")), Contains("symbolic link"));
  CHECK(read_link(in(dir, "link")) == "a");
  CHECK_FALSE(read_link(in(dir, "a")));
  CHECK_FALSE(read_link(in(dir, "none")));
  make_symlink(std::string(3000, 'x'), in(dir, "long"));
  CHECK(read_link(in(dir, "long"))->size() == 3000);
  REQUIRE(::mkfifo(in(dir, "fifo").c_str(), 0600) == 0);
  CHECK_THROWS_AS(read_file(in(dir, "fifo")), Error);
}

TEST_CASE("an atomic write creates with the umask, keeps the mode of what it replaces and refuses links") {
  const test::TempDir dir;
  const mode_t old = ::umask(027);
  write_file_atomic(in(dir, "a"), "one");
  ::umask(old);
  CHECK(stat_path(in(dir, "a"))->mode == 0640);
  set_mode(in(dir, "a"), 0604);
  write_file_atomic(in(dir, "a"), "two", 0666, Durability::strict);
  CHECK(stat_path(in(dir, "a"))->mode == 0604);
  CHECK(dir.read("a") == "two");
  make_symlink("a", in(dir, "link"));
  CHECK_THROWS_WITH(write_file_atomic(in(dir, "link"), "three"), Contains("symbolic link"));
  CHECK(dir.read("a") == "two");
  const std::string longest(255, 'n');
  write_file_atomic(in(dir, longest.c_str()), "x", 0666, Durability::off);
  CHECK(entries(dir) == 3);
}

TEST_CASE("a temporary file vanishes unless it gets its name") {
  const test::TempDir dir;
  {
    TempFile file(dir.path().string());
    file.write(std::string_view("bytes"));
    CHECK(entries(dir) == 1);
    CHECK(stat_path(file.path())->mode == 0600);
    const TempFile moved(std::move(file));
  }
  CHECK(entries(dir) == 0);

  TempFile first(dir.path().string());
  first.write(std::string_view("first"));
  first.chmod(0444);
  first.sync();
  CHECK(first.publish(in(dir, "object")));
  TempFile second(dir.path().string());
  second.write(std::string_view("second"));
  CHECK_FALSE(second.publish(in(dir, "object")));
  CHECK(dir.read("object") == "first");
  CHECK(stat_path(in(dir, "object"))->mode == 0444);
  CHECK(entries(dir) == 1);

  TempFile third(dir.path().string());
  third.write(std::string_view("third"));
  third.replace(in(dir, "object"));
  CHECK(dir.read("object") == "third");
  CHECK(entries(dir) == 1);
}

TEST_CASE("directories are made with their parents, and existing ones are fine") {
  const test::TempDir dir;
  make_directories(in(dir, "a/b/c"));
  make_directories(in(dir, "a/b/c/"));
  make_directory(in(dir, "a"));
  CHECK(stat_path(in(dir, "a/b/c"))->type == FileType::directory);
  dir.write("file", "");
  CHECK_THROWS_AS(make_directories(in(dir, "file")), Error);
  CHECK_THROWS_AS(make_directories(in(dir, "file/below/it")), Error);
  CHECK_THROWS_AS(make_directory(in(dir, "none/below")), Error);
  make_symlink("a", in(dir, "link"));
  make_directories(in(dir, "link/d"));
  CHECK(stat_path(in(dir, "a/d")));
}

TEST_CASE("renames replace, refuse to replace or exchange") {
  const test::TempDir dir;
  dir.write("a", "A");
  dir.write("b", "B");
  CHECK_FALSE(rename_if_absent(in(dir, "a"), in(dir, "b")));
  CHECK(dir.read("b") == "B");
  exchange_paths(in(dir, "a"), in(dir, "b"));
  CHECK(dir.read("a") == "B");
  rename_path(in(dir, "a"), in(dir, "b"));
  CHECK(dir.read("b") == "B");
  CHECK(rename_if_absent(in(dir, "b"), in(dir, "c")));
  CHECK_THROWS_AS(rename_if_absent(in(dir, "none"), in(dir, "d")), Error);
  CHECK_THROWS_AS(exchange_paths(in(dir, "c"), in(dir, "none")), Error);
}

TEST_CASE("removing what is not there is fine, removing a full directory is told") {
  const test::TempDir dir;
  remove_file(in(dir, "none"));
  CHECK(remove_empty_directory(in(dir, "none")));
  remove_tree(in(dir, "none"));
  dir.write("full/file", "");
  CHECK_FALSE(remove_empty_directory(in(dir, "full")));
  remove_file(in(dir, "full/file"));
  CHECK(remove_empty_directory(in(dir, "full")));
  CHECK(entries(dir) == 0);
}

TEST_CASE("a tree is removed without following its links and in spite of its modes") {
  const test::TempDir dir;
  dir.write("outside/kept", "x");
  dir.write("tree/a/b/file", "x");
  make_symlink("../../outside", in(dir, "tree/a/link"));
  make_symlink("nowhere", in(dir, "tree/broken"));
  set_mode(in(dir, "tree/a/b"), 0500);
  set_mode(in(dir, "tree/a"), 0);
  remove_tree(in(dir, "tree"));
  CHECK_FALSE(stat_path(in(dir, "tree")));
  CHECK(dir.read("outside/kept") == "x");
  make_symlink("outside", in(dir, "link"));
  remove_tree(in(dir, "link"));
  CHECK(dir.read("outside/kept") == "x");
  remove_tree(in(dir, "outside/kept"));
  CHECK(entries(dir) == 1);
}

TEST_CASE("a tree deeper than a path may be long is removed with few descriptors") {
  const test::TempDir dir;
  make_directory(in(dir, "deep"));
  Fd at = open_directory(in(dir, "deep"));
  const std::string name(100, 'd');
  for (int i = 0; i < 1500; ++i) {
    REQUIRE(::mkdirat(at.get(), name.c_str(), 0700) == 0);
    at = Fd(::openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  at = Fd();
  remove_tree(in(dir, "deep"));
  CHECK(entries(dir) == 0);
}

TEST_CASE("times, modes and sizes are set, on links themselves where they have one") {
  const test::TempDir dir;
  dir.write("a", "12345");
  set_mtime(in(dir, "a"), 1'500'000'000'123'456'789);
  CHECK(stat_path(in(dir, "a"))->mtime_ns == 1'500'000'000'123'456'789);
  set_mtime(in(dir, "a"), -1'500'000'001);
  CHECK(stat_path(in(dir, "a"))->mtime_ns == -1'500'000'001);
  make_symlink("a", in(dir, "link"));
  set_mtime(in(dir, "link"), 1'000'000'000'000'000'000);
  CHECK(stat_path(in(dir, "a"))->mtime_ns == -1'500'000'001);
  set_mode(in(dir, "a"), 0755);
  CHECK(stat_path(in(dir, "a"))->executable());
  CHECK_THROWS_AS(set_mode(in(dir, "link"), 0777), Error);
  truncate_file(in(dir, "a"), 2);
  CHECK(dir.read("a") == "12");
  make_hardlink(in(dir, "a"), in(dir, "b"));
  CHECK(stat_path(in(dir, "b"))->links == 2);
  CHECK_FALSE(stat_path(in(dir, "a/below")));
}

TEST_CASE("records are appended, and what holds a file can be flushed") {
  const test::TempDir dir;
  append_file_durable(in(dir, "journal"), "one\n");
  append_file_durable(in(dir, "journal"), "two\n");
  CHECK(dir.read("journal") == "one\ntwo\n");
  CHECK(stat_path(in(dir, "journal"))->mode == 0600);
  CHECK_NOTHROW(sync_directory(dir.path().string()));
  CHECK_NOTHROW(sync_filesystem(dir.path().string()));
  CHECK_THROWS_AS(sync_directory(in(dir, "none")), Error);
}

TEST_CASE("copying shows every byte that was written, with and without shared blocks") {
  const test::TempDir dir;
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, std::size_t{64U << 10U}, std::size_t{1'000'003}}) {
    std::string content(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
      content[i] = static_cast<char>(i * 31 % 251);
    }
    dir.write("source", content);
    const Fd from = open_read(in(dir, "source"));
    TempFile to(dir.path().string());
    std::string seen;
    CHECK(copy_bytes(from.get(), to, in(dir, "source"),
                     [&](std::span<const char> bytes) { seen.append(bytes.data(), bytes.size()); }) == size);
    CHECK(seen == content);
    to.replace(in(dir, "copy"));
    CHECK(dir.read("copy") == content);
  }
}

TEST_CASE("copying from the middle of a file takes only the rest") {
  const test::TempDir dir;
  dir.write("source", std::string(100'000, 'a') + "tail");
  const Fd from = open_read(in(dir, "source"));
  ::lseek(from.get(), 100'000, SEEK_SET);
  TempFile to(dir.path().string());
  CHECK(copy_bytes(from.get(), to, in(dir, "source"), {}) == 4);
}

TEST_CASE("a long copy notices an interrupt and leaves nothing") {
  const test::TempDir dir;
  dir.write("source", std::string(1'000'000, 'a'));
  const Fd from = open_read(in(dir, "source"));
  {
    TempFile to(dir.path().string());
    CHECK_THROWS_AS(copy_bytes(from.get(), to, "source", [](std::span<const char>) { raise_interrupt(2); }),
                    Interrupted);
  }
  clear_interrupt();
  CHECK(entries(dir) == 1);
}

TEST_CASE("every type of link gives the content or says that it cannot") {
  const test::TempDir dir;
  dir.write("object", "content");
  for (const LinkType type : {LinkType::reflink, LinkType::copy, LinkType::hardlink, LinkType::symlink}) {
    const std::string target = in(dir, to_string(type));
    const bool made = make_link(type, in(dir, "object"), target, 0644);
    INFO(to_string(type));
    CHECK((made || type == LinkType::reflink));
    CHECK(stat_path(target).has_value() == made);
    if (made) {
      CHECK(dir.read(to_string(type)) == "content");
      CHECK_THROWS_AS(make_link(type, in(dir, "object"), target, 0644), Error);
    }
  }
  CHECK(stat_path(in(dir, "copy"))->mode == 0644);
  CHECK(stat_path(in(dir, "hardlink"))->inode == stat_path(in(dir, "object"))->inode);
  CHECK(read_link(in(dir, "symlink")) == in(dir, "object"));
  // /proc is another file system.
  CHECK_FALSE(make_link(LinkType::hardlink, "/proc/self/status", in(dir, "x"), 0644));
  CHECK_FALSE(make_link(LinkType::reflink, "/proc/self/status", in(dir, "x"), 0644));
  CHECK_FALSE(stat_path(in(dir, "x")));
}

TEST_CASE("directories are listed in byte order, with types and stats") {
  const test::TempDir dir;
  dir.write("b", "22");
  dir.write("a.txt", "1");
  dir.write("a/x", "");
  dir.write("B", "");
  make_symlink("b", in(dir, "link"));
  const auto listed = list_directory(dir.path().string());
  std::string names;
  for (const DirEntry& entry : listed) {
    names += entry.name + " ";
  }
  CHECK(names == "B a a.txt b link ");
  CHECK(listed[1].type == FileType::directory);
  CHECK(listed[4].type == FileType::link);
  const Fd handle = open_directory(dir.path().string());
  CHECK(list_directory(handle.get(), "dir").size() == 5);
  CHECK(list_directory(handle.get(), "dir").size() == 5);
  const auto stats = stat_directory(dir.path().string());
  REQUIRE(stats.size() == 5);
  CHECK(stats[3].stat == *stat_path(in(dir, "b")));
  CHECK(stats[3].stat.size == 2);
  CHECK_THROWS_AS(list_directory(in(dir, "none")), Error);
  for (int i = 0; i < 3000; ++i) {
    dir.write("many/" + std::string(40, 'n') + std::to_string(i), "");
  }
  CHECK(list_directory(in(dir, "many")).size() == 3000);
}

TEST_CASE("a temporary directory goes with its content unless it is kept") {
  const test::TempDir dir;
  std::string kept;
  {
    const TempDir gone(dir.path().string());
    CHECK(stat_path(gone.path())->mode == 0700);
    make_directories(gone.path() + "/a/b");
    TempDir stays(dir.path().string(), "run-");
    TempDir moved(std::move(stays));
    kept = moved.keep();
  }
  CHECK(entries(dir) == 1);
  CHECK(stat_path(kept));
}

TEST_CASE("descriptors close once and follow moves") {
  const test::TempDir dir;
  dir.write("a", "x");
  Fd first = open_read(in(dir, "a"));
  const int raw = first.get();
  Fd second = open_read(in(dir, "a"));
  first = std::move(second);
  CHECK(::fcntl(raw, F_GETFD) == -1);
  CHECK_FALSE(second.valid());
  Fd& self = first;
  first = std::move(self);
  CHECK(first.valid());
  first.close("a");
  CHECK_FALSE(first.valid());
  CHECK_NOTHROW(first.close("a"));
}

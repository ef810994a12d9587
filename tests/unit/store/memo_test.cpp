// SPDX-License-Identifier: Apache-2.0
#include "store/memo.hpp"

#include <filesystem>
#include <thread>
#include <vector>

#include "hash/hasher.hpp"
#include "store/evidence.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace mlops;
using store::Memo;

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t long_ago = 1'600'000'000 * second + 123'456'789;

fs::FileStat stat_of(std::uint64_t inode) {
  return {.type = fs::FileType::file,
          .device = 7,
          .inode = inode,
          .size = 10 + inode,
          .mtime_ns = long_ago,
          .ctime_ns = long_ago + 5,
          .mode = 0644,
          .owner = 0,
          .links = 1};
}

hash::Digest digest_of(std::uint64_t number) {
  return hash::digest_of(hash::Algorithm::sha256, std::to_string(number));
}

}  // namespace

TEST_CASE("the memo returns a digest for exactly the evidence that was recorded", "[store]") {
  Memo memo("");
  memo.record(stat_of(1), digest_of(1), store::wall_clock_ns());
  CHECK(memo.find(stat_of(1)) == digest_of(1));
  CHECK_FALSE(memo.find(stat_of(2)));
  for (int field = 0; field < 5; ++field) {
    fs::FileStat other = stat_of(1);
    (field == 0 ? other.device : field == 1 ? other.inode : other.size) += field < 3 ? 1 : 0;
    other.mtime_ns += field == 3 ? 1 : 0;
    other.ctime_ns += field == 4 ? 1 : 0;
    CHECK_FALSE(memo.find(other));
  }
}

TEST_CASE("the memo ignores the change time of a hard link into the cache", "[store]") {
  Memo memo("");
  memo.record(stat_of(1), digest_of(1), store::wall_clock_ns(), Memo::Link::into_cache);
  fs::FileStat linked_again = stat_of(1);
  linked_again.ctime_ns = store::wall_clock_ns();
  CHECK(memo.find(linked_again) == digest_of(1));
  linked_again.mtime_ns += 1;
  CHECK_FALSE(memo.find(linked_again));
}

TEST_CASE("the memo does not record a file whose times are too fresh", "[store]") {
  Memo memo("");
  const fs::FileStat stat = stat_of(1);
  memo.record(stat, digest_of(1), stat.ctime_ns + 10'000'000);
  CHECK_FALSE(memo.find(stat));
  memo.record(stat, digest_of(1), stat.ctime_ns + 30'000'000);
  CHECK(memo.find(stat));

  fs::FileStat coarse = stat_of(2);
  coarse.mtime_ns = coarse.ctime_ns = 1'600'000'000 * second;
  memo.record(coarse, digest_of(2), coarse.ctime_ns + second);
  CHECK_FALSE(memo.find(coarse));
  memo.record(coarse, digest_of(2), coarse.ctime_ns + 3 * second);
  CHECK(memo.find(coarse));
}

TEST_CASE("the memo does not record times from the future", "[store]") {
  Memo memo("");
  fs::FileStat stat = stat_of(1);
  stat.mtime_ns = store::wall_clock_ns() + 3600 * second;
  memo.record(stat, digest_of(1), store::wall_clock_ns());
  CHECK_FALSE(memo.find(stat));
}

TEST_CASE("a saved memo is read by the next process and merged with what others saved", "[store]") {
  const test::TempDir dir;
  const std::string path = (dir / "state/memo").string();
  const std::int64_t seen = store::wall_clock_ns();
  Memo first(path);
  Memo second_process(path);
  CHECK_FALSE(second_process.find(stat_of(1)));
  for (std::uint64_t i = 1; i <= 500; ++i) {
    first.record(stat_of(i), digest_of(i), seen);
  }
  first.save();
  second_process.record(stat_of(1000), digest_of(1000), seen);
  second_process.save();

  const Memo third(path);
  for (std::uint64_t i = 1; i <= 500; ++i) {
    REQUIRE(third.find(stat_of(i)) == digest_of(i));
  }
  CHECK(third.find(stat_of(1000)) == digest_of(1000));
}

TEST_CASE("new evidence for a file replaces the saved one", "[store]") {
  const test::TempDir dir;
  const std::string path = (dir / "memo").string();
  const std::int64_t seen = store::wall_clock_ns();
  {
    Memo memo(path);
    memo.record(stat_of(1), digest_of(1), seen);
    memo.save();
  }
  fs::FileStat changed = stat_of(1);
  changed.mtime_ns += 1;
  {
    Memo memo(path);
    memo.record(changed, digest_of(2), seen);
    CHECK_FALSE(memo.find(stat_of(1)));
    memo.save();
  }
  const Memo memo(path);
  CHECK(memo.find(changed) == digest_of(2));
  CHECK_FALSE(memo.find(stat_of(1)));
}

TEST_CASE("the memo writes nothing when nothing is new", "[store]") {
  const test::TempDir dir;
  const std::string path = (dir / "memo").string();
  Memo(path).save();
  CHECK_FALSE(std::filesystem::exists(path));
  {
    Memo memo(path);
    memo.record(stat_of(1), digest_of(1), store::wall_clock_ns());
    memo.save();
  }
  const auto written = std::filesystem::last_write_time(path);
  Memo memo(path);
  CHECK(memo.find(stat_of(1)));
  memo.save();
  CHECK(std::filesystem::last_write_time(path) == written);
}

TEST_CASE("a memo that is cut off or damaged anywhere counts as empty or tells the truth", "[store]") {
  const test::TempDir dir;
  const std::string path = (dir / "memo").string();
  {
    Memo memo(path);
    memo.record(stat_of(1), digest_of(1), store::wall_clock_ns());
    memo.save();
  }
  const std::string whole = dir.read("memo");
  for (std::size_t length = 0; length < whole.size(); length += 1 + whole.size() / 400) {
    dir.write("memo", whole.substr(0, length));
    REQUIRE_FALSE(Memo(path).find(stat_of(1)));
  }
  for (std::size_t at = 0; at < whole.size(); at += 1 + whole.size() / 700) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    dir.write("memo", damaged);
    const auto found = Memo(path).find(stat_of(1));
    REQUIRE((!found || *found == digest_of(1)));
  }
}

TEST_CASE("a memo that cannot be saved is no failure", "[store]") {
  const test::TempDir dir;
  dir.write("in-the-way", "a file");
  Memo memo((dir / "in-the-way/memo").string());
  memo.record(stat_of(1), digest_of(1), store::wall_clock_ns());
  CHECK_NOTHROW(memo.save());
}

TEST_CASE("threads record and find side by side", "[store]") {
  Memo memo("");
  const std::int64_t seen = store::wall_clock_ns();
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 2000; ++i) {
        memo.record(stat_of(t * 10'000 + i), digest_of(i), seen);
        wrong += memo.find(stat_of(t * 10'000 + i)) == digest_of(i) ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(wrong == 0);
}

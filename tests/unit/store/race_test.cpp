// SPDX-License-Identifier: Apache-2.0
//
// What happens between two looks: other processes that write, replace or remove just where we are about to.

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "fs/seam.hpp"
#include "store/evidence.hpp"
#include "store/fsck.hpp"
#include "store/scan.hpp"
#include "support/catch.hpp"
#include "support/store_project.hpp"
#include "util/error.hpp"

using namespace mlops;
using store::Entry;
using test::StoreProject;

namespace {

/// Does something once, just before the first call of this name.
class Before {
 public:
  Before(std::string call, std::function<void()> work) : call_(std::move(call)), work_(std::move(work)) {
    fs::set_fault_hook([this](std::string_view name, std::string_view) {
      if (!done_ && name == call_) {
        done_ = true;
        work_();
      }
      return 0;
    });
  }
  Before(const Before&) = delete;
  Before& operator=(const Before&) = delete;
  ~Before() { fs::set_fault_hook({}); }
  bool done() const { return done_; }

 private:
  std::string call_;
  std::function<void()> work_;
  bool done_ = false;
};

/// Saves as editors do: a new file renamed over the old one.
void save(const StoreProject& project, const std::string& name, const std::string& content) {
  project.write(".editor", content);
  std::filesystem::rename(project.at(".editor"), project.at(name));
}

}  // namespace

TEST_CASE("what an editor saves between the last look and the replacement stays", "[store]") {
  StoreProject project;
  project.write("f", "old");
  const Entry old = project.add("f");
  project.write("f", "newer");
  project.add("f");
  const Before race("exchange", [&] { save(project, "f", "saved meanwhile"); });
  CHECK_THROWS_WITH(project.checkout("f", old), Catch::Contains("changed during the checkout"));
  CHECK(race.done());
  CHECK(project.read("f") == "saved meanwhile");
}

TEST_CASE("what an editor saves between the last look and the removal stays", "[store]") {
  StoreProject project;
  project.write("f", "old");
  project.add("f");
  const Before race("rename", [&] { save(project, "f", "saved meanwhile"); });
  CHECK_THROWS_WITH(project.checkout("f", std::nullopt), Catch::Contains("changed during the checkout"));
  CHECK(race.done());
  CHECK(project.read("f") == "saved meanwhile");
}

TEST_CASE("what an editor saves while a file is unprotected stays", "[store]") {
  StoreProject project;
  project.write("f", "old");
  const Entry old = project.add("f");
  project.remove("f");
  store::CheckoutOptions options = project.checkout_options();
  options.links = {fs::LinkType::hardlink};
  project.checkout("f", old, options);
  const Before race("exchange", [&] { save(project, "f", "saved meanwhile"); });
  CHECK_THROWS_WITH(store::unprotect(project.root(), fs::RepoPath::parse("f"), project.db(), options),
                    Catch::Contains("changed"));
  CHECK(race.done());
  CHECK(project.read("f") == "saved meanwhile");
}

TEST_CASE("what another checkout puts in place meanwhile is accepted if it is the same", "[store]") {
  StoreProject project;
  project.write("f", "old");
  project.write("d/a", "1");
  std::filesystem::create_symlink("a", project.at("d/l"));
  const Entry file = project.add("f");
  const Entry tree = project.add("d");
  SECTION("a new file") {
    project.remove("f");
    const Before race("rename", [&] { save(project, "f", "old"); });
    project.checkout("f", file);
    CHECK(race.done());
  }
  SECTION("a new file with other content") {
    project.remove("f");
    const Before race("rename", [&] { save(project, "f", "another"); });
    CHECK_THROWS_WITH(project.checkout("f", file), Catch::Contains("appeared during the checkout"));
    CHECK(project.read("f") == "another");
    return;
  }
  SECTION("a file that is replaced") {
    project.write("f", "newer");
    project.add("f");
    const Before race("create", [&] { save(project, "f", "old"); });
    project.checkout("f", file);
    CHECK(race.done());
  }
  SECTION("a file that is replaced, at the last moment") {
    project.write("f", "newer");
    project.add("f");
    const Before race("exchange", [&] { save(project, "f", "old"); });
    project.checkout("f", file);
    CHECK(race.done());
  }
  SECTION("a whole directory") {
    std::filesystem::rename(project.at("d"), project.at("copy"));
    const Before race("rename", [&] { std::filesystem::rename(project.at("copy"), project.at("d")); });
    project.checkout("d", tree);
    CHECK(race.done());
  }
  SECTION("a link") {
    project.remove("d/l");
    const Before race("rename", [&] { std::filesystem::create_symlink("a", project.at("d/l")); });
    project.checkout("d", tree);
    CHECK(race.done());
  }
  SECTION("a file that goes away") {
    const Before race("rename", [&] { project.remove("f"); });
    project.checkout("f", std::nullopt);
    CHECK(race.done());
    return;
  }
  CHECK(project.now("f") == file);
  CHECK(project.now("d") == tree);
}

TEST_CASE("an edit just after a checkout is no evidence of what was checked out", "[store]") {
  StoreProject project;
  project.write("d/a", "1");
  project.write("d/b", "2");
  const Entry tree = project.add("d");
  project.write("d/a", "3");
  project.write("d/b", "4");
  project.add("d");
  project.write("old", "9");
  fs::set_mtime(project.at("old"), 1'600'000'000'000'000'000);
  // The first file has got its name when the second one is exchanged; the edit of the first looks old.
  int exchanged = 0;
  fs::set_fault_hook([&](std::string_view call, std::string_view) {
    if (call == "exchange" && ++exchanged == 2) {
      const std::string edited = project.at(project.read("d/a") == "1" ? "d/a" : "d/b");
      std::filesystem::rename(project.at("old"), edited);
      while (store::too_fresh(*fs::stat_path(edited), store::wall_clock_ns(), store::Memo::Link::no)) {
      }
    }
    return 0;
  });
  project.checkout("d", tree);
  fs::set_fault_hook({});
  CHECK(exchanged == 2);
  CHECK_FALSE(project.now("d") == tree);
}

TEST_CASE("a file is replaced where the file system cannot exchange two", "[store]") {
  StoreProject project;
  project.write("f", "old");
  const Entry old = project.add("f");
  project.write("f", "newer");
  project.add("f");
  fs::set_fault_hook([](std::string_view name, std::string_view) { return name == "exchange" ? EINVAL : 0; });
  project.checkout("f", old);
  fs::set_fault_hook({});
  CHECK(project.read("f") == "old");
}

TEST_CASE("a sound object that took the place of the examined one is not quarantined", "[store]") {
  StoreProject project;
  project.write("f", "content");
  const Entry entry = project.add("f");
  const std::string path = project.db().path(entry.id());
  project.corrupt(entry.id());
  const fs::FileStat examined = *fs::stat_path(path);
  const auto replace = [&] {
    std::filesystem::remove(path);
    project.dir().write("fresh", "content");
    std::filesystem::rename(project.dir().path() / "fresh", path);
  };
  SECTION("before the last look") {
    const int open = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);  // keeps the inode from being used again
    replace();
    CHECK_FALSE(project.db().quarantine(entry.id(), examined));
    ::close(open);
  }
  SECTION("after it") {
    const int open = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const Before race("rename", replace);
    project.db().set_suspect(true);
    CHECK_FALSE(project.db().quarantine(entry.id(), examined));
    CHECK(race.done());
    ::close(open);
  }
  project.reopen();
  CHECK(project.db().has_verified(entry.id()));
}

TEST_CASE("the content of a file that is taken for a tree stays in its place", "[store]") {
  StoreProject project;
  project.write("f", "content");
  const Entry entry = project.add("f");
  CHECK_THROWS_WITH(project.db().read_tree(entry.id()), Catch::Contains("not a directory"));
  CHECK(project.db().has_verified(entry.id()));
}

TEST_CASE("an object that cannot be read is named by a check and not moved", "[store]") {
  StoreProject project;
  project.write("f", "content");
  const Entry entry = project.add("f");
  const std::string path = project.db().path(entry.id());
  if (::geteuid() == 0) {
    return;  // nothing is unreadable for root
  }
  std::filesystem::permissions(path, std::filesystem::perms::none);
  const auto result = store::check_objects(project.db(), {.jobs = 1});
  REQUIRE(result.bad.size() == 1);
  CHECK(result.bad[0].quarantined.empty());
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("a checkout that misses a member says so to all, and adding heals the cache", "[store]") {
  StoreProject project;
  project.write("d/a", "1");
  project.write("d/sub/b", "2");
  const Entry tree = project.add("d");
  const Entry sub = *project.db().find_in_tree(tree, fs::RepoPath::parse("sub"));
  const Entry lost = GENERATE(true, false) ? *project.db().find_in_tree(tree, fs::RepoPath::parse("sub/b")) : sub;
  std::filesystem::rename(project.at("d"), project.at("saved"));
  std::filesystem::remove(project.db().path(lost.id()));
  CHECK_THROWS(project.checkout("d", tree));
  CHECK(project.db().suspect());
  std::filesystem::rename(project.at("saved"), project.at("d"));
  project.add("d");
  CHECK(project.db().has_all(tree));
  CHECK(project.db().has(lost.id()));
}

TEST_CASE("links that go down before they go up are refused, since a chain of them leads anywhere", "[store]") {
  CHECK_FALSE(store::refused_link(fs::RepoPath::parse("deep/deeper"), "../.."));
  CHECK(store::refused_link({}, "deep/deeper/up/.."));
  CHECK(store::refused_link(fs::RepoPath::parse("a/b"), "../x/../y"));
  CHECK_FALSE(store::refused_link(fs::RepoPath::parse("a/b"), "./../x//y/."));
}

TEST_CASE("what is removed while it is looked at is absent, not an error", "[store]") {
  StoreProject project;
  for (int round = 0; round < 300; ++round) {
    project.write("d/kept", "kept");
    project.write("d/gone", std::string(100, static_cast<char>('a' + round % 20)));
    project.write("alone", "alone");
    std::atomic<bool> begun = false;
    std::jthread remover([&] {
      begun.wait(false);
      project.remove("alone");
      project.remove("d/gone");
    });
    begun = true;
    begun.notify_one();
    CHECK_NOTHROW(store::hash_path(project.root(), fs::RepoPath::parse("alone"), project.memo(), &project.db(), {}));
    CHECK_NOTHROW(store::hash_path(project.root(), fs::RepoPath::parse("d"), project.memo(), &project.db(), {}));
  }
}

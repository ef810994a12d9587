// SPDX-License-Identifier: Apache-2.0
#include "store/gc.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "fs/seam.hpp"
#include "hash/hasher.hpp"
#include "store/evidence.hpp"
#include "store/layout.hpp"
#include "support/catch.hpp"
#include "support/store_project.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"

using namespace mlops;
using store::Entry;
using store::EntryKind;
using store::GcResult;
using test::StoreProject;

namespace {

constexpr std::int64_t day_ns = 24LL * 3600 * 1'000'000'000;

/// Shifts the machine's clock for one test.
class ClockShift {
 public:
  explicit ClockShift(std::int64_t offset_ns) { set_clock_offset(offset_ns); }
  ~ClockShift() { set_clock_offset(0); }
  ClockShift(const ClockShift&) = delete;
  ClockShift& operator=(const ClockShift&) = delete;
};

struct Project : StoreProject {
  Project() {
    write("d/a", "1");
    write("d/sub/b", "22");
    kept = add("d");
    write("e/c", "333");
    write("e/sub/b", "22");
    dropped = add("e");
    dropped_file = db().find_in_tree(*dropped, fs::RepoPath::parse("c"));
  }

  GcResult collect(std::vector<Entry> roots, std::int64_t grace_ns = 0, bool dry_run = false) {
    std::vector<std::unique_ptr<store::RootSource>> sources;
    sources.push_back(std::make_unique<test::FixedRoots>(std::move(roots)));
    return store::collect_garbage(db(), sources, {.grace_ns = grace_ns, .dry_run = dry_run});
  }
  bool in_place(const Entry& entry) { return std::filesystem::exists(db().path(entry.id())); }
  std::size_t batches() { return store::trash_batches(db()).size(); }
  void age_all(std::int64_t by_ns) {
    for (const hash::ObjectId& id : db().list()) {
      fs::set_mtime(db().path(id), store::wall_clock_ns() - by_ns);
    }
  }

  std::optional<Entry> kept, dropped, dropped_file;
};

/// Roots that are looked up when asked, with something happening first.
class ActingRoots : public store::RootSource {
 public:
  explicit ActingRoots(std::function<std::vector<Entry>()> act) : act_(std::move(act)) {}
  std::string name() const override { return "acting"; }
  void collect(const std::function<void(const Entry&)>& root) override {
    for (const Entry& entry : act_()) {
      root(entry);
    }
  }

 private:
  std::function<std::vector<Entry>()> act_;
};

}  // namespace

TEST_CASE("without grace and leases unreachable objects are deleted in one run", "[store]") {
  Project project;
  const GcResult dry = project.collect({*project.kept}, 0, true);
  CHECK(dry.trashed == 0);
  CHECK(dry.deleted == 2);
  CHECK(project.in_place(*project.dropped));
  const GcResult result = project.collect({*project.kept});
  CHECK(result.kept == 4);
  CHECK(result.trashed == 0);
  CHECK(result.deleted == 2);
  CHECK(result.deleted_bytes > 0);
  CHECK(result.deleted_bytes == dry.deleted_bytes);
  CHECK_FALSE(project.db().has(project.dropped->id()));
  CHECK_FALSE(project.db().has(project.dropped_file->id()));
  CHECK(project.db().has_all(*project.kept));
  CHECK(project.batches() == 0);
  CHECK(project.checkout("copy", project.kept).added.size() == 2);
}

TEST_CASE("gc of an empty or absent cache does nothing", "[store]") {
  StoreProject project;
  std::vector<std::unique_ptr<store::RootSource>> sources;
  CHECK(store::collect_garbage(project.db(), sources, {}).trashed == 0);
  CHECK_FALSE(std::filesystem::exists(project.cache()));
}

TEST_CASE("objects within the grace period stay, aged ones wait in the trash for as long", "[store]") {
  Project project;
  const GcResult young = project.collect({*project.kept}, 14 * day_ns);
  CHECK(young.young == 2);
  CHECK(young.trashed == 0);
  {
    const ClockShift later(15 * day_ns);
    const GcResult result = project.collect({*project.kept}, 14 * day_ns);
    CHECK(result.trashed == 2);
    CHECK(result.deleted == 0);
    // The batch was recorded just now by the file system's clock; by the shifted one it is old, but needs a new mark.
    CHECK(result.waiting == 2);
  }
  CHECK(project.collect({*project.kept}, 14 * day_ns).waiting == 2);
  {
    const ClockShift later(15 * day_ns);
    const GcResult result = project.collect({*project.kept}, 14 * day_ns);
    CHECK(result.deleted == 2);
    CHECK(result.waiting == 0);
  }
  CHECK(project.batches() == 0);
}

TEST_CASE("a young tree keeps the old objects that it lists", "[store]") {
  Project project;
  project.age_all(30 * day_ns);
  fs::set_mtime(project.db().path(project.dropped->id()), store::wall_clock_ns());
  const GcResult result = project.collect({*project.kept}, 14 * day_ns);
  CHECK(result.trashed == 0);
  CHECK(result.young == 2);
  CHECK(project.db().has(project.dropped_file->id()));
}

TEST_CASE("looking an object up takes it back from the trash, a tree with its members", "[store]") {
  Project project;
  {
    const store::Lease lease(project.db());
    CHECK(project.collect({*project.kept}).waiting == 2);
  }
  CHECK_FALSE(project.in_place(*project.dropped));
  SECTION("by asking") { CHECK(project.db().has(project.dropped->id())); }
  SECTION("by reading") { CHECK(project.db().read_tree(project.dropped->id()).entries.size() == 2); }
  SECTION("by adding again") { CHECK(project.add("e") == project.dropped); }
  SECTION("by checking out") { CHECK(project.checkout("copy", project.dropped).added.size() == 2); }
  CHECK(project.in_place(*project.dropped));
  CHECK(project.in_place(*project.dropped_file));
  CHECK(project.db().has_all(*project.dropped));
}

TEST_CASE("an object that moves between the looks of a reader is found", "[store]") {
  Project project;
  {
    const store::Lease lease(project.db());
    project.collect({*project.kept});
  }
  const hash::ObjectId id = project.dropped_file->id();
  const std::string place = project.db().path(id);
  const std::string first = store::trash_batches(project.db()).at(0);
  const std::string second = store::trash_directory(project.db()) + "/99999999999999999999-second";
  const auto put_back = [&] { std::filesystem::rename(first + "/" + store::flat_name(id), place); };

  // What the others do each time the reader has looked and not found it.
  std::vector<std::function<void()>> moves;
  SECTION("out of a trash that goes as a whole") {
    moves = {[&] {
      put_back();
      std::filesystem::remove_all(store::trash_directory(project.db()));
    }};
  }
  SECTION("out of one batch and into another that is being filled") {
    std::filesystem::create_directory(second);
    moves = {put_back, [&] { std::filesystem::rename(place, second + "/" + store::flat_name(id)); }};
  }
  SECTION("out of a trash that goes, and into a new one") {
    moves = {[&] {
               put_back();
               std::filesystem::remove_all(store::trash_directory(project.db()));
             },
             [&] {
               std::filesystem::create_directories(second);
               std::filesystem::rename(place, second + "/" + store::flat_name(id));
             }};
  }
  const auto fifo = [&](std::size_t i) { return (project.dir() / ("fifo" + std::to_string(i))).string(); };
  for (std::size_t i = 0; i < moves.size(); ++i) {
    REQUIRE(::mkfifo(fifo(i).c_str(), 0600) == 0);
  }
  fs::set_sync_point("store.has_look", fifo(0));
  bool found = false;
  std::thread reader([&] { found = project.db().has(id); });
  for (std::size_t i = 0; i < moves.size(); ++i) {
    const int waiting = ::open(fifo(i).c_str(), O_WRONLY);
    moves[i]();
    i + 1 < moves.size() ? fs::set_sync_point("store.has_look", fifo(i + 1)) : fs::set_sync_point("", "");
    ::close(waiting);
  }
  reader.join();
  CHECK(found);
  CHECK(std::filesystem::exists(place));
}

TEST_CASE("a tree in the trash whose member is gone is not taken back", "[store]") {
  Project project;
  {
    const store::Lease lease(project.db());
    project.collect({*project.kept});
  }
  const std::string batch = store::trash_batches(project.db()).at(0);
  std::filesystem::remove(batch + "/" + store::flat_name(project.dropped_file->id()));
  CHECK_FALSE(project.db().has(project.dropped->id()));
  CHECK_FALSE(project.in_place(*project.dropped));
}

TEST_CASE("a batch waits for the leases that were alive when it was filled, and for no later one", "[store]") {
  Project project;
  std::optional<store::Lease> first(std::in_place, project.db());
  CHECK(project.collect({*project.kept}).waiting == 2);
  CHECK(project.collect({*project.kept}).waiting == 2);
  const store::Lease second(project.db());
  first.reset();
  const GcResult result = project.collect({*project.kept});
  CHECK(result.deleted == 2);
  CHECK(project.batches() == 0);
}

TEST_CASE("a lease that ends during the run does not hurry it", "[store]") {
  Project project;
  std::optional<store::Lease> lease(std::in_place, project.db());
  project.collect({*project.kept});
  std::vector<std::unique_ptr<store::RootSource>> sources;
  // The holder writes its pointer and ends while the roots are being read, after ours were.
  sources.push_back(std::make_unique<ActingRoots>([&] {
    lease.reset();
    return std::vector<Entry>{*project.kept};
  }));
  const GcResult result = store::collect_garbage(project.db(), sources, {.grace_ns = 0});
  CHECK(result.deleted == 0);
  CHECK(result.waiting == 2);
  CHECK(project.collect({*project.kept, *project.dropped}).restored == 2);
  CHECK(project.db().has_all(*project.dropped));
}

TEST_CASE("reached objects are put back from the trash", "[store]") {
  Project project;
  {
    const store::Lease lease(project.db());
    project.collect({*project.kept});
  }
  const GcResult result = project.collect({*project.kept, *project.dropped});
  CHECK(result.restored == 2);
  CHECK(result.deleted == 0);
  CHECK(project.in_place(*project.dropped));
  CHECK(project.in_place(*project.dropped_file));
  CHECK(project.batches() == 0);
}

TEST_CASE("a pointer written between the two marks of one run saves its objects", "[store]") {
  Project project;
  int marks = 0;
  std::vector<std::unique_ptr<store::RootSource>> sources;
  sources.push_back(std::make_unique<ActingRoots>([&] {
    std::vector<Entry> roots{*project.kept};
    if (++marks == 2) {
      roots.push_back(*project.dropped);
    }
    return roots;
  }));
  const GcResult result = store::collect_garbage(project.db(), sources, {.grace_ns = 0});
  CHECK(marks == 2);
  CHECK(result.deleted == 0);
  CHECK(result.restored == 2);
  CHECK(project.db().has_all(*project.dropped));
}

TEST_CASE("whoever starts to add while gc moves finds what it needs", "[store]") {
  Project project;
  // After the first object was moved, somebody adds the same directory again and keeps his lease.
  std::unique_ptr<store::WriteBatch> adder;
  int moves = 0;
  fs::set_fault_hook([&](std::string_view call, std::string_view path) {
    if (call == "rename" && path.find("/trash/") != std::string_view::npos && ++moves == 2) {
      adder = std::make_unique<store::WriteBatch>(project.db());
      store::build(project.root(), fs::RepoPath::parse("e"), project.db(), *adder, {});
      adder->publish();
    }
    return 0;
  });
  project.collect({*project.kept});
  fs::set_fault_hook({});
  REQUIRE(moves >= 2);
  CHECK(project.db().has_all(*project.dropped));
  CHECK(project.db().has(project.dropped_file->id()));
  adder.reset();
  // Now the pointer is written: the next run sees it.
  project.collect({*project.kept, *project.dropped});
  CHECK(project.in_place(*project.dropped));
  CHECK(project.in_place(*project.dropped_file));
}

TEST_CASE("an object is not deleted while a tree that stays lists it", "[store]") {
  Project project;
  // Batch one holds a file; the tree that lists it goes to a second batch, which a later lease holds.
  {
    const store::Lease lease(project.db());
    project.collect({*project.kept});
  }
  const std::string batch = store::trash_batches(project.db()).at(0);
  fs::rename_path(batch + "/" + store::flat_name(project.dropped->id()), project.db().path(project.dropped->id()));
  const store::Lease later(project.db());
  const GcResult result = project.collect({*project.kept});
  CHECK(result.deleted == 0);
  CHECK(project.db().has(project.dropped->id()));
  CHECK(project.db().has(project.dropped_file->id()));
}

TEST_CASE("trees leave before files", "[store]") {
  Project project;
  std::vector<bool> moved;
  std::vector<bool> removed;
  fs::set_fault_hook([&](std::string_view call, std::string_view path) {
    const bool tree = path.size() > 5 && path.substr(path.size() - 5) == ".tree";
    if (call == "rename" && path.find("/trash/") != std::string_view::npos &&
        path.find("sha256-") != std::string_view::npos) {
      moved.push_back(tree);
    }
    if (call == "unlink" && path.find("/trash/") != std::string_view::npos &&
        path.find("sha256-") != std::string_view::npos) {
      removed.push_back(tree);
    }
    return 0;
  });
  project.collect({});
  fs::set_fault_hook({});
  CHECK(moved.size() == 6);
  CHECK(removed.size() == 6);
  CHECK(std::is_sorted(moved.begin(), moved.end(), std::greater<>()));
  CHECK(std::is_sorted(removed.begin(), removed.end(), std::greater<>()));
}

TEST_CASE("a source that cannot be read stops gc before anything moves", "[store]") {
  Project project;
  std::vector<std::unique_ptr<store::RootSource>> sources;
  sources.push_back(std::make_unique<ActingRoots>([]() -> std::vector<Entry> { throw Error("a ref cannot be read"); }));
  CHECK_THROWS_AS(store::collect_garbage(project.db(), sources, {.grace_ns = 0}), Error);
  CHECK(project.in_place(*project.dropped));
  CHECK(project.batches() == 0);
}

TEST_CASE("a reachable tree that cannot be read stops gc", "[store]") {
  Project project;
  project.corrupt(project.kept->id());
  project.reopen();
  CHECK_THROWS_AS(project.collect({*project.kept}), Error);
  CHECK_FALSE(project.db().has_verified(project.kept->id()));
  // Quarantined now: what it listed is still not known.
  CHECK_THROWS_WITH(project.collect({*project.kept}), Catch::Contains("quarantined"));
  CHECK(project.in_place(*project.dropped_file));
  std::filesystem::remove_all(project.cache() + "/bad");
  CHECK(project.collect({*project.kept}).deleted > 0);
}

TEST_CASE("objects that are named but absent are no failure", "[store]") {
  Project project;
  Entry absent = *project.kept;
  absent.digest = hash::digest_of(hash::Algorithm::sha256, "absent");
  CHECK(project.collect({*project.kept, absent}).deleted == 2);
}

TEST_CASE("a gc that was interrupted is finished by the next one", "[store]") {
  for (int stop = 1; stop < 40; ++stop) {
    Project project;
    int calls = 0;
    fs::set_fault_hook([&](std::string_view, std::string_view) { return ++calls >= stop ? EIO : 0; });
    bool failed = false;
    try {
      project.collect({*project.kept});
    } catch (const Error&) {
      failed = true;
    }
    fs::set_fault_hook({});
    project.reopen();
    INFO("stopped at call " << stop);
    REQUIRE(project.db().has_all(*project.kept));
    // A tree in place has its members.
    if (project.db().has(project.dropped->id())) {
      REQUIRE(project.db().has(project.dropped_file->id()));
    }
    project.collect({*project.kept});
    REQUIRE_FALSE(project.db().has(project.dropped_file->id()));
    REQUIRE(project.batches() == 0);
    if (!failed) {
      return;
    }
  }
  FAIL("gc never got through");
}

TEST_CASE("files left behind by dead processes go after a day, those of living ones stay", "[store]") {
  Project project;
  const auto leave = [&](const std::string& name, std::int64_t age_ns) {
    const auto path = project.dir().write("cache/" + name, "left").string();
    fs::set_mtime(path, store::wall_clock_ns() - age_ns);
    return path;
  };
  const std::string old_temp = leave("tmp/.mlops-tmp-999999-aaaa", 2 * day_ns);
  const std::string old_object = leave("objects/sha256/ab/.mlops-tmp-999999-bbbb", 2 * day_ns);
  const std::string young = leave("tmp/.mlops-tmp-999999-cccc", day_ns / 2);
  const std::string foreign = leave("tmp/notes.txt", 2 * day_ns);
  const std::string living = leave("tmp/.mlops-tmp-" + std::to_string(::getpid()) + "-dddd", 2 * day_ns);
  {
    const store::Lease lease(project.db());
    project.collect({*project.kept}, 14 * day_ns);
  }
  CHECK_FALSE(std::filesystem::exists(old_temp));
  CHECK_FALSE(std::filesystem::exists(old_object));
  CHECK(std::filesystem::exists(young));
  CHECK(std::filesystem::exists(foreign));
  CHECK(std::filesystem::exists(living));
}

TEST_CASE("an object that was added again while its old copy lay in the trash ends up once", "[store]") {
  Project project;
  {
    const store::Lease lease(project.db());
    project.collect({*project.kept});
  }
  const std::string batch = store::trash_batches(project.db()).at(0);
  const std::string aside = batch + "/" + store::flat_name(project.dropped_file->id());
  std::filesystem::copy_file(aside, project.db().path(project.dropped_file->id()));
  project.collect({*project.kept, *project.dropped});
  CHECK(project.db().has_all(*project.dropped));
  CHECK(project.batches() == 0);
}

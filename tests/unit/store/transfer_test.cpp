// SPDX-License-Identifier: Apache-2.0
#include "store/transfer.hpp"

#include <filesystem>

#include "hash/hasher.hpp"
#include "support/catch.hpp"
#include "support/memory_db.hpp"
#include "support/store_project.hpp"
#include "util/error.hpp"

using namespace mlops;
using store::Entry;
using store::EntryKind;
using store::TransferResult;
using test::MemoryDb;
using test::StoreProject;

namespace {

using Labels = std::vector<std::string>;

Labels labels(const std::vector<TransferResult::Item>& items) {
  Labels all;
  for (const auto& item : items) {
    all.push_back(item.label);
  }
  return all;
}

struct Project : StoreProject {
  Project() {
    write("d/a", "1");
    write("d/sub/b", "22");
    write("d/sub/deep/c", "333");
    write("d/other/b", "22");
    entry = add("d");
  }
  hash::ObjectId id(const std::string& below) { return db().find_in_tree(*entry, fs::RepoPath::parse(below))->id(); }
  std::vector<store::Wanted> wanted() const { return {{*entry, "d"}}; }

  std::optional<Entry> entry;
};

/// A project without any objects.
struct Clone : StoreProject {
  TransferResult fetch(MemoryDb& remote, const std::vector<store::Wanted>& wanted, bool dry_run = false) {
    return store::fetch(remote, db(), wanted, {.jobs = 3, .dry_run = dry_run});
  }
};

}  // namespace

TEST_CASE("push sends everything, files before the trees that list them", "[store]") {
  Project project;
  MemoryDb remote;
  const TransferResult result = store::push(project.db(), remote, project.wanted(), {.jobs = 3});
  CHECK(result.complete());
  CHECK(result.objects == 3 + 4);
  CHECK(remote.objects.size() == 7);
  CHECK(remote.order_violations.empty());
  CHECK(remote.flushes >= 2);
  CHECK(result.present == 0);
}

TEST_CASE("a second push asks once and sends nothing", "[store]") {
  Project project;
  MemoryDb remote;
  store::push(project.db(), remote, project.wanted(), {});
  remote.missing_calls = 0;
  remote.puts = 0;
  const TransferResult result = store::push(project.db(), remote, project.wanted(), {});
  CHECK(result.complete());
  CHECK(result.objects == 0);
  CHECK(result.present == 1);
  CHECK(remote.missing_calls == 1);
  CHECK(remote.puts == 0);
}

TEST_CASE("push sends only what changed", "[store]") {
  Project project;
  MemoryDb remote;
  store::push(project.db(), remote, project.wanted(), {});
  project.write("d/sub/deep/c", "changed");
  project.entry = project.add("d");
  const TransferResult result = store::push(project.db(), remote, project.wanted(), {});
  CHECK(result.objects == 4);
  CHECK(remote.order_violations.empty());
}

TEST_CASE("a tree there stands for its members unless each is to be verified", "[store]") {
  Project project;
  MemoryDb remote;
  store::push(project.db(), remote, project.wanted(), {});
  remote.objects.erase(project.id("sub/deep/c"));
  CHECK(store::push(project.db(), remote, project.wanted(), {}).objects == 0);
  const TransferResult result = store::push(project.db(), remote, project.wanted(), {.verify = true});
  CHECK(result.objects == 1);
  CHECK(remote.objects.count(project.id("sub/deep/c")) == 1);
}

TEST_CASE("bad bytes there are replaced by good ones, and stay where there are none", "[store]") {
  Project project;
  MemoryDb remote;
  store::push(project.db(), remote, project.wanted(), {});
  const hash::ObjectId id = project.id("sub/deep/c");
  const std::string good = remote.objects.at(id);
  remote.objects[id] = std::string(good.size(), '?');
  SECTION("repaired where they are more than they should be") {
    remote.objects[id] = good + "and much more";
    CHECK(store::push(project.db(), remote, project.wanted(), {.verify = true}).objects == 1);
    CHECK(remote.objects.at(id) == good);
  }
  SECTION("repaired") {
    CHECK(store::push(project.db(), remote, project.wanted(), {.verify = true}).objects == 1);
    CHECK(remote.objects.at(id) == good);
  }
  SECTION("left") {
    project.corrupt(id);
    project.reopen();
    store::push(project.db(), remote, project.wanted(), {.verify = true});
    CHECK(remote.objects.at(id) == std::string(good.size(), '?'));
  }
}

TEST_CASE("one object that fails hides no other, and no tree above it is sent", "[store]") {
  Project project;
  MemoryDb remote;
  remote.fails_to_put.insert(project.id("sub/deep/c"));
  const TransferResult result = store::push(project.db(), remote, project.wanted(), {.jobs = 3});
  CHECK_FALSE(result.complete());
  CHECK(labels(result.failed) == Labels{"d", "d/sub", "d/sub/deep", "d/sub/deep/c"});
  CHECK(result.failed.back().reason == "quota exceeded");
  CHECK(remote.objects.count(project.id("sub/b")) == 1);
  CHECK(remote.objects.count(project.id("other")) == 1);
  CHECK(remote.objects.count(project.entry->id()) == 0);
  CHECK(remote.order_violations.empty());

  remote.fails_to_put.clear();
  CHECK(store::push(project.db(), remote, project.wanted(), {}).complete());
  CHECK(remote.objects.size() == 7);
}

TEST_CASE("what is neither here nor there is missing, whatever it is", "[store]") {
  Project project;
  MemoryDb remote;
  SECTION("a file") {
    std::filesystem::remove(project.db().path(project.id("a")));
    const TransferResult result = store::push(project.db(), remote, project.wanted(), {});
    CHECK(labels(result.missing) == Labels{"d/a"});
    CHECK(labels(result.failed) == Labels{"d"});
  }
  SECTION("a tree") {
    std::filesystem::remove(project.db().path(project.id("sub")));
    const TransferResult result = store::push(project.db(), remote, project.wanted(), {});
    CHECK(labels(result.missing) == Labels{"d/sub"});
    CHECK(labels(result.failed) == Labels{"d"});
  }
  SECTION("a file that is there") {
    store::push(project.db(), remote, {{*project.db().find_in_tree(*project.entry, fs::RepoPath::parse("a")), "a"}},
                {});
    std::filesystem::remove(project.db().path(project.id("a")));
    CHECK(store::push(project.db(), remote, project.wanted(), {}).complete());
  }
}

TEST_CASE("a corrupt object is not sent but quarantined and reported", "[store]") {
  Project project;
  MemoryDb remote;
  project.corrupt(project.id("a"));
  project.reopen();
  const TransferResult result = store::push(project.db(), remote, project.wanted(), {});
  CHECK(labels(result.failed) == Labels{"d", "d/a"});
  CHECK(remote.objects.count(project.id("a")) == 0);
  CHECK_FALSE(project.db().has(project.id("a")));
}

TEST_CASE("a dry push lists what would be sent and sends nothing", "[store]") {
  Project project;
  MemoryDb remote;
  const TransferResult result = store::push(project.db(), remote, project.wanted(), {.dry_run = true});
  CHECK(result.objects == 7);
  CHECK(result.transferred.size() == 7);
  CHECK(remote.objects.empty());
}

TEST_CASE("fetch brings everything and the workspace comes out the same", "[store]") {
  Project project;
  MemoryDb remote;
  store::push(project.db(), remote, project.wanted(), {});
  Clone clone;
  const TransferResult result = clone.fetch(remote, project.wanted());
  CHECK(result.complete());
  CHECK(result.objects == 7);
  CHECK(clone.db().has_all(*project.entry));
  clone.checkout("d", project.entry);
  CHECK(clone.snapshot("d") == project.snapshot("d"));
  CHECK(clone.names_in(clone.cache() + "/tmp").empty());

  remote.gets = 0;
  const TransferResult again = clone.fetch(remote, project.wanted());
  CHECK(again.present == 1);
  CHECK(remote.gets == 0);
}

TEST_CASE("fetch brings only what lacks", "[store]") {
  Project project;
  MemoryDb remote;
  store::push(project.db(), remote, project.wanted(), {});
  Clone clone;
  clone.write("mine", "22");
  clone.add("mine");
  CHECK(clone.fetch(remote, project.wanted()).objects == 6);
  CHECK(clone.db().has_all(*project.entry));
}

TEST_CASE("what arrives damaged is asked for again, then refused, and never published", "[store]") {
  Project project;
  MemoryDb remote;
  store::push(project.db(), remote, project.wanted(), {});
  Clone clone;
  const hash::ObjectId victim = GENERATE(0, 1) == 0 ? project.id("sub/b") : project.id("sub");
  SECTION("once") {
    remote.corrupts_once.insert(victim);
    CHECK(clone.fetch(remote, project.wanted()).complete());
    CHECK(clone.db().has_verified(victim));
  }
  SECTION("always") {
    remote.corrupts.insert(victim);
    const TransferResult result = clone.fetch(remote, project.wanted());
    CHECK_FALSE(result.complete());
    REQUIRE(result.hints.size() == 1);
    CHECK_THAT(result.hints.front(), Catch::Contains("push --verify"));
    CHECK_FALSE(clone.db().has(victim));
    CHECK_FALSE(clone.db().has(project.entry->id()));
    CHECK(clone.db().has_verified(project.id("a")));
    remote.corrupts.clear();
    CHECK(clone.fetch(remote, project.wanted()).complete());
    CHECK(clone.db().has_all(*project.entry));
  }
  SECTION("cut off") {
    remote.truncates.insert(victim);
    CHECK_FALSE(clone.fetch(remote, project.wanted()).complete());
    CHECK_FALSE(clone.db().has(victim));
  }
  SECTION("not at all") {
    remote.fails_to_get.insert(victim);
    const TransferResult result = clone.fetch(remote, project.wanted());
    CHECK_FALSE(result.failed.empty());
    CHECK(result.missing.empty());
    CHECK_FALSE(clone.db().has(project.entry->id()));
  }
  for (const hash::ObjectId& id : clone.db().list()) {
    CHECK(clone.db().has_verified(id));
  }
}

TEST_CASE("an object that the remote claims to have but lost is missing", "[store]") {
  Project project;
  MemoryDb remote;
  remote.claims_but_lost.insert(project.id("a"));
  store::push(project.db(), remote, project.wanted(), {});
  Clone clone;
  const TransferResult result = clone.fetch(remote, project.wanted());
  CHECK(labels(result.missing) == Labels{"d/a"});
  CHECK_FALSE(clone.db().has(project.entry->id()));
}

TEST_CASE("a file whose size is not what its directory says is refused", "[store]") {
  Clone clone;
  MemoryDb remote;
  const auto put = [&](const std::string& bytes, hash::ObjectKind kind) {
    const hash::ObjectId id{hash::digest_of(hash::Algorithm::sha256, bytes), kind};
    remote.objects[id] = bytes;
    return id;
  };
  const hash::ObjectId file = put("content", hash::ObjectKind::file);
  for (const std::uint64_t size : {6U, 8U}) {
    const store::Tree tree{{{"f", {EntryKind::file, file.digest, size, 1}}}};
    const hash::ObjectId id = put(store::encode_tree(tree), hash::ObjectKind::tree);
    const TransferResult result = clone.fetch(remote, {{{EntryKind::tree, id.digest, size, 1}, "d"}});
    CHECK(labels(result.failed) == Labels{"d", "d/f"});
    CHECK(clone.db().list().empty());
  }
}

TEST_CASE("a malformed tree from a remote is refused", "[store]") {
  Clone clone;
  MemoryDb remote;
  const std::string text = "mlops-tree 1\nfile " + std::string(64, 'a') + " 1 1 ../../escape\n";
  const hash::ObjectId id{hash::digest_of(hash::Algorithm::sha256, text), hash::ObjectKind::tree};
  remote.objects[id] = text;
  const TransferResult result = clone.fetch(remote, {{{EntryKind::tree, id.digest, 1, 1}, "d"}});
  CHECK(labels(result.failed) == Labels{"d"});
  CHECK(clone.db().list().empty());
}

TEST_CASE("trees that list each other many times over cost no more than they are", "[store]") {
  StoreProject project;
  project.write("f", "x");
  Entry entry = project.add("f");
  {
    store::WriteBatch batch(project.db());
    for (int level = 0; level < 60; ++level) {
      const store::Tree tree{{{"a", entry}, {"b", entry}}};
      entry = {EntryKind::tree, batch.add_tree(tree), tree.size(), tree.files()};
    }
    batch.publish();
  }
  MemoryDb remote;
  const std::vector<store::Wanted> wanted{{entry, "d"}};
  CHECK(store::push(project.db(), remote, wanted, {}).objects == 61);
  CHECK(remote.order_violations.empty());
  Clone clone;
  CHECK(clone.fetch(remote, wanted).objects == 61);
  int visits = 0;
  store::visit_reachable(
      clone.db(), wanted[0], [&](const Entry&, const std::string&) { ++visits; },
      [](const Entry&, const std::string&) { FAIL(); });
  CHECK(visits == 62);
}

TEST_CASE("a dry fetch lists what would come and keeps nothing", "[store]") {
  Project project;
  MemoryDb remote;
  store::push(project.db(), remote, project.wanted(), {});
  remote.objects.erase(project.id("sub/b"));
  Clone clone;
  const TransferResult result = clone.fetch(remote, project.wanted(), true);
  CHECK(labels(result.transferred) == Labels{"d/a", "d/sub/deep/c"});
  CHECK(labels(result.missing) == Labels{"d/other/b"});
  CHECK(clone.db().list().empty());
}

TEST_CASE("a suspect cache is looked through again and completed", "[store]") {
  Project project;
  MemoryDb remote;
  store::push(project.db(), remote, project.wanted(), {});
  project.corrupt(project.id("sub/deep/c"));
  project.reopen();
  CHECK_FALSE(project.db().has_verified(project.id("sub/deep/c")));
  const TransferResult result = store::fetch(remote, project.db(), project.wanted(), {});
  CHECK(result.objects == 1);
  CHECK(result.complete());
  CHECK(project.db().has_verified(project.id("sub/deep/c")));
}

TEST_CASE("everything that an entry reaches is visited with its path", "[store]") {
  Project project;
  Labels seen;
  Labels unreadable;
  std::filesystem::remove(project.db().path(project.id("sub/deep")));
  store::visit_reachable(
      project.db(), project.wanted()[0], [&](const Entry&, const std::string& label) { seen.push_back(label); },
      [&](const Entry&, const std::string& label) { unreadable.push_back(label); });
  CHECK(seen == Labels{"d", "d/a", "d/other", "d/other/b", "d/sub", "d/sub/b", "d/sub/deep"});
  CHECK(unreadable == Labels{"d/sub/deep"});
}

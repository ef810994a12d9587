// SPDX-License-Identifier: Apache-2.0

// Every mutating call of a small operation fails once, with each of two errors, alone or with all after it. Whatever
// happens, no wrong object stands at an object's place, a tree in place has its members, what the workspace held is in
// it or in the store, and the same operation succeeds afterwards.

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "fs/seam.hpp"
#include "hash/hasher.hpp"
#include "store/transfer.hpp"
#include "support/catch.hpp"
#include "support/memory_db.hpp"
#include "support/store_project.hpp"
#include "util/error.hpp"

using namespace mlops;
using store::Entry;
using test::MemoryDb;
using test::StoreProject;

namespace {

struct Fault {
  int code;
  bool lasting;
};

/// Makes the n-th mutating call fail while it lives.
class Injection {
 public:
  Injection(int number, const Fault& fault) {
    fs::set_fault_hook([this, number, fault](std::string_view, std::string_view) {
      const int call = ++calls_;
      return call == number || (fault.lasting && call > number) ? fault.code : 0;
    });
  }
  ~Injection() { fs::set_fault_hook({}); }
  Injection(const Injection&) = delete;
  Injection& operator=(const Injection&) = delete;
  int calls() const { return calls_; }

 private:
  std::atomic<int> calls_{0};
};

/// Puts the projects of a sweep into memory where there is a file system for that: a sweep flushes thousands of times,
/// and it is about failing calls, not about disks.
class InMemory {
 public:
  InMemory() {
    if (const char* before = std::getenv("TMPDIR")) {
      before_ = before;
    }
    if (::access("/dev/shm", R_OK | W_OK | X_OK) == 0) {
      ::setenv("TMPDIR", "/dev/shm", 1);
    }
  }
  ~InMemory() { before_ ? ::setenv("TMPDIR", before_->c_str(), 1) : ::unsetenv("TMPDIR"); }
  InMemory(const InMemory&) = delete;
  InMemory& operator=(const InMemory&) = delete;

 private:
  std::optional<std::string> before_;
};

/// All contents of workspace files, whatever their paths.
std::vector<std::string> contents(const StoreProject& project) {
  std::vector<std::string> all;
  for (const auto& item : std::filesystem::recursive_directory_iterator(project.root())) {
    if (item.is_regular_file() && !item.is_symlink()) {
      all.push_back(project.read(item.path().lexically_relative(project.root()).string()));
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

void require_sound(StoreProject& project) {
  project.reopen();
  for (const hash::ObjectId& id : project.db().list()) {
    REQUIRE(project.db().has_verified(id));
    if (id.is_tree()) {
      for (const auto& item : project.db().read_tree(id).entries) {
        REQUIRE(project.db().has(item.entry.id()));
      }
    }
  }
  REQUIRE_FALSE(project.db().suspect());
}

void require_nothing_lost(StoreProject& project, const std::vector<std::string>& before) {
  const auto now = contents(project);
  for (const std::string& content : before) {
    const bool here = std::binary_search(now.begin(), now.end(), content);
    REQUIRE((here ||
             project.db().has_verified({hash::digest_of(hash::Algorithm::sha256, content), hash::ObjectKind::file})));
  }
}

/// Runs `work` on a fresh project for each call of it, with that call failing; then again without failures.
template <class Prepare, class Work, class Check>
void sweep(Prepare prepare, Work work, Check check) {
  const InMemory in_memory;
  const Fault fault = GENERATE(Fault{ENOSPC, false}, Fault{EIO, true});
  for (int number = 1; number < 2000; ++number) {
    auto project = prepare();
    const auto before = contents(*project);
    int calls = 0;
    bool failed = false;
    {
      const Injection injection(number, fault);
      try {
        work(*project);
      } catch (const Error&) {
        failed = true;
      }
      calls = injection.calls();
    }
    INFO("call " << number << " failed with " << fault.code << (fault.lasting ? " and all after it" : ""));
    require_sound(*project);
    require_nothing_lost(*project, before);
    REQUIRE_NOTHROW(work(*project));
    require_sound(*project);
    check(*project);
    if (calls < number) {
      REQUIRE_FALSE(failed);
      return;
    }
  }
  FAIL("the operation never got through");
}

void write_example(const StoreProject& project) {
  project.write("d/a", "alpha");
  project.write("d/sub/b", "beta");
  project.write("d/sub/large", std::string(1'200'000, 'l'));
  project.write("d/run", "#!/bin/sh");
  project.make_executable("d/run");
  std::filesystem::create_symlink("a", project.at("d/link"));
}

}  // namespace

TEST_CASE("an add that fails anywhere leaves a sound cache and can be repeated", "[store][fault]") {
  sweep(
      [] {
        auto project = std::make_unique<StoreProject>(fs::Durability::batch);
        write_example(*project);
        return project;
      },
      [](StoreProject& project) { project.add("d"); },
      [](StoreProject& project) {
        const auto entry = project.now("d");
        REQUIRE(project.db().has_all(*entry));
        REQUIRE(project.names_in(project.cache() + "/leases").size() <= 1);
      });
}

TEST_CASE("an add of many files that fails anywhere leaves a sound cache", "[store][fault]") {
  sweep(
      [] {
        auto project = std::make_unique<StoreProject>(fs::Durability::off);
        for (int i = 0; i < 20; ++i) {
          project->write("d/" + std::to_string(i), std::to_string(i));
        }
        return project;
      },
      [](StoreProject& project) { project.add("d"); },
      [](StoreProject& project) { REQUIRE(project.db().has_all(*project.now("d"))); });
}

TEST_CASE("a checkout that fails anywhere loses nothing and can be repeated", "[store][fault]") {
  std::optional<Entry> wanted;
  sweep(
      [&] {
        auto project = std::make_unique<StoreProject>(fs::Durability::batch);
        write_example(*project);
        project->write("d/becomes-file/x", "x");
        project->write("d/becomes-directory", "y");
        wanted = project->add("d");
        project->remove("d");
        project->write("d/a", "another alpha");
        project->write("d/gone/z", "zeta");
        project->write("d/becomes-file", "file");
        project->write("d/becomes-directory/y", "inner");
        project->add("d");
        return project;
      },
      [&](StoreProject& project) { project.checkout("d", wanted); },
      [&](StoreProject& project) {
        REQUIRE(project.now("d") == wanted);
        REQUIRE_FALSE(project.exists("d/gone"));
      });
}

TEST_CASE("a forced checkout that fails anywhere loses nothing", "[store][fault]") {
  std::optional<Entry> wanted;
  sweep(
      [&] {
        auto project = std::make_unique<StoreProject>(fs::Durability::batch);
        project->write("d/a", "alpha");
        project->write("d/b", "beta");
        wanted = project->add("d");
        project->write("d/a", "unsaved alpha");
        project->write("d/untracked/c", "unsaved gamma");
        return project;
      },
      [&](StoreProject& project) {
        store::CheckoutOptions options = project.checkout_options();
        options.force = true;
        project.checkout("d", wanted, options);
      },
      [&](StoreProject& project) { REQUIRE(project.now("d") == wanted); });
}

TEST_CASE("a fetch that fails anywhere keeps what arrived sound and can be repeated", "[store][fault]") {
  MemoryDb remote;
  std::optional<Entry> entry;
  {
    StoreProject source;
    write_example(source);
    entry = source.add("d");
    store::push(source.db(), remote, {{*entry, "d"}}, {});
  }
  sweep([] { return std::make_unique<StoreProject>(fs::Durability::batch); },
        [&](StoreProject& project) {
          const auto result = store::fetch(remote, project.db(), {{*entry, "d"}}, {.jobs = 2});
          if (!result.complete()) {
            throw Error("incomplete: {}", result.failed.at(0).reason);
          }
        },
        [&](StoreProject& project) { REQUIRE(project.db().has_all(*entry)); });
}

TEST_CASE("a gc that fails anywhere keeps what is reached", "[store][fault]") {
  std::optional<Entry> kept;
  sweep(
      [&] {
        auto project = std::make_unique<StoreProject>(fs::Durability::batch);
        project->write("d/a", "alpha");
        kept = project->add("d");
        project->write("e/b", "beta");
        project->write("e/a", "alpha");
        project->add("e");
        return project;
      },
      [&](StoreProject& project) {
        std::vector<std::unique_ptr<store::RootSource>> sources;
        sources.push_back(std::make_unique<test::FixedRoots>(std::vector<Entry>{*kept}));
        store::collect_garbage(project.db(), sources, {.grace_ns = 0});
      },
      [&](StoreProject& project) {
        REQUIRE(project.db().has_all(*kept));
        REQUIRE(project.db().list().size() == 2);
      });
}

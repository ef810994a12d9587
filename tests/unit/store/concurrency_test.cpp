// SPDX-License-Identifier: Apache-2.0

// Processes that share a cache add, drop, look at and collect at once, without any grace, so that gc deletes all the
// while. Contents come from a small pool: nearly everything is a duplicate of something that is just being thrown out.

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "store/transfer.hpp"
#include "support/catch.hpp"
#include "support/store_project.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

using namespace mlops;
using store::Entry;
using test::StoreProject;

namespace {

std::string encode(const Entry& entry) {
  return entry.digest.hex() + " " + std::to_string(entry.size) + " " + std::to_string(entry.files);
}

Entry decode(const std::string& text) {
  const auto parts = split(text, ' ');
  return {store::EntryKind::tree, *hash::Digest::parse(hash::Algorithm::sha256, parts.at(0)), std::stoull(parts.at(1)),
          std::stoull(parts.at(2))};
}

/// What the pointers of all processes name.
class PointerRoots : public store::RootSource {
 public:
  explicit PointerRoots(std::string directory) : directory_(std::move(directory)) {}
  std::string name() const override { return "pointers"; }
  void collect(const std::function<void(const Entry&)>& root) override {
    for (const auto& item : std::filesystem::directory_iterator(directory_)) {
      if (item.path().filename().string()[0] == '.') {
        continue;
      }
      if (const auto text = fs::try_read_file(item.path().string())) {
        root(decode(*text));
      }
    }
  }

 private:
  std::string directory_;
};

/// One of the processes.
class Worker {
 public:
  Worker(const std::string& cache, const std::string& directory, unsigned number)
      : directory_(directory),
        root_(directory + "/ws" + std::to_string(number)),
        number_(number),
        random_(number),
        memo_(""),
        db_({.root = cache, .durability = fs::Durability::off}, memo_) {}

  void run(int steps) {
    for (int step = 0; step < steps; ++step) {
      switch (random_() % 8) {
        case 0:
          collect();
          break;
        case 1:
        case 2:
          drop();
          break;
        case 3:
          look();
          break;
        default:
          add();
          break;
      }
    }
    look();
  }

  std::uint64_t deleted() const { return deleted_; }

 private:
  std::string pointer(std::size_t slot) const {
    return directory_ + "/pointers/" + std::to_string(number_) + "-" + std::to_string(slot);
  }

  void add() {
    const std::string path = root_ + "/d";
    fs::remove_tree(path);
    fs::make_directories(path + "/sub");
    for (auto count = 1 + random_() % 4; count > 0; --count) {
      const std::string content = std::to_string(random_() % 12);
      fs::write_file_atomic(path + (random_() % 2 == 0 ? "/" : "/sub/") + content, content, 0644, fs::Durability::off);
    }
    // Held from the first look at the cache until the pointer is there.
    store::WriteBatch batch(db_);
    const Entry entry = store::build(root_, fs::RepoPath::parse("d"), db_, batch, {});
    batch.publish();
    const auto slot = random_() % 5;
    fs::write_file_atomic(pointer(slot), encode(entry), 0644, fs::Durability::off);
    named_[slot] = entry;
  }

  void drop() {
    const auto slot = random_() % 5;
    fs::remove_file(pointer(slot));
    named_[slot].reset();
  }

  void look() {
    for (const auto& entry : named_) {
      if (entry) {
        store::visit_reachable(
            db_, {*entry, "d"},
            [&](const Entry& item, const std::string&) {
              if (!db_.has_verified(item.id())) {
                throw Error("'{}' is lost", hash::short_name(item.id()));
              }
            },
            [](const Entry& item, const std::string&) {
              throw std::runtime_error("tree lost: " + hash::short_name(item.id()));
            });
      }
    }
  }

  void collect() {
    std::vector<std::unique_ptr<store::RootSource>> sources;
    sources.push_back(std::make_unique<PointerRoots>(directory_ + "/pointers"));
    deleted_ += store::collect_garbage(db_, sources, {.grace_ns = 0}).deleted;
  }

  std::string directory_;
  std::string root_;
  unsigned number_;
  std::mt19937 random_;
  store::Memo memo_;
  store::LocalDb db_;
  std::array<std::optional<Entry>, 5> named_;
  std::uint64_t deleted_ = 0;
};

/// Runs in the child; never returns to the test.
[[noreturn]] void run_child(const std::string& cache, const std::string& directory, unsigned number, int steps) {
  try {
    Worker worker(cache, directory, number);
    worker.run(steps);
    ::_exit(worker.deleted() > 0 ? 10 : 0);
  } catch (const std::exception& failure) {
    fs::write_file_atomic(directory + "/failure", failure.what(), 0644, fs::Durability::off);
    ::_exit(1);
  }
}

}  // namespace

TEST_CASE("processes add, drop and collect at once, and everything named survives", "[store]") {
  StoreProject project;
  const std::string directory = project.dir().path().string();
  std::filesystem::create_directories(directory + "/pointers");
  const char* wanted = std::getenv("MLOPS_TEST_STEPS");
  const int steps = wanted != nullptr ? std::atoi(wanted) : 120;
  std::vector<pid_t> children;
  for (unsigned number = 1; number <= 4; ++number) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      run_child(project.cache(), directory, number, steps);
    }
    children.push_back(child);
  }
  int collectors = 0;
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    INFO(fs::try_read_file(directory + "/failure").value_or(""));
    REQUIRE(WIFEXITED(status));
    REQUIRE((WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 10));
    collectors += WEXITSTATUS(status) == 10 ? 1 : 0;
  }
  CHECK(collectors > 0);
  CHECK_FALSE(project.db().suspect());
  CHECK(store::Lease::alive(project.db()).empty());
  PointerRoots(directory + "/pointers").collect([&](const Entry& entry) { CHECK(project.db().has_all(entry)); });
}

// SPDX-License-Identifier: Apache-2.0
// Verbs under an error at each of their changes to the file system, one after another.

#include <atomic>
#include <cerrno>
#include <functional>

#include "fs/seam.hpp"
#include "repo/add.hpp"
#include "repo/checkout.hpp"
#include "repo/data_status.hpp"
#include "repo/move.hpp"
#include "repo/remove.hpp"
#include "repo/settings.hpp"
#include "repo/sync.hpp"
#include "support/catch.hpp"
#include "support/test_project.hpp"
#include "util/error.hpp"

#ifdef MLOPS_FAILPOINTS

using namespace mlops;
using test::TestProject;

namespace {

/// Lets the n-th change fail, with `code`, while it lives.
class FailNth {
 public:
  FailNth(int n, int code) {
    fs::set_fault_hook([this, n, code](std::string_view, std::string_view) { return ++calls_ == n ? code : 0; });
  }
  FailNth(const FailNth&) = delete;
  FailNth& operator=(const FailNth&) = delete;
  ~FailNth() { fs::set_fault_hook({}); }
  int calls() const { return calls_; }

 private:
  std::atomic<int> calls_{0};
};

/// Everything that a pointer names is in the cache: nothing was made reachable too early (I-3).
void require_whole(const TestProject& project) {
  auto workspace = project.open();
  for (const auto& tracked : repo::Snapshot::of_workspace(workspace)->tracked()) {
    REQUIRE(workspace.db().has_all(*tracked.entry));
  }
}

/// Runs `work` with a failure at its first, second, ... change until it makes fewer changes than that. `before`
/// prepares each round, `after` judges what a failure has left. Returns how many rounds failed.
int sweep(int code, const std::function<void(int)>& before, const std::function<void()>& work,
          const std::function<void(int)>& after) {
  int failed = 0;
  for (int n = 1;; ++n) {
    before(n);
    int calls = 0;
    {
      const FailNth fault(n, code);
      try {
        work();
      } catch (const Error&) {
        ++failed;
      }
      calls = fault.calls();
    }
    after(n);
    if (calls < n) {
      return failed;
    }
  }
}

}  // namespace

TEST_CASE("an error anywhere in add leaves data, pointers and cache whole", "[repo]") {
  const TestProject project;
  const auto content = [](int n) { return "round " + std::to_string(n); };
  const int failed = sweep(
      ENOSPC,
      [&](int n) {
        project.write("raw/a", content(n));
        project.write("raw/deep/b", content(n) + "b");
        project.write("model", content(n));
      },
      [&] {
        auto workspace = project.open();
        repo::add(workspace, {.targets = {"raw", "model"}});
      },
      [&](int n) {
        CHECK(project.read("raw/a") == content(n));
        CHECK(project.read("model") == content(n));
        require_whole(project);
      });
  CHECK(failed > 10);
  auto workspace = project.open();
  CHECK(repo::data_status(workspace, {}).clean());
}

TEST_CASE("an error anywhere in a partial add leaves the directory's pointer whole", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  project.write("raw/deep/b", "2");
  auto first = project.open();
  repo::add(first, {.targets = {"raw"}});
  sweep(
      EIO, [&](int n) { project.write("raw/deep/b", "round " + std::to_string(n)); },
      [&] {
        auto workspace = project.open();
        repo::add(workspace, {.targets = {"raw/deep/b"}});
      },
      [&](int) { require_whole(project); });
  auto workspace = project.open();
  CHECK(repo::data_status(workspace, {}).clean());
}

TEST_CASE("an error anywhere in checkout loses nothing and the next one finishes", "[repo]") {
  const TestProject project;
  project.write("raw/a", "old");
  project.write("raw/b", "b");
  project.write("model", "m");
  auto first = project.open();
  repo::add(first, {.targets = {"raw", "model"}});
  const auto damage = [&](int) {
    project.erase("raw/b");
    project.erase("model");
    project.write("raw/a", "precious");
  };
  const int failed = sweep(
      EACCES, damage,
      [&] {
        auto workspace = project.open();
        repo::checkout(workspace, {.force = true});
      },
      [&](int) {
        // The user's bytes are where they were or in the rescue directory.
        bool found = project.exists("raw/a") && project.read("raw/a") == "precious";
        if (!found && project.exists(".mlops/rescue")) {
          for (const auto& entry : std::filesystem::recursive_directory_iterator(project.path(".mlops/rescue"))) {
            found = found || (entry.is_regular_file() && project.git.dir.read(entry.path()) == "precious");
          }
        }
        CHECK(found);
        project.erase("raw/a");
        auto workspace = project.open();
        repo::checkout(workspace, {});
        CHECK(repo::data_status(workspace, {}).clean());
        project.erase(".mlops/rescue");
      });
  CHECK(failed > 5);
}

TEST_CASE("an error anywhere in move or remove leaves the data where it can be had", "[repo]") {
  const TestProject project;
  project.write("raw/a", "1");
  auto first = project.open();
  repo::add(first, {.targets = {"raw"}});
  const auto restore = [&](int) {
    project.git.git({"clean", "-fdxq", "--exclude=.mlops"});
    project.write("raw/a", "1");
    auto workspace = project.open();
    repo::add(workspace, {.targets = {"raw"}});
  };
  const auto somewhere = [&](int) {
    CHECK((project.exists("raw/a") || project.exists("moved/a") || project.exists("raw.mlops")));
    require_whole(project);
  };
  sweep(
      EIO, restore,
      [&] {
        auto workspace = project.open();
        repo::move(workspace, "raw", "moved");
      },
      somewhere);
  sweep(
      EIO, restore,
      [&] {
        auto workspace = project.open();
        repo::remove(workspace, {.targets = {"raw"}});
      },
      [&](int) { CHECK(project.read("raw/a") == "1"); });
}

TEST_CASE("an error anywhere in push or pull leaves both sides whole and a second try completes", "[repo]") {
  const TestProject project;
  std::filesystem::create_directories(project.git.dir / "store");
  auto workspace = project.open();
  repo::add_remote(workspace, {.name = "store", .url = (project.git.dir / "store").string(), .make_default = true});
  project.write("raw/a", "1");
  repo::add(workspace, {.targets = {"raw"}});
  sweep(
      EIO,
      [&](int n) {
        project.write("raw/a", "round " + std::to_string(n));
        repo::add(workspace, {.targets = {"raw"}});
      },
      [&] { repo::push(workspace, {}); }, [&](int) { CHECK(repo::push(workspace, {}).complete()); });
  project.commit("pushed");
  auto clone = repo::Workspace::open(project.session_at(project.clone("clone")));
  sweep(
      ENOSPC,
      [&](int) {
        std::filesystem::remove_all(clone.root() + "/.mlops/cache");
        std::filesystem::remove_all(clone.root() + "/raw");
        clone.reload_config();
      },
      [&] { repo::pull(clone, {}); },
      [&](int) {
        CHECK(repo::pull(clone, {}).sync.complete());
        CHECK(repo::data_status(clone, {}).clean());
      });
}

#endif

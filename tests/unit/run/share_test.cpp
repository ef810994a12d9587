// SPDX-License-Identifier: Apache-2.0
#include "run/share.hpp"

#include "run/history.hpp"
#include "run/layout.hpp"
#include "run_project.hpp"
#include "support/catch.hpp"
#include "util/error.hpp"

namespace mlops::test {
namespace {

run::ShareOptions sharing(std::vector<std::string> runs = {}) {
  run::ShareOptions options;
  options.runs = std::move(runs);
  return options;
}

TEST_CASE("runs that were pushed are pulled elsewhere with all that they need, and reproduced there") {
  RunProject project;
  project.add_store();
  const std::string origin = project.add_origin();
  const auto made = project.run_all({.name = "one"});
  auto workspace = project.open();
  const auto pushed = run::push_runs(workspace, sharing());
  CHECK(pushed.complete());
  CHECK(pushed.git_remote == "origin");
  CHECK(pushed.runs == std::vector{made.run->record.id});
  const auto again = run::push_runs(workspace, sharing());
  CHECK(again.runs.empty());
  CHECK(again.present == std::vector{made.run->record.id});

  auto clone = project.clone_of(origin, "clone");
  repo::add_remote(clone,
                   {.name = "store", .url = (project.git.dir / "store").string(), .make_default = true, .force = true});
  CHECK_THROWS_AS(run::find_run(clone, "one"), Error);
  const auto pulled = run::pull_runs(clone, sharing());
  CHECK(pulled.complete());
  CHECK(pulled.runs == pushed.runs);
  CHECK(run::find_run(clone, "one").commit == made.run->commit);
  std::filesystem::remove_all(project.git.dir / "store");
  std::string log;
  run::read_logs(clone, {.run = "one", .stage = "train", .remote = {}},
                 [&](const std::string&, std::string_view bytes) { log += bytes; });
  CHECK(log == "trained with 0.1\n");
  CHECK(run::reproduce(clone, {.run = "one", .revision = {}}).same());
  const auto nothing = run::pull_runs(clone, sharing({made.run->record.id.substr(0, 5)}));
  CHECK(nothing.present == pushed.runs);
  CHECK(nothing.runs.empty());
}

TEST_CASE("a run is pulled by its name, and an unknown word is an error") {
  RunProject project;
  project.add_store();
  const std::string origin = project.add_origin();
  project.run_all({.name = "one"});
  project.run_all({.set = {"train.lr=0.3"}, .name = "two"});
  auto workspace = project.open();
  CHECK(run::push_runs(workspace, sharing()).complete());
  auto clone = project.clone_of(origin, "clone");
  repo::add_remote(clone,
                   {.name = "store", .url = (project.git.dir / "store").string(), .make_default = true, .force = true});
  CHECK(run::pull_runs(clone, sharing({"two"})).runs.size() == 1);
  CHECK(run::find_run(clone, "two").record.name == "two");
  CHECK(run::list_runs(clone).size() == 1);
  CHECK_THROWS_WITH(run::pull_runs(clone, sharing({"three"})), Catch::Contains("no run 'three'"));
}

TEST_CASE("untracked content is shown before it is first sent, and a no sends nothing") {
  RunProject project;
  const std::string store = project.add_store();
  project.add_origin();
  project.write("src/train.sh", train_script);
  project.write("mlops.yaml",
                std::string(two_stages) +
                    "  extra:\n    cmd: cat new.txt > extra.txt\n    deps: [new.txt]\n    outs: [extra.txt]\n");
  project.write("new.txt", "mine\n");
  const auto made = project.run_all();
  auto workspace = project.open();
  std::vector<std::string> asked;
  auto options = sharing();
  options.confirm = [&](const std::vector<run::UntrackedContent>& content) {
    asked = content.front().paths;
    return false;
  };
  const auto refused = run::push_runs(workspace, options);
  CHECK(refused.declined);
  CHECK(std::count(asked.begin(), asked.end(), "new.txt") == 1);
  CHECK(project.git.git({"ls-remote", "origin", "refs/mlops/*"}).empty());
  CHECK_FALSE(std::filesystem::exists(store + "/objects"));
  options.confirm = [](const auto&) { return true; };
  CHECK(run::push_runs(workspace, options).runs.size() == 1);
  options.confirm = [](const auto&) { return false; };
  CHECK_FALSE(run::push_runs(workspace, options).declined);
}

TEST_CASE("the ref of a run whose objects are lost is not sent") {
  RunProject project;
  project.add_store();
  project.add_origin();
  const auto made = project.run_all();
  project.run_all({.set = {"train.lr=0.3"}, .name = "whole"});
  auto workspace = project.open();
  const auto lock = run::run_lock(workspace, *made.run);
  for (const auto& out : lock.stages.at("train").outs) {
    if (out.path == at("model.txt")) {
      project.erase(hash::object_path(out.entry.id()).insert(0, ".mlops/cache/"));
    }
  }
  const auto result = run::push_runs(workspace, sharing());
  CHECK_FALSE(result.complete());
  CHECK(result.runs.size() == 1);
  REQUIRE(result.failed.size() == 1);
  CHECK(result.failed.front().first == made.run->record.id);
  CHECK(project.git.git({"ls-remote", "origin", "refs/mlops/*"}).find(made.run->record.id) == std::string::npos);
}

TEST_CASE("a run of the same id that is another one is never replaced, here or there") {
  RunProject project;
  project.add_store();
  const std::string origin = project.add_origin();
  const auto made = project.run_all();
  const std::string ref = run::ref_name(made.run->record.id);
  project.git.git({"push", "-q", "origin", "HEAD:" + ref});
  auto workspace = project.open();
  CHECK(run::push_runs(workspace, sharing()).failed.size() == 1);
  const auto pulled = run::pull_runs(workspace, sharing());
  CHECK(pulled.failed.size() == 1);
  CHECK(run::find_run(workspace, made.run->record.id).commit == made.run->commit);
}

TEST_CASE("a ref that is no run, or a hostile record, fails alone") {
  RunProject project;
  project.add_store();
  const std::string origin = project.add_origin();
  project.run_all({.name = "good"});
  auto workspace = project.open();
  CHECK(run::push_runs(workspace, sharing()).complete());
  const git::Repository& git = workspace.git();
  project.git.git({"push", "-q", "origin", "HEAD:refs/mlops/runs/norecord"});
  const auto tree = git.write_tree(
      std::nullopt, {{at(".mlops/run/run.json"),
                      std::pair(git.write_blob("{\"version\": 1, \"stages\": 7}"), git::FileMode::regular)}});
  const auto bad = git.write_commit(tree, {}, {.name = "x", .email = "x@x"}, "hostile");
  project.git.git({"push", "-q", "origin", bad.hex() + ":refs/mlops/runs/hostile"});
  project.git.git({"push", "-q", "origin", bad.hex() + ":refs/mlops/runs/UPPER"});
  auto clone = project.clone_of(origin, "clone");
  repo::add_remote(clone,
                   {.name = "store", .url = (project.git.dir / "store").string(), .make_default = true, .force = true});
  const auto pulled = run::pull_runs(clone, sharing());
  CHECK(pulled.runs.size() == 1);
  CHECK(pulled.failed.size() == 2);
  CHECK(run::list_runs(clone).size() == 1);
}

TEST_CASE("without a git remote only objects are sent; without our remote nothing is") {
  RunProject project;
  project.run_all();
  auto workspace = project.open();
  CHECK_THROWS_AS(run::push_runs(workspace, sharing()), Error);
  project.add_store();
  auto again = project.open();
  const auto result = run::push_runs(again, sharing());
  CHECK_FALSE(result.git_remote);
  CHECK(result.objects.objects() > 0);
  CHECK(result.runs.empty());
}

TEST_CASE("a git remote that is gone is a network failure with git's words") {
  RunProject project;
  project.add_store();
  const std::string origin = project.add_origin();
  project.run_all();
  std::filesystem::remove_all(origin);
  auto workspace = project.open();
  try {
    run::push_runs(workspace, sharing());
    FAIL("it was pushed");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::network);
    CHECK_THAT(error.what(), Catch::Contains(origin));
  }
}

}  // namespace
}  // namespace mlops::test

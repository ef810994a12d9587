// SPDX-License-Identifier: Apache-2.0
#include "run/gc.hpp"

#include <signal.h>

#include <set>

#include "hash/hasher.hpp"
#include "repo/sync.hpp"
#include "run/references.hpp"
#include "run/remove.hpp"
#include "run_project.hpp"
#include "support/catch.hpp"
#include "util/error.hpp"

namespace mlops::test {
namespace {

run::GcVerbOptions at_once() {
  run::GcVerbOptions options;
  options.grace_seconds = 0;
  options.stage_age_seconds = 0;
  return options;
}

/// Collects until nothing more goes: objects leave in two steps.
void collect(RunProject& project, const run::GcVerbOptions& options = at_once()) {
  for (int i = 0; i < 3; ++i) {
    auto workspace = project.open();
    run::gc(workspace, options);
  }
}

/// The object of a file with this content.
bool is_kept(RunProject& project, std::string_view content) {
  auto workspace = project.open();
  return workspace.db().has({hash::digest_of(hash::Algorithm::sha256, content), hash::ObjectKind::file});
}

void add_data(RunProject& project, const std::string& content) {
  project.write("data/raw/a.txt", content);
  auto workspace = project.open();
  repo::add(workspace, {.targets = {"data/raw"}, .desc = {}, .type = {}, .labels = {}, .meta = {}});
}

TEST_CASE("what nothing names goes, and what only the past names stays") {
  RunProject project;
  add_data(project, "committed\n");
  project.commit("data");
  add_data(project, "never committed\n");
  add_data(project, "now\n");
  collect(project);
  CHECK(is_kept(project, "alpha\n"));
  CHECK(is_kept(project, "committed\n"));
  CHECK(is_kept(project, "now\n"));
  CHECK_FALSE(is_kept(project, "never committed\n"));
}

TEST_CASE("the grace period and a dry run keep everything") {
  RunProject project;
  add_data(project, "never committed\n");
  add_data(project, "now\n");
  auto careful = at_once();
  careful.grace_seconds = 3600;
  collect(project, careful);
  auto dry = at_once();
  dry.dry_run = true;
  auto workspace = project.open();
  CHECK(run::gc(workspace, dry).store.deleted > 0);
  CHECK(is_kept(project, "never committed\n"));
}

TEST_CASE("tags, stashes, reflogs, the index, notes and other work trees are roots") {
  RunProject project;
  add_data(project, "tagged\n");
  project.git.git({"checkout", "-q", "-b", "side"});
  project.commit("side");
  project.git.git({"tag", "-a", "-m", "t", "v1"});
  project.git.git({"checkout", "-q", "main"});
  project.git.git({"branch", "-q", "-D", "side"});
  add_data(project, "stashed\n");
  project.git.git({"stash", "-q"});
  add_data(project, "reset away\n");
  project.commit("doomed");
  project.git.git({"reset", "-q", "--hard", "HEAD~1"});
  add_data(project, "staged\n");
  project.git.git({"add", "-A"});
  add_data(project, "elsewhere\n");
  project.git.git({"worktree", "add", "-q", "--detach", (project.git.dir / "linked").string()});
  std::filesystem::copy_file(project.path("data/raw.mlops"), project.git.dir / "linked/data/raw.mlops",
                             std::filesystem::copy_options::overwrite_existing);
  add_data(project, "gone\n");
  add_data(project, "now\n");
  collect(project);
  for (const char* kept : {"tagged\n", "stashed\n", "reset away\n", "staged\n", "elsewhere\n", "now\n"}) {
    CAPTURE(kept);
    CHECK(is_kept(project, kept));
  }
  CHECK_FALSE(is_kept(project, "gone\n"));
}

TEST_CASE("a pointer in a lock that was committed with conflict markers still counts") {
  RunProject project;
  add_data(project, "in conflict\n");
  project.write("data/raw.mlops",
                "<<<<<<< ours\n" + project.read("data/raw.mlops") + "=======\nother\n>>>>>>> theirs\n");
  project.commit("a mistake");
  project.git.git({"checkout", "-q", "HEAD~1", "--", "data/raw.mlops"});
  add_data(project, "now\n");
  project.commit("mended");
  collect(project);
  CHECK(is_kept(project, "in conflict\n"));
}

TEST_CASE("runs keep their outputs, logs and inputs until they are removed") {
  RunProject project;
  project.run_all({.name = "first"});
  project.run_all({.set = {"train.lr=0.3"}, .name = "second"});
  collect(project);
  CHECK(is_kept(project, "lr 0.1\nalpha\nbeta\n"));
  CHECK(is_kept(project, "trained with 0.1\n"));
  {
    auto workspace = project.open();
    run::remove_runs(workspace, {.runs = {"first"}});
  }
  // The second began with the first one's lock in its tree, so it needs what that names.
  collect(project);
  CHECK(is_kept(project, "lr 0.1\nalpha\nbeta\n"));
  {
    auto workspace = project.open();
    run::remove_runs(workspace, {.runs = {"second"}});
  }
  collect(project);
  CHECK_FALSE(is_kept(project, "lr 0.1\nalpha\nbeta\n"));
  CHECK_FALSE(is_kept(project, "trained with 0.1\n"));
  CHECK(is_kept(project, "lr 0.3\nalpha\nbeta\n"));
}

TEST_CASE("the stage cache keeps results for as long as they are wanted") {
  RunProject project;
  project.run_all();
  project.run_all({.set = {"train.lr=0.3"}});
  auto workspace = project.open();
  run::remove_runs(workspace, {.runs = {}, .all = true});
  auto options = at_once();
  options.stage_age_seconds = 3600;
  collect(project, options);
  CHECK(is_kept(project, "lr 0.1\nalpha\nbeta\n"));
  collect(project);
  CHECK_FALSE(is_kept(project, "lr 0.1\nalpha\nbeta\n"));
}

TEST_CASE("what a killed run finished stays") {
  RunProject project;
  CHECK(project.run_killed_after("train") == SIGKILL);
  collect(project);
  const auto next = project.run_all();
  CHECK(next.nothing_to_do);
  REQUIRE(next.run);
  CHECK(is_kept(project, "trained with 0.1\n"));
}

TEST_CASE("narrow scopes keep the workspace, runs and what is named") {
  RunProject project;
  project.git.git({"tag", "old"});
  add_data(project, "second\n");
  project.commit("second");
  project.run_all({.name = "one"});
  add_data(project, "third\n");
  project.commit("third");
  add_data(project, "now\n");
  auto narrow = at_once();
  narrow.revisions.all_tags = true;
  collect(project, narrow);
  CHECK(is_kept(project, "alpha\n"));
  CHECK(is_kept(project, "second\n"));
  CHECK_FALSE(is_kept(project, "third\n"));
  auto only_here = at_once();
  only_here.workspace_only = true;
  collect(project, only_here);
  CHECK_FALSE(is_kept(project, "alpha\n"));
  CHECK(is_kept(project, "second\n"));
  CHECK(is_kept(project, "now\n"));
}

TEST_CASE("other projects of a shared cache are asked, and one that is gone stops it") {
  RunProject project;
  RunProject other;
  const std::string shared = (project.git.dir / "shared").string();
  for (RunProject* one : {&project, &other}) {
    auto workspace = one->open();
    repo::set_cache_directory(workspace, shared);
  }
  add_data(other, "of the other\n");
  add_data(project, "mine\n");
  collect(project);
  CHECK(is_kept(project, "of the other\n"));
  std::filesystem::rename(other.root(), other.root() + "-gone");
  auto workspace = project.open();
  try {
    run::gc(workspace, at_once());
    FAIL("it collected");
  } catch (const Error& error) {
    CHECK_THAT(error.hints().back(), Catch::Contains("mlops cache forget") && Catch::Contains(other.root()));
  }
  workspace.db().forget_project(other.root());
  collect(project);
  CHECK_FALSE(is_kept(project, "of the other\n"));
  std::filesystem::rename(other.root() + "-gone", other.root());
}

TEST_CASE("a shallow clone is refused where history counts") {
  RunProject project;
  add_data(project, "second\n");
  project.commit("second");
  const std::string target = (project.git.dir / "shallow").string();
  project.git.git({"clone", "-q", "--depth", "1", "file://" + project.root(), target});
  auto clone = repo::Workspace::open_at(target, project.session_at(target));
  CHECK_THROWS_WITH(run::gc(clone, at_once()), Catch::Contains("shallow"));
  auto narrow = at_once();
  narrow.workspace_only = true;
  CHECK_NOTHROW(run::gc(clone, narrow));
}

TEST_CASE("a pointer that cannot be read stops it and nothing goes") {
  RunProject project;
  add_data(project, "never committed\n");
  add_data(project, "now\n");
  project.write("data/raw.mlops", "version: 1\npath: [\n");
  auto workspace = project.open();
  CHECK_THROWS_AS(run::gc(workspace, at_once()), Error);
  CHECK(is_kept(project, "never committed\n"));
}

TEST_CASE("references are the digests that a text holds, and a newer format is refused") {
  run::References references(spec::native_dialect());
  const std::string a(64, 'a');
  const std::string b(64, 'b');
  references.add_text("x" + a + "\n" + b + " " + std::string(65, 'c') + " " + std::string(63, 'd'), "here");
  std::set<std::string> found;
  references.for_each([&](const store::Entry& entry) { found.insert(entry.digest.hex()); });
  CHECK(found == std::set<std::string>{a, b});
  CHECK_THROWS_AS(references.add_text("version: 2\n", "here"), Error);
  CHECK_THROWS_AS(references.add_text("a: 1\nversion: 17\n", "here"), Error);
  CHECK_THROWS_AS(references.add_text("{\"version\": 2}", "here"), Error);
  CHECK_NOTHROW(references.add_text("{\"version\": 1}", "here"));
}

}  // namespace
}  // namespace mlops::test

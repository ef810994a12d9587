// SPDX-License-Identifier: Apache-2.0
//
// stage add, list, remove and freeze; status, why and commit; what is kept of logs.
#include "fs/file.hpp"
#include "pipeline/commit.hpp"
#include "pipeline/log_sink.hpp"
#include "pipeline/pull.hpp"
#include "pipeline/status.hpp"
#include "pipeline/why.hpp"
#include "pipeline_project.hpp"
#include "repo/add.hpp"
#include "repo/remove.hpp"
#include "repo/settings.hpp"
#include "support/catch.hpp"
#include "util/error.hpp"

namespace mlops::test {
namespace {

using pipeline::describe;
using Words = std::vector<std::string>;

TEST_CASE("stage add writes what its options say") {
  PipelineProject project;
  project.write("params.yaml", "train: {lr: 0.1}\n");
  const auto result = pipeline::stage_add(*project.open(), {.name = "train",
                                                            .deps = {"data", "src/train.py"},
                                                            .params = {"train.lr,train.epochs", "other.json:a"},
                                                            .outs = {"model.json"},
                                                            .outs_persist = {"state"},
                                                            .metrics_no_cache = {"metrics.json"},
                                                            .desc = "learns",
                                                            .env = {"SEED=1"},
                                                            .timeout = "5m",
                                                            .cmd = {"python3", "src/train.py", "a b"}});
  CHECK_FALSE(result.replaced);
  const auto rows = pipeline::stage_list(*project.open(), {});
  REQUIRE(rows.size() == 1);
  const spec::Stage& stage = rows.front().stage;
  CHECK(rows.front().summary == "learns");
  CHECK(stage.cmd.lines == Words{"python3 src/train.py 'a b'"});
  CHECK(stage.params.size() == 2);
  CHECK(stage.outs.size() == 3);
  CHECK(stage.timeout_seconds == 300);
  CHECK(stage.env.at("SEED") == "1");
  CHECK(project.read(".gitignore") == "/model.json\n/state\n");
}

TEST_CASE("stage add in a subdirectory declares paths relative to it") {
  PipelineProject project;
  project.write("sub/in.txt", "x");
  pipeline::stage_add(*project.open("sub"),
                      {.name = "a", .deps = {"in.txt", "../top"}, .outs = {"o"}, .cmd = {"true"}});
  const auto stage = pipeline::stage_list(*project.open(), {}).front().stage;
  CHECK(stage.wdir.str() == "sub");
  REQUIRE(stage.deps.size() == 2);
  CHECK(stage.deps[0].path.str() == "sub/in.txt");
  CHECK(stage.outs[0].path.str() == "sub/o");
}

TEST_CASE("a stage that makes no sense is refused and changes nothing") {
  PipelineProject project;
  project.git.commit("tracked", "in git");
  project.pipeline("  # kept\n  a:\n    cmd: echo > x\n    outs: [x]\n");
  const std::string before = project.read("mlops.yaml");
  const auto add = [&](pipeline::StageAddOptions options) {
    options.cmd = options.cmd.empty() ? Words{"true"} : options.cmd;
    pipeline::stage_add(*project.open(), options);
  };
  CHECK_THROWS_WITH(add({.name = "a", .outs = {"y"}}), Catch::Contains("already declared"));
  CHECK_THROWS_WITH(add({.name = "b", .outs = {"x"}}), Catch::Contains("claimed twice"));
  CHECK_THROWS_WITH(add({.name = "b", .outs = {"x/y"}}), Catch::Contains("lies inside"));
  CHECK_THROWS_WITH(add({.name = "b", .deps = {"z"}, .outs = {"z"}}), Catch::Contains("own output"));
  CHECK_THROWS_WITH(add({.name = "b", .outs = {"y", "y"}}), Catch::Contains("given twice"));
  CHECK_THROWS_WITH(add({.name = "b", .outs = {"../y"}}), Catch::Contains("outside the repository"));
  CHECK_THROWS_WITH(add({.name = "b", .outs = {"tracked"}}), Catch::Contains("git tracks it"));
  CHECK_THROWS_WITH(add({.name = "b", .outs = {".git/x"}}), Catch::Contains(".git"));
  CHECK_THROWS_WITH(add({.name = "-b", .outs = {"y"}}), Catch::Contains("'-b'"));
  for (const char* word : {",", "", "a,,b", "conf.json:a,"}) {
    CHECK_THROWS_WITH(add({.name = "b", .params = {word}, .outs = {"y"}}), Catch::Contains("empty parameter"));
  }
  CHECK_THROWS_WITH(add({.name = "b", .outs = {"y"}, .env = {"novalue"}}), Catch::Contains("NAME=VALUE"));
  CHECK_THROWS_WITH(add({.name = "b", .outs = {"y"}, .timeout = "soon"}), Catch::Contains("timeout"));
  CHECK_THROWS_WITH(add({.name = "b", .outs = {"y"}, .cmd = {" "}}), Catch::Contains("no command"));
  CHECK(project.read("mlops.yaml") == before);
  fs::make_symlink("/tmp", project.git.root() + "/link");
  CHECK_THROWS_WITH(add({.name = "b", .outs = {"link/y"}}),
                    Catch::Contains("'link/y' cannot be an output of stage 'b': cannot enter 'link'"));
  fs::make_directory(project.git.root() + "/d");
  fs::make_directory(project.git.root() + "/d/.gitignore");
  CHECK_THROWS_WITH(add({.name = "b", .outs = {"d/y"}}), Catch::Contains(".gitignore"));
  CHECK(project.read("mlops.yaml") == before);
  add({.name = "a", .force = true, .outs = {"y"}});
  CHECK(project.read("mlops.yaml").find("# kept") != std::string::npos);
  CHECK(project.read(".gitignore") == "/y\n");
}

TEST_CASE("stages are frozen, listed and removed") {
  PipelineProject project;
  project.pipeline("  a:\n    cmd: echo 1 > x\n    outs: [x]\n  b:\n    cmd: cat x\n    deps: [x]\n");
  project.outcomes();
  CHECK(pipeline::freeze(*project.open(), {"a"}, pipeline::Frozen::yes) == Words{"a"});
  CHECK(pipeline::freeze(*project.open(), {"a"}, pipeline::Frozen::yes).empty());
  CHECK(pipeline::stage_list(*project.open(), {"a"}).front().stage.frozen);
  CHECK(pipeline::freeze(*project.open(), {"a"}, pipeline::Frozen::no) == Words{"a"});
  CHECK(pipeline::stage_list(*project.open(), {}).back().summary == "cat x");
  CHECK_THROWS_WITH(pipeline::stage_remove(*project.open(), {.names = {"a", "nope"}}), Catch::Contains("nope"));
  pipeline::stage_remove(*project.open(), {.names = {"a"}});
  CHECK(pipeline::stage_list(*project.open(), {}).size() == 1);
  CHECK_FALSE(project.lock().stages.contains("a"));
}

TEST_CASE("an output that was changed is only removed with its stage when it may be put aside") {
  PipelineProject project;
  project.pipeline("  a:\n    cmd: echo 1 > x\n    outs: [x]\n");
  project.outcomes();
  project.write("x", "mine");
  CHECK_THROWS_WITH(pipeline::stage_remove(*project.open(), {.names = {"a"}, .outs = true}), Catch::Contains("lost"));
  CHECK(pipeline::stage_list(*project.open(), {}).size() == 1);
  const auto result = pipeline::stage_remove(*project.open(), {.names = {"a"}, .outs = true, .force = true});
  CHECK_FALSE(project.exists("x"));
  REQUIRE(result.rescued.size() == 1);
  CHECK(fs::read_file(result.rescued.front().second, 100) == "mine");
}

constexpr const char* with_params =
    "  a:\n    cmd: cat in.txt > x\n    deps: [in.txt]\n    params: [lr]\n    outs: [x]\n"
    "  b:\n    cmd: cat x > y\n    deps: [x]\n    outs: [y]\n";

TEST_CASE("a stage called like a tracked path is removed only where it is meant") {
  PipelineProject project;
  project.write("data", "bytes");
  project.pipeline("  data:\n    cmd: wc -c < data > n\n    deps: [data]\n    outs: [n]\n");
  repo::add(*project.open(), {.targets = {"data"}, .desc = {}, .type = {}, .labels = {}, .meta = {}});
  CHECK_THROWS_WITH(repo::remove(*project.open(), {.targets = {"data"}}),
                    Catch::Contains("both a stage and a tracked"));
  CHECK(project.exists("data.mlops"));
  pipeline::stage_remove(*project.open(), {.names = {"data"}});
  CHECK(project.exists("data.mlops"));
  CHECK(repo::remove(*project.open(), {.targets = {"data"}}).pointers.size() == 1);
}

TEST_CASE("a pull before a repro brings what is absent and leaves what is there") {
  PipelineProject project;
  project.write("raw", "bytes");
  project.pipeline("  a:\n    cmd: wc -c < raw > n\n    deps: [raw]\n    outs: [n]\n");
  repo::add(*project.open(), {.targets = {"raw"}, .desc = {}, .type = {}, .labels = {}, .meta = {}});
  project.outcomes();
  CHECK(pipeline::pull_missing(*project.open(), {}).sync.remotes.empty());
  const std::string folder = (project.git.dir / "store").string();
  std::filesystem::create_directories(folder);
  repo::add_remote(*project.open(), {.name = "store", .url = folder, .make_default = true});
  repo::push(*project.open(), {});
  for (const char* gone : {"raw", "n", ".mlops/cache/objects"}) {
    std::filesystem::remove_all(project.git.path(gone));
  }
  const auto pulled = pipeline::pull_missing(*project.open(), {"a"});
  CHECK(pulled.sync.complete());
  CHECK(pulled.sync.objects() == 2);
  CHECK(project.read("raw") == "bytes");
  CHECK(project.outcomes() == "a: up_to_date");
}

TEST_CASE("why tells what differs now and, when nothing does, why the stage last ran") {
  PipelineProject project;
  project.write("in.txt", "one");
  project.write("params.yaml", "lr: 0.1\n");
  project.pipeline(with_params);
  project.outcomes();
  project.write("params.yaml", "lr: 0.3\n");
  auto answers = pipeline::why(*project.open(), {"a", "b"});
  REQUIRE(answers[0].reasons.size() == 1);
  CHECK(describe(answers[0].reasons[0]) == "params.yaml: lr 0.1 -> 0.3");
  CHECK(describe(answers[1].reasons.at(0)) == "depends on a, which will run");
  CHECK(answers[1].upstream == Words{"a"});
  project.outcomes();
  answers = pipeline::why(*project.open(), {"a"});
  CHECK(answers[0].action == pipeline::Action::up_to_date);
  REQUIRE(answers[0].last);
  CHECK(answers[0].last->outcome == "executed");
  CHECK(describe(answers[0].last->reasons.at(0)) == "params.yaml: lr 0.1 -> 0.3");
  CHECK_THROWS_AS(pipeline::why(*project.open(), {"c"}), Error);
}

TEST_CASE("of two long commands that begin alike the part that differs is shown") {
  PipelineProject project;
  const std::string same = "echo " + std::string(80, 'x') + " > x; : the end is ";
  project.pipeline("  a:\n    cmd: '" + same + "one'\n    outs: [x]\n");
  project.outcomes();
  project.pipeline("  a:\n    cmd: '" + same + "two'\n    outs: [x]\n");
  auto reason = pipeline::why(*project.open(), {"a"}).front().reasons.at(0);
  CHECK(describe(reason) == "command changed: ...x; : the end is one -> ...x; : the end is two");
  project.pipeline("  a:\n    cmd: ['" + same + "one']\n    outs: [x]\n");
  reason = pipeline::why(*project.open(), {"a"}).front().reasons.at(0);
  CHECK(reason.before != reason.after);
}

TEST_CASE("status lists every stage that is not up to date with every reason") {
  PipelineProject project;
  project.write("in.txt", "one");
  project.write("params.yaml", "lr: 0.1\n");
  project.pipeline(with_params);
  project.outcomes();
  const auto look = [&] {
    const auto workspace = project.open();
    return pipeline::status(*workspace, *repo::Snapshot::of_workspace(*workspace), {});
  };
  CHECK(look().changed.empty());
  CHECK(look().stages == 2);
  project.write("in.txt", "two");
  project.write("params.yaml", "lr: 0.2\n");
  std::filesystem::remove(project.git.path("y"));
  const auto status = look();
  REQUIRE(status.changed.size() == 2);
  CHECK(status.changed[0].reasons.size() == 2);
  CHECK(status.changed[1].reasons.size() == 2);
}

TEST_CASE("commit records outputs as they are, and refuses when inputs changed since") {
  PipelineProject project;
  project.write("in.txt", "one");
  project.write("params.yaml", "lr: 0.1\n");
  project.write("raw", "data");
  project.pipeline(with_params);
  project.outcomes();
  repo::add(*project.open(), {.targets = {"raw"}});
  project.write("y", "by hand");
  project.write("raw", "new data");
  const auto result = pipeline::commit(*project.open(), {});
  REQUIRE(result.items.size() == 3);
  CHECK_FALSE(result.items[0].changed);
  CHECK(result.items[1].changed);
  CHECK(result.items[2].changed);
  CHECK(project.outcomes() == "a: up_to_date, b: up_to_date");
  project.write("in.txt", "two");
  const std::string lock = project.read("mlops.lock");
  CHECK_THROWS_WITH(pipeline::commit(*project.open(), {}), Catch::Contains("1 stage"));
  CHECK(project.read("mlops.lock") == lock);
  CHECK(pipeline::commit(*project.open(), {.targets = {"a"}, .force = true}).items.size() == 1);
  CHECK(project.outcomes() == "a: up_to_date, b: up_to_date");
}

TEST_CASE("a log is kept whole in memory or in a file, and cut at its limit") {
  PipelineProject project;
  const auto workspace = project.open();
  store::LocalDb& db = workspace->writable_db();
  const auto kept = [&](std::size_t size, std::uint64_t limit) {
    pipeline::LogSink log(workspace->state_directory(), limit);
    for (std::size_t done = 0; done < size; done += 1000) {
      log.write(std::string(1000, 'x'));
    }
    store::WriteBatch batch(db);
    const auto entry = log.store(batch);
    batch.publish();
    return entry ? db.read(entry->id()) : std::string();
  };
  CHECK(kept(0, 1 << 20).empty());
  CHECK(kept(5000, 1 << 20) == std::string(5000, 'x'));
  CHECK(kept(1'000'000, 1 << 20) == std::string(1'000'000, 'x'));
  const std::string cut = kept(5000, 1500);
  CHECK(cut.starts_with(std::string(1500, 'x') + "\n[mlops: the log ends here"));
  CHECK(cut.size() < 1700);
}

}  // namespace
}  // namespace mlops::test

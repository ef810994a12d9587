// SPDX-License-Identifier: Apache-2.0
#include "run/history.hpp"

#include "run/layout.hpp"
#include "run/remove.hpp"
#include "run_project.hpp"
#include "support/catch.hpp"
#include "util/error.hpp"

namespace mlops::test {
namespace {

run::Record sample_record() {
  run::Record record;
  record.id = "abcd2345";
  record.name = "best";
  record.status = "success";
  record.started = 1'700'000'000;
  record.finished = 1'700'000'060;
  record.command = {"run", "-S", "a=\"x\""};
  record.targets = {"train"};
  record.base = git::Oid::parse("0123456789012345678901234567890123456789");
  run::StageRecord stage;
  stage.name = "train";
  stage.outcome = "executed";
  stage.exit_code = 0;
  stage.wall_seconds = 1.5;
  stage.log = store::Entry{.kind = store::EntryKind::file,
                           .digest = *hash::Digest::parse(hash::Algorithm::sha256, std::string(64, 'a')),
                           .size = 12};
  record.stages = {stage};
  record.params["params.yaml"] = spec::Value::Map{{"lr", 0.1}, {"n", std::int64_t{3}}};
  record.metrics["m.json"] = spec::Value::Map{{"loss", std::nan("")}};
  record.env = {{"TZ", "UTC"}};
  record.left_out = {"odd \xff name"};
  return record;
}

TEST_CASE("a record is read back as it was written, with keys of newer versions and odd bytes") {
  run::Record record = sample_record();
  record.extra = spec::Value::Map{{"novel", spec::Value::List{true}}};
  const std::string text = run::write_record(record);
  const run::Record again = run::read_record(text, "here");
  CHECK(run::write_record(again) == text);
  CHECK(again.left_out == record.left_out);
  CHECK(again.params == record.params);
  CHECK(again.metrics == record.metrics);
  CHECK(again.base == record.base);
  CHECK(again.stages.front().log == record.stages.front().log);
  CHECK(again.extra == record.extra);
}

TEST_CASE("every cut of a record is an error and nothing else") {
  const std::string text = run::write_record(sample_record());
  for (std::size_t length = 0; length + 2 < text.size(); length += 3) {
    CHECK_THROWS_AS(run::read_record(text.substr(0, length), "here"), Error);
  }
}

TEST_CASE("a record with fields of wrong types or of a newer version is refused") {
  for (const char* text :
       {"[]", "{\"version\": 1, \"status\": 3}", "{\"version\": 1, \"stages\": [{\"name\": \"../x\"}]}",
        "{\"version\": 1, \"command\": [1]}", "{\"version\": 1, \"base\": \"xyz\"}",
        "{\"version\": 1, \"stages\": [{\"name\": \"a\", \"log\": {\"kind\": \"file\", \"sha256\": \"zz\"}}]}"}) {
    CHECK_THROWS_AS(run::read_record(text, "here"), Error);
  }
  CHECK_THROWS_WITH(run::read_record("{\"version\": 2}", "here"), Catch::Contains("version 2"));
}

TEST_CASE("runs are found by id, prefix, name and commit") {
  RunProject project;
  const auto first = project.run_all({.name = "first"});
  const auto second = project.run_all({.set = {"train.lr=0.3"}});
  auto workspace = project.open();
  const std::string id = first.run->record.id;
  CHECK(run::find_run(workspace, id).commit == first.run->commit);
  CHECK(run::find_run(workspace, id.substr(0, 6)).commit == first.run->commit);
  CHECK(run::find_run(workspace, "first").commit == first.run->commit);
  CHECK(run::find_run(workspace, second.run->commit.hex().substr(0, 12)).commit == second.run->commit);
  CHECK_THROWS_WITH(run::find_run(workspace, "firts"), Catch::Contains("no run 'firts'"));
  CHECK_THROWS_AS(run::find_run(workspace, ""), Error);
}

TEST_CASE("an ambiguous prefix names the candidates") {
  RunProject project;
  const auto first = project.run_all();
  auto workspace = project.open();
  workspace.git().create_ref(run::ref_name("zz22"), first.run->commit);
  workspace.git().create_ref(run::ref_name("zz33"), first.run->commit);
  CHECK_THROWS_WITH(run::find_run(workspace, "zz"), Catch::Contains("zz22") && Catch::Contains("zz33"));
}

TEST_CASE("the table has parameters and metrics as columns and tells which differ") {
  RunProject project;
  project.run_all();
  project.run_all({.set = {"train.lr=0.3"}, .name = "bolder"});
  auto workspace = project.open();
  workspace.git().create_ref("refs/mlops/runs/BROKEN", *workspace.git().head());
  const run::History history = run::list_history(workspace, {});
  REQUIRE(history.rows.size() == 2);
  std::string columns;
  for (const run::Column& column : history.columns) {
    columns += column.file + ":" + column.key + (column.differs ? "* " : " ");
  }
  CHECK(columns == "params.yaml:train.lr* params.yaml:train.epochs metrics.json:loss* metrics.json:size ");
  const auto bolder =
      std::find_if(history.rows.begin(), history.rows.end(), [](const auto& row) { return row.name == "bolder"; });
  REQUIRE(bolder != history.rows.end());
  CHECK(bolder->values[0]->number() == 0.3);
  CHECK(history.unreadable == std::vector<std::string>{"refs/mlops/runs/BROKEN"});
  CHECK(run::list_history(workspace, {.runs = {"bolder"}, .limit = {}}).rows.size() == 1);
  CHECK(run::list_history(workspace, {.runs = {}, .limit = 1}).rows.size() == 1);
}

TEST_CASE("two runs are compared in parameters, metrics, outputs, code and stages") {
  RunProject project;
  project.run_all({.name = "before"});
  project.write("src/train.sh", std::string(train_script) + "# changed\n");
  project.run_all({.set = {"train.lr=0.3"}, .name = "after"});
  auto workspace = project.open();
  const run::Comparison diff = run::compare_runs(workspace, "before", "after");
  REQUIRE(diff.params.size() == 1);
  CHECK(diff.params.front().key == "train.lr");
  REQUIRE(diff.metrics.size() == 1);
  CHECK(*diff.metrics.front().delta == Approx(0.2));
  std::string outputs;
  for (const run::PathDelta& delta : diff.outputs) {
    outputs += delta.path.str() + "=" + std::string(run::to_string(delta.state)) + " ";
  }
  CHECK(outputs == "metrics.json=different model.txt=different ");
  // That the first run entered its outputs into .gitignore is no change of the code.
  REQUIRE(diff.code.size() == 1);
  CHECK(diff.code.front().path == at("src/train.sh"));
  REQUIRE(diff.dependencies.size() == 1);
  CHECK(diff.stages.size() == 2);
  const auto all = run::compare_runs(workspace, "before", "after", run::Unchanged::list);
  CHECK(all.outputs.size() == 3);
  CHECK(all.params.size() == 2);
}

TEST_CASE("a run is shown with its outputs and what it read") {
  RunProject project;
  project.run_all({.name = "one"});
  auto workspace = project.open();
  const run::RunView view = run::show_run(workspace, "one");
  REQUIRE(view.outputs.size() == 3);
  CHECK(view.outputs[0].path == at("metrics.json"));
  CHECK_FALSE(view.outputs[0].cached);
  CHECK(view.outputs[1].cached);
  REQUIRE(view.dependencies.size() == 2);
  CHECK(view.dependencies[0].path == at("data/raw"));
  for (const auto* paths : {&view.outputs, &view.dependencies}) {
    for (const auto& path : *paths) {
      CHECK(path.present);
    }
  }
}

TEST_CASE("the log of a stage is what it printed") {
  RunProject project;
  project.run_all({.name = "one"});
  project.run_all({.set = {"train.lr=0.3"}, .name = "two"});
  auto workspace = project.open();
  std::string text;
  const auto sink = [&](const std::string& stage, std::string_view bytes) { text += stage + "|" + std::string(bytes); };
  run::read_logs(workspace, {.run = "two", .stage = "train", .remote = {}}, sink);
  CHECK(text == "train|trained with 0.3\n");
  CHECK_THROWS_WITH(run::read_logs(workspace, {.run = "two", .stage = "trian", .remote = {}}, sink),
                    Catch::Contains("no stage 'trian'"));
  CHECK_THROWS_AS(run::read_logs(workspace, {.run = "two", .stage = "prepare", .remote = {}}, sink), Error);
}

TEST_CASE("a stage that ran and printed nothing has an empty log") {
  RunProject project;
  project.run_all({.name = "one"});
  auto workspace = project.open();
  std::string text;
  const auto sink = [&](const std::string&, std::string_view bytes) { text += bytes; };
  run::read_logs(workspace, {.run = "one", .stage = "prepare", .remote = {}}, sink);
  CHECK(text.empty());
  project.run_all({.set = {"train.lr=0.3"}, .name = "two"});
  project.run_all({.set = {"train.lr=0.1"}, .name = "three"});
  CHECK_THROWS_WITH(run::read_logs(workspace, {.run = "three", .stage = {}, .remote = {}}, sink),
                    Catch::Contains("no stage was executed"));
}

TEST_CASE("the difference of two runs leaves out what mlops wrote into .gitignore") {
  RunProject project;
  project.write(".gitignore", "/notes\n");
  project.commit("notes");
  project.run_all({.name = "one"});
  project.run_all({.set = {"train.lr=0.3"}, .name = "two"});
  auto workspace = project.open();
  CHECK(run::compare_runs(workspace, "one", "two").code.empty());
  project.write(".gitignore", project.read(".gitignore") + "/more\n");
  project.run_all({.set = {"train.lr=0.5"}, .name = "three"});
  const auto code = run::compare_runs(workspace, "one", "three").code;
  REQUIRE(code.size() == 1);
  CHECK(code.front().path == at(".gitignore"));
}

TEST_CASE("an output that git keeps is an output in the difference of two runs, not code") {
  RunProject project;
  project.run_all({.name = "one"});
  project.commit("with metrics.json");
  project.run_all({.set = {"train.lr=0.3"}, .name = "two"});
  auto workspace = project.open();
  CHECK(run::compare_runs(workspace, "one", "two").code.empty());
}

TEST_CASE("a run whose record cannot be read is called that, and can be removed") {
  RunProject project;
  project.run_all({.name = "one"});
  auto workspace = project.open();
  workspace.git().create_ref("refs/mlops/runs/brokenrn", *workspace.git().head());
  try {
    run::find_run(workspace, "brokenrn");
    FAIL("it was found");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::corrupt);
    CHECK(error.hints() == std::vector<std::string>{"`mlops runs remove brokenrn` takes it away"});
  }
  CHECK_THROWS_WITH(run::find_run(workspace, "broken"), Catch::Contains("there is no run"));
  CHECK(run::remove_runs(workspace, {.runs = {"brokenrn"}}).front().record.id == "brokenrn");
  CHECK(run::list_history(workspace, {}).unreadable.empty());
  CHECK(run::list_runs(workspace).size() == 1);
}

TEST_CASE("runs are removed by word, all or none") {
  RunProject project;
  project.run_all({.name = "one"});
  project.run_all({.set = {"train.lr=0.3"}, .name = "two"});
  auto workspace = project.open();
  CHECK_THROWS_AS(run::remove_runs(workspace, {.runs = {"one", "nobody"}}), Error);
  CHECK_THROWS_AS(run::remove_runs(workspace, {}), Error);
  CHECK(run::list_runs(workspace).size() == 2);
  CHECK(run::remove_runs(workspace, {.runs = {"one"}, .dry_run = true}).size() == 1);
  CHECK(run::remove_runs(workspace, {.runs = {"one", "one"}}).size() == 1);
  CHECK(run::list_runs(workspace).size() == 1);
  CHECK(run::remove_runs(workspace, {.runs = {}, .all = true}).size() == 1);
  CHECK(run::list_runs(workspace).empty());
}

}  // namespace
}  // namespace mlops::test

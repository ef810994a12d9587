// SPDX-License-Identifier: Apache-2.0
#include "spec/dialect.hpp"
#include "support/catch.hpp"
#include "unit/spec/samples.hpp"
#include "util/error.hpp"

using namespace mlops;
using namespace mlops::spec;

namespace {

const Dialect& native = native_dialect();
const fs::RepoPath file = test::path("mlops.yaml");

Project read(const std::string& text, const fs::RepoPath& at = file) {
  return native.read_project(text, at, test::no_files);
}

struct Failure {
  std::string what;
  std::string hint;
};

Failure failure(const std::string& text) {
  try {
    read(text);
  } catch (const Error& error) {
    return {.what = error.what(), .hint = error.hints().empty() ? "" : error.hints().front()};
  }
  return {};
}

std::string stage_failure(const std::string& line) {
  return failure("stages:\n  a:\n    cmd: x\n    " + line + "\n").what;
}

const std::string full = R"(# pipeline
stages:
  prepare:
    cmd: python3 src/prepare.py
    deps: [src/prepare.py, data/raw/]
    params:
    - prepare.split
    - conf.toml: [b, a]
      all.json:
    outs:
    - data/prepared
  train:
    cmd:
    - one \${HOME}
    - two
    wdir: sub
    deps:
    - ../data/prepared
    params: [lr]
    outs:
    - model.json: {persist: true, push: false, remote: r, desc: d, type: t, labels: [l], meta: {k: 1}}
    metrics:
    - m.json:
        cache: false
    plots:
    - loss.csv: {x: step, y: loss, header: false}
    frozen: true
    always_changed: true
    env: {SEED: 1, FLAG: yes, EMPTY: }
    timeout: 5m
    desc: trains
    meta: [1]
params: [params.yaml]
metrics:
- sub/m.json
plots:
- sub/loss.csv
- roc: {x: fpr, title: ROC}
artifacts:
  m: {path: sub/model.json, type: model}
)";

/// A stage with random parts, as `with_stage` may be given.
Stage random_stage(test::RandomValues& random, const std::string& name) {
  Stage stage;
  stage.name = name;
  stage.file = file;
  stage.cmd.list = random.chance(30);
  for (std::size_t left = stage.cmd.list ? 1 + random.below(3) : 1; left > 0; --left) {
    stage.cmd.lines.push_back("run " + random.text());
  }
  stage.wdir = random.chance(30) ? test::path("sub/dir") : fs::RepoPath();
  static const std::vector<std::string> paths = {"a", "sub/b c", "sub/dir/x'y", "é/$z", "yes", "1", "data: x", "#q"};
  for (const std::string& name_of : paths) {
    if (random.chance(25)) {
      stage.deps.push_back({.path = test::path(name_of)});
    }
    if (random.chance(25)) {
      Output output;
      output.path = test::path("out/" + name_of);
      output.kind = static_cast<OutputKind>(random.below(3));
      output.cache = random.chance(70);
      output.persist = random.chance(20);
      output.push = random.chance(70);
      output.annotations.desc = random.text();
      if (output.kind == OutputKind::plot && random.chance(50)) {
        output.plot = Value(Value::Map{{"x", random.text()}});
      }
      stage.outs.push_back(output);
    }
  }
  std::ranges::sort(stage.deps, {}, &Dependency::path);
  std::ranges::sort(stage.outs, {}, &Output::path);
  if (random.chance(50)) {
    stage.params.push_back({.file = stage.wdir / "params.yaml", .keys = {"a.b", "yes"}});
  }
  if (random.chance(30)) {
    stage.params.push_back({.file = test::path("z.toml"), .keys = {}});
  }
  if (random.chance(50)) {
    stage.env = {{"A", random.text()}, {"B", "1"}};
    stage.env["A"].erase(std::ranges::remove(stage.env["A"], '\0').begin(), stage.env["A"].end());
  }
  if (random.chance(30)) {
    stage.timeout_seconds = random.chance(50) ? 90.0 : 0.5;
  }
  stage.frozen = random.chance(20);
  stage.desc = random.text();
  stage.meta = random.chance(30) ? random.value(2) : Value();
  return stage;
}

/// Lines are where the text has them, not what a stage is.
Stage without_lines(Stage stage) {
  stage.line = 0;
  for (auto& item : stage.deps) {
    item.line = 0;
  }
  for (auto& item : stage.params) {
    item.line = 0;
  }
  for (auto& item : stage.outs) {
    item.line = 0;
  }
  return stage;
}

}  // namespace

TEST_CASE("a pipeline file with everything is read", "[spec][project]") {
  const Project project = read(full);
  REQUIRE(project.stages.size() == 2);
  const Stage& prepare = project.stages[0];
  CHECK(prepare.line == 3);
  CHECK(prepare.deps[0].path.str() == "data/raw");
  CHECK(prepare.deps[1].path.str() == "src/prepare.py");
  REQUIRE(prepare.params.size() == 3);
  CHECK(prepare.params[0].file.str() == "all.json");
  CHECK(prepare.params[0].keys.empty());
  CHECK(prepare.params[1].keys == std::vector<std::string>{"a", "b"});
  CHECK(prepare.params[2].file.str() == "params.yaml");
  const Stage& train = *project.find("train");
  CHECK(train.cmd.list);
  CHECK(train.cmd.lines == std::vector<std::string>{"one ${HOME}", "two"});
  CHECK(train.wdir.str() == "sub");
  CHECK(train.deps[0].path.str() == "data/prepared");
  CHECK(train.params[0].file.str() == "sub/params.yaml");
  REQUIRE(train.outs.size() == 3);
  CHECK(train.outs[0].path.str() == "sub/loss.csv");
  CHECK(train.outs[0].kind == OutputKind::plot);
  CHECK(*train.outs[0].plot.find("header") == Value(false));
  CHECK_FALSE(train.outs[1].cache);
  const Output& model = train.outs[2];
  CHECK((model.persist && !model.push && model.remote == "r"));
  CHECK(model.annotations ==
        Annotations{.desc = "d", .type = "t", .labels = {"l"}, .meta = Value(Value::Map{{"k", std::int64_t{1}}})});
  CHECK((train.frozen && train.always_changed));
  CHECK(train.env == std::map<std::string, std::string>{{"SEED", "1"}, {"FLAG", "yes"}, {"EMPTY", ""}});
  CHECK(train.timeout_seconds == 300.0);
  CHECK(project.metrics == std::vector<fs::RepoPath>{test::path("sub/m.json")});
  CHECK(project.find("none") == nullptr);
}

TEST_CASE("paths are relative to the file's directory and the working directory", "[spec][project]") {
  const Project project =
      read("stages:\n  a:\n    cmd: x\n    wdir: w\n    deps: [../d]\n    outs: [./o]\n", test::path("sub/mlops.yaml"));
  CHECK(project.stages[0].wdir.str() == "sub/w");
  CHECK(project.stages[0].deps[0].path.str() == "sub/d");
  CHECK(project.stages[0].outs[0].path.str() == "sub/w/o");
}

TEST_CASE("an unknown key names its line, place and the nearest key", "[spec][project]") {
  const Failure out = failure("stages:\n  train:\n    cmd: x\n    outs:\n    - m:\n        cahce: false\n");
  CHECK(out.what == "mlops.yaml:6: unknown key 'stages.train.outs[0].cahce'");
  CHECK(out.hint == "did you mean 'cache'?");
  CHECK(failure("stage: {}\n").hint == "did you mean 'stages'?");
  CHECK(failure("stages:\n  a:\n    cmd: x\n    dep: []\n").hint == "did you mean 'deps'?");
  CHECK(failure("artifacts:\n  a: {path: x, kind: y}\n").what == "mlops.yaml:2: unknown key 'artifacts.a.kind'");
}

TEST_CASE("wrong types and values name their place", "[spec][project]") {
  CHECK(stage_failure("deps: x") == "mlops.yaml:4: 'stages.a.deps' must be a list");
  CHECK(stage_failure("deps: [1]") == "mlops.yaml:4: 'stages.a.deps[0]' must be a text");
  CHECK(stage_failure("outs: [{a: {}, b: {}}]") ==
        "mlops.yaml:4: 'stages.a.outs[0]' must be a path, or one path with its options");
  CHECK(stage_failure("outs: [{a: {cache: 1}}]") == "mlops.yaml:4: 'stages.a.outs[0].cache' must be true or false");
  CHECK(stage_failure("frozen: maybe") == "mlops.yaml:4: 'stages.a.frozen' must be true or false");
  CHECK(stage_failure("env: {1A: x}") == "mlops.yaml:4: 'stages.a.env.1A' is not the name of a variable");
  CHECK(stage_failure("env: {A: [x]}") == "mlops.yaml:4: 'stages.a.env.A' must be a text or a number");
  for (const std::string bad :
       {"timeout: 0", "timeout: -1", "timeout: 5x", "timeout: [1]", "timeout: .nan", "timeout: s"}) {
    INFO(bad);
    CHECK(stage_failure(bad).find("'stages.a.timeout' must be a number of seconds") != std::string::npos);
  }
  CHECK(failure("stages:\n  a:\n    cmd: true\n").what == "mlops.yaml:3: 'stages.a.cmd' must be a text");
  CHECK(failure("stages:\n  a:\n    cmd: true\n").hint == "quote it: 'true'");
  CHECK(failure("stages:\n  a:\n    cmd: \"echo \\0 x\"\n").what == "mlops.yaml:3: 'stages.a.cmd' holds a NUL byte");
  CHECK(failure("stages:\n  a:\n    cmd: []\n").what == "mlops.yaml:3: 'stages.a.cmd' is empty");
  CHECK(failure("stages:\n  a:\n    deps: []\n").what == "mlops.yaml:2: 'stages.a' has no 'cmd'");
  CHECK(failure("stages:\n  a:\n").what.find("'stages.a' must be a map") != std::string::npos);
  CHECK(failure("stages:\n  a b:\n    cmd: x\n").what.find("the stage name 'a b' may hold only") != std::string::npos);
  CHECK(failure("stages:\n  a@b:\n    cmd: x\n").what.find("kept for generated stages") != std::string::npos);
  CHECK(failure("- 1\n").what == "mlops.yaml:1: the document must be a map");
  CHECK(failure("stages:\n  a: {cmd: x}\n  a: {cmd: y}\n").what == "mlops.yaml:3: duplicate key 'a', first on line 2");
}

TEST_CASE("paths that leave the project or cannot be ours are refused", "[spec][project]") {
  CHECK(stage_failure("deps: [../x]") ==
        "mlops.yaml:4: 'stages.a.deps[0]' has the path '../x', which leaves the project");
  CHECK(stage_failure("outs: [/x]").find("has the absolute path '/x'; a path must be relative") != std::string::npos);
  CHECK(stage_failure("deps: [s3://b/x]").find("which is not a path in the project") != std::string::npos);
  CHECK(stage_failure("outs: [.]").find("names the whole project") != std::string::npos);
  CHECK(stage_failure("outs: ['']").find("has an empty path") != std::string::npos);
  CHECK(stage_failure("outs: [.git/hooks/x]").find("mlops.yaml:4") == 0);
  CHECK(stage_failure("outs: [\"a\\x07\"]").find("mlops.yaml:4") == 0);
  CHECK(stage_failure("outs: [mlops.lock]").find("a file of mlops itself") != std::string::npos);
  CHECK(stage_failure("outs: [x.mlops]").find("a file of mlops itself") != std::string::npos);
  CHECK(stage_failure("wdir: ../..").find("leaves the project") != std::string::npos);
  CHECK(failure("stages:\n  a:\n    cmd: x\n    outs:\n    - o\n    metrics:\n    - ./o\n").what ==
        "mlops.yaml:7: 'stages.a.outs' lists 'o' twice, first on line 5");
}

TEST_CASE("a pipeline file with templates means what its expansion says", "[spec][project]") {
  const ReadFile files = [](const fs::RepoPath& path) {
    return path.str() == "params.yaml" ? std::optional<std::string>("{out: model.json, sizes: [1, 2]}") : std::nullopt;
  };
  const std::string text =
      "vars: [more.yaml:a]\nstages:\n  t:\n    foreach: ${sizes}\n    do:\n      cmd: x ${item}\n      outs:\n"
      "      - ${item}/${out}: {cache: false}\n";
  CHECK_THROWS_AS(native.read_project(text, file, files), Error);
  const Project project = native.read_project(text.substr(text.find('\n') + 1), file, files);
  REQUIRE(project.stages.size() == 2);
  CHECK(project.stages[1].name == "t@2");
  CHECK(project.stages[1].cmd.lines[0] == "x 2");
  CHECK(project.stages[1].outs[0].path == test::path("2/model.json"));
  CHECK(project.stages[1].line == 2);
  REQUIRE(project.sources.size() == 1);
  CHECK(project.sources[0].path == test::path("params.yaml"));
  CHECK(project.sources[0].digest.has_value());
  CHECK(load_compiled(compile(project, {}))->project == project);
}

TEST_CASE("a template that names nothing tells how to write a literal one", "[spec][project]") {
  const Failure out = failure("stages:\n  a:\n    cmd: echo ${x}\n");
  CHECK(out.what == "mlops.yaml:3: 'stages.a.cmd' uses '${x}', and there is no such variable");
  CHECK(out.hint.find("for a literal '${' write '\\${'") != std::string::npos);
  CHECK(read("stages:\n  a:\n    cmd: echo \\${x} $y $\n").stages[0].cmd.lines[0] == "echo ${x} $y $");
}

TEST_CASE("freezing a generated stage's group changes what it is made from", "[spec][project]") {
  const std::string text =
      "stages:\n  a:\n    foreach: [1]\n    do:\n      cmd: x\n  b:\n    matrix: {k: [1]}\n    cmd: y\n";
  CHECK(native.with_frozen(text, file, "a", true) ==
        "stages:\n  a:\n    foreach: [1]\n    do:\n      cmd: x\n      frozen: true\n  b:\n    matrix: {k: [1]}\n    "
        "cmd: y\n");
  CHECK(native.with_frozen(native.with_frozen(text, file, "a", true), file, "a", false) == text);
  CHECK(native.with_frozen(text, file, "b", true) == text + "    frozen: true\n");
  CHECK_THROWS_WITH(native.with_frozen(text, file, "a@1", true), "no stage 'a@1' in 'mlops.yaml'");
}

TEST_CASE("empty pipelines are fine", "[spec][project]") {
  CHECK(read("") == Project());
  CHECK(read("# nothing\n") == Project());
  CHECK(read("stages:\n") == Project());
  CHECK(read("stages: {}\nmetrics:\n") == Project());
}

TEST_CASE("a stage is added in the usual layout and all else stays", "[spec][project]") {
  Stage stage;
  stage.name = "train";
  stage.cmd.lines = {"python3 src/train.py"};
  stage.deps = {{.path = test::path("data")}, {.path = test::path("src/train.py")}};
  stage.params = {{.file = test::path("a.toml"), .keys = {}}, {.file = test::path("params.yaml"), .keys = {"lr"}}};
  Output metric;
  metric.path = test::path("m.json");
  metric.kind = OutputKind::metric;
  metric.cache = false;
  stage.outs = {metric};
  const std::string body =
      "  train:\n    cmd: python3 src/train.py\n    deps:\n    - data\n    - src/train.py\n    params:\n    - lr\n"
      "    - a.toml: null\n    metrics:\n    - m.json:\n        cache: false\n";
  CHECK(native.with_stage("", file, stage) == "stages:\n" + body);
  CHECK(native.with_stage("stages: {}\n", file, stage) == "stages:\n" + body);
  const std::string old = "# mine\nstages:\n  # first\n  a:   # odd\n    cmd: 'x'\n\nmetrics: [m]\n";
  CHECK(native.with_stage(old, file, stage) ==
        "# mine\nstages:\n  # first\n  a:   # odd\n    cmd: 'x'\n" + body + "\nmetrics: [m]\n");
}

TEST_CASE("a stage that is there is changed in place", "[spec][project]") {
  const std::string old =
      "stages:\n  a:\n    cmd: x  # how\n    deps:\n    - d # what\n    frozen: true\n  b:\n    cmd: y\n";
  Stage stage = read(old).stages[0];
  stage.cmd.lines = {"z"};
  stage.frozen = false;
  CHECK(native.with_stage(old, file, stage) ==
        "stages:\n  a:\n    cmd: z  # how\n    deps:\n    - d # what\n  b:\n    cmd: y\n");
}

TEST_CASE("random stages are written and read back", "[spec][project]") {
  test::RandomValues random(51);
  std::string text = full;
  for (int i = 0; i < 200; ++i) {
    const Stage stage = random_stage(random, "s" + std::to_string(random.below(4)));
    INFO(text);
    const std::string next = native.with_stage(text, file, stage);
    INFO(next);
    const Project project = read(next);
    REQUIRE(without_lines(*project.find(stage.name)) == without_lines(stage));
    REQUIRE(without_lines(*project.find("train")) == without_lines(*read(full).find("train")));
    text = i % 7 == 0 ? full : next;
  }
}

TEST_CASE("stages are removed and frozen", "[spec][project]") {
  const std::string text = "stages:\n  # one\n  a:\n    cmd: x\n  # two\n  b:\n    cmd: y # c\n";
  CHECK(native.without_stage(text, file, "a") == "stages:\n  # two\n  b:\n    cmd: y # c\n");
  CHECK(native.with_frozen(text, file, "b", true) == text + "    frozen: true\n");
  CHECK(native.with_frozen(native.with_frozen(text, file, "b", true), file, "b", false) == text);
  CHECK(native.with_frozen(text, file, "b", false) == text);
  CHECK_THROWS_AS(native.without_stage(text, file, "c"), Error);
  CHECK_THROWS_AS(native.with_frozen(text, file, "c", true), Error);
}

TEST_CASE("stage names are checked", "[spec][project]") {
  for (const std::string good : {"train", "a-b_c.d", "1", "größe", "g@x-1"}) {
    CHECK(check_stage_name(good) == "");
  }
  for (const std::string bad : {"", "-a", "a b", "a/b", "a:b", ".", "..", "@a", "a@", "a\n", "a\xff"}) {
    INFO(bad);
    CHECK(check_stage_name(bad) != "");
  }
}

TEST_CASE("mutations of a pipeline file are refused or read, never more", "[spec][project]") {
  test::RandomValues random(52);
  for (int i = 0; i < 6000; ++i) {
    failure(test::mutated(full, random));
  }
  for (std::size_t length = 0; length < full.size(); ++length) {
    failure(full.substr(0, length));
  }
  SUCCEED();
}

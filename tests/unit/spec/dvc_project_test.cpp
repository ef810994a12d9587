// SPDX-License-Identifier: Apache-2.0
// What DVC itself makes of these files was asked of DVC 3.67.

#include <map>

#include "spec/dialects/dvc.hpp"
#include "spec/json.hpp"
#include "support/catch.hpp"
#include "util/error.hpp"

using namespace mlops;
using namespace mlops::spec;

namespace {

using Files = std::map<std::string, std::string>;

fs::RepoPath path(const std::string& text) { return fs::RepoPath::parse(text); }

Project read(const std::string& text, const Files& files = {}, const std::string& at = "dvc.yaml") {
  const ReadFile read_file = [&](const fs::RepoPath& file) {
    const auto found = files.find(file.str());
    return found == files.end() ? std::nullopt : std::optional(found->second);
  };
  return dvc::read_project(text, path(at), read_file);
}

/// The only stage of a file with these lines in its stage "a".
Stage stage(const std::string& lines, const Files& files = {}) {
  const Project project = read("stages:\n  a:\n    cmd: x\n" + lines, files);
  REQUIRE(project.stages.size() == 1);
  return project.stages.front();
}

std::string failure(const std::string& text, const Files& files = {}) {
  try {
    read(text, files);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string stage_failure(const std::string& line) { return failure("stages:\n  a:\n    cmd: x\n    " + line + "\n"); }

std::vector<std::string> names(const Project& project) {
  std::vector<std::string> found;
  for (const Stage& one : project.stages) {
    found.push_back(one.name);
  }
  return found;
}

}  // namespace

TEST_CASE("a dvc.yaml with everything is read", "[spec][dvc]") {
  const Project project = read(
      "vars: [{d: data}]\n"
      "stages:\n"
      "  prepare:\n"
      "    cmd: [one, two]\n"
      "    desc: makes it\n"
      "    deps: [b, ./a, \"${d}/raw/\"]\n"
      "    params: [z, lr, {conf.toml: [k], all.json: }]\n"
      "    outs: [out, {out: {cache: false}}, {p: {persist: true, push: false, remote: r, checkpoint: true}}]\n"
      "    metrics: [{m.json: {desc: d, type: t, labels: [l], meta: {k: 1}}}]\n"
      "    plots: [{l.csv: {y: Y, x: X, header: false}}]\n"
      "    frozen: true\n"
      "    always_changed: true\n"
      "    meta: {a: 1}\n"
      "metrics: [m2.json]\n"
      "params: [p2.yaml]\n"
      "plots: [l.csv, {id: , other: {x: {f: c}, y: {f: [a, b]}}}]\n"
      "artifacts: {model: {path: out, labels: [l]}}\n"
      "datasets: [{name: n, type: url, url: 'http://h'}]\n");
  REQUIRE(project.stages.size() == 1);
  const Stage& one = project.stages.front();
  CHECK(one.cmd == StageCommand{.lines = {"one", "two"}, .list = true});
  CHECK(one.desc == "makes it");
  CHECK((one.frozen && one.always_changed));
  REQUIRE(one.deps.size() == 3);
  CHECK(one.deps[0].written == "./a");
  CHECK(one.deps[0].path == path("a"));
  CHECK(one.deps[2].written == "data/raw/");
  CHECK(one.deps[2].path == path("data/raw"));
  REQUIRE(one.params.size() == 3);
  CHECK(one.params[0].keys.empty());
  CHECK(one.params[2].keys == std::vector<std::string>{"z", "lr"});
  REQUIRE(one.outs.size() == 4);
  CHECK(to_json(one.outs[0].plot) == R"({"x": "X", "y": "Y", "header": false})");
  CHECK(one.outs[1].kind == OutputKind::metric);
  CHECK_FALSE(one.outs[2].cache);
  CHECK((one.outs[3].persist && !one.outs[3].push && one.outs[3].remote == "r"));
  CHECK(project.metrics == std::vector{path("m2.json")});
  CHECK(project.params == std::vector{path("p2.yaml")});
  CHECK(project.plots.at(path("dvc.yaml")).get<Value::List>()->size() == 2);
  CHECK(project.artifacts.at(path("dvc.yaml")).find("model") != nullptr);
}

TEST_CASE("what is not in the project is elsewhere, not an error", "[spec][dvc]") {
  const Stage one = stage(
      "    wdir: sub\n    deps: [/abs/x, ../../data, ../in, 's3://b/k', 'remote://r/p', 'ds://n', 'azure://c/p', "
      "'a:b']\n"
      "    outs: ['http://h/o', '/abs/out']\n");
  std::map<std::string, std::string> found;
  for (const Dependency& dep : one.deps) {
    CHECK(dep.path.is_root() == !dep.elsewhere.empty());
    found[dep.written] = dep.elsewhere;
  }
  CHECK(found.at("/abs/x") == "/abs/x");
  CHECK(found.at("../../data") == "../data");
  CHECK(found.at("../in").empty());
  CHECK(found.at("s3://b/k") == "s3://b/k");
  CHECK(found.at("ds://n") == "ds://n");
  CHECK(found.at("a:b").empty());
  CHECK(one.outs.size() == 2);
  CHECK(stage_failure("deps: ['foo://h/x']") ==
        "dvc.yaml:4: 'stages.a.deps[0]' has the URL 'foo://h/x', whose kind is not known");
  CHECK(stage_failure("deps: [x.dvc]") ==
        "dvc.yaml:4: 'stages.a.deps[0]' names 'x.dvc', which is a file that declares data or stages");
  CHECK(stage("    deps: [dvc.lock]\n").deps.size() == 1);
}

TEST_CASE("a file that DVC refuses is refused at its place", "[spec][dvc]") {
  const auto [line, message] = GENERATE(table<std::string, std::string>({
      {"frozen: yes", "'stages.a.frozen' must be true or false"},
      {"desc: 1", "'stages.a.desc' must be a text"},
      {"desc: 2020-01-01", "'stages.a.desc' must be a text"},
      {"desc: 12345678901234567890123", "'stages.a.desc' must be a text"},
      {"deps: ", "'stages.a.deps' must be a list"},
      {"deps: [1]", "'stages.a.deps[0]' must be a text"},
      {"outs: [a: ]", "'stages.a.outs[0].a' must be a map"},
      {"outs: [a: {cach: true}]", "unknown key 'stages.a.outs[0].a.cach'"},
      {"outs: [a: {x: X}]", "unknown key 'stages.a.outs[0].a.x'"},
      {"plots: [a: [{x: X}]]", "'stages.a.plots[0].a' must be a map"},
      {"live: {a: {}}", "unknown key 'stages.a.live'"},
      {"env: {A: b}", "unknown key 'stages.a.env'"},
      {"params: [a.yaml: x]", "'stages.a.params[0].a.yaml' must be a list of keys, or nothing for the whole file"},
      {"outs: [o, ./o]", "'stages.a.outs' makes './o' twice, first on line 4"},
      {"wdir: ..", "'stages.a.wdir' has the path '..', which leaves the project"},
  }));
  CHECK(stage_failure(line) == "dvc.yaml:4: " + message);
}

TEST_CASE("the document is checked before its templates are filled in", "[spec][dvc]") {
  CHECK(failure("stages: {a: {cmd: x, frozen: '${t}'}}", {{"params.yaml", "t: true"}}) ==
        "dvc.yaml:1: 'stages.a.frozen' must be true or false");
  CHECK(failure("stages: {a: {deps: [x]}}") == "dvc.yaml:1: 'stages.a' has no 'cmd'");
  CHECK(failure("stages: {1: {cmd: x}}") == "dvc.yaml:1: 'stages' has the key '1', which is no text");
  CHECK(failure("stages: {a: {foreach: [x]}}") == "dvc.yaml:1: 'stages.a' has 'foreach' without 'do'");
  CHECK(failure("stages:\n") == "dvc.yaml:1: 'stages' must be a map");
  CHECK(failure("schema: '2.0'\n") == "dvc.yaml:1: unknown key 'schema'");
  CHECK(failure("plots: [{a: {header: false}}]") == "dvc.yaml:1: unknown key 'plots[0].a.header'");
  CHECK(failure("artifacts: {m: {type: t}}") == "dvc.yaml:1: 'artifacts.m' has no 'path'");
  CHECK(read("# nothing\n").stages.empty());
  CHECK(read("[]").stages.empty());
}

TEST_CASE("names of stages are free, but an '@' is made", "[spec][dvc]") {
  CHECK(names(read("stages: {a.b: {cmd: x}, 'ü/c d': {cmd: x}}")) == std::vector<std::string>{"a.b", "ü/c d"});
  CHECK(names(read("stages: {'a@b': {foreach: [x], do: {cmd: y}}}")) == std::vector<std::string>{"a@b@x"});
  CHECK_THAT(failure("stages: {'a@b': {cmd: x}}"), Catch::Contains("has an '@'"));
  CHECK_THAT(failure("stages: {a: {foreach: ['x@y'], do: {cmd: x}}}"), Catch::Contains("has an '@'"));
}

TEST_CASE("stages are generated as Python would loop", "[spec][dvc]") {
  const Files files{{"params.yaml", "l: [true, two, 3.0, ]\nt: false\nd: {p: 1, q: 2}\n"}};
  CHECK(names(read("stages: {a: {foreach: '${l}', do: {cmd: x}}}", files)) ==
        std::vector<std::string>{"a@True", "a@two", "a@3.0"});
  CHECK(names(read("stages: {a: {foreach: [true, '${t}'], do: {cmd: x}}}", files)) ==
        std::vector<std::string>{"a@true", "a@False"});
  CHECK(names(read("stages: {a: {matrix: {x: '${d}', y: uv}, cmd: x}}", files)) ==
        std::vector<std::string>{"a@p-u", "a@p-v", "a@q-u", "a@q-v"});
  CHECK_THAT(failure("stages: {a: {matrix: {x: '${t}'}, cmd: x}}", files), Catch::Contains("must be a list"));
}

TEST_CASE("a command gets options as Python quotes them", "[spec][dvc]") {
  const Files files{{"params.yaml", "d: {e: it's, n: , f: false, t: true, l: [1, b c]}\n"}};
  CHECK(read("stages: {a: {cmd: 'x ${d}'}}", files).stages.front().cmd.lines ==
        std::vector<std::string>{R"(x --e 'it'"'"'s' --n None --t --l 1 'b c')"});
}

TEST_CASE("parameters add up, whole files swallow their keys", "[spec][dvc]") {
  const Stage one =
      stage("    params: [b, {p.yaml: [x, y]}, a, {p.yaml: [x, z], params.yaml: [c, b]}, {q.json: }, {q.json: [k]}]\n");
  REQUIRE(one.params.size() == 3);
  CHECK(one.params[0].keys == std::vector<std::string>{"x", "y", "z"});
  CHECK(one.params[1].keys == std::vector<std::string>{"b", "a", "c"});
  CHECK(one.params[2].keys.empty());
  CHECK(stage("    params: [a, {params.yaml: }]\n").params.front().keys.empty());
}

TEST_CASE("a stage's variables are looked for from its directory", "[spec][dvc]") {
  const Files files{
      {"params.yaml", "w: sub\n"}, {"sub/v.yaml", "x: below\n"}, {"v.yaml", "x: above\n"}, {"e.yaml", ""}};
  const std::string text = "vars: [e.yaml]\nstages: {a: {wdir: '${w}', vars: [v.yaml], cmd: '${x}'}}";
  const Project project = read(text, files);
  CHECK(project.stages.front().cmd.lines.front() == "below");
  CHECK(project.stages.front().wdir == path("sub"));
  CHECK(project.sources.size() == 3);
}

TEST_CASE("merge keys put what they merge in front, the last source first", "[spec][dvc]") {
  CHECK(names(read("stages:\n  z: {cmd: z}\n  <<: [{y: {cmd: y}}, {z: {cmd: q}, w: {cmd: w}}]\n  a: {cmd: a}\n")) ==
        std::vector<std::string>{"z", "w", "y", "a"});
}

TEST_CASE("paths are relative to a pipeline file's directory", "[spec][dvc]") {
  const Project project = read("stages: {a: {cmd: '${x}', deps: [d, ../e]}}\nmetrics: [m]\n",
                               {{"sub/params.yaml", "x: below\n"}, {"params.yaml", "x: above\n"}}, "sub/dvc.yaml");
  const Stage& one = project.stages.front();
  CHECK(one.name == "sub/dvc.yaml:a");
  CHECK(one.cmd.lines.front() == "below");
  CHECK(one.deps[0].path == path("e"));
  CHECK(one.deps[1].path == path("sub/d"));
  CHECK(project.metrics == std::vector{path("sub/m")});
}

// SPDX-License-Identifier: Apache-2.0
#include "spec/template.hpp"

#include <limits>
#include <map>

#include "support/catch.hpp"
#include "unit/spec/samples.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

using namespace mlops;
using namespace mlops::spec;

namespace {

using Files = std::map<std::string, std::string>;

/// What the document means once templating is done, as JSON.
std::string expanded(const std::string& text, const Files& files = {}, const TemplateOptions& options = {},
                     const std::string& file = "mlops.yaml") {
  const ReadFile read = [&](const fs::RepoPath& path) {
    const auto found = files.find(path.str());
    return found == files.end() ? std::nullopt : std::optional(found->second);
  };
  return to_json(to_value(expand_templates(parse_yaml(text, file), test::path(file), read, options)));
}

/// The message and the hints of the error.
std::string failure(const std::string& text, const Files& files = {}) {
  try {
    expanded(text, files);
  } catch (const Error& error) {
    std::string all = error.what();
    for (const std::string& hint : error.hints()) {
      all += " | " + hint;
    }
    return all;
  }
  return "";
}

std::string cmd_of(const std::string& cmd, const std::string& params, const TemplateOptions& options = {}) {
  const Value root =
      parse_json(expanded("stages:\n  a:\n    cmd: " + cmd + "\n", {{"params.yaml", params}}, options), "x");
  return *root.at("stages.a.cmd")->get<std::string>();
}

}  // namespace

TEST_CASE("a template stands for a value of params.yaml beside the pipeline file") {
  CHECK(cmd_of("train --lr ${train.lr}", "train: {lr: 0.1}") == "train --lr 0.1");
  CHECK(cmd_of("x ${a[1]} ${a.0} ${b[0].c} ${ spaced }", "{a: [1, 2], b: [{c: z}], spaced: s}") == "x 2 1 z s");
  CHECK(expanded("stages: {a: {cmd: 'x ${v}'}}", {{"dir/params.yaml", "v: 1"}}, {}, "dir/mlops.yaml") ==
        R"({"stages": {"a": {"cmd": "x 1"}}})");
}

TEST_CASE("inside a text values look as Python prints them") {
  const std::string params =
      "{t: true, f: false, n: null, i: -7, a: 0.1, b: 1e-5, c: 1e16, d: 123456789.0, e: 10.0, s: 'x y'}";
  CHECK(cmd_of("${t} ${f} ${n} ${i}", params) == "true false None -7");
  CHECK(cmd_of("${a} ${b} ${c} ${d} ${e} ${s}", params) == "0.1 1e-05 1e+16 123456789.0 10.0 x y");
  CHECK(template_scalar_text(-0.0) == "-0.0");
  CHECK(template_scalar_text(1e15) == "1000000000000000.0");
  CHECK(template_scalar_text(0.0001) == "0.0001");
  CHECK(template_scalar_text(std::numeric_limits<double>::infinity()) == "inf");
}

TEST_CASE("a text that is one template keeps the type of its value") {
  CHECK(expanded("vars: [{on: true, n: 3, t: '3'}]\nstages: {a: {frozen: '${on}', meta: {n: '${n}', t: '${t}'}}}") ==
        R"({"stages": {"a": {"frozen": true, "meta": {"n": 3, "t": "3"}}}})");
}

TEST_CASE("an escaped template, and one that does not close, is the text itself") {
  CHECK(cmd_of("echo \\${HOME} ${a}", "a: 1") == "echo ${HOME} 1");
  CHECK(cmd_of("echo \\${HOME}", "a: 1") == "echo ${HOME}");
  CHECK(cmd_of("'echo ${a'", "a: 1") == "echo ${a");
  CHECK(cmd_of("\"echo ${a\\n}\"", "a: 1") == "echo ${a\n}");
}

TEST_CASE("a map in a command becomes options") {
  const std::string params =
      "o: {lr: 0.5, name: 'a b', deep: {x: 1}, on: true, off: false, list: [1, 'c d'], none: {}}";
  CHECK(cmd_of("t ${o}", params) == "t --lr 0.5 --name 'a b' --deep.x 1 --on --list 1 'c d'");
  CHECK(cmd_of("t ${o}", params, {.negated_flags = true, .repeated_flags = true}) ==
        "t --lr 0.5 --name 'a b' --deep.x 1 --on --no-off --list 1 --list 'c d'");
  CHECK(failure("vars: [{o: {l: [[1]]}}]\nstages: {a: {cmd: 'x ${o}'}}").find("mlops.yaml:2: 'stages.a.cmd'") == 0);
  CHECK(failure("vars: [{o: {l: 1}}]\nstages: {a: {cmd: 'x', wdir: 'd/${o}'}}").find("which is a map") !=
        std::string::npos);
  CHECK(failure("vars: [{o: [1]}]\nstages: {a: {cmd: 'x ${o}'}}").find("which is a list") != std::string::npos);
}

TEST_CASE("vars are merged deeply, in order, from maps, files and keys of files") {
  const Files files = {
      {"params.yaml", "a: {x: 1}"}, {"more.json", R"({"a": {"y": 2}, "b": 3, "c": 4})"}, {"p.toml", "z = 5\n"}};
  CHECK(expanded("vars:\n- more.json:a,b\n- p.toml\n- {d: 6}\nstages: {s: {cmd: '${a.x} ${a.y} ${b} ${z} ${d}'}}",
                 files) == R"({"stages": {"s": {"cmd": "1 2 3 5 6"}}})");
  CHECK(expanded("stages: {s: {wdir: sub, vars: [v.yaml], cmd: '${q} ${a.x}'}}",
                 {{"params.yaml", "a: {x: 1}"}, {"sub/v.yaml", "q: 9"}}) ==
        R"({"stages": {"s": {"wdir": "sub", "cmd": "9 1"}}})");
}

TEST_CASE("a stage's own vars are seen by that stage alone") {
  const std::string text = "stages:\n  a: {vars: [{v: 1}], cmd: 'x ${v}'}\n  b: {cmd: 'x ${v}'}\n";
  CHECK(failure(text).find("mlops.yaml:3: 'stages.b.cmd' uses '${v}'") == 0);
}

TEST_CASE("a variable that does not exist is named with the places that were searched") {
  const std::string text = "vars:\n- {train: {rate: 1}}\nstages:\n  a:\n    cmd: x ${train.rte}\n";
  CHECK(failure(text) ==
        "mlops.yaml:5: 'stages.a.cmd' uses '${train.rte}', and there is no such variable below 'train' | did you mean "
        "'train.rate'? | looked in params.yaml (which does not exist), vars[0]; for a literal '${' write '\\${'");
}

TEST_CASE("what cannot be a template is refused with its place") {
  const auto refused = [](const std::string& text, const std::string& part, const Files& files = {}) {
    INFO(text);
    const std::string told = failure(text, files);
    INFO(told);
    return told.find(part) != std::string::npos;
  };
  CHECK(refused("stages: {a: {cmd: 'x ${}'}}", "'stages.a.cmd' has '${}', which names nothing"));
  CHECK(refused("stages: {a: {cmd: 'x ${a..b}'}}", "where a name is missing"));
  CHECK(refused("stages: {a: {cmd: 'x ${a[0}'}}", "where a ']' is missing"));
  CHECK(refused("vars: [{a: 1}, {a: 2}]\nstages: {}", "'vars[1]' redefines 'a', which 'vars[0]' defines"));
  CHECK(refused("vars: [{a: {b: 1}}]\nstages: {}", "redefines 'a.b', which 'params.yaml' defines",
                {{"params.yaml", "a: {b: 2}"}}));
  CHECK(refused("vars: ['${a}']\nstages: {}", "holds a template"));
  CHECK(refused("vars: [gone.yaml]\nstages: {}", "names 'gone.yaml', which does not exist"));
  CHECK(refused("vars: ['p.yaml:b']\nstages: {}", "which has no such key", {{"p.yaml", "a: 1"}}));
  CHECK(refused("vars: [p.yaml, 'p.yaml:a']\nstages: {}", "have been taken already", {{"p.yaml", "a: 1"}}));
  CHECK(refused("vars: ['../p.yaml']\nstages: {}", "which is no file inside the project"));
  CHECK(refused("stages: {a: {foreach: 3, do: {cmd: x}}}", "'stages.a.foreach' must be a list or a map, not '3'"));
  CHECK(refused("stages: {a: {foreach: [1]}}", "has 'foreach' without 'do'"));
  CHECK(refused("stages: {a: {foreach: [1], do: {cmd: x}, deps: [y]}}", "'stages.a.deps' cannot stand beside"));
  CHECK(refused("stages: {a: {matrix: {x: 1}, cmd: x}}", "'stages.a.matrix.x' must be a list"));
  CHECK(refused("stages: {a: {foreach: [1], do: {vars: [{item: 2}], cmd: x}}}", "redefines 'item'"));
  CHECK(refused("vars: [{p: q}]\nstages: {a: {cmd: x, outs: [{q: {}, '${p}': {}}]}}", "has the key 'q' twice"));
}

TEST_CASE("foreach over scalars names each stage after its item, over maps after its key, else after its place") {
  CHECK(
      expanded("stages: {b: {foreach: [us, 1, true, 1.5], do: {cmd: 'x ${item}'}}}") ==
      R"({"stages": {"b@us": {"cmd": "x us"}, "b@1": {"cmd": "x 1"}, "b@true": {"cmd": "x true"}, "b@1.5": {"cmd": "x 1.5"}}})");
  CHECK(expanded("stages: {b: {foreach: {u: {n: 1}, v: {n: 2}}, do: {cmd: '${key} ${item.n}'}}}") ==
        R"({"stages": {"b@u": {"cmd": "u 1"}, "b@v": {"cmd": "v 2"}}})");
  CHECK(expanded("stages: {b: {foreach: [{n: 1}, s], do: {cmd: 'x'}}}") ==
        R"({"stages": {"b@0": {"cmd": "x"}, "b@1": {"cmd": "x"}}})");
  CHECK(expanded("stages: {b: {foreach: '${list}', do: {cmd: '${item}'}}}", {{"params.yaml", "list: [p, q, p]"}}) ==
        R"({"stages": {"b@p": {"cmd": "p"}, "b@q": {"cmd": "q"}}})");
  CHECK(failure("stages: {b: {foreach: [1], do: {cmd: '${key}'}}}").find("'stages.b@1.cmd' uses '${key}'") !=
        std::string::npos);
}

TEST_CASE("matrix makes every combination, the last axis fastest") {
  CHECK(
      expanded("stages: {m: {matrix: {a: [1, 2], b: [x, {c: 3}]}, cmd: '${key} ${item.a}'}}") ==
      R"({"stages": {"m@1-x": {"cmd": "1-x 1"}, "m@1-b1": {"cmd": "1-b1 1"}, "m@2-x": {"cmd": "2-x 2"}, "m@2-b1": {"cmd": "2-b1 2"}}})");
  CHECK(expanded("stages: {m: {matrix: {a: '${l}'}, cmd: '${item.a}'}}", {{"params.yaml", "l: [5]"}}) ==
        R"({"stages": {"m@5": {"cmd": 5}}})");
  CHECK(expanded("stages: {m: {matrix: {a: []}, cmd: x}}") == R"({"stages": {}})");
}

TEST_CASE("a matrix whose product is huge is refused before it is made") {
  std::string axis = "[0";
  for (int i = 1; i < 100; ++i) {
    axis += "," + std::to_string(i);
  }
  axis += "]";
  CHECK(failure("stages: {m: {matrix: {a: " + axis + ", b: " + axis + ", c: " + axis + "}, cmd: x}}")
            .find("makes more than 100000 stages") != std::string::npos);
}

TEST_CASE("keys of outputs and other sections hold templates too") {
  CHECK(
      expanded(
          "vars: [{p: out, l: [a, b]}]\nstages: {s: {outs: [{'${p}/x': {cache: false}}]}}\nmetrics: ['${p}.json']\n"
          "plots: [{'${p}': {y: '${l}'}}]") ==
      R"({"stages": {"s": {"outs": [{"out/x": {"cache": false}}]}}, "metrics": ["out.json"], "plots": [{"out": {"y": ["a", "b"]}}]})");
}

TEST_CASE("only files that use templating need it") {
  CHECK_FALSE(has_templates(parse_yaml("stages: {a: {cmd: x}}", "f")));
  CHECK(has_templates(parse_yaml("stages: {a: {cmd: 'x ${y}'}}", "f")));
  CHECK(has_templates(parse_yaml("stages: {a: {foreach: [1], do: {cmd: x}}}", "f")));
  CHECK(has_templates(parse_yaml("vars: []", "f")));
  CHECK(stage_group("a@b") == "a");
  CHECK(stage_group("a@b@c") == "a@b");
  CHECK_FALSE(stage_group("a").has_value());
}

TEST_CASE("what stages use of files is known by file and key, without foreach's items and inline values") {
  const Files files{{"params.yaml", "a: {b: 1, c: 2}\nlist: [1, 2]\n"}, {"sub/local.yaml", "deep: {x: 1, y: 2}\n"}};
  const ReadFile read = [&](const fs::RepoPath& path) {
    const auto found = files.find(path.str());
    return found == files.end() ? std::nullopt : std::optional(found->second);
  };
  const TemplateUses uses = template_uses(R"(vars: [{inline: sub}]
stages:
  one:
    wdir: ${inline}
    vars: [local.yaml]
    cmd: ${a.b} ${a.b} ${deep.x} ${list[0]} ${deep}
  many:
    foreach: ${list}
    do: {cmd: "run ${item}", deps: ["${a.c}"]}
)",
                                          test::path("mlops.yaml"), read);
  REQUIRE(uses.size() == 2);
  CHECK(to_json(uses.at(test::path("params.yaml"))) == R"({"a.b": 1, "list.0": 1, "a.c": 2})");
  CHECK(to_json(uses.at(test::path("sub/local.yaml"))) == R"({"deep.x": 1})");
  CHECK(template_uses("stages: {}\n", test::path("mlops.yaml"), read).empty());
}

// SPDX-License-Identifier: Apache-2.0
// The locks here were written by DVC 3.67.1: `dvc repro` of the pipeline that each test names.

#include <algorithm>

#include "hash/hasher.hpp"
#include "spec/dialects/dvc.hpp"
#include "support/catch.hpp"
#include "util/error.hpp"

using namespace mlops;
using namespace mlops::spec;

namespace {

const fs::RepoPath lock_file = fs::RepoPath::parse("dvc.lock");

// stages: prep (cmd: list; deps: a.txt, d, run.sh; params: lr, train, train.layers, train.opt and keys of other.json),
// each over foreach, cb without deps and outs, multi with a literal block as cmd.
const std::string sample =
    "schema: '2.0'\n"
    "stages:\n"
    "  prep:\n"
    "    cmd:\n"
    "    - mkdir -p out/sub && cp a.txt out/x && cp a.txt out/sub/y\n"
    "    - echo hello > out/v && echo a very long command line that must be longer \n"
    "      than eighty characters so that the yaml emitter wraps it somewhere\n"
    "    deps:\n"
    "    - path: a.txt\n"
    "      hash: md5\n"
    "      md5: b1946ac92492d2347c6235b4d2611184\n"
    "      size: 6\n"
    "    - path: d\n"
    "      hash: md5\n"
    "      md5: baa0d609df3f73f015f724fddbf86984.dir\n"
    "      size: 9\n"
    "      nfiles: 9\n"
    "    - path: run.sh\n"
    "      hash: md5\n"
    "      md5: 46bbbe8aa98cc0714426e948474eaaf4\n"
    "      size: 18\n"
    "      isexec: true\n"
    "    params:\n"
    "      params.yaml:\n"
    "        lr: 0.001\n"
    "        train:\n"
    "          epochs: 10\n"
    "          layers: &id001\n"
    "          - 1\n"
    "          - 2\n"
    "          - 3\n"
    "          name: on\n"
    "          big: 1e-05\n"
    "          none:\n"
    "          t: true\n"
    "          opt: &id002\n"
    "            beta: 0.9\n"
    "            alpha: 1.0\n"
    "          s: '1.0'\n"
    "          names:\n"
    "            1: one\n"
    "            10: ten\n"
    "        train.layers: *id001\n"
    "        train.opt: *id002\n"
    "      other.json:\n"
    "        a: 'text: with colon'\n"
    "        z.k:\n"
    "        - 1\n"
    "        - q: w\n"
    "    outs:\n"
    "    - path: out\n"
    "      hash: md5\n"
    "      md5: 295d7eba198565c298c7c2c3909a4b76.dir\n"
    "      size: 18\n"
    "      nfiles: 3\n"
    "  each@us:\n"
    "    cmd: echo us > o_us\n"
    "    outs:\n"
    "    - path: o_us\n"
    "      hash: md5\n"
    "      md5: 0afb55fc59cc659b91168ebdf06e1091\n"
    "      size: 3\n"
    "  cb:\n"
    "    cmd: echo callback\n"
    "  multi:\n"
    "    cmd: \"echo one\\necho 'two' > two\\n\"\n"
    "    outs:\n"
    "    - path: two\n"
    "      hash: md5\n"
    "      md5: c193497a1a06b2c72230e6146ff47080\n"
    "      size: 4\n";

Lock read(const std::string& text, const Project& project = {}) { return dvc::read_lock(text, lock_file, project); }

std::string failure(const std::string& text) {
  try {
    read(text);
  } catch (const Error& error) {
    return error.what() + (error.hints().empty() ? "" : " | " + error.hints().front());
  }
  return "";
}

std::string with_stage(const std::string& lines) { return "schema: '2.0'\nstages:\n  s:\n    cmd: x\n" + lines; }

/// What is written again of what was read.
std::string rewritten(const std::string& text) { return dvc::write_lock(read(text), lock_file, text); }

}  // namespace

TEST_CASE("a lock that DVC wrote is written again to the same bytes", "[spec][dvc]") {
  const Lock lock = read(sample);
  CHECK(dvc::write_lock(lock, lock_file, sample) == sample);
  CHECK(dvc::write_lock(lock, lock_file, "") == sample);
  CHECK(read(dvc::write_lock(lock, lock_file, "")) == lock);
}

TEST_CASE("a lock tells what its stages read and made", "[spec][dvc]") {
  const Lock lock = read(sample);
  REQUIRE(lock.stages.size() == 4);
  CHECK(lock.stages.begin()->first == "prep");
  const LockedStage& prep = lock.stages.at("prep");
  CHECK(prep.cmd.list);
  CHECK(prep.cmd.lines[1] ==
        "echo hello > out/v && echo a very long command line that must be longer than eighty characters so that the "
        "yaml emitter wraps it somewhere");
  REQUIRE(prep.deps.size() == 3);
  CHECK(prep.deps[0].entry.kind == store::EntryKind::file);
  CHECK(prep.deps[0].entry.digest.algorithm() == hash::Algorithm::md5);
  CHECK(prep.deps[0].entry.digest.hex() == "b1946ac92492d2347c6235b4d2611184");
  CHECK(prep.deps[1].entry.kind == store::EntryKind::tree);
  CHECK(prep.deps[1].entry.files == 9);
  CHECK(prep.deps[2].entry.kind == store::EntryKind::exec);
  CHECK(prep.deps[2].written == "run.sh");
  const LockedParams& params = prep.params.at(fs::RepoPath::parse("params.yaml"));
  REQUIRE(params.size() == 4);
  CHECK(params[2].first == "train.layers");
  CHECK(params[2].second == *params[1].second.at("layers"));
  CHECK(lock.stages.at("multi").cmd == StageCommand{.lines = {"echo one\necho 'two' > two\n"}, .list = false});
  CHECK(lock.stages.at("cb").outs.empty());
}

TEST_CASE("stages keep their places in a lock and new ones come last", "[spec][dvc]") {
  Lock lock = read(sample);
  LockedStage cb = lock.stages.at("cb");
  lock.stages.erase("cb");
  lock.stages.insert_or_assign("new", cb);
  lock.stages.insert_or_assign("cb", cb);
  const std::string text = dvc::write_lock(lock, lock_file, sample);
  CHECK(text == sample + "  new:\n    cmd: echo callback\n");
  lock.stages.erase("prep");
  CHECK(dvc::write_lock(lock, lock_file, text).starts_with("schema: '2.0'\nstages:\n  each@us:\n"));
}

TEST_CASE("paths in a lock are those of its stage's directory", "[spec][dvc]") {
  // stage: cmd: cp ../a.txt y; wdir: sub; deps: ../a.txt, ./b, /abs/c, s3://bucket/d; params: ../params.yaml
  const std::string text = with_stage(
      "    deps:\n"
      "    - path: ../a.txt\n      hash: md5\n      md5: b1946ac92492d2347c6235b4d2611184\n      size: 6\n"
      "    - path: ./b\n      hash: md5\n      md5: b1946ac92492d2347c6235b4d2611184\n      size: 6\n"
      "    - path: /abs/c\n      hash: md5\n      md5: b1946ac92492d2347c6235b4d2611184\n      size: 6\n"
      "    - path: s3://bucket/d\n      hash: md5\n      etag: 0AB2c\n      size: 6\n"
      "    params:\n      params.yaml:\n        c: 3\n      ../params.yaml:\n        a: 1\n        b:\n        - 2\n"
      "    outs:\n    - path: y\n      hash: md5\n      md5: b1946ac92492d2347c6235b4d2611184\n      size: 6\n");
  Stage stage;
  stage.name = "models/dvc.yaml:s";
  stage.file = fs::RepoPath::parse("models/dvc.yaml");
  stage.wdir = fs::RepoPath::parse("models/sub");
  stage.params = {{.file = fs::RepoPath::parse("models/params.yaml"), .keys = {}}};
  Project project;
  project.stages = {stage};
  const fs::RepoPath file = fs::RepoPath::parse("models/dvc.lock");
  const Lock lock = dvc::read_lock(text, file, project);
  const LockedStage& state = lock.stages.at("models/dvc.yaml:s");
  std::vector<std::string> paths;
  for (const LockedPath& path : state.deps) {
    paths.push_back(path.path.str() + "|" + path.written + "|" + path.elsewhere);
  }
  CHECK(paths == std::vector<std::string>{"|/abs/c|/abs/c", "|s3://bucket/d|s3://bucket/d", "models/a.txt|../a.txt|",
                                          "models/sub/b|./b|"});
  CHECK(*state.deps[1].extra.find("etag") == Value("0AB2c"));
  CHECK(state.outs[0].path.str() == "models/sub/y");
  // All of the one file, keys of the other.
  CHECK(state.params.at(fs::RepoPath::parse("models/params.yaml")).front().first.empty());
  CHECK(state.params.at(fs::RepoPath::parse("models/sub/params.yaml")).front().first == "c");
  CHECK(dvc::write_lock(lock, file, text) == text);
  CHECK(dvc::write_lock(lock, file, "") == text);
}

TEST_CASE("an entry of DVC 2 keeps its kind of digest", "[spec][dvc]") {
  const std::string text =
      with_stage("    deps:\n    - path: t.txt\n      md5: dd8c6a395b5dd36c56d23275028f526c\n      size: 6\n");
  CHECK(read(text).stages.at("s").deps[0].entry.digest.algorithm() == hash::Algorithm::md5_dos2unix);
  CHECK(rewritten(text) == text);
}

TEST_CASE("sizes may be unknown", "[spec][dvc]") {
  const std::string text =
      with_stage("    deps:\n    - path: d\n      hash: md5\n      md5: d751713988987e9331980363e24189ce.dir\n");
  CHECK(read(text).stages.at("s").deps[0].entry.size == store::Entry::unknown);
  CHECK(read(text).stages.at("s").deps[0].entry.files == store::Entry::unknown);
  CHECK(rewritten(text) == text);
}

TEST_CASE("what versioned stores and datasets tell is kept as it is", "[spec][dvc]") {
  const std::string text =
      "schema: '2.0'\n"
      "datasets:\n"
      "- name: ds\n"
      "  url: dc://ds\n"
      "  type: dc\n"
      "  version: 3\n"
      "  created_at: '2024-01-01T00:00:00+00:00'\n"
      "stages:\n"
      "  s:\n"
      "    cmd: x\n"
      "    deps:\n"
      "    - path: ds://ds\n"
      "      dataset:\n"
      "        name: ds\n"
      "        url: dc://ds\n"
      "        type: dc\n"
      "        version: 3\n"
      "    outs:\n"
      "    - path: data\n"
      "      hash: md5\n"
      "      files:\n"
      "      - relpath: a\n"
      "        md5: 60b725f10c9c85c70d97880dfe8191b3\n"
      "        size: 2\n"
      "      - relpath: b\n"
      "        md5: 187ef4436122d1cc2f40dc2b92f0eba0\n"
      "        size: 4\n"
      "    - path: one\n"
      "      hash: md5\n"
      "      md5: 60b725f10c9c85c70d97880dfe8191b3\n"
      "      size: 2\n"
      "      cloud:\n"
      "        s3r:\n"
      "          etag: etag1\n"
      "          version_id: v1\n";
  const Lock lock = read(text);
  const LockedPath& data = lock.stages.at("s").outs[0];
  CHECK(data.entry.digest.hex() == "7835f0193e165e32f08035698ec0c247");
  CHECK(data.entry.kind == store::EntryKind::tree);
  CHECK(data.entry.size == 6);
  CHECK(data.entry.files == 2);
  CHECK(rewritten(text) == text);
  CHECK(read(dvc::write_lock(lock, lock_file, "")) == lock);
}

TEST_CASE("an alias that a lock has stays while both places are equal", "[spec][dvc]") {
  // params.yaml: "base: &x [1, 2]\nref: *x\n"
  const std::string text = with_stage(
      "    params:\n      params.yaml:\n        base: &id001\n        - 1\n        - 2\n        ref: *id001\n");
  Lock lock = read(text);
  CHECK(rewritten(text) == text);
  LockedStage stage = lock.stages.at("s");
  stage.params.begin()->second[1].second = Value::List{std::int64_t{3}};
  lock.stages.insert_or_assign("s", stage);
  CHECK(dvc::write_lock(lock, lock_file, text) ==
        with_stage(
            "    params:\n      params.yaml:\n        base:\n        - 1\n        - 2\n        ref:\n        - 3\n"));
}

TEST_CASE("an integer beyond 64 bits stays one", "[spec][dvc]") {
  const std::string text = with_stage("    params:\n      params.yaml:\n        big: 100000000000000000000000\n");
  CHECK(rewritten(text) == text);
}

TEST_CASE("a lock that says something else is refused, with the place", "[spec][dvc]") {
  CHECK(failure("") ==
        "'dvc.lock' is empty | `git checkout -- dvc.lock` restores the file; without it everything counts "
        "as never run");
  CHECK(failure("schema: 2.0\nstages: {}\n") == "dvc.lock:1: 'schema' must be the text '2.0' | quote it: '2.0'");
  CHECK(failure("prep:\n  cmd: x\n").starts_with("dvc.lock:1: the document has no 'schema'"));
  CHECK(failure(with_stage("    dep: []\n")) == "dvc.lock:5: unknown key 'stages.s.dep' | did you mean 'deps'?");
  CHECK(failure(with_stage("    deps:\n    - path: a\n      sise: 1\n")) ==
        "dvc.lock:7: unknown key 'stages.s.deps[0].sise' | did you mean 'size'?");
  CHECK(failure(with_stage("    deps:\n    - size: 1\n")) == "dvc.lock:6: 'stages.s.deps[0]' has no 'path'");
  CHECK(failure(with_stage("    deps:\n    - path: a\n      md5: xyz\n")) ==
        "dvc.lock:7: 'stages.s.deps[0].md5' must be 32 hexadecimal digits, with '.dir' for a directory");
  CHECK(failure("schema: '2.0'\nstages:\n  s:\n    outs: []\n") == "dvc.lock:4: 'stages.s' has no 'cmd'");
  CHECK(failure(with_stage("    outs:\n    - path: .git/hooks/post-checkout\n      hash: md5\n      md5: "
                           "b1946ac92492d2347c6235b4d2611184\n"))
            .starts_with("dvc.lock:6: "));
  CHECK(failure(with_stage("    params:\n      params.yaml:\n        1: x\n")) ==
        "dvc.lock:7: 'stages.s.params.params.yaml.1' must be a text");
}

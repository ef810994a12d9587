// SPDX-License-Identifier: Apache-2.0
#include "spec/dialect.hpp"

#include "hash/hasher.hpp"
#include "spec/yaml.hpp"
#include "spec/yaml_reader.hpp"
#include "support/catch.hpp"
#include "unit/spec/samples.hpp"
#include "util/error.hpp"

using namespace mlops;
using namespace mlops::spec;

namespace {

const Dialect& native = native_dialect();
const fs::RepoPath lock_file = test::path("mlops.lock");

template <class Work>
std::string failure(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string text_of(const Lock& lock) { return native.write_lock(lock, lock_file, {}); }
Lock lock_of(std::string_view text) { return native.read_lock(text, lock_file, {}); }

const fs::RepoPath pointer_file = test::path("data/raw.mlops");

std::string text_of(const Pointer& pointer) { return native.write_pointer(pointer, pointer_file, {}); }
Pointer pointer_of(std::string_view text) {
  const auto pointers = native.read_pointers(text, pointer_file);
  REQUIRE(pointers.size() == 1);
  return pointers.front();
}

Pointer pointer() {
  Pointer out{
      .path = test::path("data/raw"),
      .file = pointer_file,
      .entry = test::locked_tree("x", 0x43).entry,
      .annotations = {.desc = "d: x", .type = "data", .labels = {"a", "b"}, .meta = Value(Value::Map{{"k", true}})},
      .remote = "store",
      .push = false,
      .source = Value(Value::Map{{"url", "https://x"}}),
      .extra = Value(Value::Map{{"later", "y"}})};
  return out;
}

StageEntry entry() {
  StageEntry out;
  const LockedStage stage = test::locked_stage();
  Output metric;
  metric.path = test::path("m.json");
  metric.kind = OutputKind::metric;
  metric.cache = false;
  Output model;
  model.path = test::path("model.json");
  model.persist = true;
  out.inputs = {.cmd = stage.cmd,
                .wdir = stage.wdir,
                .deps = stage.deps,
                .params = stage.params,
                .env = stage.env,
                .outs = {metric, model}};
  out.outs = stage.outs;
  return out;
}

}  // namespace

TEST_CASE("a lock is written in its layout", "[spec][lock]") {
  LockedStage stage;
  stage.cmd.lines = {"python3 src/train.py"};
  stage.wdir = test::path("sub");
  stage.deps = {test::locked_tree("data/prepared", 0x12)};
  stage.params = {{test::path("params.yaml"), {{"train.lr", 0.1}}}};
  stage.env = {{"SEED", "1"}};
  stage.outs = {test::locked("model.json", 0xab, 4)};
  const Lock lock{.stages = {{"train", stage}}, .extra = {}};
  const std::string hex12 = test::digest(0x12).hex();
  const std::string hexab = test::digest(0xab).hex();
  CHECK(text_of(lock) ==
        "version: 1\nstages:\n  train:\n    cmd: python3 src/train.py\n    wdir: sub\n    deps:\n"
        "    - path: data/prepared\n      kind: tree\n      sha256: '" +
            hex12 +
            "'\n      size: 100\n      files: 3\n"
            "    params:\n      params.yaml:\n        train.lr: 0.1\n    env:\n      SEED: '1'\n    outs:\n"
            "    - path: model.json\n      kind: file\n      sha256: " +
            hexab + "\n      size: 4\n");
  CHECK(text_of(Lock()) == "version: 1\nstages: {}\n");
}

TEST_CASE("a lock reads back, keys of newer versions included", "[spec][lock]") {
  const std::string text = text_of(test::lock());
  CHECK(lock_of(text) == test::lock());
  CHECK(text_of(lock_of(text)) == text);  // == on content passes over sizes
  const std::string with_unknown =
      "version: 1\nstages:\n  a:\n    cmd: x\n    outs:\n    - path: o\n      kind: file\n      sha256: " +
      test::digest(0xab).hex() + "\n      size: 1\n      etag: q\n";
  CHECK(text_of(lock_of(with_unknown)) == with_unknown);
}

TEST_CASE("the fast reader takes a lock of ours and agrees with yaml-cpp", "[spec][lock]") {
  for (const Lock& lock : {test::lock(), test::large_lock(50)}) {
    const std::string text = text_of(lock);
    const auto fast = read_yaml_block(text, {});
    REQUIRE(fast);
    CHECK(to_value(*fast) == to_value(read_yaml_events(text, "f", {}, Aliases::expand)));
  }
}

TEST_CASE("a lock that cannot be trusted is refused with line and reason", "[spec][lock]") {
  const auto read = [](const std::string& text) { return failure([&] { lock_of(text); }); };
  const std::string hex = test::digest(0xab).hex();
  const auto with_dep = [&](const std::string& dep) {
    return read("version: 1\nstages:\n  a:\n    cmd: x\n    deps:\n    - " + dep + "\n");
  };
  CHECK(read("version: 2\n") == "mlops.lock:1: written in format 2, newer than this mlops knows (1)");
  CHECK(read("stages: {}\n") == "mlops.lock:1: the document has no 'version'");
  CHECK(read("version: 1\nstages: {}").find("the file is cut off") != std::string::npos);
  CHECK(read("version: 1\nstages:\n  a:\n    deps: []\n") == "mlops.lock:4: 'stages.a' has no 'cmd'");
  CHECK(read("version: 1\nstages:\n  -a:\n    cmd: x\n").find("begins with '-'") != std::string::npos);
  CHECK(with_dep("path: ../x") == "mlops.lock:6: 'stages.a.deps[0].path' is not a path inside the project: '../x'");
  CHECK(with_dep("path: /x").find("is not a path inside") != std::string::npos);
  CHECK(with_dep("path: a/.git/x").find("mlops.lock:6") != std::string::npos);
  CHECK(with_dep("sha256: XY").find("must be 64 hexadecimal digits") != std::string::npos);
  CHECK(with_dep("kind: dir").find("must be 'file', 'exec', 'tree' or 'link'") != std::string::npos);
  CHECK(with_dep("size: -1").find("must be a whole number") != std::string::npos);
  CHECK(with_dep("{path: x, kind: tree, size: 1, sha256: " + hex + "}").find("tree without 'files'") !=
        std::string::npos);
  CHECK(with_dep("{path: x, kind: file, size: 1}").find("has no 'sha256'") != std::string::npos);
  try {
    lock_of("version: 2\n");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::format);
  }
}

TEST_CASE("a digest of digits only is read as the text that it is", "[spec][lock]") {
  const std::string digits(64, '1');
  const Lock lock = lock_of(
      "version: 1\nstages:\n  a:\n    cmd: x\n    outs:\n    - {path: o, kind: file, size: 1, sha256: " + digits +
      "}\n");
  CHECK(lock.stages.at("a").outs[0].entry.digest.hex() == digits);
}

TEST_CASE("a lock of no bytes is refused, with the way back", "[spec][lock]") {
  try {
    lock_of("");
    FAIL("it was read");
  } catch (const Error& error) {
    CHECK(std::string(error.what()) == "'mlops.lock' is empty");
    CHECK(error.hints().size() == 1);
  }
}

TEST_CASE("a cut lock is an error or holds whole stages up to the last", "[spec][lock]") {
  const Lock lock = test::lock();
  const std::string text = text_of(lock);
  for (std::size_t length = 0; length < text.size(); ++length) {
    try {
      const Lock read = lock_of(text.substr(0, length));
      for (auto stage = read.stages.begin(); stage != read.stages.end(); ++stage) {
        const bool last = std::next(stage) == read.stages.end();
        REQUIRE((last || stage->second == lock.stages.at(stage->first)));
      }
    } catch (const Error&) {
      // Mostly; what is left reads only where a line ends, and then the stage that is cut counts as changed.
    }
  }
}

TEST_CASE("a pointer is written in its layout and reads back", "[spec][pointer]") {
  Pointer plain{.path = test::path("data/raw"),
                .file = pointer_file,
                .entry = test::locked_tree("x", 0xab).entry,
                .annotations = {},
                .remote = {},
                .source = {},
                .extra = {}};
  const std::string text = text_of(plain);
  CHECK(text == "version: 1\npath: raw\nkind: tree\nsha256: " + test::digest(0xab).hex() + "\nsize: 100\nfiles: 3\n");
  for (const Pointer& one : {plain, pointer()}) {
    CHECK(pointer_of(text_of(one)) == one);
    CHECK(text_of(pointer_of(text_of(one))) == text_of(one));
  }
}

TEST_CASE("a pointer never leaves its directory", "[spec][pointer]") {
  const std::string rest = "kind: file\nsha256: " + test::digest(0xab).hex() + "\nsize: 1\n";
  for (const std::string bad : {"../x", "/x", "a/../b", ".git/config", ".GIT/x", "''", ".", "\"a\\x01b\""}) {
    INFO(bad);
    CHECK(failure([&] { pointer_of("version: 1\npath: " + bad + "\n" + rest); }) != "");
  }
  CHECK(failure([&] { pointer_of("version: 1\n" + rest); }) == "data/raw.mlops:1: the document has no 'path'");
}

TEST_CASE("a cut pointer is an error or only lacks annotations", "[spec][pointer]") {
  const std::string text = text_of(pointer());
  for (std::size_t length = 0; length < text.size(); ++length) {
    try {
      const Pointer read = pointer_of(text.substr(0, length));
      REQUIRE(read.entry == pointer().entry);
      REQUIRE(read.entry->size == pointer().entry->size);
      REQUIRE(read.entry->files == pointer().entry->files);
      REQUIRE(read.path == pointer().path);
    } catch (const Error&) {
      // An error is the usual answer.
    }
  }
}

TEST_CASE("a locked stage survives its line of JSON", "[spec][lock]") {
  LockedStage stage = test::locked_stage();
  stage.params[test::path("n.yaml")] = {{"x", std::numeric_limits<double>::quiet_NaN()}};
  const std::string json = locked_stage_to_json(stage);
  CHECK(json.find('\n') == std::string::npos);
  CHECK(locked_stage_from_json(json, "journal") == stage);
  CHECK_THROWS_AS(locked_stage_from_json("{}", "journal"), Error);
}

TEST_CASE("the stage key is canonical and sees what decides the result", "[spec][key]") {
  const StageInputs inputs = entry().inputs;
  const std::string text = native.stage_key_text(inputs);
  CHECK(text.starts_with("{\"cmd\":\"python3"));
  CHECK(text.find("\"version\":1") != std::string::npos);
  StageInputs shuffled = inputs;
  std::swap(shuffled.deps[0], shuffled.deps[1]);
  std::swap(shuffled.outs[0], shuffled.outs[1]);
  std::swap(shuffled.params.begin()->second[0], shuffled.params.begin()->second[1]);
  CHECK(native.stage_key_text(shuffled) == text);
  StageInputs listed = inputs;
  listed.cmd.list = true;
  CHECK(native.stage_key_text(listed) != text);
  StageInputs typed = inputs;
  typed.params.begin()->second[0].second = "5";
  CHECK(native.stage_key_text(typed) != text);
  StageInputs absent = inputs;
  absent.params.begin()->second.pop_back();
  StageInputs null = inputs;
  null.params.begin()->second.back().second = Value();
  CHECK(native.stage_key_text(absent) != native.stage_key_text(null));
  StageInputs flagged = inputs;
  flagged.outs[0].cache = true;
  CHECK(native.stage_key_text(flagged) != text);
}

TEST_CASE("a stage-cache entry reads back, and broken ones are errors", "[spec][key]") {
  const StageEntry out = entry();
  const std::string text = native.write_stage_entry(out);
  const StageEntry back = native.read_stage_entry(text, "entry");
  CHECK(native.stage_key_text(back.inputs) == native.stage_key_text(out.inputs));
  CHECK(back.inputs.deps == out.inputs.deps);
  CHECK(back.outs == out.outs);
  CHECK(native.write_stage_entry(back) == text);
  for (std::size_t length = 0; length + 1 < text.size(); ++length) {
    REQUIRE_THROWS_AS(native.read_stage_entry(text.substr(0, length), "entry"), Error);
  }
}

TEST_CASE("mutations of what we write are refused or read, never more", "[spec][lock]") {
  test::RandomValues random(41);
  const std::string lock = text_of(test::lock());
  const std::string pointer_text = text_of(pointer());
  const std::string entry_text = native.write_stage_entry(entry());
  for (int i = 0; i < 7000; ++i) {
    failure([&] { lock_of(test::mutated(lock, random)); });
    failure([&] { pointer_of(test::mutated(pointer_text, random)); });
    failure([&] { native.read_stage_entry(test::mutated(entry_text, random), "entry"); });
  }
  SUCCEED();
}

TEST_CASE("locks merge stage by stage", "[spec][merge]") {
  const Lock base = test::lock();
  Lock ours = base;
  Lock theirs = base;
  test::edit(ours, "train", [](LockedStage& stage) { stage.params.begin()->second[1].second = 0.3; });
  test::edit(theirs, "prepare", [](LockedStage& stage) { stage.outs = {test::locked("o", 2)}; });
  theirs.stages.insert_or_assign("new", base.stages.at("prepare"));
  ours.stages.erase("each@us");
  const auto merge = [&](const Lock& left, const Lock& right) {
    return merge_locks(native, text_of(base), text_of(left), text_of(right), lock_file, {});
  };
  const Merged merged = merge(ours, theirs);
  CHECK_FALSE(merged.conflict);
  Lock expected = theirs;
  expected.stages.insert_or_assign("train", ours.stages.at("train"));
  expected.stages.erase("each@us");
  CHECK(merged.text == text_of(expected));
  CHECK(merge(base, base).text == text_of(base));
  CHECK(merge(theirs, theirs).text == text_of(theirs));
  CHECK(merge_locks(native, "", text_of(ours), text_of(ours), lock_file, {}).text == text_of(ours));
}

TEST_CASE("only what both sides changed is in conflict", "[spec][merge]") {
  const Lock base = test::lock();
  Lock ours = base;
  Lock theirs = base;
  test::edit(ours, "train", [](LockedStage& stage) { stage.cmd.lines = {"ours"}; });
  test::edit(theirs, "train", [](LockedStage& stage) { stage.cmd.lines = {"theirs"}; });
  test::edit(theirs, "prepare", [](LockedStage& stage) { stage.cmd.lines = {"only theirs"}; });
  const Merged merged = merge_locks(native, text_of(base), text_of(ours), text_of(theirs), lock_file, {});
  CHECK(merged.conflict);
  const std::size_t begin = merged.text.find("<<<<<<< ours\n  train:\n    cmd: ours\n");
  const std::size_t middle = merged.text.find("=======\n  train:\n    cmd: theirs\n");
  const std::size_t end = merged.text.find(">>>>>>> theirs\nlater:");
  CHECK(begin < middle);
  CHECK(middle < end);
  CHECK(end != std::string::npos);
  CHECK(merged.text.find("only theirs") < begin);
  CHECK(failure([&] { lock_of(merged.text); }).find("unresolved merge conflict") != std::string::npos);
  // Either side of the conflict alone is that side's stage.
  std::string kept =
      merged.text.substr(0, begin) + merged.text.substr(begin + 13, middle - begin - 13) + merged.text.substr(end + 15);
  CHECK(lock_of(kept).stages.at("train") == ours.stages.at("train"));
}

TEST_CASE("a stage that ran after what the other side changed is no conflict", "[spec][merge]") {
  const auto stage = [](std::string line, std::vector<LockedPath> deps, LockedPath out) {
    LockedStage made;
    made.cmd.lines = {std::move(line)};
    made.deps = std::move(deps);
    made.outs = {std::move(out)};
    return made;
  };
  const auto lock = [&](unsigned char a, unsigned char b, unsigned char c, std::string line = "c") {
    const std::vector<LockedPath> both{test::locked("oa", a), test::locked("ob", b)};
    return Lock{.stages = {{"a", stage("a", {}, test::locked("oa", a))},
                           {"b", stage("b", {}, test::locked("ob", b))},
                           {"c", stage(std::move(line), both, test::locked("oc", c))},
                           {"d", stage("d", {test::locked("oc", c)}, test::locked("od", c))}},
                .extra = {}};
  };
  const auto merge = [&](const Lock& base, const Lock& left, const Lock& right) {
    return merge_locks(native, text_of(base), text_of(left), text_of(right), lock_file, {});
  };
  const Lock base = lock(1, 1, 1);
  SECTION("neither side saw both changes: c will run, whichever entry stands there") {
    const Merged merged = merge(base, lock(2, 1, 2), lock(1, 2, 3));
    CHECK_FALSE(merged.conflict);
    const Lock read = lock_of(merged.text);
    CHECK(read.stages.at("b") == lock(1, 2, 3).stages.at("b"));
    CHECK(read.stages.at("c") == lock(2, 1, 2).stages.at("c"));
    CHECK(read.stages.at("d") == lock(2, 1, 2).stages.at("d"));
  }
  SECTION("one side saw the change") {
    const Merged merged = merge(base, lock(1, 1, 4, "mine"), lock(2, 1, 2));
    CHECK_FALSE(merged.conflict);
    CHECK(merged.text == text_of(lock(2, 1, 2)));
    CHECK(merge(base, lock(2, 1, 2), lock(1, 1, 4, "mine")).text == merged.text);
  }
  SECTION("both ran it with the same things before it") {
    CHECK(merge(base, lock(1, 1, 4, "mine"), lock(1, 1, 5, "yours")).conflict);
    CHECK(merge(base, lock(2, 1, 4), lock(3, 1, 5)).conflict);
  }
}

// SPDX-License-Identifier: Apache-2.0
// The entries here lay in .dvc/cache/runs/KEY[:2]/KEY/VALUE after `dvc repro` with DVC 3.67.1.

#include <limits>

#include "hash/hasher.hpp"
#include "spec/dialects/dvc.hpp"
#include "support/catch.hpp"
#include "util/error.hpp"

using namespace mlops;
using namespace mlops::spec;

namespace {

std::string sha256(const std::string& text) { return hash::digest_of(hash::Algorithm::sha256, text).hex(); }

const std::string matrix_entry =
    "cmd: echo a a-1 > mm_a-1\n"
    "deps:\n"
    "- path: a.txt\n"
    "  hash: md5\n"
    "  md5: b1946ac92492d2347c6235b4d2611184\n"
    "  size: 6\n"
    "outs:\n"
    "- path: mm_a-1\n"
    "  hash: md5\n"
    "  md5: 2cd1cff0bd23bf2b5b39ad46a91007ee\n"
    "  size: 6\n";

// params: [train, train.opt, train.opt.a, f]
const std::string params_entry =
    "cmd: echo 1 > o1\n"
    "params:\n"
    "  params.yaml:\n"
    "    f: 0.1\n"
    "    train:\n"
    "      opt: &id001\n"
    "        b: 0.9\n"
    "        a: &id002\n"
    "        - 1\n"
    "        - 2\n"
    "      lr: 1e-05\n"
    "      big: 1e+16\n"
    "      names:\n"
    "        1: one\n"
    "        2: two\n"
    "        10: ten\n"
    "    train.opt: *id001\n"
    "    train.opt.a: *id002\n"
    "outs:\n"
    "- path: o1\n"
    "  hash: md5\n"
    "  md5: b026324c6904b2a9cb4b88d6d61c81d1\n"
    "  size: 2\n";

bool both_ways(const Value& a, const Value& b) { return dvc::equal(a, b) && dvc::equal(b, a); }
bool neither_way(const Value& a, const Value& b) { return !dvc::equal(a, b) && !dvc::equal(b, a); }
Value integer(std::int64_t number) { return number; }

}  // namespace

TEST_CASE("run cache keys are DVC's", "[spec][dvc]") {
  const StageEntry matrix = dvc::read_stage_entry(matrix_entry, "entry");
  CHECK(dvc::stage_key_text(matrix.inputs) ==
        R"({"cmd": "echo a a-1 > mm_a-1", "deps": [{"hash": "md5", "md5": "b1946ac92492d2347c6235b4d2611184", )"
        R"("path": "a.txt"}], "outs": ["mm_a-1"]})");
  CHECK(sha256(dvc::stage_key_text(matrix.inputs)) ==
        "9ad9a9145cbaf755adeed4cc70dbc591b00f41f69a106c061377a7a501ea7ff7");
  CHECK(sha256(dvc::stage_value_text(matrix)) == "3d8909a885fe7db2497ec1b121bdd5a09fe874a545d1ad5b4bf10fce397523c4");
  const StageEntry params = dvc::read_stage_entry(params_entry, "entry");
  CHECK(sha256(dvc::stage_key_text(params.inputs)) ==
        "f2780c02002e2285450e8d3b32fc8d1f0730d1b05670ac4362b660f21a1f4343");
  CHECK(sha256(dvc::stage_value_text(params)) == "16efffad6652cc49a708645f4800309a3463059624f66a327bf2a2efb50f693b");
}

TEST_CASE("a run cache entry is written again to the same bytes", "[spec][dvc]") {
  for (const std::string& text : {matrix_entry, params_entry}) {
    const StageEntry entry = dvc::read_stage_entry(text, "entry");
    CHECK(dvc::write_stage_entry(entry) == text);
  }
}

TEST_CASE("a run cache entry may be of a stage in another directory", "[spec][dvc]") {
  const std::string text =
      "cmd: cp ../a.txt y\ndeps:\n- path: ../a.txt\n  hash: md5\n  md5: b1946ac92492d2347c6235b4d2611184\n  size: 6\n"
      "params:\n  ../params.yaml:\n    a: 1\n"
      "outs:\n- path: y\n  hash: md5\n  md5: b1946ac92492d2347c6235b4d2611184\n  size: 6\n";
  const StageEntry entry = dvc::read_stage_entry(text, "entry", fs::RepoPath::parse("sub"));
  CHECK(entry.inputs.deps[0].path.str() == "a.txt");
  CHECK(entry.inputs.params.begin()->first.str() == "params.yaml");
  CHECK(entry.outs[0].path.str() == "sub/y");
  CHECK(dvc::write_stage_entry(entry) == text);
  // Without knowing whose entry it is, what lies above its directory lies outside the project.
  CHECK(dvc::read_stage_entry(text, "entry", {}).inputs.deps[0].path.is_root());
}

TEST_CASE("texts in run cache keys are ASCII, and sizes no part of them", "[spec][dvc]") {
  // python -c 'import json; print(json.dumps({...}, sort_keys=True))'
  StageInputs inputs;
  inputs.cmd = {.lines = {"echo \"é\" 😀\t\x7f/\\"}, .list = true};
  inputs.params[fs::RepoPath::parse("params.yaml")] = {
      {"a", Value::Map{{"size", integer(1)}, {"x", -0.0}, {"nfiles", integer(2)}}},
      {"n", Value::Map{{MapKey("10", true), integer(1)}, {MapKey("9", true), {}}}},
      {"inf", std::numeric_limits<double>::infinity()},
      {"big", "100000000000000000000000"}};
  CHECK(
      dvc::stage_key_text(inputs) ==
      R"({"cmd": ["echo \"\u00e9\" \ud83d\ude00\t\u007f/\\"], "outs": [], "params": {"params.yaml": {"a": {"x": -0.0}, )"
      R"("big": 100000000000000000000000, "inf": Infinity, "n": {"9": null, "10": 1}}}})");
}

TEST_CASE("a spoilt run cache entry is corrupt", "[spec][dvc]") {
  for (const char* text : {"", "outs: []\n", "cmd: x\nouts:\n- path: a\n  md5: 1\n", "cmd: [x\n"}) {
    try {
      dvc::read_stage_entry(text, "entry");
      FAIL("read " << text);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::corrupt);
    }
  }
}

TEST_CASE("parameters are equal as Python has it", "[spec][dvc]") {
  CHECK(both_ways(integer(1), 1.0));
  CHECK(both_ways(integer(1), true));
  CHECK(both_ways(0.0, false));
  CHECK(both_ways(-0.0, 0.0));
  CHECK(neither_way(integer(1), "1"));
  CHECK(neither_way(false, Value()));
  CHECK(neither_way(integer((std::int64_t{1} << 53) + 1), 9007199254740992.0));
  CHECK(neither_way(std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()));
  CHECK(both_ways(Value::List{integer(1), "a"}, Value::List{true, "a"}));
  CHECK(neither_way(Value::List{integer(1)}, Value::List{integer(1), integer(1)}));
  CHECK(both_ways(Value::Map{{"a", integer(1)}, {"b", 2.0}}, Value::Map{{"b", integer(2)}, {"a", true}}));
  CHECK(neither_way(Value::Map{{"a", integer(1)}}, Value::Map{{"b", integer(1)}}));
  CHECK(neither_way(Value::Map{}, Value::List{}));
}

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "spec/dialect.hpp"
#include "unit/spec/random_value.hpp"

namespace mlops::test {

/// For pipeline files that take values from no other file.
inline const spec::ReadFile no_files = [](const fs::RepoPath&) { return std::optional<std::string>(); };

inline fs::RepoPath path(const std::string& text) { return fs::RepoPath::parse(text); }

inline hash::Digest digest(unsigned char byte) {
  return {hash::Algorithm::sha256, std::vector<unsigned char>(32, byte)};
}

inline spec::LockedPath locked(const std::string& name, unsigned char byte, std::uint64_t size = 5) {
  return {.path = path(name), .entry = {.kind = store::EntryKind::file, .digest = digest(byte), .size = size}};
}

inline spec::LockedPath locked_tree(const std::string& name, unsigned char byte) {
  return {.path = path(name),
          .entry = {.kind = store::EntryKind::tree, .digest = digest(byte), .size = 100, .files = 3}};
}

/// A stage with everything that a lock can say.
inline spec::LockedStage locked_stage() {
  return {.cmd = {.lines = {"python3 src/train.py --msg 'it is: # fine'"}, .list = false},
          .wdir = path("sub"),
          .deps = {locked_tree("data/prepared", 0x12), locked("src/train.py", 0xab)},
          .outs = {locked("model.json", 0x99)},
          .params = {{path("params.yaml"), {{"train.epochs", std::int64_t{5}}, {"train.lr", 0.1}}},
                     {path("whole.json"), {{"", spec::Value(spec::Value::Map{{"a", spec::Value::List{true, "no"}}})}}}},
          .env = {{"SEED", "1"}, {"X", "yes"}},
          .extra = spec::Value(spec::Value::Map{{"image", "sha256:12"}})};
}

inline spec::Lock lock() {
  spec::LockedStage other;
  other.cmd = {.lines = {"a\nb\n", "c"}, .list = true};
  other.outs = {locked("o", 1)};
  return {.stages = {{"train", locked_stage()}, {"prepare", other}, {"each@us", other}},
          .extra = spec::Value(spec::Value::Map{{"later", spec::Value::List{"x"}}})};
}

/// Changes one stage of a lock.
template <class Change>
void edit(spec::Lock& lock, const std::string& stage, Change change) {
  spec::LockedStage state = lock.stages.at(stage);
  change(state);
  lock.stages.insert_or_assign(stage, std::move(state));
}

/// A lock and project of `count` stages, each with four dependencies and four outputs.
inline spec::Lock large_lock(int count) {
  spec::Lock lock;
  for (int i = 0; i < count; ++i) {
    const std::string name = "stage" + std::to_string(10000 + i);
    spec::LockedStage stage;
    stage.cmd.lines = {"python3 src/" + name + ".py --input data/" + name + " --rate 0.1"};
    for (int j = 0; j < 4; ++j) {
      const auto byte = static_cast<unsigned char>(i + j);
      stage.deps.push_back(locked("data/input/" + name + "/part" + std::to_string(j) + ".csv", byte));
      stage.outs.push_back(locked("data/output/" + name + "/part" + std::to_string(j) + ".csv", byte));
    }
    stage.params[path("params.yaml")] = {{name + ".epochs", std::int64_t{i}}, {name + ".lr", 0.1}};
    lock.stages.insert_or_assign(name, std::move(stage));
  }
  return lock;
}

inline spec::Project project_of(const spec::Lock& lock) {
  spec::Project project;
  int line = 1;
  for (const auto& [name, locked] : lock.stages) {
    spec::Stage stage;
    stage.name = name;
    stage.cmd = locked.cmd;
    stage.wdir = locked.wdir;
    stage.line = ++line;
    for (const spec::LockedPath& dep : locked.deps) {
      stage.deps.push_back({.path = dep.path, .line = ++line});
    }
    for (const spec::LockedPath& out : locked.outs) {
      spec::Output output;
      output.path = out.path;
      output.line = ++line;
      stage.outs.push_back(std::move(output));
    }
    for (const auto& [file, values] : locked.params) {
      spec::ParamsDependency dependency{.file = file, .keys = {}, .line = ++line};
      for (const auto& [key, value] : values) {
        if (!key.empty()) {
          dependency.keys.push_back(key);
        }
      }
      stage.params.push_back(std::move(dependency));
    }
    stage.env = locked.env;
    project.stages.push_back(std::move(stage));
  }
  return project;
}

/// `text` with a few bytes changed, taken out or put in.
inline std::string mutated(std::string text, RandomValues& random) {
  for (std::size_t left = 1 + random.below(3); left > 0 && !text.empty(); --left) {
    const std::size_t at = random.below(text.size());
    switch (random.below(4)) {
      case 0:
        text.erase(at, 1 + random.below(4));
        break;
      case 1:
        text.insert(at, random.text());
        break;
      case 2:
        text[at] = static_cast<char>(random.below(256));
        break;
      default:
        text[at] = static_cast<char>(text[at] ^ static_cast<char>(1U << random.below(7)));
    }
  }
  return text;
}

}  // namespace mlops::test

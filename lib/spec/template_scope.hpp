// SPDX-License-Identifier: Apache-2.0
#pragma once

// What templates may name: the values of params.yaml beside the pipeline file, then each entry of `vars` in turn, and
// `item` and `key` inside a generated stage. Maps are merged; a value is never redefined.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fs/repo_path.hpp"
#include "spec/read_file.hpp"
#include "spec/schema.hpp"
#include "spec/value.hpp"

namespace mlops::spec {

class TemplateScope {
 public:
  /// `file` is the pipeline file; params.yaml beside it is taken if it is there.
  TemplateScope(const fs::RepoPath& file, const ReadFile& read);

  /// Takes the entries of a `vars` list: maps, and files ("config.json", "config.json:train,data") relative to `dir`.
  void take(const Place& at, const YamlNode& vars, const fs::RepoPath& dir);

  /// What `item` and `key` are in a generated stage; they hide and cannot be redefined.
  struct Iteration {
    Value item;
    std::optional<Value> key;
  };
  void iterate(Iteration iteration) { iteration_ = std::move(iteration); }

  /// The value that an expression names. Throws Error, with what was looked through as its hint.
  const Value& find(std::string_view expression) const;

  /// Where the value that an expression names comes from; nothing when no file gave it.
  struct Origin {
    fs::RepoPath file;
    std::string key;  ///< dotted
  };
  std::optional<Origin> origin(std::string_view expression) const;

 private:
  void take_file(const Place& at, const YamlNode& node, const fs::RepoPath& dir);
  void merge(const Place& at, const YamlNode& node, const Value& values, const std::string& source);
  const Value* root(const std::string& name) const;
  std::string searched() const;

  const ReadFile* read_;
  Value values_ = Value(Value::Map());
  std::optional<Iteration> iteration_;
  std::vector<std::string> sources_;                        ///< for messages, in order
  std::map<std::string, std::string> defined_;              ///< dotted path of what was taken -> its source
  std::map<fs::RepoPath, std::vector<std::string>> files_;  ///< keys that were taken; none: the whole file
};

}  // namespace mlops::spec

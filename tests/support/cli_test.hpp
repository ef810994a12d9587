// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "cli/app.hpp"
#include "support/catch.hpp"
#include "support/test_project.hpp"

namespace mlops::test {

using Words = std::vector<std::string>;

/// What a command answered.
struct Answer {
  int code = 0;
  std::string out, err;

  nlohmann::json json() const { return nlohmann::json::parse(out); }
  bool says(std::string_view text) const { return (out + err).find(text) != std::string::npos; }
};

/// Runs one command line in this process, as if started in `directory`.
inline Answer run_in(const std::string& directory, const Environment& env, const Words& words) {
  std::ostringstream out, err;
  cli::Context context{.out = out, .err = err, .env = env, .cwd = directory, .program = "/nonexistent/mlops"};
  const int code = cli::run(words, context);
  return {code, out.str(), err.str()};
}

/// A project and the command line in it.
class CliProject : public TestProject {
 public:
  Answer run(const Words& words) const { return run_in(root(), git.env, words); }
  Answer run_below(const std::string& directory, const Words& words) const {
    return run_in(path(directory), git.env, words);
  }
  /// Runs what must succeed.
  Answer good(const Words& words) const {
    Answer answer = run(words);
    INFO(answer.err);
    REQUIRE(answer.code == 0);
    return answer;
  }

  /// One tracked directory and one stage that reads it, run and committed.
  void fill() const {
    write("data/one", "one\n");
    write("data/two", "two\n");
    write("params.yaml", "k: 1\n");
    good({"add", "-q", "data"});
    good({"stage", "add", "-q", "-n", "copy", "-d", "data", "-p", "k", "-o", "out.txt",
          "cat data/* params.yaml >out.txt"});
    good({"repro", "-q"});
    commit("filled");
  }
};

/// The keys of a JSON object, for asserting its shape.
inline std::set<std::string> keys(const nlohmann::json& object) {
  std::set<std::string> found;
  for (const auto& item : object.items()) found.insert(item.key());
  return found;
}
using Keys = std::set<std::string>;

}  // namespace mlops::test

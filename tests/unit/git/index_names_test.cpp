// SPDX-License-Identifier: Apache-2.0
#include "git/index_names.hpp"

#include "fs/file.hpp"
#include "support/catch.hpp"
#include "support/git_sandbox.hpp"

using namespace mlops;
using namespace mlops::test;

namespace {

std::vector<fs::RepoPath> paths(const std::vector<std::string>& names) {
  std::vector<fs::RepoPath> parsed;
  for (const std::string& name : names) {
    parsed.push_back(fs::RepoPath::parse(name));
  }
  return parsed;
}

}  // namespace

TEST_CASE("names are found in every version of the index") {
  const std::vector<std::string> names{"a.b",         "a/b",         "abcdefgh",    "abcdefghi",
                                       "deep/er/one", "deep/er/two", "odd\n\"name", std::string(200, 'n')};
  for (const std::string version : {"2", "3", "4"}) {
    const GitSandbox sandbox;
    CHECK(git::absent_from_index(sandbox.root(), paths(names)) == paths(names));
    for (const std::string& name : names) {
      sandbox.write(name, "x");
    }
    sandbox.git({"add", "-A"});
    if (version != "2") {
      sandbox.write("intended", "x");
      sandbox.git({"add", "-N", "intended"});
    }
    sandbox.git({"update-index", "--index-version", version});
    INFO(version);
    auto asked = names;
    asked.insert(asked.begin(), {"z", "deep", "deep/er/on", "a"});
    CHECK(git::absent_from_index(sandbox.root(), paths(asked)) == paths({"z", "deep", "deep/er/on", "a"}));
  }
}

TEST_CASE("a worktree has an index of its own") {
  const GitSandbox sandbox;
  sandbox.write("first", "1");
  sandbox.git({"add", "first"});
  sandbox.git({"commit", "-q", "-m", "one"});
  const std::string other = (sandbox.dir / "other").string();
  sandbox.git({"worktree", "add", "-q", other});
  sandbox.write("second", "2");
  sandbox.git({"add", "second"});
  CHECK(git::absent_from_index(sandbox.root(), paths({"first", "second"})) == paths({}));
  CHECK(git::absent_from_index(other, paths({"first", "second"})) == paths({"second"}));
}

TEST_CASE("a split index and a damaged one answer nothing") {
  const GitSandbox sandbox;
  for (const std::string name : {"x", "yy", "zzz/w"}) {
    sandbox.write(name, "1");
  }
  sandbox.git({"add", "-A"});
  for (const std::string version : {"2", "4"}) {
    sandbox.git({"update-index", "--index-version", version});
    const std::string whole = fs::read_file(sandbox.path(".git/index"));
    for (std::size_t size = 0; size < whole.size(); ++size) {
      sandbox.write(".git/index", whole.substr(0, size));
      const auto absent = git::absent_from_index(sandbox.root(), paths({"x", "other"}));
      CHECK((!absent || absent == paths({"other"})));
    }
    sandbox.write(".git/index", "DIRC" + std::string(3, '\0') + "\5" + whole.substr(8));
    CHECK_FALSE(git::absent_from_index(sandbox.root(), paths({"x"})));
    sandbox.write(".git/index", whole);
  }
  sandbox.git({"update-index", "--split-index"});
  CHECK_FALSE(git::absent_from_index(sandbox.root(), paths({"x"})));
}

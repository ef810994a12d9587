// SPDX-License-Identifier: Apache-2.0
#include "fs/beneath.hpp"

#include <sys/stat.h>

#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "util/error.hpp"

using namespace mlops;
using namespace mlops::fs;
using Catch::Contains;

TEST_CASE("a directory beneath the root is opened, and made when asked") {
  const test::TempDir dir;
  const std::string root = dir.path().string();
  dir.write("a/b/file", "x");
  const Fd opened = open_directory_beneath(root, RepoPath::parse("a/b"), false);
  CHECK(stat_at(opened.get(), "file"));
  CHECK(stat_at(open_directory_beneath(root, RepoPath(), false).get(), "a"));
  const Fd made = open_directory_beneath(root, RepoPath::parse("a/c/d"), true);
  CHECK(stat_fd(made.get()) == *stat_path(root + "/a/c/d"));
  try {
    open_directory_beneath(root, RepoPath::parse("none/x"), false);
    FAIL("opened what is not there");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::missing);
  }
}

TEST_CASE("a link or a file on the way is an error that names it") {
  const test::TempDir outside;
  outside.write("sub/file", "x");
  const test::TempDir dir;
  const std::string root = dir.path().string();
  dir.write("a/file", "x");
  dir.write("real/sub/file", "x");
  make_symlink(outside.path().string(), root + "/a/out");
  make_symlink("../real", root + "/a/in");
  for (const char* path : {"a/out", "a/out/sub", "a/in", "a/in/sub", "a/out/made/deep"}) {
    for (const bool create : {false, true}) {
      INFO(path);
      CHECK_THROWS_WITH(open_directory_beneath(root, RepoPath::parse(path), create),
                        Contains("symbolic link") && Contains("a/"));
    }
  }
  CHECK_FALSE(stat_path(outside.path().string() + "/made"));
  CHECK_THROWS_WITH(open_directory_beneath(root, RepoPath::parse("a/file/x"), true), Contains("not a directory"));
}

TEST_CASE("parents are checked as far as they exist, the path itself is not") {
  const test::TempDir dir;
  const std::string root = dir.path().string();
  dir.write("real/file", "x");
  make_symlink("real", root + "/link");
  CHECK_NOTHROW(require_no_link_parents(root, RepoPath::parse("link")));
  CHECK_NOTHROW(require_no_link_parents(root, RepoPath::parse("real/file")));
  CHECK_NOTHROW(require_no_link_parents(root, RepoPath::parse("none/at/all")));
  CHECK_NOTHROW(require_no_link_parents(root, RepoPath()));
  CHECK_THROWS_WITH(require_no_link_parents(root, RepoPath::parse("link/file")), Contains("symbolic link"));
  CHECK_THROWS_WITH(require_no_link_parents(root, RepoPath::parse("link/none/x")), Contains("'link'"));
  CHECK_THROWS_WITH(require_no_link_parents(root, RepoPath::parse("real/file/x")), Contains("not a directory"));
}

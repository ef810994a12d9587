// SPDX-License-Identifier: Apache-2.0
#include "fs/repo_path.hpp"

#include <algorithm>
#include <vector>

#include "support/catch.hpp"
#include "util/error.hpp"

using namespace mlops;
using namespace mlops::fs;

namespace {

/// Every path of up to three parts from a few awkward names.
std::vector<RepoPath> some_paths() {
  const std::vector<std::string> names{"a", "b", "a.b", "a b", "A", "\xc3\xa9", "...", "a\\b", "\x01"};
  std::vector<RepoPath> paths{RepoPath()};
  for (std::size_t level = 0, first = 0; level < 3; ++level) {
    const std::size_t end = paths.size();
    for (std::size_t i = first; i < end; ++i) {
      for (const std::string& name : names) {
        paths.push_back(paths[i] / name);
      }
    }
    first = end;
  }
  return paths;
}

RepoPath path(std::string_view text) { return RepoPath::parse(text); }

}  // namespace

TEST_CASE("paths that break an invariant are refused") {
  using namespace std::string_view_literals;
  for (const auto bad :
       {"/"sv, "/a"sv, "a/"sv, "a//b"sv, "."sv, ".."sv, "a/.."sv, "../a"sv, "a/./b"sv, "./a"sv, "a\0b"sv}) {
    INFO(bad);
    CHECK_FALSE(RepoPath::try_parse(bad));
    CHECK_THROWS_AS(RepoPath::parse(bad), Error);
  }
  CHECK_THROWS_AS(path("a") / "..", Error);
  CHECK_THROWS_AS(path("a") / "b/../c", Error);
  CHECK_THROWS_AS(path("a") / "/b", Error);
  for (const char* good : {"a", "...", "..a", "a..", ".a/b.", "a\\b", "a b", "\xff"}) {
    CHECK(path(good).str() == good);
  }
  CHECK(path("").is_root());
}

TEST_CASE("a path is put together from its parent and its name") {
  for (const RepoPath& each : some_paths()) {
    REQUIRE(path(each.str()) == each);
    if (!each.is_root()) {
      REQUIRE(each.parent() / each.name() == each);
      REQUIRE(each.within(each.parent()));
      REQUIRE(each.parent() < each);
      REQUIRE(each.str().starts_with(each.first()));
    }
    REQUIRE(each.within(RepoPath()));
    REQUIRE(each.below(RepoPath()) == each);
    REQUIRE(each.below(each).is_root());
  }
  CHECK(RepoPath().parent().is_root());
  CHECK(RepoPath().name().empty());
  CHECK(path("a/b/c").first() == "a");
  CHECK(path("a/b/c").name() == "c");
}

TEST_CASE("what lies below another path can be cut off and put back") {
  const auto paths = some_paths();
  for (std::size_t i = 0; i < paths.size(); i += 7) {
    for (std::size_t j = 0; j < paths.size(); j += 11) {
      const RepoPath joined = paths[i] / paths[j];
      REQUIRE(joined.within(paths[i]));
      REQUIRE(joined.below(paths[i]) == paths[j]);
      REQUIRE(RepoPath::resolve(paths[i], paths[j].relative_to(paths[i])) == paths[j]);
    }
  }
  CHECK_FALSE(path("ab").within(path("a")));
  CHECK_THROWS_AS(path("ab").below(path("a")), std::logic_error);
}

TEST_CASE("a directory comes before its contents and these before its longer-named siblings") {
  std::vector<RepoPath> sorted{path("a.b"),   path("a/z"), path("b"),        path("a"), path("a/b/c"),
                               path("a\x01"), path("a b"), path("\xc3\xa9"), path("")};
  std::sort(sorted.begin(), sorted.end());
  std::string shown;
  for (const RepoPath& each : sorted) {
    shown += "[" + each.str() + "]";
  }
  CHECK(shown == "[][a][a/b/c][a/z][a\x01][a b][a.b][b][\xc3\xa9]");
  auto all = some_paths();
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    REQUIRE(all[i] < all[i + 1]);
    // Contents directly follow: once a path is left, nothing below it comes any more.
    REQUIRE((all[i + 1].within(all[i]) || std::none_of(all.begin() + static_cast<std::ptrdiff_t>(i) + 1, all.end(),
                                                       [&](const RepoPath& later) { return later.within(all[i]); })));
  }
}

TEST_CASE("dots are resolved against a directory and never lead out") {
  CHECK(RepoPath::resolve(path("a/b"), "../c") == path("a/c"));
  CHECK(RepoPath::resolve(path("a/b"), "./c//d/") == path("a/b/c/d"));
  CHECK(RepoPath::resolve(path("a"), "..") == RepoPath());
  CHECK(RepoPath::resolve(path("a"), "") == path("a"));
  CHECK(RepoPath::resolve(RepoPath(), "a/../b") == path("b"));
  CHECK_FALSE(RepoPath::resolve(path("a"), "../.."));
  CHECK_FALSE(RepoPath::resolve(path("a"), "../../a"));
  CHECK_FALSE(RepoPath::resolve(path("a"), "/etc/passwd"));
  CHECK_FALSE(RepoPath::resolve(path("a"), std::string_view("x\0y", 3)));
}

TEST_CASE("a path is shown as one would type it") {
  CHECK(path("a/b").relative_to(RepoPath()) == "a/b");
  CHECK(path("a/b").relative_to(path("a")) == "b");
  CHECK(path("a/b").relative_to(path("c/d")) == "../../a/b");
  CHECK(path("a").relative_to(path("a/b")) == "..");
  CHECK(path("a").relative_to(path("a")) == ".");
  CHECK(RepoPath().relative_to(path("a/b")) == "../..");
  CHECK(path("ab").relative_to(path("a")) == "../ab");
}

TEST_CASE("names that some file system takes for ours or git's are unsafe") {
  using namespace std::string_view_literals;
  for (const auto bad : {""sv,
                         "."sv,
                         ".."sv,
                         "a/b"sv,
                         "a\0b"sv,
                         ".git"sv,
                         ".GIT"sv,
                         ".GiT"sv,
                         "git~1"sv,
                         "GIT~1"sv,
                         ".git."sv,
                         ".git "sv,
                         ".git . ."sv,
                         ".git::$INDEX_ALLOCATION"sv,
                         ".git:stream"sv,
                         ".git ::$DATA"sv,
                         "git~1."sv,
                         ".git\\config"sv,
                         ".g\u200cit"sv,
                         "\u200d.git"sv,
                         ".git\ufeff"sv,
                         ".\u202eGIT"sv,
                         ".gi\u206ft"sv,
                         ".mlops"sv,
                         ".MLOPS"sv,
                         ".mlops."sv,
                         ".mlops:x"sv,
                         ".ml\u200eops"sv}) {
    INFO(bad);
    CHECK(unsafe_name(bad));
  }
  for (const auto good : {"a"sv, "git"sv, ".gitignore"sv, ".gitattributes"sv, ".gitmodules"sv, ".github"sv, ".git2"sv,
                          "git~2"sv, "x.git"sv, "..."sv, "-rf"sv, "a\nb"sv, "\xff"sv, ".mlopsignore"sv, "mlops"sv,
                          ".git.x"sv, "caf\u00e9"sv, "\u200bx"sv}) {
    INFO(good);
    CHECK_FALSE(unsafe_name(good));
  }
}

TEST_CASE("only plain text without reserved parts can be declared") {
  CHECK_NOTHROW(require_declarable(path("data/caf\u00e9 1.csv"), "mlops.yaml:3"));
  for (const char* bad : {"a\nb", "a/\xff", "a/.git/config", ".mlops/x", "x/\u009b", "a/.GIT"}) {
    CHECK_THROWS_WITH(require_declarable(path(bad), "mlops.yaml:3"), Catch::StartsWith("mlops.yaml:3: "));
  }
}

// SPDX-License-Identifier: Apache-2.0
#include "fs/ignore.hpp"

#include <chrono>
#include <map>
#include <vector>

#include "fs/file.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "util/process.hpp"
#include "util/text.hpp"

using namespace mlops;
using namespace mlops::fs;
using Verdict = IgnoreFile::Verdict;

namespace {

Verdict judge(std::string_view patterns, std::string_view path, bool directory = false) {
  return IgnoreFile(RepoPath(), patterns).match(RepoPath::parse(path), directory);
}

bool ignored(std::string_view patterns, std::string_view path, bool directory = false) {
  return judge(patterns, path, directory) == Verdict::ignored;
}

Completed git(const std::string& cwd, std::vector<std::string> arguments, std::optional<std::string> input = {}) {
  arguments.insert(arguments.begin(), "git");
  const Environment env{{"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"HOME", cwd}, {"GIT_CONFIG_NOSYSTEM", "1"}};
  return run_process({.argv = std::move(arguments), .cwd = cwd, .env = env, .input = std::move(input)});
}

/// Asks git which of the paths one pattern ignores: a path is judged by itself, with nothing on disk.
std::map<std::string, bool> ask_git(const std::string& repository, const std::vector<std::string>& paths) {
  std::string input;
  for (const std::string& path : paths) {
    input += path + '\0';
  }
  const Completed done =
      git(repository, {"check-ignore", "--no-index", "--verbose", "--non-matching", "-z", "--stdin"}, input);
  std::map<std::string, bool> answers;
  const std::vector<std::string> fields = split(done.out, '\0');
  for (std::size_t i = 0; i + 3 < fields.size(); i += 4) {
    answers[fields[i + 3]] = !fields[i + 2].empty() && !fields[i + 2].starts_with('!');
  }
  return answers;
}

/// Judges a path as a walker would: what lies in an ignored directory is ignored.
bool walker_ignores(const IgnoreFile& file, const RepoPath& path) {
  const RepoPath parent = path.parent();
  if (!parent.is_root() && (walker_ignores(file, parent) || file.match(parent, true) == Verdict::ignored)) {
    return true;
  }
  return file.match(path, false) == Verdict::ignored;
}

}  // namespace

TEST_CASE("a pattern without a slash counts at any depth, one with a slash from the file's directory") {
  CHECK(ignored("*.tmp", "a.tmp"));
  CHECK(ignored("*.tmp", "x/y/a.tmp"));
  CHECK(ignored("/a", "a"));
  CHECK_FALSE(ignored("/a", "x/a"));
  CHECK(ignored("x/a", "x/a"));
  CHECK_FALSE(ignored("x/a", "y/x/a"));
  CHECK(ignored("build/", "build", true));
  CHECK_FALSE(ignored("build/", "build", false));
}

TEST_CASE("the last matching pattern decides") {
  CHECK(judge("*.log\n!keep.log\n", "keep.log") == Verdict::included);
  CHECK(judge("!keep.log\n*.log\n", "keep.log") == Verdict::ignored);
  CHECK(judge("*.log", "a.txt") == Verdict::none);
}

TEST_CASE("comments, blank lines, escapes, trailing spaces and line ends are read as git does") {
  CHECK(IgnoreFile(RepoPath(), "# a\n\n   \n/\n!\n").empty());
  CHECK(ignored("\\#a", "#a"));
  CHECK(ignored("\\!a", "!a"));
  CHECK(ignored("a   ", "a"));
  CHECK(ignored("a\\ ", "a "));
  CHECK(ignored("a\r\nb\r\n", "a"));
  CHECK(
      ignored("\xef\xbb\xbf"
              "a",
              "a"));
  CHECK_FALSE(ignored("a\\", "a"));
  CHECK_FALSE(ignored("a\\", "a\\"));
}

TEST_CASE("two stars cross directories") {
  CHECK(ignored("**/a", "a"));
  CHECK(ignored("**/a", "x/y/a"));
  CHECK(ignored("a/**", "a/b/c"));
  CHECK_FALSE(ignored("a/**", "a", true));
  CHECK(ignored("a/**/b", "a/b"));
  CHECK(ignored("a/**/b", "a/x/y/b"));
  CHECK_FALSE(ignored("a/*/b", "a/x/y/b"));
  CHECK_FALSE(glob_match("a/*/b", "a/b"));
  CHECK(glob_match("src/**/t?st*", "src/a/b/test.py"));
}

TEST_CASE("brackets hold ranges, classes and negations") {
  CHECK(glob_match("[a-c]x", "bx"));
  CHECK_FALSE(glob_match("[!a-c]x", "bx"));
  CHECK(glob_match("[^a-c]x", "dx"));
  CHECK(glob_match("[]]", "]"));
  CHECK(glob_match("[!]]", "a"));
  CHECK(glob_match("[[:digit:]_]", "7"));
  CHECK_FALSE(glob_match("[[:nonsense:]]", "n"));
  CHECK(glob_match("[a-]", "-"));
  CHECK(glob_match("[\\]]", "]"));
  CHECK_FALSE(glob_match("[a", "[a"));
  CHECK_FALSE(glob_match("a[!b]c", "a/c"));
  CHECK(glob_match("a[b/]c", "abc"));
}

TEST_CASE("patterns count below their own file's directory only, and the deepest file has the last word") {
  const IgnoreFile below(RepoPath::parse("data"), "/raw\n*.csv\n");
  CHECK(below.match(RepoPath::parse("data/raw"), true) == Verdict::ignored);
  CHECK(below.match(RepoPath::parse("raw"), true) == Verdict::none);
  CHECK(below.match(RepoPath::parse("database/x.csv"), false) == Verdict::none);
  CHECK(below.match(RepoPath::parse("data"), true) == Verdict::none);
  const IgnoreStack root = IgnoreStack().with(IgnoreFile(RepoPath(), "*.csv\n*.bin"));
  const IgnoreStack deeper = root.with(IgnoreFile(RepoPath::parse("data"), "!good.csv"));
  CHECK(root.ignored(RepoPath::parse("data/good.csv"), false));
  CHECK_FALSE(deeper.ignored(RepoPath::parse("data/good.csv"), false));
  CHECK(deeper.ignored(RepoPath::parse("data/a.bin"), false));
  CHECK_FALSE(IgnoreStack().ignored(RepoPath::parse("a"), false));
}

TEST_CASE("no pattern takes exponential time") {
  std::string stars;
  std::string deep;
  for (int i = 0; i < 200; ++i) {
    stars += "a*";
    deep += "**/a*/";
  }
  const std::string text(2000, 'a');
  std::string path = "a";
  for (int i = 0; i < 500; ++i) {
    path += "/aa";
  }
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(glob_match(stars + "b", text));
  CHECK_FALSE(glob_match(deep + "b", path));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("git judges every combination of these patterns and paths alike") {
  const std::vector<std::string> patterns{"a",
                                          "*",
                                          "a*",
                                          "*a",
                                          "*.b",
                                          "a.b",
                                          "/a",
                                          "/*",
                                          "/a*",
                                          "a/",
                                          "*/",
                                          "a/b",
                                          "a/*",
                                          "*/b",
                                          "/a/b",
                                          "a/b/",
                                          "**",
                                          "**/",
                                          "/**",
                                          "**/b",
                                          "a/**",
                                          "a/**/b",
                                          "**/a/**",
                                          "a/**/",
                                          "*/*",
                                          "a/*/b",
                                          "?",
                                          "a?",
                                          "?.b",
                                          "[ab]",
                                          "[!a]",
                                          "[^a]*",
                                          "[a-b]?",
                                          "[]a]",
                                          "[a",
                                          "a]",
                                          "\\a",
                                          "\\*",
                                          "a\\",
                                          "a\\.b",
                                          "***",
                                          "a***",
                                          "**a",
                                          "*a*b*",
                                          "[[:alpha:]]",
                                          "[[:upper:]]",
                                          "[[:bad:]]",
                                          "[a-]",
                                          "[-a]",
                                          "[!-]",
                                          "[a/b]",
                                          "a[/]b",
                                          "a\\/b",
                                          "//a",
                                          "a//b",
                                          "!a",
                                          "! a",
                                          " a",
                                          "a ",
                                          "a\\ ",
                                          "#a",
                                          "\\#a",
                                          "\\!a",
                                          "a/.",
                                          "./a",
                                          "[*]",
                                          "[\\*]",
                                          "[\\]]",
                                          "b/**/a/*.b",
                                          "**/**/b",
                                          "*/**/b",
                                          "a/**/**",
                                          "[[:digit:]a]*",
                                          "a[b-a]",
                                          "?*?",
                                          "*?*.b"};
  const std::vector<std::string> names{"a", "b", "ab", "a.b", "*", "a ", "#a", "!a", "]", "-", "A", "a[", "a]b"};
  std::vector<std::string> paths;
  for (const std::string& first : names) {
    paths.push_back(first);
    for (const std::string& second : {std::string("a"), std::string("b"), std::string("a.b"), std::string("*")}) {
      paths.push_back(first + "/" + second);
      paths.push_back(first + "/b/" + second);
      paths.push_back("b/" + first + "/x/" + second);
    }
  }
  const test::TempDir dir;
  const std::string repository = dir.path().string();
  REQUIRE(git(repository, {"init", "-q"}).exit_code == 0);
  for (const std::string& pattern : patterns) {
    for (const std::string& before : {std::string(), std::string("*\n")}) {
      const std::string text = before.empty() || pattern.starts_with('!') ? before + pattern + "\n" : pattern + "\n";
      dir.write(".gitignore", text);
      const IgnoreFile file(RepoPath(), text);
      for (const auto& [path, expected] : ask_git(repository, paths)) {
        INFO("pattern " << quoted(text) << " path " << quoted(path));
        CHECK(walker_ignores(file, RepoPath::parse(path)) == expected);
      }
    }
  }
}

TEST_CASE("all lines that match a path are told, with their files and numbers", "[fs]") {
  const IgnoreStack stack = IgnoreStack()
                                .with(IgnoreFile(RepoPath(), "# note\n\n*.tmp  \n!keep.tmp\n"))
                                .with(IgnoreFile(RepoPath::parse("deep"), "keep.*\ndir/\n"));
  const auto matches = stack.all_matches(RepoPath::parse("deep/keep.tmp"), false);
  REQUIRE(matches.size() == 3);
  CHECK(matches[0].line == 3);
  CHECK(matches[0].pattern == "*.tmp");
  CHECK(matches[0].base.is_root());
  CHECK_FALSE(matches[1].ignored);
  CHECK(matches[2].base == RepoPath::parse("deep"));
  CHECK(matches[2].ignored);
  CHECK(stack.all_matches(RepoPath::parse("deep/dir"), false).empty());
  CHECK(stack.all_matches(RepoPath::parse("deep/dir"), true).size() == 1);
  CHECK(stack.all_matches(RepoPath::parse("other"), false).empty());
}
